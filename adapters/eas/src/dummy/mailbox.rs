//! The mailbox port over one folder with one message.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream, stream::BoxStream};
use syncledger_domain::{
    ids::ItemId,
    ports::mailbox::{
        BackendKey, Changed, Each, FetchPart, Fetched, Fingerprint, FlagChange, Folder, FolderIndex,
        IndexEntry, ItemChange, ItemState, MailFlags, Mailbox, MailboxError, NewItem, Watch,
    },
};

use super::{
    folders,
    message::{Notice, mime},
};

/// Takes note of what the device did with the message, beyond the request.
///
/// Each function returns when the device's next request will find it in its [`Notice`]: a message that came back unread,
/// or at all, would be news to the device. It may be called again with what is so already.
#[async_trait]
pub trait RemembersNotice: Send + Sync {
    /// The message was marked as read, or as unread.
    ///
    /// # Errors
    /// [`MailboxError::Unavailable`] when it cannot be noted now; the device tries again.
    async fn read(&self, read: bool) -> Result<(), MailboxError>;

    /// The message was deleted.
    ///
    /// # Errors
    /// [`MailboxError::Unavailable`] when it cannot be noted now; the device tries again.
    async fn deleted(&self) -> Result<(), MailboxError>;
}

/// One Inbox with one message, or none after the device deleted it.
pub struct DummyMailbox {
    content: Bytes,
    /// Seconds since 1970.
    date: i64,
    kept: Mutex<Kept>,
    remember: Arc<dyn RemembersNotice>,
}

/// What became of the message.
#[derive(Clone, Copy)]
struct Kept {
    read: bool,
    deleted: bool,
}

impl DummyMailbox {
    /// With this notice as its message.
    pub fn new(notice: &Notice<'_>, remember: Arc<dyn RemembersNotice>) -> Self {
        let Notice { read, deleted, since, .. } = *notice;
        let kept = Mutex::new(Kept { read, deleted });
        Self { content: mime(notice), date: since.seconds(), kept, remember }
    }

    /// Its id; the message of another time of being shut out has the same, since the device then starts anew.
    fn id() -> ItemId {
        ItemId::new("abq-1").expect("five letters, digits and dashes are an item id")
    }

    fn kept(&self) -> Kept {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, change: impl FnOnce(&mut Kept)) {
        change(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The message's state, as long as it is there.
    fn fingerprint(&self) -> Option<Fingerprint> {
        let Kept { read, deleted } = self.kept();
        (!deleted).then(|| MailFlags { read, ..MailFlags::default() }.fingerprint())
    }

    fn size(&self) -> u32 {
        u32::try_from(self.content.len()).unwrap_or(u32::MAX)
    }

    async fn change(&self, id: &ItemId, change: &ItemChange) -> Result<ItemState, MailboxError> {
        let gone = || MailboxError::NoSuchItem(id.clone());
        self.fingerprint().filter(|_| *id == Self::id()).ok_or_else(gone)?;
        match change {
            ItemChange::Flags(change) => self.mark(*change).await?,
            ItemChange::Content(_) => {
                return Err(MailboxError::Unsupported("the content of a message never changes"));
            }
        }
        let fingerprint = self.fingerprint().ok_or_else(gone)?;
        Ok(ItemState { id: id.clone(), fingerprint })
    }

    /// Reading is all that is remembered; a device that does something else is told that nothing came of it.
    async fn mark(&self, change: FlagChange) -> Result<(), MailboxError> {
        let FlagChange { read, flagged, answered, forwarded } = change;
        if [flagged, answered, forwarded].contains(&Some(true)) {
            return Err(MailboxError::Denied(
                "this message can be marked as read and nothing else".to_owned(),
            ));
        }
        if let Some(read) = read.filter(|read| *read != self.kept().read) {
            self.remember.read(read).await?;
            self.keep(|kept| kept.read = read);
        }
        Ok(())
    }

    async fn remove(&self, id: &ItemId) -> Result<(), MailboxError> {
        if *id == Self::id() && !self.kept().deleted {
            self.remember.deleted().await?;
            self.keep(|kept| kept.deleted = true);
        }
        Ok(())
    }

    fn fetched(&self, part: FetchPart, fingerprint: Fingerprint) -> Fetched {
        let content = match part {
            FetchPart::Full => self.content.clone(),
            FetchPart::Prefix(bytes) => {
                let header =
                    self.content.windows(4).position(|end| end == b"\r\n\r\n").map_or(0, |at| at + 4);
                let wanted = usize::try_from(bytes).unwrap_or(usize::MAX).max(header);
                self.content.slice(..wanted.min(self.content.len()))
            }
        };
        Fetched { id: Self::id(), fingerprint, date: self.date, content, size: self.size() }
    }
}

fn check(folder: &BackendKey) -> Result<(), MailboxError> {
    if *folder == folders::key() { Ok(()) } else { Err(MailboxError::NoSuchFolder(folder.clone())) }
}

fn denied() -> MailboxError {
    MailboxError::Denied("a device that may not synchronise keeps nothing here".to_owned())
}

#[async_trait]
impl Mailbox for DummyMailbox {
    async fn folders(&self) -> Result<Vec<Folder>, MailboxError> {
        Ok(vec![folders::inbox()])
    }

    async fn index(
        &self,
        folder: &BackendKey,
        _earlier: Option<Arc<FolderIndex>>,
    ) -> Result<Arc<FolderIndex>, MailboxError> {
        check(folder)?;
        let entry =
            |fingerprint| IndexEntry { id: Self::id(), fingerprint, date: self.date, size: self.size() };
        let entries = self.fingerprint().map(entry).into_iter().collect();
        Ok(Arc::new(FolderIndex { entries, ..FolderIndex::default() }))
    }

    async fn fetch<'a>(
        &'a self,
        folder: &BackendKey,
        ids: &[ItemId],
        part: FetchPart,
    ) -> Result<BoxStream<'a, Result<Fetched, MailboxError>>, MailboxError> {
        check(folder)?;
        let there = self.fingerprint().filter(|_| ids.contains(&Self::id()));
        Ok(stream::iter(there.map(|fingerprint| Ok(self.fetched(part, fingerprint)))).boxed())
    }

    async fn create(&self, folder: &BackendKey, _item: NewItem) -> Result<ItemState, MailboxError> {
        check(folder)?;
        Err(denied())
    }

    async fn update(
        &self,
        folder: &BackendKey,
        changes: &[(ItemId, ItemChange)],
    ) -> Result<Each<ItemState>, MailboxError> {
        check(folder)?;
        let mut each = Vec::with_capacity(changes.len());
        for (id, change) in changes {
            each.push(self.change(id, change).await);
        }
        Ok(each)
    }

    async fn move_items(
        &self,
        from: &BackendKey,
        _ids: &[ItemId],
        to: &BackendKey,
    ) -> Result<Each<ItemState>, MailboxError> {
        check(from)?;
        check(to)?;
        Err(denied())
    }

    async fn delete(&self, folder: &BackendKey, ids: &[ItemId]) -> Result<Each<()>, MailboxError> {
        check(folder)?;
        let mut each = Vec::with_capacity(ids.len());
        for id in ids {
            each.push(self.remove(id).await);
        }
        Ok(each)
    }

    async fn search(
        &self,
        folder: &BackendKey,
        _words: &[String],
        _limit: usize,
    ) -> Result<Vec<ItemId>, MailboxError> {
        check(folder)?;
        Err(MailboxError::Unsupported("there is nothing to search through"))
    }

    async fn watch(&self, watched: &[BackendKey]) -> Result<Box<dyn Watch>, MailboxError> {
        watched.iter().try_for_each(check)?;
        Ok(Box::new(Never))
    }
}

/// Nothing happens here but what the device does itself. A wait ends when the gates are asked again.
struct Never;

#[async_trait]
impl Watch for Never {
    async fn changed(&mut self) -> Changed {
        std::future::pending().await
    }
}
