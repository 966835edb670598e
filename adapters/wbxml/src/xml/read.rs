//! Readable XML → tree.

use base64::{Engine, prelude::BASE64_STANDARD};
use quick_xml::{
    NsReader,
    events::{BytesRef, BytesStart, Event},
    name::ResolveResult,
};

use super::{MARK_OPAQUE, MARK_TEXT, MARKS, UNKNOWN_PAGE, UNKNOWN_TOKEN, XmlError, write::is_blank};
use crate::{
    Limits, Tag,
    element::{Element, Node},
    table::{self, Row},
};

/// Reads what [`to_xml`](super::to_xml) writes, and XML written by hand: namespaces are page names, with or without
/// a trailing colon; byte arrays, as the table knows them, are base64. White space around content is kept, content
/// of nothing but white space is not. Comments and a DOCTYPE are skipped, attributes refused.
///
/// # Errors
/// The first thing that does not fit.
pub fn from_xml(xml: &str) -> Result<Element, XmlError> {
    from_xml_with(xml, |_, _| None)
}

/// As [`from_xml`], for tools that spell some elements differently: `resolve` is asked first, with the namespace
/// (no trailing colon) and the local name.
///
/// # Errors
/// As [`from_xml`].
pub fn from_xml_with(xml: &str, resolve: impl Fn(&str, &str) -> Option<Tag>) -> Result<Element, XmlError> {
    let mut input = NsReader::from_str(xml);
    input.config_mut().expand_empty_elements = true;
    input.resolver_mut().set_max_namespace_bindings(MAX_NAMESPACES);
    let mut tree = Tree::default();
    loop {
        let (namespace, event) = match input.read_resolved_event() {
            Ok((namespace, event)) => (bound(&namespace), event),
            Err(error) => {
                return Err(XmlError::Malformed {
                    offset: input.error_position(),
                    message: error.to_string(),
                });
            }
        };
        match event {
            Event::Start(start) => tree.open(&namespace, &start, &resolve)?,
            Event::End(_) => tree.close()?,
            Event::Text(text) => tree.text(&text.xml10_content())?,
            Event::CData(text) => tree.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => {
                let c = character(&reference).ok_or_else(|| XmlError::Malformed {
                    offset: input.buffer_position(),
                    message: format!("unknown entity {}", &*reference),
                })?;
                tree.text(c.encode_utf8(&mut [0; 4]))?;
            }
            Event::Eof => return tree.finish(),
            // Expanded above into Start and End.
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

/// Namespace declarations in scope: each of the 256 pages once, or one on each open element, with some to spare.
const MAX_NAMESPACES: usize = 256 + Limits::DEEPEST + 16;

/// What an open tag is.
enum Open {
    Element(Element),
    /// `<wbxml:text>`
    Text,
    /// `<wbxml:opaque>`
    Opaque,
}

#[derive(Default)]
struct Tree {
    /// Open tags, outermost first, each with the text read since its last child.
    open: Vec<(Open, String)>,
    root: Option<Element>,
}

impl Tree {
    fn open(
        &mut self,
        namespace: &str,
        start: &BytesStart<'_>,
        resolve: &impl Fn(&str, &str) -> Option<Tag>,
    ) -> Result<(), XmlError> {
        let local = start.local_name();
        let name: &str = local.as_ref();
        for attribute in start.attributes() {
            let declares_namespace = attribute.is_ok_and(|it| it.key.as_namespace_binding().is_some());
            if !declares_namespace {
                return Err(XmlError::Attribute(name.to_owned()));
            }
        }
        if self.root.is_some() {
            return Err(XmlError::NotOneRoot);
        }
        if self.open.len() >= Limits::DEEPEST {
            return Err(XmlError::TooDeep);
        }
        self.flush();
        let open = match (namespace, name) {
            (MARKS, MARK_TEXT) => Open::Text,
            (MARKS, MARK_OPAQUE) => Open::Opaque,
            _ => {
                let tag = resolve(namespace, name).or_else(|| tag(namespace, name));
                Open::Element(Element::new(tag.ok_or_else(|| XmlError::UnknownElement {
                    namespace: namespace.to_owned(),
                    name: name.to_owned(),
                })?))
            }
        };
        self.open.push((open, String::new()));
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), XmlError> {
        match self.open.last_mut() {
            Some((_, before)) => before.push_str(text),
            None if is_blank(text) => {}
            None => return Err(XmlError::NotOneRoot),
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), XmlError> {
        if let Some((Open::Element(element), text)) = self.open.last_mut()
            && element.children.is_empty()
            && element.tag.row().is_some_and(Row::is_opaque)
        {
            let bytes = base64(text).ok_or_else(|| XmlError::NotBase64(element.tag.to_string()))?;
            *element = Element::opaque(element.tag, bytes);
            text.clear();
        }
        self.flush();
        let node = match self.open.pop() {
            None => return Err(XmlError::NotOneRoot),
            Some((Open::Element(element), _)) => Node::Element(element),
            Some((Open::Text, text)) => Node::Text(text),
            Some((Open::Opaque, text)) => {
                Node::Opaque(base64(&text).ok_or_else(|| XmlError::NotBase64(MARK_OPAQUE.to_owned()))?)
            }
        };
        match (self.open.last_mut(), node) {
            (Some((Open::Element(parent), _)), node) => parent.children.push(node),
            (None, Node::Element(element)) => self.root = Some(element),
            // A mark as the root, or something within a mark.
            _ => return Err(XmlError::NotOneRoot),
        }
        Ok(())
    }

    /// Makes the text read so far a node of the innermost element. Within a mark it stays what it is.
    fn flush(&mut self) {
        if let Some((Open::Element(element), text)) = self.open.last_mut() {
            let text = std::mem::take(text);
            if !is_blank(&text) {
                element.children.push(Node::Text(text));
            }
        }
    }

    fn finish(self) -> Result<Element, XmlError> {
        self.root.filter(|_| self.open.is_empty()).ok_or(XmlError::NotOneRoot)
    }
}

fn bound(namespace: &ResolveResult<'_>) -> String {
    match namespace {
        ResolveResult::Bound(namespace) => {
            let name: &str = namespace.as_ref();
            name.strip_suffix(':').unwrap_or(name).to_owned()
        }
        ResolveResult::Unbound | ResolveResult::Unknown(_) => String::new(),
    }
}

fn tag(namespace: &str, name: &str) -> Option<Tag> {
    if let Some(tag) = Tag::named(namespace, name) {
        return Some(tag);
    }
    let page = match (0..=u8::MAX).find(|&page| table::page(page).is_some_and(|it| it.name == namespace)) {
        Some(page) => page,
        None => u8::from_str_radix(namespace.strip_prefix(UNKNOWN_PAGE)?, 16).ok()?,
    };
    let token = u8::from_str_radix(name.strip_prefix(UNKNOWN_TOKEN)?, 16).ok()?;
    Tag::checked(page, token)
}

/// A character reference or one of XML's five entities.
fn character(reference: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        return Some(c);
    }
    match &**reference {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => None,
    }
}

/// Decodes base64, white space in it aside.
fn base64(text: &str) -> Option<Vec<u8>> {
    let dense: String = text.split_ascii_whitespace().collect();
    BASE64_STANDARD.decode(dense).ok()
}
