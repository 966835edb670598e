//! The mailbox of one account: the port, and what happens to it "from outside".

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream, stream::BoxStream};
use syncledger_domain::{
    ids::ItemId,
    ports::mailbox::{
        BackendKey, Each, FetchPart, Fetched, Folder, FolderIndex, FolderRole, ItemChange, ItemState,
        MailFlags, Mailbox, MailboxError, NewItem, Watch,
    },
};

use crate::{
    faults::{Faults, ItemFault, Method},
    store::{Drawer, Message, Store},
    wakeups::Wakeups,
};

/// A mailbox in memory. Clones are handles of the same mailbox.
#[derive(Clone)]
pub struct MemoryMailbox {
    shared: Arc<Shared>,
}

struct Shared {
    store: Mutex<Store>,
    faults: Faults,
    wakeups: Wakeups,
}

impl Default for MemoryMailbox {
    fn default() -> Self {
        Self::new()
    }
}

/// What delivery, other mail programs and the weather do to the mailbox. None of it waits, fails or is counted.
impl MemoryMailbox {
    /// An empty mailbox with the folders Inbox, Drafts, Sent, Trash and Junk.
    pub fn new() -> Self {
        let mut store = Store::default();
        for (name, role) in [
            ("INBOX", FolderRole::Inbox),
            ("Drafts", FolderRole::Drafts),
            ("Sent", FolderRole::Sent),
            ("Trash", FolderRole::Trash),
            ("Junk", FolderRole::Junk),
        ] {
            store.add_folder(name, Some(role));
        }
        let shared =
            Shared { store: Mutex::new(store), faults: Faults::default(), wakeups: Wakeups::default() };
        Self { shared: Arc::new(shared) }
    }

    /// The Inbox's key.
    pub fn inbox() -> BackendKey {
        BackendKey("INBOX".to_owned())
    }

    /// Faults, delays and counters of this mailbox.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Takes the mailbox down, or up again; coming up wakes all watches, as a reconnect would.
    pub fn set_down(&self, down: bool) {
        self.shared.faults.set_down(down);
        if !down {
            self.shared.wakeups.anything();
        }
    }

    /// Makes a folder; `path` is its name below those of its parents, separated by `/`. A role another folder has
    /// already is not given again.
    pub fn add_folder(&self, path: &str, role: Option<FolderRole>) -> BackendKey {
        let key = self.store().add_folder(path, role);
        self.shared.wakeups.anything();
        key
    }

    /// Renames a folder and all below it; `None` when it does not exist or the new name is taken.
    pub fn rename_folder(&self, folder: &BackendKey, path: &str) -> Option<BackendKey> {
        let renamed = self.store().rename_folder(folder, path);
        self.shared.wakeups.anything();
        renamed
    }

    /// Removes a folder with its messages; `false` when it does not exist.
    pub fn remove_folder(&self, folder: &BackendKey) -> bool {
        let removed = self.store().drawers.remove(folder).is_some();
        self.shared.wakeups.anything();
        removed
    }

    /// Delivers a message; `None` when the folder does not exist. `date` in seconds since 1970.
    pub fn deliver(&self, folder: &BackendKey, raw: &[u8], date: i64, flags: MailFlags) -> Option<ItemId> {
        let id = self.store().add(folder, Message { raw: Bytes::copy_from_slice(raw), date, flags })?;
        self.shared.wakeups.folder(folder);
        Some(id)
    }

    /// Sets a message's flags; `false` when it does not exist.
    pub fn set_flags(&self, folder: &BackendKey, id: &ItemId, flags: MailFlags) -> bool {
        let set = self.store().drawers.get_mut(folder).is_some_and(|drawer| drawer.set_flags(id, flags));
        self.shared.wakeups.folder(folder);
        set
    }

    /// Removes a message; `false` when it does not exist.
    pub fn remove(&self, folder: &BackendKey, id: &ItemId) -> bool {
        let removed = self.store().drawers.get_mut(folder).is_some_and(|drawer| drawer.remove(id).is_some());
        self.shared.wakeups.folder(folder);
        removed
    }

    /// Ids and contents of a folder, in the order of ids; empty when the folder does not exist.
    pub fn messages(&self, folder: &BackendKey) -> Vec<(ItemId, Bytes)> {
        let store = self.store();
        let items = store.drawers.get(folder).map(|drawer| &drawer.items);
        items.into_iter().flatten().map(|(id, message)| (id.clone(), message.raw.clone())).collect()
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.shared.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads or changes one folder.
    fn drawer<T>(&self, folder: &BackendKey, with: impl FnOnce(&mut Drawer) -> T) -> Result<T, MailboxError> {
        self.faults().of_folder(folder)?;
        let mut store = self.store();
        let drawer = store.drawers.get_mut(folder);
        drawer.map(with).ok_or_else(|| MailboxError::NoSuchFolder(folder.clone()))
    }
}

#[async_trait]
impl Mailbox for MemoryMailbox {
    async fn folders(&self) -> Result<Vec<Folder>, MailboxError> {
        let call = self.faults().enter(Method::Folders).await?;
        let folders = self.store().folders();
        call.answer(folders)
    }

    async fn index(
        &self,
        folder: &BackendKey,
        earlier: Option<Arc<FolderIndex>>,
    ) -> Result<Arc<FolderIndex>, MailboxError> {
        let call = self.faults().enter(Method::Index).await?;
        let index = self.drawer(folder, |drawer| drawer.index(earlier))?;
        call.answer(index)
    }

    async fn fetch<'a>(
        &'a self,
        folder: &BackendKey,
        ids: &[ItemId],
        part: FetchPart,
    ) -> Result<BoxStream<'a, Result<Fetched, MailboxError>>, MailboxError> {
        let call = self.faults().enter(Method::Fetch).await?;
        let found: Vec<Fetched> = self.drawer(folder, |drawer| {
            ids.iter()
                .filter_map(|id| drawer.items.get(id).map(|message| message.fetched(id, part)))
                .collect()
        })?;
        call.answer(stream::iter(self.as_far_as_it_goes(found)).boxed())
    }

    async fn create(&self, folder: &BackendKey, item: NewItem) -> Result<ItemState, MailboxError> {
        let call = self.faults().enter(Method::Create).await?;
        let state = self.create_once(folder, item)?;
        self.shared.wakeups.folder(folder);
        call.answer(state)
    }

    async fn update(
        &self,
        folder: &BackendKey,
        changes: &[(ItemId, ItemChange)],
    ) -> Result<Each<ItemState>, MailboxError> {
        let call = self.faults().enter(Method::Update).await?;
        let each = self.drawer(folder, |drawer| {
            changes.iter().map(|(id, change)| change_one(drawer, id, change)).collect()
        })?;
        self.shared.wakeups.folder(folder);
        call.answer(each)
    }

    async fn move_items(
        &self,
        from: &BackendKey,
        ids: &[ItemId],
        to: &BackendKey,
    ) -> Result<Each<ItemState>, MailboxError> {
        let call = self.faults().enter(Method::MoveItems).await?;
        self.drawer(from, |_| ())?;
        self.drawer(to, |_| ())?;
        let each = ids.iter().map(|id| self.move_one(from, id, to)).collect();
        self.shared.wakeups.folder(from);
        self.shared.wakeups.folder(to);
        call.answer(each)
    }

    async fn delete(&self, folder: &BackendKey, ids: &[ItemId]) -> Result<Each<()>, MailboxError> {
        let call = self.faults().enter(Method::Delete).await?;
        self.drawer(folder, |drawer| ids.iter().for_each(|id| drop(drawer.remove(id))))?;
        self.shared.wakeups.folder(folder);
        call.answer(ids.iter().map(|_| Ok(())).collect())
    }

    async fn search(
        &self,
        folder: &BackendKey,
        words: &[String],
        limit: usize,
    ) -> Result<Vec<ItemId>, MailboxError> {
        let call = self.faults().enter(Method::Search).await?;
        let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
        let mut hits: Vec<(i64, ItemId)> = self.drawer(folder, |drawer| {
            let hit = |message: &Message| {
                let text = String::from_utf8_lossy(&message.raw).to_lowercase();
                words.iter().all(|word| text.contains(word))
            };
            drawer.items.iter().filter(|(_, m)| hit(m)).map(|(id, m)| (m.date, id.clone())).collect()
        })?;
        hits.sort_unstable_by(|a, b| b.cmp(a));
        call.answer(hits.into_iter().take(limit).map(|(_, id)| id).collect())
    }

    async fn watch(&self, folders: &[BackendKey]) -> Result<Box<dyn Watch>, MailboxError> {
        let call = self.faults().enter(Method::Watch).await?;
        folders.iter().try_for_each(|folder| self.faults().of_folder(folder))?;
        let watch = {
            let store = self.store();
            if let Some(missing) = folders.iter().find(|key| !store.drawers.contains_key(key)) {
                return Err(MailboxError::NoSuchFolder(missing.clone()));
            }
            self.shared.wakeups.watch(folders)
        };
        call.answer(Box::new(watch) as Box<dyn Watch>)
    }
}

impl MemoryMailbox {
    /// A fetch ends at the first item that cannot be read.
    fn as_far_as_it_goes(&self, found: Vec<Fetched>) -> Vec<Result<Fetched, MailboxError>> {
        let mut stream = Vec::with_capacity(found.len());
        for fetched in found {
            match self.faults().of_item(&fetched.id) {
                None => stream.push(Ok(fetched)),
                Some(ItemFault::LeaveOut) => {}
                Some(ItemFault::Fail(error)) => {
                    stream.push(Err(error));
                    break;
                }
            }
        }
        stream
    }

    fn create_once(&self, folder: &BackendKey, item: NewItem) -> Result<ItemState, MailboxError> {
        let mut store = self.store();
        let missing = || MailboxError::NoSuchFolder(folder.clone());
        let drawer = store.drawers.get(folder).ok_or_else(missing)?;
        if let Some(earlier) = drawer.origins.get(&item.origin).and_then(|id| drawer.state(id)) {
            return Ok(earlier);
        }
        let message = Message { raw: item.content, date: item.date.seconds(), flags: item.flags };
        let fingerprint = message.flags.fingerprint();
        let id = store.add(folder, message).ok_or_else(missing)?;
        let drawer = store.drawers.get_mut(folder).ok_or_else(missing)?;
        drawer.origins.insert(item.origin, id.clone());
        Ok(ItemState { id, fingerprint })
    }

    fn move_one(&self, from: &BackendKey, id: &ItemId, to: &BackendKey) -> Result<ItemState, MailboxError> {
        let gone = || MailboxError::NoSuchItem(id.clone());
        if from == to {
            return self.drawer(from, |drawer| drawer.state(id))?.ok_or_else(gone);
        }
        let mut store = self.store();
        if !store.drawers.contains_key(to) {
            return Err(MailboxError::NoSuchFolder(to.clone()));
        }
        let message = store.drawers.get_mut(from).and_then(|drawer| drawer.remove(id)).ok_or_else(gone)?;
        let fingerprint = message.flags.fingerprint();
        let id = store.add(to, message).ok_or_else(|| MailboxError::NoSuchFolder(to.clone()))?;
        Ok(ItemState { id, fingerprint })
    }
}

fn change_one(drawer: &mut Drawer, id: &ItemId, change: &ItemChange) -> Result<ItemState, MailboxError> {
    let gone = || MailboxError::NoSuchItem(id.clone());
    let flags = drawer.items.get(id).ok_or_else(gone)?.flags;
    match change {
        ItemChange::Flags(change) => {
            drawer.set_flags(id, change.apply(flags));
            drawer.state(id).ok_or_else(gone)
        }
        ItemChange::Content(_) => Err(MailboxError::Unsupported("the content of a message never changes")),
    }
}
