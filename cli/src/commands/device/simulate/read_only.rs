//! The node's mail, for looking at only: whatever would change it is refused, whoever asks.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use syncledger_domain::{
    ids::ItemId,
    ports::{
        mailbox::{
            BackendKey, Each, FetchPart, Fetched, Folder, FolderIndex, ItemChange, ItemState, Mailbox,
            MailboxError, MailboxUser, Mailboxes, NewItem, Secret, Watch,
        },
        transport::{Outgoing, SendError, Transport},
    },
};
use syncledger_eas::services::{Backend, Backends};

/// What refusals say.
const WHY: &str = "a simulation only reads";

/// The same backends without their ways to change anything.
pub(super) fn backends(backends: Backends) -> Backends {
    let guarded = |backend: Backend| Backend {
        mailboxes: Arc::new(ReadOnly(backend.mailboxes)),
        transport: Arc::new(Nowhere),
    };
    Backends {
        by_domain: backends.by_domain.into_iter().map(|(name, backend)| (name, guarded(backend))).collect(),
        default: backends.default.map(guarded),
    }
}

/// Mailboxes, or a mailbox, of which only the reading half is there.
struct ReadOnly<T: ?Sized>(Arc<T>);

fn refused() -> MailboxError {
    MailboxError::Denied(WHY.to_owned())
}

#[async_trait]
impl Mailboxes for ReadOnly<dyn Mailboxes> {
    async fn open(&self, user: &MailboxUser, secret: &Secret) -> Result<Arc<dyn Mailbox>, MailboxError> {
        Ok(Arc::new(ReadOnly(self.0.open(user, secret).await?)))
    }

    async fn open_vouched(&self, user: &MailboxUser) -> Result<Arc<dyn Mailbox>, MailboxError> {
        Ok(Arc::new(ReadOnly(self.0.open_vouched(user).await?)))
    }

    fn checks_secrets(&self) -> bool {
        self.0.checks_secrets()
    }
}

#[async_trait]
impl Mailbox for ReadOnly<dyn Mailbox> {
    async fn folders(&self) -> Result<Vec<Folder>, MailboxError> {
        self.0.folders().await
    }

    async fn index(
        &self,
        folder: &BackendKey,
        earlier: Option<Arc<FolderIndex>>,
    ) -> Result<Arc<FolderIndex>, MailboxError> {
        self.0.index(folder, earlier).await
    }

    async fn fetch<'a>(
        &'a self,
        folder: &BackendKey,
        ids: &[ItemId],
        part: FetchPart,
    ) -> Result<BoxStream<'a, Result<Fetched, MailboxError>>, MailboxError> {
        self.0.fetch(folder, ids, part).await
    }

    async fn create(&self, _: &BackendKey, _: NewItem) -> Result<ItemState, MailboxError> {
        Err(refused())
    }

    async fn update(
        &self,
        _: &BackendKey,
        _: &[(ItemId, ItemChange)],
    ) -> Result<Each<ItemState>, MailboxError> {
        Err(refused())
    }

    async fn move_items(
        &self,
        _: &BackendKey,
        _: &[ItemId],
        _: &BackendKey,
    ) -> Result<Each<ItemState>, MailboxError> {
        Err(refused())
    }

    async fn delete(&self, _: &BackendKey, _: &[ItemId]) -> Result<Each<()>, MailboxError> {
        Err(refused())
    }

    async fn search(
        &self,
        folder: &BackendKey,
        words: &[String],
        limit: usize,
    ) -> Result<Vec<ItemId>, MailboxError> {
        self.0.search(folder, words, limit).await
    }

    async fn watch(&self, folders: &[BackendKey]) -> Result<Box<dyn Watch>, MailboxError> {
        self.0.watch(folders).await
    }
}

/// Mail goes nowhere.
struct Nowhere;

#[async_trait]
impl Transport for Nowhere {
    async fn send(&self, _: Outgoing) -> Result<(), SendError> {
        Err(SendError::Refused(WHY.to_owned()))
    }
}
