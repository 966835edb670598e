//! Agreement with an independent decoder: `wbxml2xml` of libwbxml reads what we write, and reads the golden messages
//! as we do.
//!
//! Needs the program; without it these tests fail rather than pass unseen.

use std::{
    io::{ErrorKind, Write},
    process::{Command, Stdio},
};

use proptest::{prelude::*, test_runner::TestRunner};
use syncledger_wbxml::{Element, Limits, Node, Tag, decode, encode, from_xml_with};

use crate::{
    corpus::messages,
    generated::{known_tags, usual_tree},
    libwbxml_table::{LACKING, SPELLINGS},
};

/// How many golden messages hold an element libwbxml lacks: `AccountOnlyRemoteWipe` twice, Find twice.
const UNREADABLE_MESSAGES: usize = 4;

#[test]
fn golden_messages_read_alike() {
    let mut unreadable = Vec::new();
    for message in messages() {
        let tree = decode(&message.wbxml, &Limits::default()).expect("golden messages decode");
        if holds(&tree, LACKING) {
            unreadable.push(message.name);
            continue;
        }
        assert_eq!(read_by_libwbxml(&message.wbxml), normal(&tree), "{}", message.name);
    }
    assert_eq!(unreadable.len(), UNREADABLE_MESSAGES, "left out: {unreadable:?}");
}

#[test]
fn generated_documents_read_alike() {
    let tags: Vec<_> = known_tags().into_iter().filter(|tag| !LACKING.contains(tag)).collect();
    TestRunner::new(ProptestConfig { cases: 200, ..ProptestConfig::default() })
        .run(&usual_tree(tags), |tree| {
            prop_assert_eq!(read_by_libwbxml(&encode(&tree)), normal(&tree));
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

/// All elements but the listed ones, one by one: so the tables agree, and the lists of differences are exact.
#[test]
fn tables_agree_but_for_the_listed_differences() {
    for (page, tags) in known_tags().chunk_by(|a, b| a.page() == b.page()).map(|tags| (tags[0].page(), tags))
    {
        let present: Vec<_> = tags.iter().filter(|tag| !LACKING.contains(tag)).collect();
        let Some((&&root, rest)) = present.split_first() else { continue };
        let tree = Element::new(root).with_all(rest.iter().map(|&&tag| Element::new(tag)));
        assert_eq!(read_by_libwbxml(&encode(&tree)), tree, "code page {page}");
    }
    for &tag in LACKING {
        assert!(wbxml2xml(&encode(&Element::new(tag))).contains("<unknown"), "libwbxml knows {tag} now");
    }
    for &(namespace, name, tag) in SPELLINGS {
        let xml = wbxml2xml(&encode(&Element::new(tag)));
        assert!(
            xml.contains(&format!("<{name} xmlns=\"{namespace}:\"")),
            "{tag} is not spelled {name}: {xml}"
        );
    }
}

fn holds(element: &Element, tags: &[Tag]) -> bool {
    tags.contains(&element.tag) || element.elements().any(|child| holds(child, tags))
}

/// The tree as it looks after a trip through XML text: libwbxml writes CR unescaped, and an XML parser then reads
/// every line end as LF; white space alone is no content.
fn normal(element: &Element) -> Element {
    let children = element.children.iter().filter_map(|node| match node {
        Node::Element(child) => Some(Node::Element(normal(child))),
        Node::Text(text) if text.trim_matches([' ', '\t', '\r', '\n']).is_empty() => None,
        Node::Text(text) => Some(Node::Text(text.replace("\r\n", "\n").replace('\r', "\n"))),
        Node::Opaque(bytes) => Some(Node::Opaque(bytes.clone())),
    });
    Element { tag: element.tag, children: children.collect() }
}

fn read_by_libwbxml(bytes: &[u8]) -> Element {
    let xml = wbxml2xml(bytes);
    let respelled = |namespace: &str, name: &str| match namespace {
        "Gal" => Tag::named("GAL", name),
        _ => SPELLINGS.iter().find(|row| (row.0, row.1) == (namespace, name)).map(|row| row.2),
    };
    from_xml_with(&xml, respelled).unwrap_or_else(|error| panic!("{error} in\n{xml}"))
}

fn wbxml2xml(bytes: &[u8]) -> String {
    let mut child = match Command::new("wbxml2xml")
        .args(["-l", "ACTIVESYNC", "-k", "-m", "0", "-o", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
    {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            panic!("wbxml2xml is missing: install the Debian package libwbxml2-utils")
        }
        Err(error) => panic!("wbxml2xml: {error}"),
    };
    // Documents of these tests are far below a pipe's buffer in both directions.
    child.stdin.take().expect("piped").write_all(bytes).expect("wbxml2xml reads its input");
    let output = child.wait_with_output().expect("wbxml2xml ends");
    assert!(output.status.success(), "wbxml2xml: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("wbxml2xml writes UTF-8")
}
