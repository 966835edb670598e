//! The structure of a message, found in one pass over its lines.
//!
//! A table of parts with byte ranges: nothing is decoded, copied or nested. What is needed of a part is decoded when it
//! is needed (`decode`), and signed mail can be passed on byte for byte. An enclosed message (`message/rfc822`) is a
//! leaf, so depth is multiparts alone.
//!
//! Sources: RFC 5322, "Overall Message Syntax"; RFC 2046, "Multipart Media Type".

mod decode;
mod encode;
mod fields;
mod foreign;
mod scan;
#[cfg(test)]
mod tests;

use std::{fmt, ops::Range, str::FromStr};

pub(super) use decode::{decoded_bytes, decoded_size, decoded_text, windows_1252};
pub(super) use encode::base64_lines;
pub(crate) use encode::{encoded_words, quoted_printable};
pub(super) use fields::{Field, Fields};
pub(super) use foreign::{
    Mailbox, address_list, date_seconds, disposition, html_entity, message_ids, subject_root, unstructured,
};
pub(super) use scan::scan;

/// Multiparts inside multiparts. Deeper ones are leaves, shown as an attachment.
pub(super) const MAX_DEPTH: usize = 32;
/// Parts of one message; what follows is not looked at.
pub(super) const MAX_PARTS: usize = 1_000;

/// A message and its parts; the first is the message itself.
pub(super) struct Tree<'a> {
    /// The message.
    pub(super) raw: &'a [u8],
    /// In the order in which they begin; never empty.
    pub(super) parts: Vec<Part>,
    /// More parts or deeper ones than are looked at.
    pub(super) beyond_limits: bool,
}

/// One part.
pub(super) struct Part {
    /// Where it stands.
    pub(super) path: PartPath,
    /// Its header fields, with the line ends; without the empty line that ends them.
    pub(super) header: Range<usize>,
    /// Its body as transferred, without the line end that belongs to the boundary.
    pub(super) body: Range<usize>,
    /// Media type.
    pub(super) media: Media,
    /// Content-Transfer-Encoding.
    pub(super) encoding: Encoding,
    /// Whether it was opened as a multipart (then it has no content of its own).
    pub(super) multipart: bool,
    /// Indexes of its parts.
    pub(super) children: Vec<usize>,
}

/// A media type with the parameters that matter. RFC 2045, "Content-Type Header Field".
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Media {
    /// `text`, in lower case.
    pub(super) kind: String,
    /// `plain`, in lower case.
    pub(super) subtype: String,
    /// Parameters with names in lower case, values decoded (RFC 2231).
    pub(super) parameters: Vec<(String, String)>,
    /// Whether the message said so itself.
    pub(super) explicit: bool,
}

impl Media {
    /// Whether it is this type; case does not matter in the message.
    pub(super) fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind == kind && self.subtype == subtype
    }

    /// A parameter's value.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// S/MIME content that is one opaque block: signed, encrypted or compressed. RFC 8551, "The application/pkcs7-mime
    /// Media Type".
    pub(super) fn is_pkcs7_mime(&self) -> bool {
        self.kind == "application" && matches!(self.subtype.as_str(), "pkcs7-mime" | "x-pkcs7-mime")
    }

    /// An enclosed message.
    pub(super) fn is_message(&self) -> bool {
        self.kind == "message" && matches!(self.subtype.as_str(), "rfc822" | "global")
    }

    /// `text/plain`.
    pub(super) fn essence(&self) -> String {
        format!("{}/{}", self.kind, self.subtype)
    }
}

/// How a body is transferred. RFC 2045, "Content-Transfer-Encoding Header Field".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Encoding {
    /// 7bit, 8bit and whatever nobody knows.
    Identity,
    /// binary
    Binary,
    /// quoted-printable
    QuotedPrintable,
    /// base64
    Base64,
}

/// Place of a part: `2.1` is the first part of the second part; a message without parts is `1` (as IMAP counts, RFC
/// 9051, "FETCH Command").
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct PartPath(Vec<u16>);

impl PartPath {
    fn child(&self, number: usize) -> Self {
        let mut path = self.0.clone();
        path.push(u16::try_from(number).unwrap_or(u16::MAX));
        Self(path)
    }
}

impl fmt::Display for PartPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((first, rest)) = self.0.split_first() else { return f.write_str("1") };
        write!(f, "{first}")?;
        rest.iter().try_for_each(|number| write!(f, ".{number}"))
    }
}

impl FromStr for PartPath {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let number = |digits: &str| digits.parse::<u16>().ok().filter(|n| *n > 0 && n.to_string() == digits);
        let path: Vec<u16> =
            text.split('.').take(MAX_DEPTH + 1).map(number).collect::<Option<_>>().ok_or(())?;
        if text.split('.').count() > MAX_DEPTH { Err(()) } else { Ok(Self(path)) }
    }
}

impl<'a> Tree<'a> {
    /// The message itself.
    pub(super) fn root(&self) -> &Part {
        &self.parts[0]
    }

    /// Header fields of a part.
    pub(super) fn fields(&self, part: &Part) -> Fields<'a> {
        Fields::new(&self.raw[part.header.clone()])
    }

    /// Body of a part as transferred.
    pub(super) fn body(&self, part: &Part) -> &'a [u8] {
        &self.raw[part.body.clone()]
    }

    /// The part at a path.
    pub(super) fn at(&self, path: &PartPath) -> Option<&Part> {
        let found = self.parts.iter().find(|part| part.path == *path);
        // A message without parts is its own part 1.
        found.or_else(|| (path.0 == [1] && !self.root().multipart).then(|| self.root()))
    }

    /// Whether a signature or a seal covers anything: then no byte may be changed.
    pub(super) fn is_protected(&self) -> bool {
        self.parts.iter().any(|part| {
            part.media.is("multipart", "signed")
                || part.media.is("multipart", "encrypted")
                || part.media.is_pkcs7_mime()
        })
    }
}
