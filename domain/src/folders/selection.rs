//! Which folders are kept from devices.

use super::{FolderMap, FolderSeen, FolderSyncDisabled, FolderSyncEnabled, FoldersEvent};
use crate::{codes, ids::FolderId, ports::mailbox::FolderRole};

/// Why a folder cannot be kept from devices.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// It is not in the mailbox.
    #[error("folder {0} does not exist")]
    NoSuchFolder(FolderId),
    /// Devices need it.
    #[error("folder {0} is a system folder")]
    SystemFolder(FolderId),
    /// A folder devices need lies inside it.
    #[error("system folder {inside} lies inside folder {folder}")]
    HoldsSystemFolder {
        /// The folder.
        folder: FolderId,
        /// The one devices need.
        inside: FolderId,
    },
}

impl Refusal {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchFolder(_) => codes::NO_SUCH_FOLDER,
            Self::SystemFolder(_) | Self::HoldsSystemFolder { .. } => codes::SYSTEM_FOLDER,
        }
    }
}

/// Shows a folder to devices or keeps it from them, with all that is inside it. Nothing happens when it is so already. The
/// next FolderSync tells devices.
///
/// # Errors
/// [`Refusal`].
pub fn set_folder_sync(map: &FolderMap, id: FolderId, enabled: bool) -> Result<Vec<FoldersEvent>, Refusal> {
    let folder = map.present(id).ok_or(Refusal::NoSuchFolder(id))?;
    if is_system(folder) {
        return Err(Refusal::SystemFolder(id));
    }
    match (enabled, map.disabled.contains(&id)) {
        (true, true) => Ok(vec![FoldersEvent::SyncEnabled(FolderSyncEnabled { id })]),
        (false, false) => {
            let inside = |other: &&FolderSeen| is_system(other) && map.ancestors(other).any(|at| at == id);
            match map.iter().find(inside) {
                Some(system) => Err(Refusal::HoldsSystemFolder { folder: id, inside: system.id }),
                None => Ok(vec![FoldersEvent::SyncDisabled(FolderSyncDisabled { id })]),
            }
        }
        (true, false) | (false, true) => Ok(Vec::new()),
    }
}

/// Folders devices need: those with a special use, and those whose id says they once had one.
fn is_system(folder: &FolderSeen) -> bool {
    let needed = match folder.role {
        None | Some(FolderRole::Archive) => false,
        Some(
            FolderRole::Inbox
            | FolderRole::Trash
            | FolderRole::Junk
            | FolderRole::Sent
            | FolderRole::Drafts
            | FolderRole::Default,
        ) => true,
    };
    needed || folder.id.0 < FolderId::FIRST_FREE
}

impl FolderMap {
    /// Whether devices may know of a folder: it is in the mailbox, and neither it nor a folder around it is kept from
    /// them. A folder devices need is shown whatever became of the folders around it.
    pub fn is_shown(&self, id: FolderId) -> bool {
        self.present(id).is_some_and(|folder| {
            is_system(folder)
                || (!self.disabled.contains(&id)
                    && !self.ancestors(folder).any(|around| self.disabled.contains(&around)))
        })
    }

    /// A folder devices may know of.
    pub fn shown(&self, id: FolderId) -> Option<&FolderSeen> {
        self.present(id).filter(|_| self.is_shown(id))
    }

    /// The folders around a folder, the nearest first; bounded, because a damaged history may hang them in circles.
    fn ancestors(&self, folder: &FolderSeen) -> impl Iterator<Item = FolderId> {
        let parent = |id: &FolderId| self.present(*id).and_then(|folder| folder.parent);
        std::iter::successors(folder.parent, parent).take(self.folders.len())
    }
}
