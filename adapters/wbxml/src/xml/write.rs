//! Tree → readable XML.

use std::{
    collections::BTreeSet,
    fmt::{self, Write},
};

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{MARK_OPAQUE, MARK_TEXT, MARKS, UNKNOWN_PAGE, UNKNOWN_TOKEN};
use crate::{
    Tag,
    element::{Element, Node},
    table::{self, ValueKind},
    text,
    walk::{Step, walk},
};

/// `root` as indented XML with all its content. [`from_xml`](super::from_xml) gives the same tree, with U+FFFD for
/// characters that XML forbids.
///
/// Content of messages must not reach a log: see [`to_xml_redacted`].
pub fn to_xml(root: &Element) -> String {
    render(root, Content::Shown)
}

/// As [`to_xml`], with every string and byte array replaced by its length in bytes (`…12`), except short numbers in
/// elements that the table knows as integer or boolean: the shape of a document, for logs.
pub fn to_xml_redacted(root: &Element) -> String {
    render(root, Content::Redacted)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Shown,
    Redacted,
}

fn render(root: &Element, content: Content) -> String {
    let mut writer = Writer { out: String::new(), root_page: root.tag.page(), content, open: Vec::new() };
    // Writing to a String does not fail.
    let _ = writer.document(root);
    writer.out
}

/// Digits of a number that is shown when redacting: a status or a size, too short for a telephone number.
const SHORT_NUMBER: usize = 6;

/// How the content of an open element is laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// `<A/>`
    Empty,
    /// `<A>content</A>`, as the table foresees it.
    Plain,
    /// Child elements only, each on its own line.
    Lines,
    /// Anything else: each node on its own line, text and bytes marked.
    Marked,
}

struct Writer {
    out: String,
    root_page: u8,
    content: Content,
    /// The open elements, each with whether the table knows it as a number.
    open: Vec<(Layout, bool)>,
}

impl Writer {
    fn document(&mut self, root: &Element) -> fmt::Result {
        for step in walk(root) {
            match step {
                Step::Open(element) => {
                    self.indent();
                    let layout = layout(element);
                    self.out.push('<');
                    self.name(element.tag)?;
                    if self.open.is_empty() {
                        self.namespaces(element)?;
                    }
                    self.out.push_str(if layout == Layout::Empty { "/>" } else { ">" });
                    self.open.push((layout, is_number(element.tag)));
                }
                Step::Text(text) => self.run(MARK_TEXT, text.as_bytes(), |out| escape(out, text))?,
                Step::Opaque(bytes) => {
                    self.run(MARK_OPAQUE, bytes, |out| BASE64_STANDARD.encode_string(bytes, out))?;
                }
                Step::Close(element) => self.close(element)?,
            }
        }
        Ok(())
    }

    fn close(&mut self, element: &Element) -> fmt::Result {
        let Some((layout, _)) = self.open.pop() else { return Ok(()) };
        match layout {
            Layout::Empty => return Ok(()),
            Layout::Plain => {}
            Layout::Lines | Layout::Marked => self.indent(),
        }
        self.out.push_str("</");
        self.name(element.tag)?;
        self.out.push('>');
        Ok(())
    }

    /// A run of text or bytes.
    fn run(&mut self, mark: &str, run: &[u8], write: impl FnOnce(&mut String)) -> fmt::Result {
        let Some(&(layout, number)) = self.open.last() else { return Ok(()) };
        if layout == Layout::Empty {
            return Ok(());
        }
        if layout == Layout::Marked {
            self.indent();
            write!(self.out, "<wbxml:{mark}>")?;
        }
        let telling_nothing = number && run.len() <= SHORT_NUMBER && run.iter().all(u8::is_ascii_digit);
        if self.content == Content::Shown || telling_nothing {
            write(&mut self.out);
        } else {
            write!(self.out, "…{}", run.len())?;
        }
        if layout == Layout::Marked {
            write!(self.out, "</wbxml:{mark}>")?;
        }
        Ok(())
    }

    /// A new line, indented by what is open; nothing before the root's start tag.
    fn indent(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.open.len()));
        }
    }

    fn name(&mut self, tag: Tag) -> fmt::Result {
        if tag.page() != self.root_page {
            write!(self.out, "{}:", prefix(tag.page()))?;
        }
        match tag.name() {
            Some(name) => self.out.write_str(name),
            None => write!(self.out, "{UNKNOWN_TOKEN}{:02X}", tag.token()),
        }
    }

    /// Declares the root's page as the default namespace and every other page that occurs.
    fn namespaces(&mut self, root: &Element) -> fmt::Result {
        write!(self.out, " xmlns=\"{}\"", namespace(self.root_page))?;
        let mut pages = BTreeSet::new();
        let mut marked = false;
        for step in walk(root) {
            if let Step::Open(element) = step {
                pages.insert(element.tag.page());
                marked |= layout(element) == Layout::Marked;
            }
        }
        for page in pages.into_iter().filter(|&page| page != self.root_page) {
            write!(self.out, " xmlns:{}=\"{}\"", prefix(page), namespace(page))?;
        }
        if marked {
            write!(self.out, " xmlns:wbxml=\"{MARKS}\"")?;
        }
        Ok(())
    }
}

fn layout(element: &Element) -> Layout {
    let opaque = element.tag.row().is_some_and(table::Row::is_opaque);
    match element.children.as_slice() {
        _ if element.is_empty() => Layout::Empty,
        [Node::Opaque(_)] if opaque => Layout::Plain,
        [Node::Text(text)] if !opaque && !is_blank(text) => Layout::Plain,
        nodes if nodes.iter().all(|node| matches!(node, Node::Element(_))) => Layout::Lines,
        _ => Layout::Marked,
    }
}

/// Nothing but what XML counts as white space, so that the reader would take it for indentation.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n'))
}

fn is_number(tag: Tag) -> bool {
    tag.row()
        .is_some_and(|row| row.kinds.iter().any(|kind| matches!(kind, ValueKind::Integer | ValueKind::Bool)))
}

fn namespace(page: u8) -> String {
    table::page(page).map_or_else(|| format!("{UNKNOWN_PAGE}{page:02X}"), |page| page.name.to_owned())
}

fn prefix(page: u8) -> String {
    namespace(page).to_ascii_lowercase()
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A parser would make it a line feed.
            '\r' => out.push_str("&#13;"),
            c if text::is_xml(c) => out.push(c),
            _ => out.push(char::REPLACEMENT_CHARACTER),
        }
    }
}
