//! Sync states: loading the aggregate of one collection of one device, and appending what a request decided.
//!
//! Unlike the other aggregates these are touched by every request and may hold tens of thousands of items, so loading
//! is snapshot + tail: first the in-memory cache, then the newest stored snapshot, then the log. Each load reads the
//! tail of the stream, because another node may have answered the device's last request.
//!
//! One request per collection works at a time ([`Collection`] holds a lock of its stream); different collections of a
//! device go in parallel, as Samsung's client does it. Across nodes the exact expected revision decides.

use std::{convert::Infallible, sync::Arc};

use async_trait::async_trait;
use moka::sync::Cache;
use syncledger_domain::{
    Aggregate,
    event::{Revision, StreamId},
    ids::{AccountId, CollectionId, DeviceId},
    ports::event_log::Appended,
    sync_state::{SyncEvent, SyncState},
};
use tokio::sync::OwnedMutexGuard;

use crate::{CommandError, Issuer, Loaded, Repository, keyed_locks::KeyedLocks};

/// Stored snapshots of sync states; a view, so it may be missing, old or empty.
#[async_trait]
pub trait SnapshotSource: Send + Sync {
    /// The newest snapshot of a stream, with the revision it stands at.
    async fn newest(&self, stream: &StreamId) -> Option<(SyncState, Revision)>;
}

/// No snapshots: every state is folded from its whole stream.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSnapshots;

#[async_trait]
impl SnapshotSource for NoSnapshots {
    async fn newest(&self, _stream: &StreamId) -> Option<(SyncState, Revision)> {
        None
    }
}

/// Loads and commits sync states. Cheap to clone.
#[derive(Clone)]
pub struct SyncStates {
    repository: Repository,
    snapshots: Arc<dyn SnapshotSource>,
    cache: Cache<StreamId, Arc<Loaded<SyncState>>>,
    locks: KeyedLocks<StreamId>,
}

/// Bytes an item takes in a cached state, about.
const BYTES_PER_ITEM: usize = 48;

impl SyncStates {
    /// `cache_bytes` bounds the memory of cached states.
    pub fn new(repository: Repository, snapshots: Arc<dyn SnapshotSource>, cache_bytes: u64) -> Self {
        let cache = Cache::builder()
            .max_capacity(cache_bytes)
            .weigher(|stream: &StreamId, loaded: &Arc<Loaded<SyncState>>| {
                let state = &loaded.state;
                let offered = state.offer.as_ref().map_or(0, |offer| offer.delta.len() + offer.client.len());
                let bytes = 512 + stream.as_str().len() + (state.confirmed.len() + offered) * BYTES_PER_ITEM;
                u32::try_from(bytes).unwrap_or(u32::MAX)
            })
            .build();
        Self { repository, snapshots, cache, locks: KeyedLocks::default() }
    }

    /// The state as it is now, without locking: for measuring news (Ping) and for questions.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn peek(
        &self,
        account: AccountId,
        device: &DeviceId,
        collection: CollectionId,
    ) -> Result<Arc<Loaded<SyncState>>, CommandError<Infallible>> {
        self.load(&StreamId::sync(account, device, collection)).await
    }

    /// Waits for the collection's turn and loads it.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn open(
        &self,
        account: AccountId,
        device: &DeviceId,
        collection: CollectionId,
    ) -> Result<Collection, CommandError<Infallible>> {
        let stream = StreamId::sync(account, device, collection);
        let guard = self.locks.lock(stream.clone()).await;
        let loaded = self.load(&stream).await?;
        let leaves_trace = !device.is_connection_test();
        Ok(Collection { states: self.clone(), stream, loaded, leaves_trace, _guard: guard })
    }

    async fn load(&self, stream: &StreamId) -> Result<Arc<Loaded<SyncState>>, CommandError<Infallible>> {
        let base = match self.cache.get(stream) {
            Some(loaded) => loaded,
            None => Arc::new(match self.snapshots.newest(stream).await {
                Some((state, revision)) => Loaded { state, last: Some(revision) },
                None => Loaded::default(),
            }),
        };
        let loaded = self.repository.advance(stream, Arc::clone(&base)).await?;
        if loaded.last.is_some() && (!Arc::ptr_eq(&loaded, &base) || !self.cache.contains_key(stream)) {
            self.cache.insert(stream.clone(), Arc::clone(&loaded));
        }
        Ok(loaded)
    }
}

/// One collection, held by one request.
pub struct Collection {
    states: SyncStates,
    stream: StreamId,
    loaded: Arc<Loaded<SyncState>>,
    /// Not so for the device id some clients test a connection with: it is answered and nothing is remembered.
    leaves_trace: bool,
    _guard: OwnedMutexGuard<()>,
}

/// Another node appended to the collection meanwhile: the request must be decided anew on the reloaded state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overtaken;

impl Collection {
    /// The state, as of the last load or commit.
    pub fn state(&self) -> &SyncState {
        &self.loaded.state
    }

    /// Appends what was decided on [`Self::state`], and evolves it. `None` when there was nothing to append.
    ///
    /// # Errors
    /// The outer error when the log cannot be written: the outcome may be unknown, and the next load finds it out.
    pub async fn commit(
        &mut self,
        issuer: &Issuer,
        events: &[SyncEvent],
    ) -> Result<Result<Option<Appended>, Overtaken>, CommandError<Infallible>> {
        if events.is_empty() || !self.leaves_trace {
            return Ok(Ok(None));
        }
        let outcome = self.states.repository.append(issuer, &self.stream, self.loaded.last, events).await;
        match outcome {
            Ok(Ok(appended)) => {
                let mut loaded = Loaded::clone(&self.loaded);
                for event in events {
                    loaded.state.evolve(event);
                }
                loaded.last = Some(appended.last_revision);
                self.loaded = Arc::new(loaded);
                self.states.cache.insert(self.stream.clone(), Arc::clone(&self.loaded));
                Ok(Ok(Some(appended)))
            }
            Ok(Err(_)) => {
                self.states.cache.invalidate(&self.stream);
                self.loaded = self.states.load(&self.stream).await?;
                Ok(Err(Overtaken))
            }
            Err(error) => {
                self.states.cache.invalidate(&self.stream);
                Err(error)
            }
        }
    }
}
