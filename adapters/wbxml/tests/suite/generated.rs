//! Strategies for element trees in the form the decoder gives: no empty and no adjacent runs.

use proptest::{collection::vec, prelude::*, sample::select};
use syncledger_wbxml::{Element, Node, Row, Tag, pages::PAGES};

/// Characters that XML allows, none of them twice as likely because it is ASCII.
const XML_TEXT: &str = "[\\t\\n\\r -~\\u{a0}-\\u{d7ff}\\u{e000}-\\u{fffd}\\u{10000}-\\u{10ffff}]{1,24}";

/// Any tree: known and unknown tags, mixed content.
pub(crate) fn any_tree() -> impl Strategy<Value = Element> {
    let tag = prop_oneof![
        4 => known_tag(),
        1 => (any::<u8>(), 0x05..=0x3F_u8).prop_map(|(page, token)| Tag::new(page, token)),
    ];
    tree(tag.boxed(), |_| prop_oneof![text(), bytes()].boxed(), true)
}

/// Trees of the shape EAS has: elements of `tags` only; strings and byte arrays in leaves, as the table says.
pub(crate) fn usual_tree(tags: Vec<Tag>) -> impl Strategy<Value = Element> {
    let leaf = |tag: Tag| if tag.row().is_some_and(Row::is_opaque) { bytes() } else { text() };
    tree(select(tags).boxed(), leaf, false)
}

pub(crate) fn known_tags() -> Vec<Tag> {
    PAGES.iter().flat_map(|page| page.rows).map(|row| row.tag).collect()
}

fn known_tag() -> impl Strategy<Value = Tag> {
    select(known_tags())
}

fn text() -> BoxedStrategy<Node> {
    XML_TEXT.prop_map(Node::Text).boxed()
}

fn bytes() -> BoxedStrategy<Node> {
    // Lengths around 0x80 need a second byte of the multi-byte integer.
    prop_oneof![vec(any::<u8>(), 1..20), vec(any::<u8>(), 120..140)].prop_map(Node::Opaque).boxed()
}

fn tree(
    tag: BoxedStrategy<Tag>,
    run: impl Fn(Tag) -> BoxedStrategy<Node> + Copy + 'static,
    mixed: bool,
) -> impl Strategy<Value = Element> {
    let leaf = tag.clone().prop_flat_map(move |tag| {
        proptest::option::of(run(tag))
            .prop_map(move |node| Element { tag, children: node.into_iter().collect() })
    });
    leaf.prop_recursive(6, 48, 6, move |inner| {
        (tag.clone(), vec(inner, 0..6)).prop_flat_map(move |(tag, elements)| {
            let between = if mixed { vec(run(tag), 0..4).boxed() } else { Just(Vec::new()).boxed() };
            between.prop_map(move |runs| interleaved(tag, &elements, runs))
        })
    })
}

/// Runs among elements: one before each element as long as there are some, so that no two of a kind touch.
fn interleaved(tag: Tag, elements: &[Element], runs: Vec<Node>) -> Element {
    let mut element = Element::new(tag);
    let mut runs = runs.into_iter();
    for child in elements {
        element.children.extend(runs.next());
        element.push(child.clone());
    }
    element.children.extend(runs.next());
    element
}
