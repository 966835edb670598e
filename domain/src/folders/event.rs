//! Events of an account's folder map.

use serde::{Deserialize, Serialize};

use crate::{
    event::stored_events,
    ids::FolderId,
    ports::mailbox::{BackendKey, FolderClass, FolderRole},
};

/// A folder appeared in the mailbox, or one that was gone appeared again, or one shows another special use or identity
/// than before: all that is known of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FolderSeen {
    /// Its id; never given to another folder.
    pub id: FolderId,
    /// The folder around it.
    pub parent: Option<FolderId>,
    /// What it holds.
    pub class: FolderClass,
    /// Its special use.
    pub role: Option<FolderRole>,
    /// Its display name.
    pub name: String,
    /// Where the backend keeps it.
    pub key: BackendKey,
    /// What survives its renames.
    pub identity: Option<String>,
}

/// A folder has another display name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FolderRenamed {
    /// Which.
    pub id: FolderId,
    /// Its new display name.
    pub name: String,
    /// Its new key.
    pub key: BackendKey,
}

/// A folder hangs elsewhere in the tree, or its key changed because a folder around it was renamed or moved.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FolderMoved {
    /// Which.
    pub id: FolderId,
    /// The folder around it now.
    pub parent: Option<FolderId>,
    /// Its new key.
    pub key: BackendKey,
}

/// A folder is not in the mailbox any more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FolderGone {
    /// Which.
    pub id: FolderId,
}

/// A folder is kept from devices, with all folders inside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FolderSyncDisabled {
    /// Which.
    pub id: FolderId,
}

/// A folder is shown to devices again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FolderSyncEnabled {
    /// Which.
    pub id: FolderId,
}

stored_events! {
    /// What can happen to an account's folders.
    pub enum FoldersEvent {
        /// One appeared.
        "folder-seen" 1 => Seen(FolderSeen);
        /// One has a new name.
        "folder-renamed" 1 => Renamed(FolderRenamed);
        /// One hangs elsewhere.
        "folder-moved" 1 => Moved(FolderMoved);
        /// One is gone.
        "folder-gone" 1 => Gone(FolderGone);
        /// One is kept from devices.
        "folder-sync-disabled" 1 => SyncDisabled(FolderSyncDisabled);
        /// One is shown to devices again.
        "folder-sync-enabled" 1 => SyncEnabled(FolderSyncEnabled);
    }
}
