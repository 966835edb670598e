//! The one folder. It has the id of the account's Inbox, so that a device that ignores a changed hierarchy still finds
//! the message under the id it goes on asking for.

use std::sync::{Arc, LazyLock};

use syncledger_commands::Loaded;
use syncledger_domain::{
    folders::{FolderMap, FolderSeen, MappedFolder},
    ids::FolderId,
    ports::mailbox::{BackendKey, Folder, FolderClass, FolderRole},
};

/// Its name.
const NAME: &str = "Inbox";

/// Its key.
pub(super) fn key() -> BackendKey {
    BackendKey("abq-inbox".to_owned())
}

/// As a mailbox lists it.
pub(super) fn inbox() -> Folder {
    Folder {
        key: key(),
        parent: None,
        name: NAME.to_owned(),
        class: FolderClass::Mail,
        role: Some(FolderRole::Inbox),
        identity: None,
    }
}

/// The folder map of the dummy world, for every account the same.
pub fn folder_map() -> Arc<Loaded<FolderMap>> {
    static MAP: LazyLock<Arc<Loaded<FolderMap>>> = LazyLock::new(|| {
        let Folder { key, class, role, name, .. } = inbox();
        let id = FolderId::INBOX;
        let folder = FolderSeen { id, parent: None, class, role, name, key, identity: None };
        let state = FolderMap {
            folders: [(id, MappedFolder { folder, present: true })].into(),
            ..FolderMap::default()
        };
        Arc::new(Loaded { state, last: None })
    });
    Arc::clone(&MAP)
}
