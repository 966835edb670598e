//! The tree between bytes and meaning.

use std::{borrow::Cow, fmt};

use crate::{tag::Tag, xml};

/// An element with what it holds, in document order (order matters to strict clients).
///
/// `Display` and `Debug` print readable XML **with its content**: for tests and debugging. For a log use
/// [`to_xml_redacted`](crate::to_xml_redacted).
///
/// Dropping, cloning and comparing recurse with the depth of the tree. The decoder bounds that depth
/// ([`Limits::DEEPEST`](crate::Limits::DEEPEST)); trees built by code are as deep as that code decides.
#[derive(Clone, PartialEq, Eq)]
pub struct Element {
    /// The name.
    pub tag: Tag,
    /// Child elements, text and bytes. The decoder and the constructors leave no empty text or bytes here, and no
    /// two texts or two byte runs side by side; so equal documents are equal trees.
    pub children: Vec<Node>,
}

/// What an element holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A child element.
    Element(Element),
    /// An inline string (`STR_I`). Decoded text may hold characters XML forbids (a MIME message sent as text may
    /// contain ESC); the encoder strips them.
    Text(String),
    /// OPAQUE bytes, or an inline string that is not UTF-8.
    Opaque(Vec<u8>),
}

impl Element {
    /// The empty tag, one byte on the wire.
    pub fn new(tag: Tag) -> Self {
        Self { tag, children: Vec::new() }
    }

    /// An element holding a string. Characters that XML 1.0 forbids, and NUL, are stripped when encoding. An empty
    /// string makes the empty tag.
    pub fn text(tag: Tag, text: impl Into<String>) -> Self {
        let text = text.into();
        let children = if text.is_empty() { Vec::new() } else { vec![Node::Text(text)] };
        Self { tag, children }
    }

    /// An element holding a byte array. No bytes make the empty tag.
    pub fn opaque(tag: Tag, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        let children = if bytes.is_empty() { Vec::new() } else { vec![Node::Opaque(bytes)] };
        Self { tag, children }
    }

    /// This element with `child` as its last child.
    #[must_use]
    pub fn with(mut self, child: Element) -> Self {
        self.push(child);
        self
    }

    /// This element with `children` after those it has. An `Option<Element>` will do, too.
    #[must_use]
    pub fn with_all(mut self, children: impl IntoIterator<Item = Element>) -> Self {
        self.children.extend(children.into_iter().map(Node::Element));
        self
    }

    /// Adds `child` as the last child.
    pub fn push(&mut self, child: Element) {
        self.children.push(Node::Element(child));
    }

    /// The first child element with this tag.
    pub fn child(&self, tag: Tag) -> Option<&Element> {
        self.children_with(tag).next()
    }

    /// The child elements with this tag, in document order.
    pub fn children_with(&self, tag: Tag) -> impl Iterator<Item = &Element> {
        self.elements().filter(move |child| child.tag == tag)
    }

    /// The child elements, in document order.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(child) => Some(child),
            Node::Text(_) | Node::Opaque(_) => None,
        })
    }

    /// The element's string: text and bytes concatenated, bytes read as UTF-8 (clients send strings either way). An
    /// empty element is `Some("")`.
    ///
    /// `None` if the element has child elements, or if its bytes are not UTF-8. Nothing is replaced silently: the
    /// caller decides whether to refuse the one item or to fall back on [`Element::text_lossy`].
    pub fn text_content(&self) -> Option<Cow<'_, str>> {
        if self.elements().next().is_some() {
            return None;
        }
        if let [Node::Text(text)] = self.children.as_slice() {
            return Some(Cow::Borrowed(text));
        }
        match self.bytes_content() {
            Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
        }
    }

    /// As [`Element::text_content`], with U+FFFD for what is not UTF-8, and without regard to child elements. For
    /// free text that nobody compares.
    pub fn text_lossy(&self) -> Cow<'_, str> {
        match self.bytes_content() {
            Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// The element's bytes: bytes and text (as UTF-8) concatenated, so that a byte array sent as an inline string
    /// reads the same. Child elements contribute nothing. Base64 is not undone.
    pub fn bytes_content(&self) -> Cow<'_, [u8]> {
        let mut runs = self.children.iter().filter_map(|node| match node {
            Node::Element(_) => None,
            Node::Text(text) => Some(text.as_bytes()),
            Node::Opaque(bytes) => Some(bytes.as_slice()),
        });
        let first = runs.next().unwrap_or_default();
        match runs.next() {
            None => Cow::Borrowed(first),
            Some(second) => Cow::Owned([first, second].into_iter().chain(runs).flatten().copied().collect()),
        }
    }

    /// Whether the element holds nothing: no child element, no character, no byte.
    pub fn is_empty(&self) -> bool {
        self.children.iter().all(|node| match node {
            Node::Element(_) => false,
            Node::Text(text) => text.is_empty(),
            Node::Opaque(bytes) => bytes.is_empty(),
        })
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&xml::to_xml(self))
    }
}

impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::{air_sync, compose_mail, email};

    #[test]
    fn children_are_found_by_tag_in_document_order() {
        let sync = Element::new(air_sync::ADD)
            .with(Element::text(air_sync::SERVER_ID, "1"))
            .with_all([Element::new(air_sync::STATUS), Element::text(air_sync::SERVER_ID, "2")])
            .with_all(None);
        assert_eq!(sync.child(air_sync::SERVER_ID).and_then(Element::text_content).as_deref(), Some("1"));
        assert_eq!(sync.children_with(air_sync::SERVER_ID).count(), 2);
        assert_eq!(sync.elements().count(), 3);
        assert!(sync.child(air_sync::CLASS).is_none());
    }

    #[test]
    fn an_empty_element_has_empty_text_and_no_bytes() {
        for empty in [
            Element::new(email::SUBJECT),
            Element::text(email::SUBJECT, ""),
            Element::opaque(email::SUBJECT, []),
        ] {
            assert_eq!(empty, Element::new(email::SUBJECT));
            assert_eq!(empty.text_content().as_deref(), Some(""));
            assert!(empty.bytes_content().is_empty() && empty.is_empty());
        }
    }

    #[test]
    fn strings_sent_as_bytes_and_bytes_sent_as_string_read_alike() {
        assert_eq!(Element::opaque(email::SUBJECT, "Jörg").text_content().as_deref(), Some("Jörg"));
        assert_eq!(&*Element::text(compose_mail::MIME, "Jörg").bytes_content(), "Jörg".as_bytes());
    }

    #[test]
    fn an_element_with_children_has_no_text() {
        assert_eq!(Element::new(air_sync::ADD).with(Element::new(air_sync::STATUS)).text_content(), None);
    }
}
