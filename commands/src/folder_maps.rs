//! Folder maps, kept in memory per account and brought up to date from the tail of their stream at each use.

use std::{convert::Infallible, sync::Arc};

use moka::sync::Cache;
use syncledger_domain::{
    event::StreamId,
    folders::{self, FolderMap},
    ids::AccountId,
    ports::mailbox::Folder,
};

use crate::{CommandError, Issuer, Loaded, Repository, observe_folders};

/// Loads folder maps. Cheap to clone.
#[derive(Clone)]
pub struct FolderMaps {
    repository: Repository,
    cache: Cache<AccountId, Arc<Loaded<FolderMap>>>,
}

/// Bytes a mapped folder takes in memory, about.
const BYTES_PER_FOLDER: usize = 256;

impl FolderMaps {
    /// `cache_bytes` bounds the memory of cached maps.
    pub fn new(repository: Repository, cache_bytes: u64) -> Self {
        let cache = Cache::builder()
            .max_capacity(cache_bytes)
            .weigher(|_: &AccountId, loaded: &Arc<Loaded<FolderMap>>| {
                u32::try_from(256 + loaded.state.folders.len() * BYTES_PER_FOLDER).unwrap_or(u32::MAX)
            })
            .build();
        Self { repository, cache }
    }

    /// The map as the log has it now.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn load(&self, account: AccountId) -> Result<Arc<Loaded<FolderMap>>, CommandError<Infallible>> {
        let cached = self.cache.get(&account);
        let base = cached.as_deref().cloned().unwrap_or_default();
        let before = base.last;
        let loaded = self.repository.load_onto(&StreamId::folders(account), base).await?;
        match cached {
            Some(cached) if loaded.last == before => Ok(cached),
            _ => {
                let loaded = Arc::new(loaded);
                self.cache.insert(account, Arc::clone(&loaded));
                Ok(loaded)
            }
        }
    }

    /// Takes a listing of the mailbox into the map. Appends nothing when nothing changed.
    ///
    /// # Errors
    /// When the log cannot be read or written.
    pub async fn observe(
        &self,
        issuer: &Issuer,
        account: AccountId,
        listing: &[Folder],
    ) -> Result<Arc<Loaded<FolderMap>>, CommandError<Infallible>> {
        let loaded = self.load(account).await?;
        if folders::observe(&loaded.state, listing).is_empty() {
            return Ok(loaded);
        }
        observe_folders::run(&self.repository, issuer, account, listing).await?;
        self.load(account).await
    }
}
