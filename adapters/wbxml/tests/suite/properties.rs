//! Properties of the codec over generated trees and arbitrary bytes.

use proptest::{collection::vec, prelude::*};
use syncledger_wbxml::{
    Defect, Element, Limits, decode, encode, from_xml, fuzzing::round_trip, pages, to_xml,
};

use crate::generated::{any_tree, known_tags, usual_tree};

proptest! {
    #[test]
    fn decoding_undoes_encoding(tree in any_tree()) {
        prop_assert_eq!(decode(&encode(&tree), &Limits::default()), Ok(tree));
    }

    #[test]
    fn decoding_undoes_encoding_of_usual_trees(tree in usual_tree(known_tags())) {
        prop_assert_eq!(decode(&encode(&tree), &Limits::default()), Ok(tree));
    }

    #[test]
    fn reading_xml_undoes_writing_it(tree in any_tree()) {
        prop_assert_eq!(from_xml(&to_xml(&tree)), Ok(tree));
    }

    #[test]
    fn every_shorter_document_is_refused_as_cut_short(tree in any_tree(), cut in any::<prop::sample::Index>()) {
        let bytes = encode(&tree);
        let short = &bytes[..cut.index(bytes.len())];
        prop_assert_eq!(decode(short, &Limits::default()).map_err(|error| error.defect), Err(Defect::Truncated));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..400)) {
        let _ = decode(&bytes, &Limits::default());
    }

    #[test]
    fn arbitrary_bodies_keep_the_promises(body in vec(any::<u8>(), 0..400)) {
        let document = [&[0x03, 0x01, 0x6A, 0x00], body.as_slice()].concat();
        prop_assert!(round_trip(&document, &Limits::default()).is_ok());
    }

    #[test]
    fn any_string_reaches_the_wire_as_xml_text(text in any::<String>()) {
        let sent = encode(&Element::text(pages::email::SUBJECT, text.clone()));
        let tree = decode(&sent, &Limits::default()).expect("the encoder writes what the decoder reads");
        let arrived = tree.text_content().expect("text only").into_owned();
        let forbidden = |c: &char| matches!(c, '\0'..'\t' | '\x0B' | '\x0C' | '\x0E'..' ' | '\u{FFFE}' | '\u{FFFF}');
        let expected: String = text.chars().filter(|c| !forbidden(c)).collect();
        prop_assert_eq!(arrived, expected);
    }

    #[test]
    fn any_text_is_no_reason_for_from_xml_to_panic(text in any::<String>()) {
        let _ = from_xml(&text);
        let _ = from_xml(&format!("<Sync xmlns=\"AirSync\">{text}</Sync>"));
    }
}
