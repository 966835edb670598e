//! WBXML for Exchange ActiveSync: bytes ↔ element tree ↔ readable XML.
//!
//! Every EAS command travels as WBXML, a binary form of XML. This crate knows the form and the names, and nothing
//! else: no HTTP, no mail, no meaning of a command. It does no IO and has no clock.
//!
//! * [`decode`] reads a document from a peer under [`Limits`]; whatever the bytes are, it answers with a tree or
//!   with a [`DecodeError`] that says where.
//! * [`encode`] writes the one canonical form that EAS clients expect.
//! * [`to_xml`] and [`from_xml`] are for people: logs, golden files, tests.
//! * [`pages`] holds the code pages, one file each: the only place where a token number is written. Decoder,
//!   encoder, names and XML all read these tables. A new element is one row there.
//!
//! Sources: MS-ASWBXML (code pages, "WBXML Tokens"), WAP-192-WBXML (the binary form).
//!
//! ```
//! use syncledger_wbxml::{Element, Limits, decode, encode, pages::folder_hierarchy};
//!
//! let request = Element::new(folder_hierarchy::FOLDER_SYNC)
//!     .with(Element::text(folder_hierarchy::SYNC_KEY, "0"));
//! let bytes = encode(&request);
//! assert_eq!(bytes, b"\x03\x01\x6A\x00\x00\x07\x56\x52\x030\x00\x01\x01");
//! assert_eq!(decode(&bytes, &Limits::default()), Ok(request));
//! ```

mod decode;
mod element;
mod encode;
pub mod fuzzing;
mod limits;
pub mod pages;
mod table;
mod tag;
mod text;
mod tokens;
mod walk;
mod xml;

pub use decode::{Construct, DecodeError, Defect, decode};
pub use element::{Element, Node};
pub use encode::encode;
pub use limits::Limits;
pub use table::{Page, ProtocolVersion, Row, ValueKind, Versions};
pub use tag::Tag;
pub use xml::{XmlError, from_xml, from_xml_with, to_xml, to_xml_redacted};
