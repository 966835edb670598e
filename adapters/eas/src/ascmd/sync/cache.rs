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

/// Completes a partial or empty request with what was remembered; gives the collections borrowed for it, too.
pub(super) fn complete(
    named: Option<SyncRequest>,
    remembered: &SyncRequest,
) -> (SyncRequest, Vec<CollectionRequest>) {
    let named =
        named.unwrap_or(SyncRequest { collections: Vec::new(), wait: None, window: None, partial: true });
    let is_named = |id: &str| named.collections.iter().any(|collection| collection.collection_id == id);
    let borrowed: Vec<_> =
        remembered.collections.iter().filter(|last| !is_named(&last.collection_id)).cloned().collect();
    let mut collections = named.collections;
    collections.extend(borrowed.iter().cloned());
    let (wait, window) = (named.wait.or(remembered.wait), named.window.or(remembered.window));
    (SyncRequest { collections, wait, window, partial: false }, borrowed)
}
