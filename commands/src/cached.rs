//! Aggregates kept in memory and brought up to date from the tail of their stream at each use, since another node or the
//! CLI may have appended.

use std::{convert::Infallible, sync::Arc};

use moka::sync::Cache;
use syncledger_domain::{Aggregate, event::StreamId};

use crate::{CommandError, Loaded, Repository};

/// Loads aggregates of one kind. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Cached<A: Send + Sync + 'static> {
    repository: Repository,
    cache: Cache<StreamId, Arc<Loaded<A>>>,
}

impl<A: Aggregate + Clone + Send + Sync + 'static> Cached<A> {
    /// `cache_bytes` bounds the memory of what is cached, as `bytes_of` counts it.
    pub(crate) fn new(repository: Repository, cache_bytes: u64, bytes_of: fn(&A) -> usize) -> Self {
        let cache = Cache::builder()
            .max_capacity(cache_bytes)
            .weigher(move |stream: &StreamId, loaded: &Arc<Loaded<A>>| {
                let bytes = 256 + stream.as_str().len() + bytes_of(&loaded.state);
                u32::try_from(bytes).unwrap_or(u32::MAX)
            })
            .build();
        Self { repository, cache }
    }

    /// The aggregate as the log has it now.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(crate) async fn load(&self, stream: &StreamId) -> Result<Arc<Loaded<A>>, CommandError<Infallible>> {
        let cached = self.cache.get(stream);
        let base = cached.clone().unwrap_or_default();
        let loaded = self.repository.advance(stream, base).await?;
        if cached.is_none_or(|cached| !Arc::ptr_eq(&cached, &loaded)) && loaded.last.is_some() {
            self.cache.insert(stream.clone(), Arc::clone(&loaded));
        }
        Ok(loaded)
    }

    pub(crate) fn repository(&self) -> &Repository {
        &self.repository
    }
}
