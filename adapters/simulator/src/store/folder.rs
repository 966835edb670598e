//! Folders, and how a `FolderSync` answer changes them. MS-ASCMD, "FolderSync".

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::{Anomaly, PhoneState};

/// What a folder holds. MS-ASCMD, "Class".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the protocol's own names")]
pub enum Class {
    Email,
    Calendar,
    Contacts,
    Tasks,
    Notes,
}

impl Class {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "Email",
            Self::Calendar => "Calendar",
            Self::Contacts => "Contacts",
            Self::Tasks => "Tasks",
            Self::Notes => "Notes",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A folder as the hierarchy tells it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Folder {
    /// `ServerId`; also the `CollectionId`.
    pub id: String,
    /// `ParentId`; "0" is the root.
    pub parent: String,
    /// `DisplayName`.
    pub name: String,
    /// Type, 1–19. MS-ASCMD, "Type (`FolderSync`)".
    pub kind: u32,
}

impl Folder {
    /// What it holds; `None` for what phones do not synchronise (outbox, journal, cache of recipients, unknown).
    pub const fn class(&self) -> Option<Class> {
        match self.kind {
            1..=5 | 12 => Some(Class::Email),
            7 | 15 => Some(Class::Tasks),
            8 | 13 => Some(Class::Calendar),
            9 | 14 => Some(Class::Contacts),
            10 | 17 => Some(Class::Notes),
            _ => None,
        }
    }

    /// Whether deletions here are final.
    pub const fn is_trash(&self) -> bool {
        self.kind == 4
    }
}

/// One entry of an answer's Changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HierarchyChange {
    /// A new folder, or a known one told again.
    Add(Folder),
    /// Renamed or moved.
    Update(Folder),
    /// Gone, by id.
    Delete(String),
}

/// What a `FolderSync` changed, by id.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "ids of folders, as their names say")]
pub struct FolderChanges {
    pub added: Vec<String>,
    pub updated: Vec<String>,
    pub deleted: Vec<String>,
    /// Whether the server refused the key and everything was told again.
    pub from_zero: bool,
}

impl FolderChanges {
    /// Whether anything is new.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.updated.is_empty() && self.deleted.is_empty()
    }
}

impl PhoneState {
    /// Applies the answer to a `FolderSync` with `asked_key`.
    pub(crate) fn apply_hierarchy(
        &mut self,
        asked_key: &str,
        new_key: String,
        count: Option<u32>,
        changes: Vec<HierarchyChange>,
    ) -> FolderChanges {
        let found = u32::try_from(changes.len()).unwrap_or(u32::MAX);
        if let Some(said) = count.filter(|said| *said != found) {
            self.note(Anomaly::WrongCount { said, found });
        }
        if !changes.is_empty() && new_key == asked_key {
            self.note(Anomaly::HierarchyKeyNotMoved { key: new_key.clone() });
        }
        let before = self.folders.clone();
        if asked_key == super::KEY_ZERO {
            self.folders.clear();
        }
        for change in changes {
            self.apply_folder(change);
        }
        self.folder_key = new_key;
        self.check_parents();
        let folders = &self.folders;
        self.collections.retain(|id, _| folders.contains_key(id));
        difference(&before, folders)
    }

    fn apply_folder(&mut self, change: HierarchyChange) {
        match change {
            HierarchyChange::Add(folder) => {
                self.folders.insert(folder.id.clone(), folder);
            }
            HierarchyChange::Update(folder) => {
                if !self.folders.contains_key(&folder.id) {
                    self.note(unknown("Update of", &folder.id));
                }
                self.folders.insert(folder.id.clone(), folder);
            }
            HierarchyChange::Delete(id) => {
                if self.folders.remove(&id).is_none() {
                    self.note(unknown("Delete of", &id));
                }
            }
        }
    }

    fn check_parents(&mut self) {
        let orphans: Vec<_> = self
            .folders
            .values()
            .filter(|folder| folder.parent != "0" && !self.folders.contains_key(&folder.parent))
            .map(|folder| unknown("parent", &folder.parent))
            .collect();
        for orphan in orphans {
            self.note(orphan);
        }
    }
}

fn unknown(what: &str, folder: &str) -> Anomaly {
    Anomaly::UnknownFolder { what: what.to_owned(), folder: folder.to_owned() }
}

fn difference(before: &BTreeMap<String, Folder>, after: &BTreeMap<String, Folder>) -> FolderChanges {
    let ids = |keep: &dyn Fn(&&Folder) -> bool, of: &BTreeMap<String, Folder>| {
        of.values().filter(keep).map(|folder| folder.id.clone()).collect()
    };
    FolderChanges {
        added: ids(&|folder| !before.contains_key(&folder.id), after),
        updated: ids(&|folder| before.get(&folder.id).is_some_and(|old| old != *folder), after),
        deleted: ids(&|folder| !after.contains_key(&folder.id), before),
        from_zero: false,
    }
}
