//! The Sync requests that empty and partial ones stand for (MS-ASCMD, "Empty Sync Request").
//!
//! Kept in memory only: a device that meets another node or a restarted one is told Status 13 and sends its request in
//! full.

use std::sync::Arc;

use moka::sync::Cache;
use syncledger_domain::ids::{AccountId, DeviceId};

use super::request::{CollectionRequest, SyncRequest};

/// Last Sync request of each device, without client commands. Cheap to clone.
#[derive(Clone)]
pub struct RequestCache {
    cache: Cache<(AccountId, DeviceId), Arc<SyncRequest>>,
}

impl RequestCache {
    /// `bytes` bounds the memory, about.
    pub fn new(bytes: u64) -> Self {
        let cache = Cache::builder()
            .max_capacity(bytes)
            .weigher(|_: &(AccountId, DeviceId), request: &Arc<SyncRequest>| {
                u32::try_from(256 + request.collections.len() * size_of::<CollectionRequest>() * 2)
                    .unwrap_or(u32::MAX)
            })
            .build();
        Self { cache }
    }

    /// The last request of a device.
    pub fn last(&self, account: AccountId, device: &DeviceId) -> Option<Arc<SyncRequest>> {
        self.cache.get(&(account, device.clone()))
    }

    /// Remembers a full request, or a partial one already completed.
    pub fn remember(&self, account: AccountId, device: &DeviceId, request: &SyncRequest) {
        let without_commands = |collection: &CollectionRequest| CollectionRequest {
            commands: Vec::new(),
            options: None,
            ..collection.clone()
        };
        let remembered = SyncRequest {
            collections: request.collections.iter().map(without_commands).collect(),
            partial: false,
            ..request.clone()
        };
        self.cache.insert((account, device.clone()), Arc::new(remembered));
    }
}

/// Completes a partial request with the collections of the remembered one it does not name.
pub(super) fn complete(request: SyncRequest, remembered: &SyncRequest) -> SyncRequest {
    let mut collections = request.collections;
    for collection in &remembered.collections {
        if !collections.iter().any(|named| named.collection_id == collection.collection_id) {
            collections.push(collection.clone());
        }
    }
    SyncRequest {
        collections,
        wait: request.wait.or(remembered.wait),
        window: request.window.or(remembered.window),
        partial: false,
    }
}
