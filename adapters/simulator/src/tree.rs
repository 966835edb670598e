//! Small readers over element trees. Elements are found by name, never by place: servers differ in the order.

use syncledger_wbxml::{Element, Tag};

/// Text of the first child with this tag; bytes that are not UTF-8 are replaced.
pub(crate) fn text(parent: &Element, tag: Tag) -> Option<String> {
    parent.child(tag).map(|child| child.text_lossy().into_owned())
}

/// Number in the first child with this tag; `None` also where it is no number.
pub(crate) fn number(parent: &Element, tag: Tag) -> Option<u32> {
    parent.child(tag)?.text_lossy().trim().parse().ok()
}

/// Boolean in the first child with this tag: an empty tag means yes.
pub(crate) fn flag(parent: &Element, tag: Tag) -> Option<bool> {
    parent.child(tag).map(|child| !matches!(child.text_lossy().trim(), "0"))
}

/// The Status of the whole answer: the root's child named so on the root's own page.
pub(crate) fn root_status(root: &Element) -> Option<u32> {
    let status = root
        .elements()
        .find(|child| child.tag.page() == root.tag.page() && child.tag.name() == Some("Status"))?;
    status.text_lossy().trim().parse().ok()
}
