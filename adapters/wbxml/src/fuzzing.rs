//! The promise the fuzzer checks, as an ordinary function: the fuzz target and the smoke test on stable Rust call the
//! same one.

use crate::{
    DecodeError, Element, Limits, Node, decode, encode, from_xml,
    text::{is_xml, xml_only},
    to_xml, to_xml_redacted,
};

/// A broken promise. Whoever sees one has found a bug of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Violation {
    /// What the encoder wrote was refused.
    #[error("encoded document refused: {0}")]
    Refused(#[source] DecodeError),
    /// Encoding and decoding changed the tree beyond stripping characters that XML forbids.
    #[error("tree changed from {before} to {after}")]
    Changed {
        /// The decoded tree, stripped.
        before: Box<Element>,
        /// What came back.
        after: Box<Element>,
    },
    /// The readable XML does not read back as the same tree.
    #[error("XML does not read back: {0}")]
    Xml(String),
}

/// Decodes `bytes`; if they are a document, encodes and decodes again, and goes through XML and back.
///
/// `Ok(true)`: a document, all promises kept. `Ok(false)`: refused, which is fine.
///
/// # Errors
/// A [`Violation`].
pub fn round_trip(bytes: &[u8], limits: &Limits) -> Result<bool, Violation> {
    let Ok(first) = decode(bytes, limits) else { return Ok(false) };
    let before = stripped(&first);
    // Stripping may join what was apart, which never adds nodes, depth or size of one OPAQUE beyond the document's.
    let generous = Limits { max_document: usize::MAX, max_opaque: usize::MAX, ..*limits };
    let after = decode(&encode(&first), &generous).map_err(Violation::Refused)?;
    if before != after {
        return Err(Violation::Changed { before: Box::new(before), after: Box::new(after) });
    }
    let _ = to_xml_redacted(&first);
    let xml = to_xml(&after);
    match from_xml(&xml) {
        Ok(read) if read == after => Ok(true),
        Ok(_) => Err(Violation::Xml(xml)),
        Err(error) => Err(Violation::Xml(format!("{error}\n{xml}"))),
    }
}

/// The tree as the encoder sends it: no forbidden characters, and what that leaves empty or adjacent put in order.
/// Recursion is bounded by the decoder's depth limit.
fn stripped(element: &Element) -> Element {
    let mut out = Element::new(element.tag);
    for node in &element.children {
        match (node, out.children.last_mut()) {
            (Node::Element(child), _) => out.push(stripped(child)),
            (Node::Text(text), Some(Node::Text(before))) => before.push_str(&xml_only(text)),
            (Node::Text(text), _) if text.chars().any(is_xml) => {
                out.children.push(Node::Text(xml_only(text).into_owned()));
            }
            (Node::Text(_), _) => {}
            (Node::Opaque(bytes), Some(Node::Opaque(before))) => before.extend_from_slice(bytes),
            (Node::Opaque(bytes), _) => out.children.push(Node::Opaque(bytes.clone())),
        }
    }
    out
}
