//! Readable XML, for people: logs, golden files, tests. Nothing on the wire is made from it.
//!
//! The namespace of an element is its page's name (`AirSync`, without the colon many tools append). Byte arrays show
//! as base64. What the table does not foresee is marked, so that every decoded tree can be read back:
//!
//! * an unknown token is `<token-3F>`, an unknown page the namespace `page-1A`;
//! * a string where the table has a byte array, bytes where it has none, text beside elements, and text of nothing
//!   but white space are wrapped in `<wbxml:text>` and `<wbxml:opaque>`.
//!
//! White space beside elements, and content of nothing but white space, means nothing when read.

mod error;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use error::XmlError;
pub use read::{from_xml, from_xml_with};
pub use write::{to_xml, to_xml_redacted};

/// The namespace of `<wbxml:text>` and `<wbxml:opaque>`.
const MARKS: &str = "urn:wbxml";
/// Marks text.
const MARK_TEXT: &str = "text";
/// Marks bytes in base64.
const MARK_OPAQUE: &str = "opaque";
/// The name of an unknown token, before two hexadecimal digits.
const UNKNOWN_TOKEN: &str = "token-";
/// The namespace of an unknown page, before two hexadecimal digits.
const UNKNOWN_PAGE: &str = "page-";
