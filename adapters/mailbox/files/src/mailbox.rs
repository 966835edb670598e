//! The port, each call sent to the blocking pool.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt, stream, stream::BoxStream};
use syncledger_domain::{
    ids::ItemId,
    ports::mailbox::{
        BackendKey, Each, FetchPart, Fetched, Folder, FolderIndex, ItemChange, ItemState, Mailbox,
        MailboxError, NewItem, Watch,
    },
};

use crate::{
    account::{Account, FolderDir},
    change, create,
    error::{blocking, reading},
    folders::Completion,
    index,
    names::Named,
    read, search,
    watch::Hub,
};

/// One account's mailbox.
pub(crate) struct FilesMailbox {
    account: Account,
    hub: Arc<Hub>,
    completion: Arc<Completion>,
}

impl FilesMailbox {
    pub(crate) fn new(account: Account, hub: Arc<Hub>, completion: Arc<Completion>) -> Self {
        Self { account, hub, completion }
    }

    /// Runs work on one folder.
    async fn in_folder<T: Send + 'static>(
        &self,
        folder: &BackendKey,
        work: impl FnOnce(&Account, &FolderDir) -> Result<T, MailboxError> + Send + 'static,
    ) -> Result<T, MailboxError> {
        let (account, key) = (self.account.clone(), folder.clone());
        blocking(move || work(&account, &account.folder(&key)?)).await
    }
}

#[async_trait]
impl Mailbox for FilesMailbox {
    async fn folders(&self) -> Result<Vec<Folder>, MailboxError> {
        let (account, completion) = (self.account.clone(), Arc::clone(&self.completion));
        blocking(move || completion.list(&account)).await
    }

    async fn index(
        &self,
        folder: &BackendKey,
        earlier: Option<Arc<FolderIndex>>,
    ) -> Result<Arc<FolderIndex>, MailboxError> {
        self.in_folder(folder, move |account, folder| index::read(account, folder, earlier.as_ref())).await
    }

    async fn fetch<'a>(
        &'a self,
        folder: &BackendKey,
        ids: &[ItemId],
        part: FetchPart,
    ) -> Result<BoxStream<'a, Result<Fetched, MailboxError>>, MailboxError> {
        let ids = ids.to_vec();
        let (folder, found) = self
            .in_folder(folder, move |_, folder| {
                let names = read::find(folder, &ids).map_err(reading("folder"))?;
                let found: Vec<Named> = ids.iter().filter_map(|id| names.get(id).cloned()).collect();
                Ok((folder.clone(), found))
            })
            .await?;
        // One message is in memory at a time: the next is read when the taker asks for it.
        let messages = stream::iter(found).then(move |found| {
            let folder = folder.clone();
            blocking(move || read::fetch(&folder, &found, part))
        });
        Ok(messages.filter_map(|fetched| async { fetched.transpose() }).boxed())
    }

    async fn create(&self, folder: &BackendKey, item: NewItem) -> Result<ItemState, MailboxError> {
        self.in_folder(folder, move |account, folder| create::create(account, folder, &item)).await
    }

    async fn update(
        &self,
        folder: &BackendKey,
        changes: &[(ItemId, ItemChange)],
    ) -> Result<Each<ItemState>, MailboxError> {
        let changes = changes.to_vec();
        self.in_folder(folder, move |_, folder| change::update(folder, &changes)).await
    }

    async fn move_items(
        &self,
        from: &BackendKey,
        ids: &[ItemId],
        to: &BackendKey,
    ) -> Result<Each<ItemState>, MailboxError> {
        let (ids, to) = (ids.to_vec(), to.clone());
        self.in_folder(from, move |account, from| {
            change::move_items(account, from, &ids, &account.folder(&to)?)
        })
        .await
    }

    async fn delete(&self, folder: &BackendKey, ids: &[ItemId]) -> Result<Each<()>, MailboxError> {
        let ids = ids.to_vec();
        self.in_folder(folder, move |_, folder| change::delete(folder, &ids)).await
    }

    async fn search(
        &self,
        folder: &BackendKey,
        words: &[String],
        limit: usize,
    ) -> Result<Vec<ItemId>, MailboxError> {
        let words = words.to_vec();
        self.in_folder(folder, move |_, folder| search::search(folder, &words, limit)).await
    }

    async fn watch(&self, folders: &[BackendKey]) -> Result<Box<dyn Watch>, MailboxError> {
        let (account, hub, keys) = (self.account.clone(), Arc::clone(&self.hub), folders.to_vec());
        let watch = blocking(move || {
            let folders = keys.iter().map(|key| account.folder(key)).collect::<Result<Vec<_>, _>>()?;
            hub.watch(&account, &folders)
        });
        Ok(Box::new(watch.await?))
    }
}
