//! What the phone remembers, and the rules for changing its mind. No IO.
//!
//! An answer is applied as a careful client does: an Add of a known item is a change; Changes and Deletes of unknown
//! items are refused and written down; a key that did not move is not trusted. What no careful client can accept is
//! an [`Anomaly`], kept here for tests and reports.

mod anomaly;
mod apply;
mod client_command;
mod collection;
mod folder;
mod item;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::Version;
pub use anomaly::Anomaly;
pub(crate) use apply::{Sent, apply};
pub use client_command::{ClientCommand, Document};
pub use collection::Collection;
pub use folder::{Class, Folder, FolderChanges, HierarchyChange};
pub use item::{Attachment, Body, Item, Property};

/// The key that starts anew.
pub const KEY_ZERO: &str = "0";
/// Anomalies kept in full; further ones are only counted.
const ANOMALIES_KEPT: usize = 1000;

/// The phone's memory. Survives the process as JSON.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PhoneState {
    /// Version in use; `None` before OPTIONS.
    pub version: Option<Version>,
    /// Commands the server offered.
    pub commands: Vec<String>,
    /// Key of the acknowledged policy; 0 is none.
    pub policy_key: u32,
    /// `SyncKey` of the hierarchy.
    pub folder_key: String,
    /// Folders by id.
    pub folders: BTreeMap<String, Folder>,
    /// Collections by folder id; a folder never synchronised has none.
    pub collections: BTreeMap<String, Collection>,
    /// Heartbeat of the last Ping, in seconds; 0 before the first.
    pub heartbeat_secs: u32,
    /// Folders of the last Ping.
    pub pinged: Vec<String>,
    /// Whether the server can be expected to remember the last Ping's parameters.
    pub ping_cached: bool,
    /// Collections of the last Sync, which an empty request repeats.
    pub synced: Vec<String>,
    /// `ClientId`s given out.
    pub client_ids: u64,
    /// How often a collection had to start from zero because the server refused its key.
    pub resyncs_from_zero: u64,
    /// How often the hierarchy had to.
    pub hierarchy_resyncs: u64,
    /// What was wrong with answers, oldest first, up to 1000.
    pub anomalies: Vec<Anomaly>,
    /// Anomalies beyond those.
    pub anomalies_dropped: u64,
}

impl Default for PhoneState {
    fn default() -> Self {
        Self {
            version: None,
            commands: Vec::new(),
            policy_key: 0,
            folder_key: KEY_ZERO.to_owned(),
            folders: BTreeMap::new(),
            collections: BTreeMap::new(),
            heartbeat_secs: 0,
            pinged: Vec::new(),
            ping_cached: false,
            synced: Vec::new(),
            client_ids: 0,
            resyncs_from_zero: 0,
            hierarchy_resyncs: 0,
            anomalies: Vec::new(),
            anomalies_dropped: 0,
        }
    }
}

impl PhoneState {
    /// Writes an anomaly down.
    pub(crate) fn note(&mut self, anomaly: Anomaly) {
        tracing::debug!(%anomaly, "anomaly");
        if self.anomalies.len() < ANOMALIES_KEPT {
            self.anomalies.push(anomaly);
        } else {
            self.anomalies_dropped += 1;
        }
    }

    /// Forgets what came from the server, as after a remote wipe. `ClientId`s go on counting.
    pub(crate) fn wipe(&mut self) {
        *self = Self { client_ids: self.client_ids, ..Self::default() };
    }

    /// Items of a folder the phone holds.
    pub fn items(&self, folder: &str) -> impl Iterator<Item = (&str, &Item)> {
        let collection = self.collections.get(folder);
        collection
            .into_iter()
            .flat_map(|collection| collection.items.iter())
            .map(|(id, item)| (id.as_str(), item))
    }
}
