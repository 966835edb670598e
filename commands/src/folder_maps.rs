//! Folder maps, kept in memory per account and brought up to date from the tail of their stream at each use.

use std::{convert::Infallible, sync::Arc};

use syncledger_domain::{
    event::StreamId,
    folders::{self, FolderMap},
    ids::AccountId,
    ports::mailbox::Folder,
};

use crate::{CommandError, Issuer, Loaded, Repository, cached::Cached, observe_folders};

/// Loads folder maps. Cheap to clone.
#[derive(Clone)]
pub struct FolderMaps {
    cached: Cached<FolderMap>,
}

/// Bytes a mapped folder takes in memory, about.
const BYTES_PER_FOLDER: usize = 256;

impl FolderMaps {
    /// `cache_bytes` bounds the memory of cached maps.
    pub fn new(repository: Repository, cache_bytes: u64) -> Self {
        Self { cached: Cached::new(repository, cache_bytes, |map| map.folders.len() * BYTES_PER_FOLDER) }
    }

    /// The map as the log has it now.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn load(&self, account: AccountId) -> Result<Arc<Loaded<FolderMap>>, CommandError<Infallible>> {
        self.cached.load(&StreamId::folders(account)).await
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
        observe_folders::run(self.cached.repository(), issuer, account, listing).await?;
        self.load(account).await
    }
}
