//! What the phone holds, listed and compared with what it should hold.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{Phone, store::Folder};

/// One item on the phone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Listed {
    /// Path of display names from the root, joined by `/`.
    pub folder: String,
    /// Subject; empty if the item has none.
    pub subject: String,
    /// `ServerId`.
    pub server_id: String,
    /// Id of the folder.
    pub folder_id: String,
    /// Whether it is read.
    pub read: bool,
    /// Whether its flag is active.
    pub flagged: bool,
}

/// An item the phone should hold.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Expected {
    /// As in [`Listed`].
    pub folder: String,
    /// As in [`Listed`].
    pub subject: String,
    /// `None` does not care.
    pub read: Option<bool>,
    /// `None` does not care.
    pub flagged: Option<bool>,
}

impl Expected {
    /// An item in a folder, in whatever state.
    pub fn new(folder: impl Into<String>, subject: impl Into<String>) -> Self {
        Self { folder: folder.into(), subject: subject.into(), read: None, flagged: None }
    }
}

impl<F: Into<String>, S: Into<String>> From<(F, S)> for Expected {
    fn from((folder, subject): (F, S)) -> Self {
        Self::new(folder, subject)
    }
}

/// How phone and expectation differ. `Display` lists it.
#[derive(Clone, PartialEq, Eq, Debug, Default, thiserror::Error)]
pub struct Mismatch {
    /// Expected, and not there (or not often enough).
    pub missing: Vec<Expected>,
    /// There, and not expected (or too often).
    pub unexpected: Vec<Listed>,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} missing, {} unexpected", self.missing.len(), self.unexpected.len())?;
        for item in &self.missing {
            write!(f, "\n  missing {}: {:?}", item.folder, item.subject)?;
            for (name, wanted) in [("read", item.read), ("flagged", item.flagged)] {
                wanted.map_or(Ok(()), |wanted| write!(f, " {name}={wanted}"))?;
            }
        }
        for item in &self.unexpected {
            write!(
                f,
                "\n  unexpected {}: {:?} ({}) read={} flagged={}",
                item.folder, item.subject, item.server_id, item.read, item.flagged
            )?;
        }
        Ok(())
    }
}

impl Phone {
    /// The folder with this path of display names (`Inbox`, `Projects/Old`).
    pub fn folder_named(&self, path: &str) -> Option<&Folder> {
        self.state.folders.values().find(|folder| self.path(folder) == path)
    }

    /// The first folder of a type. MS-ASCMD, "Type (`FolderSync`)".
    pub fn folder_of_type(&self, kind: u32) -> Option<&Folder> {
        self.state.folders.values().find(|folder| folder.kind == kind)
    }

    /// Folders with content that phones synchronise, the ones of types 2–11 first.
    pub fn synchronised_folders(&self) -> Vec<&Folder> {
        let mut folders: Vec<_> =
            self.state.folders.values().filter(|folder| folder.class().is_some()).collect();
        folders
            .sort_by_key(|folder| ((folder.kind == 1 || folder.kind > 11), folder.kind, self.path(folder)));
        folders
    }

    /// A folder's display names from the root.
    pub fn path(&self, folder: &Folder) -> String {
        let mut names = vec![folder.name.as_str()];
        let mut at = folder;
        // A server may tell of a folder that is its own ancestor.
        while let Some(parent) = self.state.folders.get(&at.parent).filter(|_| names.len() < 100) {
            names.push(&parent.name);
            at = parent;
        }
        names.reverse();
        names.join("/")
    }

    /// Everything the phone holds, by folder and subject.
    pub fn listing(&self) -> Vec<Listed> {
        let mut listing = Vec::new();
        for folder in self.state.folders.values() {
            let path = self.path(folder);
            listing.extend(self.state.items(&folder.id).map(|(server_id, item)| Listed {
                folder: path.clone(),
                subject: item.subject.clone().unwrap_or_default(),
                server_id: server_id.to_owned(),
                folder_id: folder.id.clone(),
                read: item.read.unwrap_or(false),
                flagged: item.is_flagged(),
            }));
        }
        listing.sort();
        listing
    }

    /// Whether the phone holds exactly these items, each as often as it is named.
    ///
    /// # Errors
    /// What is missing and what should not be there.
    pub fn verify_against<E: Into<Expected>>(
        &self,
        expected: impl IntoIterator<Item = E>,
    ) -> Result<(), Mismatch> {
        let mut there: BTreeMap<(String, String), Vec<Listed>> = BTreeMap::new();
        for item in self.listing() {
            there.entry((item.folder.clone(), item.subject.clone())).or_default().push(item);
        }
        let mut expected: Vec<Expected> = expected.into_iter().map(Into::into).collect();
        // Those who care choose before those who do not.
        expected.sort_by_key(|item| u8::from(item.read.is_none()) + u8::from(item.flagged.is_none()));
        let mut mismatch = Mismatch::default();
        for item in expected {
            let candidates = there.get_mut(&(item.folder.clone(), item.subject.clone()));
            let fits = |there: &Listed| {
                item.read.is_none_or(|read| read == there.read)
                    && item.flagged.is_none_or(|flagged| flagged == there.flagged)
            };
            let found =
                candidates.and_then(|there| there.iter().position(fits).map(|at| there.swap_remove(at)));
            if found.is_none() {
                mismatch.missing.push(item);
            }
        }
        mismatch.unexpected = there.into_values().flatten().collect();
        if mismatch == Mismatch::default() { Ok(()) } else { Err(mismatch) }
    }
}
