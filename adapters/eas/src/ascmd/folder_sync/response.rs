//! From decisions to the WBXML tree.

use std::collections::HashSet;

use syncledger_domain::{ids::ItemId, sync_state::Delta};
use syncledger_wbxml::{Element, Tag, pages::folder_hierarchy as f};

use super::{
    FolderSyncStatus,
    plan::{Shown, Tree},
};

pub(super) fn refused(status: FolderSyncStatus) -> Element {
    Element::new(f::FOLDER_SYNC).with(Element::text(f::STATUS, (status as u16).to_string()))
}

/// Count is sent even when it is 0: every client takes it, some want it.
pub(super) fn success(key: &str, delta: &Delta, tree: &Tree) -> Element {
    let mut changes = Element::new(f::CHANGES).with(Element::text(f::COUNT, delta.len().to_string()));
    changes = changes.with_all(in_tree_order(&delta.changes, tree).map(|folder| entry(f::UPDATE, folder)));
    changes = changes.with_all(
        delta
            .removes
            .iter()
            .map(|item| Element::new(f::DELETE).with(Element::text(f::SERVER_ID, item.as_str()))),
    );
    changes = changes.with_all(in_tree_order(&delta.adds, tree).map(|folder| entry(f::ADD, folder)));
    Element::new(f::FOLDER_SYNC)
        .with(Element::text(f::STATUS, (FolderSyncStatus::Success as u16).to_string()))
        .with(Element::text(f::SYNC_KEY, key))
        .with(changes)
}

/// Parents before children.
fn in_tree_order<'a, T>(wanted: &'a [(ItemId, T)], tree: &'a Tree) -> impl Iterator<Item = &'a Shown> {
    let wanted: HashSet<&ItemId> = wanted.iter().map(|(item, _)| item).collect();
    tree.0.iter().filter(move |folder| wanted.contains(&folder.item()))
}

fn entry(tag: Tag, folder: &Shown) -> Element {
    Element::new(tag)
        .with(Element::text(f::SERVER_ID, folder.id.to_string()))
        .with(Element::text(f::PARENT_ID, folder.parent.map_or(0, |id| id.0).to_string()))
        .with(Element::text(f::DISPLAY_NAME, folder.name.clone()))
        .with(Element::text(f::TYPE, folder.kind.to_string()))
}
