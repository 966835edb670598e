//! Tree → bytes, in the one form every EAS client reads.

use crate::{
    element::{Element, Node},
    text,
    tokens::{END, HAS_CONTENT, OPAQUE, STR_I, SWITCH_PAGE},
    walk::{Step, walk},
};

/// WBXML 1.3, public id 1 ("unknown"), charset 106 (UTF-8), no string table. MS-ASWBXML, "WBXML Tokens".
const HEAD: [u8; 4] = [0x03, 0x01, 0x6A, 0x00];

/// Writes `root` as a WBXML document.
///
/// * An element that holds nothing is one byte, also when its text was stripped to nothing.
/// * `SWITCH_PAGE` is written only where the page changes; the page stays across element ends.
/// * Characters that XML 1.0 forbids, and NUL, are left out of text. Bytes are written as they are.
///
/// Total: every tree has an encoding. Decoding it gives the same tree, provided that it has no empty or adjacent
/// runs of text, holds no forbidden character and stays within the [`Limits`](crate::Limits).
pub fn encode(root: &Element) -> Vec<u8> {
    let mut out = HEAD.to_vec();
    let mut page = 0;
    for step in walk(root) {
        match step {
            Step::Open(element) => {
                if element.tag.page() != page {
                    page = element.tag.page();
                    out.extend([SWITCH_PAGE, page]);
                }
                let content = if has_content(element) { HAS_CONTENT } else { 0 };
                out.push(element.tag.token() | content);
            }
            Step::Text(text) => write_text(&mut out, text),
            Step::Opaque(bytes) => write_opaque(&mut out, bytes),
            Step::Close(element) if has_content(element) => out.push(END),
            Step::Close(_) => {}
        }
    }
    out
}

/// Whether anything of the element reaches the wire. Looks at its own children only.
fn has_content(element: &Element) -> bool {
    element.children.iter().any(|node| match node {
        Node::Element(_) => true,
        Node::Text(text) => text.chars().any(text::is_xml),
        Node::Opaque(bytes) => !bytes.is_empty(),
    })
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    let text = text::xml_only(text);
    if !text.is_empty() {
        out.push(STR_I);
        out.extend_from_slice(text.as_bytes());
        out.push(0);
    }
}

fn write_opaque(out: &mut Vec<u8>, bytes: &[u8]) {
    if !bytes.is_empty() {
        out.push(OPAQUE);
        write_multi_byte(out, bytes.len());
        out.extend_from_slice(bytes);
    }
}

/// Seven bits a byte, most significant first, the high bit says that more follow. WAP-192-WBXML, "Multi-byte
/// Integers".
fn write_multi_byte(out: &mut Vec<u8>, value: usize) {
    let groups = (usize::BITS - value.leading_zeros()).div_ceil(7).max(1);
    for group in (0..groups).rev() {
        let bits = (value >> (7 * group)).to_le_bytes()[0] & 0x7F;
        out.push(if group == 0 { bits } else { bits | 0x80 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::{air_sync, compose_mail, email};

    fn body(root: &Element) -> Vec<u8> {
        let bytes = encode(root);
        assert_eq!(bytes[..4], HEAD);
        bytes[4..].to_vec()
    }

    #[test]
    fn what_xml_forbids_is_stripped() {
        let text = "a\0b\u{1}\u{B}\u{1F}\u{FFFE}\u{FFFF}\tc\u{FFFD}";
        assert_eq!(body(&Element::text(air_sync::SYNC_KEY, text)), "\x4B\x03ab\tc\u{FFFD}\0\x01".as_bytes());
    }

    #[test]
    fn an_element_that_holds_nothing_is_one_byte() {
        assert_eq!(body(&Element::text(air_sync::SYNC_KEY, "\0\u{1}")), [0x0B]);
        let blank = Element {
            tag: air_sync::SYNC_KEY,
            children: vec![Node::Text(String::new()), Node::Opaque(vec![])],
        };
        assert_eq!(body(&blank), [0x0B]);
    }

    #[test]
    fn the_page_is_switched_only_on_change_and_stays_across_ends() {
        let tree = Element::new(air_sync::SYNC)
            .with(Element::new(email::SUBJECT))
            .with(Element::new(email::FROM))
            .with(Element::new(air_sync::STATUS));
        assert_eq!(body(&tree), [0x45, 0x00, 0x02, 0x14, 0x18, 0x00, 0x00, 0x0E, 0x01]);
    }

    #[test]
    fn lengths_take_as_many_bytes_as_they_need() {
        for (length, expected) in
            [(1, &[0x01][..]), (0x7F, &[0x7F]), (0x80, &[0x81, 0x00]), (0x4000, &[0x81, 0x80, 0x00])]
        {
            let bytes = body(&Element::opaque(compose_mail::MIME, vec![b'x'; length]));
            assert_eq!(bytes[..4], [0x00, 0x15, 0x50, 0xC3]);
            assert_eq!(&bytes[4..4 + expected.len()], expected, "{length}");
            assert_eq!(bytes.len(), 4 + expected.len() + length + 1);
        }
    }
}
