//! The folder map of an account: which protocol id each folder of its mailbox has, for all its devices, for ever.

mod decide;
mod event;
mod hierarchy;
mod selection;
#[cfg(test)]
mod selection_tests;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use decide::*;
pub use event::{
    FolderGone, FolderMoved, FolderRenamed, FolderSeen, FolderSyncDisabled, FolderSyncEnabled, FoldersEvent,
};
pub use hierarchy::HierarchyFolder;
pub use selection::{Refusal, set_folder_sync};

use crate::{Aggregate, ids::FolderId};

/// A folder of the map.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MappedFolder {
    /// As last seen.
    pub folder: FolderSeen,
    /// Whether it is in the mailbox now.
    pub present: bool,
}

/// The folder map.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FolderMap {
    /// All folders ever seen; ids are never given away again.
    pub folders: BTreeMap<FolderId, MappedFolder>,
    /// Folders the owner or an administrator keeps from devices; a folder that goes and comes back is still kept.
    pub disabled: BTreeSet<FolderId>,
}

impl Aggregate for FolderMap {
    type Event = FoldersEvent;

    fn evolve(&mut self, event: &FoldersEvent) {
        match event {
            FoldersEvent::Seen(seen) => {
                self.folders.insert(seen.id, MappedFolder { folder: seen.clone(), present: true });
            }
            FoldersEvent::Renamed(renamed) => {
                if let Some(mapped) = self.folders.get_mut(&renamed.id) {
                    mapped.folder.name.clone_from(&renamed.name);
                    mapped.folder.key = renamed.key.clone();
                }
            }
            FoldersEvent::Moved(moved) => {
                if let Some(mapped) = self.folders.get_mut(&moved.id) {
                    mapped.folder.parent = moved.parent;
                    mapped.folder.key = moved.key.clone();
                }
            }
            FoldersEvent::Gone(gone) => {
                if let Some(mapped) = self.folders.get_mut(&gone.id) {
                    mapped.present = false;
                }
            }
            FoldersEvent::SyncDisabled(disabled) => {
                self.disabled.insert(disabled.id);
            }
            FoldersEvent::SyncEnabled(enabled) => {
                self.disabled.remove(&enabled.id);
            }
        }
    }
}

impl FolderMap {
    /// A folder that is in the mailbox now.
    pub fn present(&self, id: FolderId) -> Option<&FolderSeen> {
        self.folders.get(&id).filter(|mapped| mapped.present).map(|mapped| &mapped.folder)
    }

    /// The folder of this backend key, if it is in the mailbox now.
    pub fn by_key(&self, key: &crate::ports::mailbox::BackendKey) -> Option<&FolderSeen> {
        self.iter().find(|folder| folder.key == *key)
    }

    /// All folders that are in the mailbox now, by id.
    pub fn iter(&self) -> impl Iterator<Item = &FolderSeen> {
        self.folders.values().filter(|mapped| mapped.present).map(|mapped| &mapped.folder)
    }
}
