//! One test per thing that is accepted or refused.

use super::*;
use crate::pages::{air_sync, email};

const HEAD: &[u8] = &[0x03, 0x01, 0x6A, 0x00];

fn body(bytes: &[u8]) -> Result<Element, DecodeError> {
    body_within(bytes, &Limits::default())
}

fn body_within(bytes: &[u8], limits: &Limits) -> Result<Element, DecodeError> {
    decode(&[HEAD, bytes].concat(), limits)
}

fn defect(bytes: &[u8]) -> Defect {
    body(bytes).expect_err("refused").defect
}

/// A SyncKey holding what `inner` says.
fn sync_key(inner: &[u8]) -> Result<Element, DecodeError> {
    body(&[&[0x4B], inner, &[0x01]].concat())
}

#[test]
fn heads_of_other_versions_public_ids_and_string_tables_are_skipped() {
    let expected = Ok(Element::new(air_sync::SYNC));
    for head in [
        &[0x01, 0x01, 0x6A, 0x00][..],
        &[0x02, 0x01, 0x6A, 0x00],
        &[0x03, 0x9F, 0x53, 0x6A, 0x00],
        &[0x03, 0x00, 0x00, 0x6A, 0x02, b'x', 0x00],
        &[0x03, 0x01, 0x6A, 0x03, b'a', b'b', 0x00],
        &[0x03, 0x01, 0x00, 0x00],
        &[0x03, 0x01, 0x03, 0x00],
    ] {
        assert_eq!(decode(&[head, &[0x05]].concat(), &Limits::default()), expected, "{head:02X?}");
    }
}

#[test]
fn heads_that_are_no_wbxml_are_refused() {
    let refused = |bytes: &[u8]| decode(bytes, &Limits::default()).expect_err("refused").defect;
    assert_eq!(refused(b""), Defect::Truncated);
    assert_eq!(refused(b"<?xml"), Defect::Version);
    assert_eq!(refused(&[0x00, 0x01, 0x6A, 0x00, 0x05]), Defect::Version);
    assert_eq!(refused(&[0x03, 0x01, 0x87, 0x68, 0x00, 0x05]), Defect::Charset(1000));
    assert_eq!(refused(&[0x03, 0x01, 0x6A, 0x8F, 0xFF, 0xFF, 0xFF, 0x7F, 0x05]), Defect::Truncated);
    assert_eq!(refused(&[0x03, 0x90, 0x80, 0x80, 0x80, 0x00, 0x6A, 0x00]), Defect::IntegerOverflow);
    assert_eq!(refused(&[0x03, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0x6A]), Defect::IntegerOverflow);
}

#[test]
fn empty_content_equals_the_empty_tag() {
    assert_eq!(body(&[0x54, 0x01]), body(&[0x14]));
    assert_eq!(body(&[0x54, 0x03, 0x00, 0xC3, 0x00, 0x01]), body(&[0x14]));
}

#[test]
fn the_page_stays_across_element_ends() {
    // <Sync><Subject/><From/></Sync>, the last two of page 2 after one switch.
    let tree = body(&[0x45, 0x00, 0x02, 0x14, 0x58, 0x01, 0x01]);
    let expected =
        Element::new(air_sync::SYNC).with(Element::new(email::SUBJECT)).with(Element::new(email::FROM));
    assert_eq!(tree, Ok(expected));
}

#[test]
fn superfluous_switches_are_accepted() {
    assert_eq!(body(&[0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x05]), Ok(Element::new(air_sync::SYNC)));
}

#[test]
fn unknown_tags_survive() {
    let tree = body(&[0x00, 0xFE, 0x7F, 0x03, b'x', 0x00, 0x01]);
    assert_eq!(tree, Ok(Element::text(Tag::new(0xFE, 0x3F), "x")));
}

#[test]
fn strings_and_opaques_join() {
    let tree = sync_key(&[0x03, b'a', 0x00, 0x03, b'b', 0x00]);
    assert_eq!(tree, Ok(Element::text(air_sync::SYNC_KEY, "ab")));
    let mixed = sync_key(&[0x03, b'a', 0x00, 0xC3, 0x02, b'b', b'c', 0xC3, 0x01, b'd', 0x03, b'e', 0x00]);
    let mixed = mixed.expect("mixed content is fine");
    assert_eq!(mixed.children.len(), 3);
    assert_eq!(mixed.text_content().as_deref(), Some("abcde"));
    assert_eq!(&*mixed.bytes_content(), b"abcde");
}

#[test]
fn a_string_that_is_not_utf_8_survives_as_bytes() {
    let tree = sync_key(&[0x03, b'J', 0xF6, b'r', b'g', 0x00]).expect("kept");
    assert_eq!(tree, Element::opaque(air_sync::SYNC_KEY, *b"J\xF6rg"));
    assert_eq!(tree.text_content(), None);
    assert_eq!(tree.text_lossy(), "J\u{FFFD}rg");
}

#[test]
fn a_character_split_between_two_opaques_is_read() {
    let tree = sync_key(&[0xC3, 0x01, 0xC3, 0xC3, 0x01, 0xB6]).expect("kept");
    assert_eq!(tree.text_content().as_deref(), Some("ö"));
}

#[test]
fn what_activesync_does_not_use_is_refused() {
    use Construct::{
        Attributes, Entities, Extensions, Literals, ProcessingInstructions, StringTableReferences,
    };
    for (bytes, construct) in [
        (&[0x02, 0x60][..], Entities),
        (&[0x04, 0x00], Literals),
        (&[0x44, 0x00], Literals),
        (&[0x84, 0x00], Literals),
        (&[0xC4, 0x00], Literals),
        (&[0x43, 0x05, 0x01], ProcessingInstructions),
        (&[0x83, 0x00], StringTableReferences),
        (&[0x40, 0x00], Extensions),
        (&[0x41, 0x00], Extensions),
        (&[0x42, 0x00], Extensions),
        (&[0x80, 0x00], Extensions),
        (&[0x81, 0x00], Extensions),
        (&[0x82, 0x00], Extensions),
        (&[0xC0], Extensions),
        (&[0xC1], Extensions),
        (&[0xC2], Extensions),
        (&[0x85, 0x05, 0x01], Attributes),
        (&[0xC5, 0x05, 0x01, 0x01], Attributes),
    ] {
        assert_eq!(defect(bytes), Defect::Unsupported(construct), "{bytes:02X?}");
        assert_eq!(defect(&[&[0x45], bytes].concat()), Defect::Unsupported(construct), "{bytes:02X?} inside");
    }
}

#[test]
fn content_outside_the_root_is_refused() {
    assert_eq!(defect(&[0x01]), Defect::OutsideRoot);
    assert_eq!(defect(&[0x03, b'x', 0x00, 0x05]), Defect::OutsideRoot);
    assert_eq!(defect(&[0x03, 0x00, 0x05]), Defect::OutsideRoot);
    assert_eq!(defect(&[0xC3, 0x00, 0x05]), Defect::OutsideRoot);
    assert_eq!(defect(&[0x03, 0xFF, 0x00, 0x05]), Defect::OutsideRoot);
}

#[test]
fn padding_after_the_root_is_accepted_and_nothing_else() {
    assert_eq!(body(b"\x05\r\n\0\0"), body(b"\x05"));
    for trailing in [&b"\x05"[..], b"\x01", b"\0\x01", b" ", b"\x03x\0"] {
        assert_eq!(defect(&[b"\x05", trailing].concat()), Defect::Trailing, "{trailing:02X?}");
    }
}

#[test]
fn lengths_are_checked_before_they_are_used() {
    assert_eq!(defect(&[0x4B, 0xC3, 0x8F, 0xFF, 0xFF, 0xFF, 0x7F, b'x']), Defect::OpaqueTooLarge(64 << 20));
    assert_eq!(defect(&[0x4B, 0xC3, 0x83, 0xFF, 0x7F, b'x']), Defect::Truncated);
    assert_eq!(defect(&[0x4B, 0xC3, 0x90, 0x80, 0x80, 0x80, 0x00]), Defect::IntegerOverflow);
    assert_eq!(defect(&[0x4B, 0xC3, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]), Defect::IntegerOverflow);
    assert_eq!(defect(&[0x4B, 0x03, b'x']), Defect::Truncated);
}

#[test]
fn limits_may_be_reached_but_not_exceeded() {
    let nested = |depth: usize| [vec![0x45; depth], vec![0x01; depth]].concat();
    let limits = |max_depth| Limits { max_depth, ..Limits::default() };
    assert!(body_within(&nested(10), &limits(10)).is_ok());
    assert_eq!(body_within(&nested(11), &limits(10)).map_err(|it| it.defect), Err(Defect::TooDeep(10)));

    let limits = |max_elements| Limits { max_elements, ..Limits::default() };
    let three = [0x45, 0x05, 0x03, b'x', 0x00, 0x01];
    assert!(body_within(&three, &limits(3)).is_ok());
    assert_eq!(body_within(&three, &limits(2)).map_err(|it| it.defect), Err(Defect::TooManyElements(2)));

    let limits = |max_opaque| Limits { max_opaque, ..Limits::default() };
    let two_bytes = [0x4B, 0xC3, 0x02, 0x01, 0x02, 0x01];
    assert!(body_within(&two_bytes, &limits(2)).is_ok());
    assert_eq!(body_within(&two_bytes, &limits(1)).map_err(|it| it.defect), Err(Defect::OpaqueTooLarge(1)));

    let limits = |max_document| Limits { max_document, ..Limits::default() };
    assert!(body_within(&[0x05], &limits(5)).is_ok());
    assert_eq!(body_within(&[0x05], &limits(4)).map_err(|it| it.defect), Err(Defect::DocumentTooLarge(4)));
}

#[test]
fn no_limit_lets_a_tree_grow_that_would_overflow_the_stack() {
    let limitless = Limits {
        max_depth: usize::MAX,
        max_document: usize::MAX,
        max_opaque: usize::MAX,
        max_elements: usize::MAX,
    };
    let refused = body_within(&vec![0x45; 1_000_000], &limitless).expect_err("refused");
    assert_eq!(refused.defect, Defect::TooDeep(Limits::DEEPEST));
    let deepest = body_within(&[vec![0x45; 512], vec![0x01; 512]].concat(), &limitless).expect("allowed");
    assert_eq!(deepest.clone(), deepest);
}

#[test]
fn errors_say_where() {
    let error = body(&[0x45, 0x00, 0x02, 0x54, 0x03, b'x', 0x00, 0x85]).expect_err("refused");
    assert_eq!(
        error,
        DecodeError {
            defect: Defect::Unsupported(Construct::Attributes),
            offset: 11,
            page: 2,
            token: Some(0x85),
        }
    );
    assert_eq!(
        error.to_string(),
        "attributes are not used by ActiveSync at byte 11, code page 2, token 0x85"
    );
    let cut = body(&[0x45]).expect_err("cut short");
    assert_eq!(cut.to_string(), "the document is cut short at byte 5, code page 0");
}

#[test]
fn only_limits_are_limits() {
    assert!(Defect::TooDeep(1).is_limit());
    assert!(!Defect::Truncated.is_limit());
}
