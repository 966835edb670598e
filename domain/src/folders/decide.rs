//! What a listing of the mailbox means for the folder map.
//!
//! Ids are for ever. A folder keeps its id through renames and moves where the backend tells its identity; without one,
//! a renamed folder is one that went and another that came. A folder that comes back under its old key has its old id
//! again. An id says nothing of the folder's present use: whoever makes another folder the Trash changes the *roles*
//! of two folders and no id, so that devices keep what they have; ask [`FolderMap::with_role`] for the Trash, not
//! [`FolderId::TRASH`], which only is the id the first folder with that role gets.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use crate::{
    ids::FolderId,
    ports::mailbox::{BackendKey, Folder, FolderClass, FolderRole},
};

use super::{FolderGone, FolderMap, FolderMoved, FolderRenamed, FolderSeen, FoldersEvent, MappedFolder};

/// The events by which the map becomes the listing: parents before children for what comes or changes, children before
/// parents for what goes. None when nothing changed.
///
/// Total: a folder listed twice counts once, one whose parent is not listed (or is listed inside itself) hangs at the
/// top. Any prefix of the events may be appended alone; observing again gives the rest.
pub fn observe(map: &FolderMap, listing: &[Folder]) -> Vec<FoldersEvent> {
    let ordered = parents_first(listing);
    let matched = match_known(map, &ordered);
    let ids = assign_ids(map, &ordered, matched);

    let mut events = Vec::new();
    let mut id_of_key = HashMap::new();
    for (placed, id) in ordered.iter().zip(&ids) {
        id_of_key.insert(&placed.folder.key, *id);
        let parent = placed.parent.and_then(|key| id_of_key.get(key).copied());
        notice(map.folders.get(id), *id, parent, placed.folder, &mut events);
    }
    let there: HashSet<_> = ids.into_iter().collect();
    events.extend(gone(map, &there));
    events
}

/// A listed folder with the parent that counts.
struct Placed<'a> {
    folder: &'a Folder,
    parent: Option<&'a BackendKey>,
}

/// Each folder once, after its parent, siblings by key: the order does not depend on the listing's.
fn parents_first(listing: &[Folder]) -> Vec<Placed<'_>> {
    let mut waiting: BTreeMap<&BackendKey, &Folder> = BTreeMap::new();
    for folder in listing {
        waiting.entry(&folder.key).or_insert(folder);
    }
    let mut children: BTreeMap<Option<&BackendKey>, Vec<&Folder>> = BTreeMap::new();
    for folder in waiting.values() {
        let parent = folder.parent.as_ref().filter(|parent| waiting.contains_key(parent));
        children.entry(parent).or_default().push(folder);
    }
    let mut ordered = Vec::with_capacity(waiting.len());
    let mut next: VecDeque<_> =
        children.remove(&None).unwrap_or_default().into_iter().map(|f| (f, None)).collect();
    loop {
        while let Some((folder, parent)) = next.pop_front() {
            if waiting.remove(&folder.key).is_some() {
                ordered.push(Placed { folder, parent });
                let inside = children.remove(&Some(&folder.key)).unwrap_or_default();
                next.extend(inside.into_iter().map(|child| (child, Some(&folder.key))));
            }
        }
        // What is left hangs in circles: one of each is taken to the top.
        let Some((_, folder)) = waiting.first_key_value() else { return ordered };
        next.push_back((folder, None));
    }
}

/// Known ids of listed folders: by key and identity, by identity, by key; only ever within a class, since a device
/// cannot be told that a folder of mail is a calendar now.
fn match_known(map: &FolderMap, ordered: &[Placed<'_>]) -> Vec<Option<FolderId>> {
    let mut by_key: HashMap<(FolderClass, &BackendKey), Vec<&MappedFolder>> = HashMap::new();
    let mut by_identity: HashMap<(FolderClass, &str), Vec<&MappedFolder>> = HashMap::new();
    // Folders that are there come before those that are gone.
    for present in [true, false] {
        for mapped in map.folders.values().filter(|mapped| mapped.present == present) {
            let folder = &mapped.folder;
            by_key.entry((folder.class, &folder.key)).or_default().push(mapped);
            if let Some(identity) = &folder.identity {
                by_identity.entry((folder.class, identity)).or_default().push(mapped);
            }
        }
    }
    let mut taken = BTreeSet::new();
    let mut ids = vec![None; ordered.len()];
    for pass in 0..3 {
        for (placed, id) in ordered.iter().zip(&mut ids).filter(|(_, id)| id.is_none()) {
            let folder = placed.folder;
            let with_key = || by_key.get(&(folder.class, &folder.key)).into_iter().flatten();
            let with_identity = || {
                let identity = folder.identity.as_deref();
                identity.and_then(|identity| by_identity.get(&(folder.class, identity))).into_iter().flatten()
            };
            let free = |mapped: &&&MappedFolder| !taken.contains(&mapped.folder.id);
            let found = match pass {
                0 => with_identity().filter(free).find(|mapped| mapped.folder.key == folder.key),
                1 => with_identity().find(free),
                _ => with_key().find(free),
            };
            if let Some(mapped) = found {
                taken.insert(mapped.folder.id);
                *id = Some(mapped.folder.id);
            }
        }
    }
    ids
}

/// Gives ids to folders that have none: the fixed one of their role if no folder ever had it, else the next free one.
fn assign_ids(map: &FolderMap, ordered: &[Placed<'_>], matched: Vec<Option<FolderId>>) -> Vec<FolderId> {
    let mut used: BTreeSet<FolderId> = map.folders.keys().copied().collect();
    let mut ids = Vec::with_capacity(matched.len());
    for (placed, known) in ordered.iter().zip(matched) {
        let id = known.unwrap_or_else(|| {
            let fixed = fixed_id(placed.folder.class, placed.folder.role).filter(|id| !used.contains(id));
            fixed.unwrap_or_else(|| {
                let last = used.last().map_or(0, |id| id.0);
                FolderId(last.saturating_add(1).max(FolderId::FIRST_FREE))
            })
        });
        used.insert(id);
        ids.push(id);
    }
    ids
}

/// The id the first folder of this use gets.
fn fixed_id(class: FolderClass, role: Option<FolderRole>) -> Option<FolderId> {
    match (class, role?) {
        (FolderClass::Mail, FolderRole::Inbox) => Some(FolderId::INBOX),
        (FolderClass::Mail, FolderRole::Trash) => Some(FolderId::TRASH),
        (FolderClass::Mail, FolderRole::Junk) => Some(FolderId::JUNK),
        (FolderClass::Mail, FolderRole::Sent) => Some(FolderId::SENT),
        (FolderClass::Mail, FolderRole::Drafts) => Some(FolderId::DRAFTS),
        (FolderClass::Contacts, FolderRole::Default) => Some(FolderId(7)),
        (FolderClass::Calendar, FolderRole::Default) => Some(FolderId(10)),
        (FolderClass::Tasks, FolderRole::Default) => Some(FolderId(15)),
        _ => None,
    }
}

/// The events of one listed folder.
fn notice(
    known: Option<&MappedFolder>,
    id: FolderId,
    parent: Option<FolderId>,
    listed: &Folder,
    events: &mut Vec<FoldersEvent>,
) {
    let known = known.filter(|known| known.present).map(|known| &known.folder);
    // A backend that for once cannot tell the identity has not changed it.
    let same_nature = |known: &&FolderSeen| {
        known.role == listed.role && (listed.identity.is_none() || known.identity == listed.identity)
    };
    let Some(known) = known.filter(same_nature) else {
        let identity = listed.identity.clone().or_else(|| known?.identity.clone());
        events.push(FoldersEvent::Seen(FolderSeen {
            id,
            parent,
            class: listed.class,
            role: listed.role,
            name: listed.name.clone(),
            key: listed.key.clone(),
            identity,
        }));
        return;
    };
    let renamed = known.name != listed.name;
    if renamed {
        let (name, key) = (listed.name.clone(), listed.key.clone());
        events.push(FoldersEvent::Renamed(FolderRenamed { id, name, key }));
    }
    if known.parent != parent || (known.key != listed.key && !renamed) {
        events.push(FoldersEvent::Moved(FolderMoved { id, parent, key: listed.key.clone() }));
    }
}

/// Folders of the map that are not there any more, the innermost first.
fn gone(map: &FolderMap, there: &HashSet<FolderId>) -> Vec<FoldersEvent> {
    let depth = |id: FolderId| {
        let mut depth = 0;
        let mut at = map.folders.get(&id).and_then(|mapped| mapped.folder.parent);
        // Bounded, because a map from a damaged history may hang in a circle.
        while let Some(parent) = at.filter(|_| depth <= map.folders.len()) {
            depth += 1;
            at = map.folders.get(&parent).and_then(|mapped| mapped.folder.parent);
        }
        depth
    };
    let mut gone: Vec<_> = map.iter().map(|folder| folder.id).filter(|id| !there.contains(id)).collect();
    gone.sort_by_cached_key(|id| (std::cmp::Reverse(depth(*id)), *id));
    gone.into_iter().map(|id| FoldersEvent::Gone(FolderGone { id })).collect()
}
