//! The port, one file per operation.

mod change;
mod create;
mod fetch;
mod folders;
mod index;
mod missing;
mod move_items;
mod roles;
mod rows;
mod search;

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use syncledger_domain::{
    ids::ItemId,
    ports::mailbox::{
        BackendKey, Each, FetchPart, Fetched, Folder, FolderIndex, ItemChange, ItemState, Mailbox,
        MailboxError, NewItem, Watch,
    },
};

use crate::{
    account::{Account, Lease},
    failure::Failure,
    session::{Selected, Session},
};

use folders::{Listing, Standing};
pub(crate) use folders::{normal, signature};
pub(crate) use missing::Refusals;

/// The mailbox of one account.
pub(crate) struct ImapMailbox {
    account: Arc<Account>,
}

impl ImapMailbox {
    pub(crate) fn new(account: Arc<Account>) -> Self {
        Self { account }
    }

    /// A connection, preferably one that has the folder selected.
    async fn lease(&self, folder: &BackendKey) -> Result<Lease, MailboxError> {
        if !can_be_named(folder) {
            return Err(MailboxError::NoSuchFolder(folder.clone()));
        }
        self.account.lease(Some(folder)).await
    }

    /// What the server says of its folders.
    async fn list(&self) -> Result<Listing, MailboxError> {
        let mut lease = self.account.lease(None).await?;
        match folders::list(&mut lease).await {
            Err(failure) if lease.was_stale(&failure) => {
                let mut lease = self.account.replace(lease).await?;
                Ok(folders::list(&mut lease).await?)
            }
            answer => Ok(answer?),
        }
    }

    /// A connection with the folder selected and up to date; `None` for a folder that only holds other folders.
    async fn open(&self, folder: &BackendKey) -> Result<Option<(Lease, Selected)>, MailboxError> {
        let mut lease = self.lease(folder).await?;
        let mut answer = lease.select(folder).await;
        if let Err(failure) = &answer
            && lease.was_stale(failure)
        {
            lease = self.account.replace(lease).await?;
            answer = lease.select(folder).await;
        }
        match answer {
            Ok(selected) => Ok(Some((lease, selected))),
            Err(failure) => only_a_container(&mut lease, folder, failure).await.map(|()| None),
        }
    }

    /// As [`Self::open`], for changes.
    async fn open_for_writing(&self, folder: &BackendKey) -> Result<(Lease, Selected), MailboxError> {
        match self.open(folder).await? {
            Some((_, selected)) if selected.read_only => {
                Err(MailboxError::Denied("the folder is read-only".to_owned()))
            }
            Some(opened) => Ok(opened),
            None => Err(MailboxError::Denied("the folder holds only other folders".to_owned())),
        }
    }
}

/// Whether a key can be sent at all: no server has a folder whose name is empty or breaks lines.
pub(crate) fn can_be_named(folder: &BackendKey) -> bool {
    !folder.0.is_empty() && !folder.0.contains(['\0', '\r', '\n'])
}

/// Why a folder could not be selected: `Ok` when it exists as a place for other folders. The server's word alone does
/// not always tell whether it is gone, so the listing is asked.
async fn only_a_container(
    session: &mut Session,
    folder: &BackendKey,
    failure: Failure,
) -> Result<(), MailboxError> {
    if matches!(failure, Failure::Lost(_)) || failure.may_pass() {
        return Err(failure.into());
    }
    match folders::standing(session, folder).await {
        Ok(Standing::Container) => Ok(()),
        Ok(Standing::Folder) => Err(failure.on(folder)),
        Ok(Standing::Nothing) | Err(Failure::Refused(_)) => Err(MailboxError::NoSuchFolder(folder.clone())),
        Err(lost) => Err(lost.into()),
    }
}

/// Why a folder could not be the target of a change.
async fn why_not(session: &mut Session, folder: &BackendKey, failure: Failure) -> MailboxError {
    let container = || MailboxError::Denied("the folder holds only other folders".to_owned());
    only_a_container(session, folder, failure).await.err().unwrap_or_else(container)
}

#[async_trait]
impl Mailbox for ImapMailbox {
    async fn folders(&self) -> Result<Vec<Folder>, MailboxError> {
        let listing = self.list().await?;
        missing::complete(self, listing).await
    }

    async fn index(
        &self,
        folder: &BackendKey,
        earlier: Option<Arc<FolderIndex>>,
    ) -> Result<Arc<FolderIndex>, MailboxError> {
        index::index(self, folder, earlier).await
    }

    async fn fetch<'a>(
        &'a self,
        folder: &BackendKey,
        ids: &[ItemId],
        part: FetchPart,
    ) -> Result<BoxStream<'a, Result<Fetched, MailboxError>>, MailboxError> {
        fetch::fetch(self, folder, ids, part).await
    }

    async fn create(&self, folder: &BackendKey, item: NewItem) -> Result<ItemState, MailboxError> {
        create::create(self, folder, item).await
    }

    async fn update(
        &self,
        folder: &BackendKey,
        changes: &[(ItemId, ItemChange)],
    ) -> Result<Each<ItemState>, MailboxError> {
        change::update(self, folder, changes).await
    }

    async fn move_items(
        &self,
        from: &BackendKey,
        ids: &[ItemId],
        to: &BackendKey,
    ) -> Result<Each<ItemState>, MailboxError> {
        move_items::move_items(self, from, ids, to).await
    }

    async fn delete(&self, folder: &BackendKey, ids: &[ItemId]) -> Result<Each<()>, MailboxError> {
        change::delete(self, folder, ids).await
    }

    async fn search(
        &self,
        folder: &BackendKey,
        words: &[String],
        limit: usize,
    ) -> Result<Vec<ItemId>, MailboxError> {
        search::search(self, folder, words, limit).await
    }

    async fn watch(&self, folders: &[BackendKey]) -> Result<Box<dyn Watch>, MailboxError> {
        crate::watch::watch(&self.account, folders).await
    }
}
