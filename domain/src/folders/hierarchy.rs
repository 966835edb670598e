//! The folder map as the protocol wants to hear it: a tree, parents first, with usable and unique display names.
//!
//! MS-ASCMD, "`DisplayName` (`FolderCreate`, FolderSync and `FolderUpdate`)": 1 to 256 characters, unique among siblings.
//! Mail systems allow more: empty names, control characters, names that differ in case alone.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use crate::{
    ids::FolderId,
    ports::mailbox::{FolderClass, FolderRole},
};

use super::{FolderMap, FolderSeen};

/// Longest display name, in UTF-16 units: the stricter way to count characters.
const NAME_UNITS: usize = 256;

/// A folder as devices see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HierarchyFolder {
    /// Its id.
    pub id: FolderId,
    /// The folder around it; `None` at the top.
    pub parent: Option<FolderId>,
    /// Its display name: 1 to 256 characters, none of them a control character, unlike all its siblings' even where
    /// case does not count.
    pub name: String,
    /// What it holds.
    pub class: FolderClass,
    /// Its special use.
    pub role: Option<FolderRole>,
}

impl FolderMap {
    /// The folders that are in the mailbox now and not kept from devices, parents before children, siblings by id. Of
    /// siblings with the same name the one with the lowest id keeps it, the others become `Name (2)`, `Name (3)`, …
    pub fn hierarchy(&self) -> Vec<HierarchyFolder> {
        let mut waiting: BTreeMap<FolderId, &FolderSeen> =
            self.iter().filter(|folder| self.is_shown(folder.id)).map(|folder| (folder.id, folder)).collect();
        let mut children: HashMap<Option<FolderId>, Vec<FolderId>> = HashMap::new();
        for folder in waiting.values() {
            children.entry(folder.parent.filter(|id| waiting.contains_key(id))).or_default().push(folder.id);
        }
        // Only a damaged history hangs folders in circles; one of each circle is then shown at the top.
        let mut next: VecDeque<_> = tops(&waiting, &children).into_iter().map(|id| (id, None)).collect();
        let mut names: HashMap<Option<FolderId>, Names> = HashMap::new();
        let mut tree = Vec::with_capacity(waiting.len());
        while let Some((id, parent)) = next.pop_front() {
            let Some(folder) = waiting.remove(&id) else { continue };
            let name = names.entry(parent).or_default().unique(folder);
            tree.push(HierarchyFolder { id, parent, name, class: folder.class, role: folder.role });
            let inside = children.remove(&Some(id)).unwrap_or_default();
            next.extend(inside.into_iter().map(|child| (child, Some(id))));
        }
        tree
    }

    /// The folder with this special use, if there is one in the mailbox now; of several the one with the lowest id.
    pub fn with_role(&self, class: FolderClass, role: FolderRole) -> Option<&FolderSeen> {
        self.iter().find(|folder| folder.class == class && folder.role == Some(role))
    }
}

/// Folders to start from so that every folder is reached.
fn tops(
    folders: &BTreeMap<FolderId, &FolderSeen>,
    children: &HashMap<Option<FolderId>, Vec<FolderId>>,
) -> BTreeSet<FolderId> {
    let mut tops: BTreeSet<_> = children.get(&None).into_iter().flatten().copied().collect();
    let mut unreached: BTreeSet<_> = folders.keys().copied().collect();
    let mut stack: Vec<_> = tops.iter().copied().collect();
    loop {
        while let Some(id) = stack.pop() {
            if unreached.remove(&id) {
                stack.extend(children.get(&Some(id)).into_iter().flatten());
            }
        }
        let Some(first) = unreached.first() else { return tops };
        tops.insert(*first);
        stack.push(*first);
    }
}

/// Names given to siblings so far.
#[derive(Default)]
struct Names {
    given: HashSet<String>,
    /// Last number tried per name, so that many equal names do not cost the square of their number.
    numbers: HashMap<String, u32>,
}

impl Names {
    fn unique(&mut self, folder: &FolderSeen) -> String {
        let plain = usable(folder);
        if self.given.insert(plain.to_lowercase()) {
            return plain;
        }
        let number = self.numbers.entry(plain.to_lowercase()).or_insert(1);
        loop {
            *number += 1;
            let suffix = format!(" ({number})");
            let numbered = cut(&plain, NAME_UNITS - suffix.len()) + &suffix;
            if self.given.insert(numbered.to_lowercase()) {
                return numbered;
            }
        }
    }
}

fn usable(folder: &FolderSeen) -> String {
    let clean: String = folder.name.chars().filter(|c| !c.is_control()).collect();
    match clean.trim() {
        "" => format!("Folder {}", folder.id),
        name => cut(name, NAME_UNITS),
    }
}

fn cut(text: &str, units: usize) -> String {
    let mut left = units;
    let fits = |c: &char| {
        let fits = c.len_utf16() <= left;
        left = left.saturating_sub(c.len_utf16());
        fits
    };
    text.chars().take_while(fits).collect()
}
