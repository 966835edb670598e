//! Folder indexes cached within a memory bound, over any mailbox.
//!
//! Listing a folder is the most expensive thing a device makes a mail system do, and a device asks again for every
//! window of an initial sync. [`CachedMailboxes`] keeps the last index of each folder and hands it to the backend at
//! the next call, which then reads only what has changed since. It never answers from memory alone: every
//! [`Mailbox::index`] is a refresh that started after the call, so a change made before the call is always seen.
//! What calls of several devices do share is a refresh that has not started yet.
//!
//! Everything but `index` passes straight through, `open` with its check of the secret included: the cache is keyed
//! by account and folder, and whoever reaches it has been let in by the backend.

mod flight;
mod lru;

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use syncledger_domain::{
    ids::{Address, ItemId},
    ports::mailbox::{
        BackendKey, Each, FetchPart, Fetched, Folder, FolderIndex, ItemChange, ItemState, Mailbox,
        MailboxError, MailboxUser, Mailboxes, NewItem, Secret, Watch,
    },
};

use crate::{
    flight::{Flights, Outcome},
    lru::Lru,
};

/// Which folder of which account.
type Key = (Address, BackendKey);

/// Mailboxes whose folder indexes are cached. Clones share the cache.
#[derive(Clone)]
pub struct CachedMailboxes {
    inner: Arc<dyn Mailboxes>,
    cache: Arc<Cache>,
}

/// What the cache did so far, and what it holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CacheStats {
    /// Calls of the backend's `index` with an earlier index at hand.
    pub refreshes: u64,
    /// Calls of the backend's `index` from nothing.
    pub full_reads: u64,
    /// Refreshes after which the folder turned out unchanged.
    pub unchanged: u64,
    /// Calls answered by a refresh another call had begun after them.
    pub joined: u64,
    /// Indexes dropped to stay within the bound.
    pub evicted: u64,
    /// Indexes held.
    pub entries: usize,
    /// Memory they take, in bytes: [`FolderIndex::memory`] and the cache's own keys and rows.
    pub bytes: usize,
}

impl CachedMailboxes {
    /// Caches the indexes of `inner` in at most `memory_bound_bytes`; an index larger than that is never kept.
    pub fn new(inner: Arc<dyn Mailboxes>, memory_bound_bytes: usize) -> Self {
        let cache = Cache {
            kept: Mutex::new(Lru::new(memory_bound_bytes)),
            flights: Flights::default(),
            counters: Counters::default(),
        };
        Self { inner, cache: Arc::new(cache) }
    }

    /// Counters and contents.
    pub fn stats(&self) -> CacheStats {
        let kept = self.cache.kept();
        let counters = &self.cache.counters;
        CacheStats {
            refreshes: counters.refreshes.load(Relaxed),
            full_reads: counters.full_reads.load(Relaxed),
            unchanged: counters.unchanged.load(Relaxed),
            joined: counters.joined.load(Relaxed),
            evicted: kept.evicted(),
            entries: kept.len(),
            bytes: kept.bytes(),
        }
    }

    fn cached(&self, user: &MailboxUser, inner: Arc<dyn Mailbox>) -> Arc<dyn Mailbox> {
        Arc::new(CachedMailbox { inner, account: user.address.clone(), cache: Arc::clone(&self.cache) })
    }
}

#[async_trait]
impl Mailboxes for CachedMailboxes {
    async fn open(&self, user: &MailboxUser, secret: &Secret) -> Result<Arc<dyn Mailbox>, MailboxError> {
        Ok(self.cached(user, self.inner.open(user, secret).await?))
    }

    async fn open_vouched(&self, user: &MailboxUser) -> Result<Arc<dyn Mailbox>, MailboxError> {
        Ok(self.cached(user, self.inner.open_vouched(user).await?))
    }

    fn checks_secrets(&self) -> bool {
        self.inner.checks_secrets()
    }
}

struct Cache {
    kept: Mutex<Lru>,
    flights: Flights,
    counters: Counters,
}

#[derive(Default)]
struct Counters {
    refreshes: AtomicU64,
    full_reads: AtomicU64,
    unchanged: AtomicU64,
    joined: AtomicU64,
}

impl Cache {
    fn kept(&self) -> MutexGuard<'_, Lru> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the backend, with the kept index or else the caller's as the earlier one, and keeps the answer.
    async fn refresh(&self, inner: &dyn Mailbox, key: &Key, callers: Option<Arc<FolderIndex>>) -> Outcome {
        let earlier = self.kept().get(key).or(callers);
        let counter = if earlier.is_some() { &self.counters.refreshes } else { &self.counters.full_reads };
        counter.fetch_add(1, Relaxed);
        let outcome = inner.index(&key.1, earlier.clone()).await;
        match &outcome {
            Ok(index) => {
                if earlier.is_some_and(|earlier| Arc::ptr_eq(&earlier, index)) {
                    self.counters.unchanged.fetch_add(1, Relaxed);
                }
                self.kept().put(key, index);
            }
            Err(MailboxError::NoSuchFolder(_)) => self.kept().remove(key),
            Err(_) => {}
        }
        outcome
    }
}

struct CachedMailbox {
    inner: Arc<dyn Mailbox>,
    account: Address,
    cache: Arc<Cache>,
}

#[async_trait]
impl Mailbox for CachedMailbox {
    async fn folders(&self) -> Result<Vec<Folder>, MailboxError> {
        self.inner.folders().await
    }

    async fn index(
        &self,
        folder: &BackendKey,
        earlier: Option<Arc<FolderIndex>>,
    ) -> Result<Arc<FolderIndex>, MailboxError> {
        let key = (self.account.clone(), folder.clone());
        let refresh = self.cache.refresh(&*self.inner, &key, earlier);
        let (outcome, joined) = self.cache.flights.fly(&key, refresh).await;
        if joined {
            self.cache.counters.joined.fetch_add(1, Relaxed);
        }
        tracing::trace!(index.joined = joined, index.ok = outcome.is_ok(), "folder index");
        outcome
    }

    async fn fetch<'a>(
        &'a self,
        folder: &BackendKey,
        ids: &[ItemId],
        part: FetchPart,
    ) -> Result<BoxStream<'a, Result<Fetched, MailboxError>>, MailboxError> {
        self.inner.fetch(folder, ids, part).await
    }

    async fn create(&self, folder: &BackendKey, item: NewItem) -> Result<ItemState, MailboxError> {
        self.inner.create(folder, item).await
    }

    async fn update(
        &self,
        folder: &BackendKey,
        changes: &[(ItemId, ItemChange)],
    ) -> Result<Each<ItemState>, MailboxError> {
        self.inner.update(folder, changes).await
    }

    async fn move_items(
        &self,
        from: &BackendKey,
        ids: &[ItemId],
        to: &BackendKey,
    ) -> Result<Each<ItemState>, MailboxError> {
        self.inner.move_items(from, ids, to).await
    }

    async fn delete(&self, folder: &BackendKey, ids: &[ItemId]) -> Result<Each<()>, MailboxError> {
        self.inner.delete(folder, ids).await
    }

    async fn search(
        &self,
        folder: &BackendKey,
        words: &[String],
        limit: usize,
    ) -> Result<Vec<ItemId>, MailboxError> {
        self.inner.search(folder, words, limit).await
    }

    async fn watch(&self, folders: &[BackendKey]) -> Result<Box<dyn Watch>, MailboxError> {
        self.inner.watch(folders).await
    }
}
