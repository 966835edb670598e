//! Every golden message, both ways. There are no exceptions: all 105 are reproduced byte for byte.

use syncledger_wbxml::{Element, Limits, ValueKind, decode, encode, from_xml, to_xml};

use crate::corpus::messages;

#[test]
fn decoded_bytes_equal_the_xml() {
    for message in messages() {
        let expected = from_xml(&message.xml).unwrap_or_else(|error| panic!("{}: {error}", message.name));
        assert_eq!(decode(&message.wbxml, &Limits::default()), Ok(expected), "{}", message.name);
    }
}

#[test]
fn encoded_xml_equals_the_bytes() {
    for message in messages() {
        let tree = from_xml(&message.xml).unwrap_or_else(|error| panic!("{}: {error}", message.name));
        assert_eq!(encode(&tree), message.wbxml, "{}", message.name);
    }
}

#[test]
fn written_xml_reads_back() {
    for message in messages() {
        let tree = decode(&message.wbxml, &Limits::default()).expect("decoded above");
        assert_eq!(from_xml(&to_xml(&tree)), Ok(tree), "{}", message.name);
    }
}

/// The kinds of value in the tables are information; the messages at least must not contradict them.
#[test]
fn messages_use_elements_as_the_tables_say() {
    fn check(element: &Element, message: &str) {
        let row = element.tag.row().unwrap_or_else(|| panic!("{message}: no row for {}", element.tag));
        let has = |kind| row.kinds.contains(&kind);
        let fits = if element.elements().next().is_some() {
            has(ValueKind::Container)
        } else if element.is_empty() {
            // A boolean may be empty; so may a container without members.
            has(ValueKind::Empty) || has(ValueKind::Bool) || has(ValueKind::Container) || has(ValueKind::Text)
        } else {
            row.kinds.iter().any(|kind| !matches!(kind, ValueKind::Container | ValueKind::Empty))
        };
        assert!(fits, "{message}: {} has kinds {:?} but is used as\n{element}", element.tag, row.kinds);
        element.elements().for_each(|child| check(child, message));
    }
    for message in messages() {
        check(&from_xml(&message.xml).expect("read above"), &message.name);
    }
}
