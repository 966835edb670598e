//! Bytes of a peer → tree.
//!
//! What is accepted beyond what [`encode`](crate::encode) writes, because clients send it: WBXML 1.1 to 1.3, any
//! public id, a string table (skipped), charset 0 or US-ASCII, a superfluous `SWITCH_PAGE`, unknown pages and tokens,
//! content that is closed at once (`54 01`, the same as the empty tag), several strings and OPAQUEs in one element
//! (joined), and NUL, CR and LF after the root element (padding).
//!
//! Strings that are not UTF-8 become [`Node::Opaque`]: old clients send Latin-1, and one such subject must neither
//! cost the whole request nor be altered silently. [`Element::text_content`] then says `None` for that element.
//!
//! Neither time nor memory depends on a number in the document that has not been checked against its size. There is
//! no recursion.

mod error;
mod reader;
#[cfg(test)]
mod tests;

use crate::{
    element::{Element, Node},
    limits::Limits,
    tag::Tag,
    tokens::{CHARSET_UTF_8, END, HAS_ATTRIBUTES, HAS_CONTENT, OPAQUE, STR_I, SWITCH_PAGE},
};
pub use error::{Construct, DecodeError, Defect};
use reader::Reader;

/// Reads one WBXML document.
///
/// # Errors
/// The first [`Defect`] with its place. An empty slice is [`Defect::Truncated`]; whether an empty body has a
/// meaning (Sync, Ping) is decided before.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Element, DecodeError> {
    Decoder { input: Reader::new(bytes), limits, page: 0, start: 0, nodes: 0, open: Vec::new() }
        .document()
        .map_err(|(defect, offset, page)| DecodeError {
            defect,
            offset,
            page,
            token: bytes.get(offset).copied(),
        })
}

/// A defect, its offset and the page there.
type Place = (Defect, usize, u8);

struct Decoder<'a> {
    input: Reader<'a>,
    limits: &'a Limits,
    page: u8,
    /// Where the construct being read starts.
    start: usize,
    /// Nodes made so far.
    nodes: usize,
    /// The elements whose END has not come yet, outermost first.
    open: Vec<Element>,
}

impl Decoder<'_> {
    fn document(&mut self) -> Result<Element, Place> {
        let root = self.head().and_then(|()| self.body());
        root.and_then(|root| self.padding().map(|()| root)).map_err(|defect| (defect, self.start, self.page))
    }

    /// Version, public id, charset, string table. WAP-192-WBXML, "Document Structure".
    fn head(&mut self) -> Result<(), Defect> {
        if self.input.rest().len() > self.limits.max_document {
            return Err(Defect::DocumentTooLarge(self.limits.max_document));
        }
        if !matches!(self.input.byte()?, 0x01..=0x03) {
            return Err(Defect::Version);
        }
        self.mark();
        if self.input.integer()? == 0 {
            // The public id is a string; this is its index in the string table, which is skipped.
            self.input.integer()?;
        }
        self.mark();
        match self.input.integer()? {
            0 | 3 | CHARSET_UTF_8 => {}
            other => return Err(Defect::Charset(other)),
        }
        self.mark();
        let table = self.input.length()?;
        self.input.take(table)?;
        Ok(())
    }

    fn body(&mut self) -> Result<Element, Defect> {
        loop {
            self.mark();
            let closed = match self.input.byte()? {
                SWITCH_PAGE => {
                    // Any page is fine: unknown ones survive as numbers.
                    self.page = self.input.byte()?;
                    None
                }
                END => Some(self.open.pop().ok_or(Defect::OutsideRoot)?),
                STR_I => {
                    let string = self.input.until_nul()?;
                    self.string(string)?;
                    None
                }
                OPAQUE => {
                    let length = self.input.length()?;
                    if length > self.limits.max_opaque {
                        return Err(Defect::OpaqueTooLarge(self.limits.max_opaque));
                    }
                    let bytes = self.input.take(length)?;
                    self.opaque(bytes)?;
                    None
                }
                byte => self.tag(byte)?,
            };
            if let Some(element) = closed {
                match self.open.last_mut() {
                    Some(parent) => parent.push(element),
                    None => return Ok(element),
                }
            }
        }
    }

    /// A tag byte: opens an element, or gives it back if it has no content.
    fn tag(&mut self, byte: u8) -> Result<Option<Element>, Defect> {
        let construct = match byte {
            0x02 => Some(Construct::Entities),
            0x04 | 0x44 | 0x84 | 0xC4 => Some(Construct::Literals),
            0x43 => Some(Construct::ProcessingInstructions),
            0x83 => Some(Construct::StringTableReferences),
            0x40..=0x42 | 0x80..=0x82 | 0xC0..=0xC2 => Some(Construct::Extensions),
            _ if byte & HAS_ATTRIBUTES != 0 => Some(Construct::Attributes),
            _ => None,
        };
        // Every identity below 0x05 is one of the constructs above, so the second half never refuses.
        let (None, Some(tag)) = (construct, Tag::checked(self.page, byte & !HAS_CONTENT)) else {
            return Err(Defect::Unsupported(construct.unwrap_or(Construct::Extensions)));
        };
        if self.open.len() >= self.limits.depth() {
            return Err(Defect::TooDeep(self.limits.depth()));
        }
        self.count_node()?;
        let element = Element::new(tag);
        if byte & HAS_CONTENT == 0 {
            return Ok(Some(element));
        }
        self.open.push(element);
        Ok(None)
    }

    /// Adds an inline string to the innermost element, to the text before it if there is one.
    fn string(&mut self, string: &[u8]) -> Result<(), Defect> {
        let Ok(text) = std::str::from_utf8(string) else { return self.opaque(string) };
        let parent = self.open.last_mut().ok_or(Defect::OutsideRoot)?;
        match parent.children.last_mut() {
            Some(Node::Text(before)) => before.push_str(text),
            _ if text.is_empty() => {}
            _ => {
                parent.children.push(Node::Text(text.to_owned()));
                self.count_node()?;
            }
        }
        Ok(())
    }

    /// Adds bytes to the innermost element, to the bytes before them if there are any.
    fn opaque(&mut self, bytes: &[u8]) -> Result<(), Defect> {
        let parent = self.open.last_mut().ok_or(Defect::OutsideRoot)?;
        match parent.children.last_mut() {
            Some(Node::Opaque(before)) => before.extend_from_slice(bytes),
            _ if bytes.is_empty() => {}
            _ => {
                parent.children.push(Node::Opaque(bytes.to_owned()));
                self.count_node()?;
            }
        }
        Ok(())
    }

    fn padding(&mut self) -> Result<(), Defect> {
        self.mark();
        while let Ok(byte) = self.input.byte() {
            if !matches!(byte, 0 | b'\r' | b'\n') {
                return Err(Defect::Trailing);
            }
            self.mark();
        }
        Ok(())
    }

    fn count_node(&mut self) -> Result<(), Defect> {
        self.nodes += 1;
        let max = self.limits.max_elements;
        if self.nodes > max { Err(Defect::TooManyElements(max)) } else { Ok(()) }
    }

    /// Notes where the next construct starts.
    fn mark(&mut self) {
        self.start = self.input.offset();
    }
}
