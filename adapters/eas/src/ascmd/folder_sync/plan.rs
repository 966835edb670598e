//! The tree a device is shown, and its index.

use syncledger_domain::{
    folders::{FolderMap, HierarchyFolder},
    ids::{FolderId, ItemId},
    ports::mailbox::{Fingerprint, FolderClass, FolderIndex, FolderRole, IndexEntry},
    sync_state::{Delta, Known},
};

use crate::context::World;

/// A folder as FolderSync tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) id: FolderId,
    pub(super) parent: Option<FolderId>,
    pub(super) name: String,
    /// MS-ASCMD, "Type (FolderSync)".
    pub(super) kind: u8,
}

impl Shown {
    pub(super) fn item(&self) -> ItemId {
        ItemId::new(&self.id.to_string()).expect("a number is an item id")
    }

    fn fingerprint(&self) -> Fingerprint {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.parent.map_or(0, |id| id.0).to_le_bytes());
        hasher.update(&[self.kind]);
        hasher.update(self.name.as_bytes());
        let hash = hasher.finalize();
        Fingerprint(u64::from_le_bytes(std::array::from_fn(|index| hash.as_bytes()[index])))
    }
}

/// The folders a device is shown, parents first.
pub(super) struct Tree(pub(super) Vec<Shown>);

impl Tree {
    pub(super) fn of(world: World, map: &FolderMap) -> Self {
        let mut shown: Vec<Shown> = map
            .hierarchy()
            .into_iter()
            .filter(|folder| is_served(folder.class))
            .map(|folder| Shown {
                kind: kind(map, &folder),
                id: folder.id,
                parent: folder.parent,
                name: folder.name,
            })
            .collect();
        // Clients want an Outbox before they send; on the server it is always empty. From the dummy world they do not.
        if world == World::Real && shown.iter().all(|folder| folder.id != FolderId::OUTBOX) {
            shown.push(Shown { id: FolderId::OUTBOX, parent: None, name: "Outbox".to_owned(), kind: 6 });
        }
        Self(shown)
    }

    /// Whether this is what a device knows.
    pub(super) fn is_known_as(&self, known: &Known) -> bool {
        let index = self.index();
        let same = |(entry, (item, fingerprint)): (&IndexEntry, (&ItemId, &Fingerprint))| {
            entry.id == *item && entry.fingerprint == *fingerprint
        };
        index.entries.len() == known.len() && index.entries.iter().zip(known).all(same)
    }

    /// All of it, as news.
    pub(super) fn whole(&self) -> Delta {
        let adds = self.0.iter().map(|folder| (folder.item(), folder.fingerprint())).collect();
        Delta { adds, ..Delta::default() }
    }

    pub(super) fn index(&self) -> FolderIndex {
        let mut entries: Vec<IndexEntry> = self
            .0
            .iter()
            .map(|folder| IndexEntry {
                id: folder.item(),
                fingerprint: folder.fingerprint(),
                date: 0,
                size: 0,
            })
            .collect();
        entries.sort_by(|a, b| a.id.cmp(&b.id));
        FolderIndex { entries, token: "".into() }
    }
}

/// The tree as an index, for measuring whether it has news.
pub fn index(world: World, map: &FolderMap) -> FolderIndex {
    Tree::of(world, map).index()
}

/// Which classes Sync can serve.
fn is_served(class: FolderClass) -> bool {
    class == FolderClass::Mail
}

/// MS-ASCMD, "Type (FolderSync)". There is at most one folder of each default type; a second Trash is a user folder.
fn kind(map: &FolderMap, folder: &HierarchyFolder) -> u8 {
    let first_of_its_kind = folder
        .role
        .is_some_and(|role| map.with_role(folder.class, role).is_some_and(|first| first.id == folder.id));
    let role = folder.role.filter(|_| first_of_its_kind);
    match (folder.class, role) {
        (FolderClass::Mail, Some(FolderRole::Inbox)) => 2,
        (FolderClass::Mail, Some(FolderRole::Drafts)) => 3,
        (FolderClass::Mail, Some(FolderRole::Trash)) => 4,
        (FolderClass::Mail, Some(FolderRole::Sent)) => 5,
        (FolderClass::Mail, _) => 12,
        (FolderClass::Tasks, Some(FolderRole::Default)) => 7,
        (FolderClass::Tasks, _) => 15,
        (FolderClass::Calendar, Some(FolderRole::Default)) => 8,
        (FolderClass::Calendar, _) => 13,
        (FolderClass::Contacts, Some(FolderRole::Default)) => 9,
        (FolderClass::Contacts, _) => 14,
        (FolderClass::Notes, Some(FolderRole::Default)) => 10,
        (FolderClass::Notes, _) => 17,
    }
}
