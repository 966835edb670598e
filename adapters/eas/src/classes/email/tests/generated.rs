//! Properties over generated mail: any bytes, and pieces of mail in any order, which get further into the parsers.

use proptest::prelude::*;
use syncledger_wbxml::{Limits, Node, decode, encode};

use super::*;
use crate::classes::{attachment, parse_file_reference, text::allowed};

const PIECES: [&[u8]; 44] = [
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
    b"\x1b$B$3",
    b"\xff\xfe",
    b"\xf0\x9f\x8e\x89",
    b"\xf0\x9f",
    b" ",
    b"\n\n",
    b"From: =?utf-8?Q?Zo=C3=AB?= <zoe@example.com>\n",
    b"To: a: b@c, \"d\" <e@f>;, <g@h\n",
    b"Subject: =?x?B?=?= y\n",
    b"Date: Wed, 1 May 2024 11:12:30 +0200\n",
    b"References: <1@x> <2@x\n",
    b"Thread-Index: AdqboQIQABESExQVFhcYGRobHB0eHwAAAAAB\n",
    b"Content-Type: multipart/mixed; boundary=a\n\n",
    b"Content-Type: multipart/alternative; boundary=\"b\"\n\n",
    b"Content-Type: multipart/related; boundary=c; start=\"<i>\"\n\n",
    b"Content-Type: multipart/signed; boundary=a\n\n",
    b"Content-Type: message/rfc822\n\n",
    b"Content-Type: text/html; charset=iso-8859-1\n",
    b"Content-Type: text/plain; name*0*=x''%ff; name*1=y\n",
    b"Content-Type: application/pdf; name=\"=?utf-8?Q?=ZZ?=\"\n",
    b"Content-Type: text/calendar; method=REQUEST\n\n",
    b"Content-Transfer-Encoding: base64\n",
    b"Content-Transfer-Encoding: quoted-printable\n",
    b"Content-Transfer-Encoding: binary\n\n",
    b"Content-Disposition: attachment; filename=../x\n",
    b"Content-ID: <i>\n",
    b"Content-Location: u\n",
    b"\n--a\n",
    b"\n--b\n",
    b"\n--c\n",
    b"\n--a--\n",
    b"\n--b--\n",
    b"<p>x <b title='a>b'>y</b> &amp;&#0;&bogus;",
    b"<script>x</",
    b"<!-- ",
    b"<meta charset=latin1>",
    b"<img src=cid:i><img src=u>",
    b"=E4=\n=ZZ",
    b"QUJD=",
    b"<a href=\"",
];

fn mail() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => prop::sample::select(PIECES.to_vec()).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop_oneof![
        4 => prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat()),
        1 => prop::collection::vec(any::<u8>(), 0..2_000),
    ]
}

fn version() -> impl Strategy<Value = ProtocolVersion> {
    prop::sample::select(ProtocolVersion::SERVED.to_vec())
}

fn preference() -> impl Strategy<Value = BodyPreference> {
    (1_u8..=4, prop::option::of(0_u32..300), any::<bool>(), prop::option::of(any::<u8>())).prop_map(
        |(body_type, truncation, all_or_none, preview)| BodyPreference {
            body_type,
            truncation,
            all_or_none,
            preview,
        },
    )
}

fn any_wish() -> impl Strategy<Value = BodyWish> {
    let preferences = prop::collection::vec(preference(), 0..4);
    let mime = (0_u8..=2, prop::option::of(0_u8..=8));
    (version(), preferences, prop::option::of(preference()), mime).prop_map(
        |(version, preferences, body_part, (mime_support, mime_truncation))| BodyWish {
            version,
            preferences,
            body_part,
            mime_support,
            mime_truncation,
        },
    )
}

/// Every string of the tree.
fn assert_clean(element: &Element) -> Result<(), TestCaseError> {
    for node in &element.children {
        match node {
            Node::Element(child) => assert_clean(child)?,
            Node::Text(text) => prop_assert!(text.chars().all(allowed), "{}: {text:?}", element.tag),
            Node::Opaque(_) => {}
        }
    }
    Ok(())
}

/// Only `Data` of MIME, and the conversation's ids, may be bytes; the class is what was meant, not the placeholder.
fn assert_sound(item: &Element) -> Result<(), TestCaseError> {
    assert_clean(item)?;
    let subject = get(item, syncledger_wbxml::pages::email::SUBJECT);
    prop_assert_ne!(subject.as_deref(), Some("(unreadable message)"));
    let attachments = item.child(air_sync_base::ATTACHMENTS);
    prop_assert!(attachments.is_none_or(|list| list.elements().next().is_some()));
    let wire = decode(&encode(item), &Limits::default());
    prop_assert_eq!(wire.as_ref(), Ok(item));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_mail_makes_a_clean_item_that_survives_the_wire(raw in mail(), wish in any_wish()) {
        assert_sound(&add(&raw, &wish))?;
    }

    #[test]
    fn a_truncated_body_is_the_beginning_of_the_whole(raw in mail(), body_type in prop::sample::select(vec![1_u8, 2, 4]), max in 0_u32..400) {
        let version = ProtocolVersion::V14_1;
        let content = |preference| {
            let item = add(&raw, &wish(version, &[preference]));
            let body = item.child(air_sync_base::BODY).unwrap().clone();
            let data = body.child(air_sync_base::DATA).map(|data| data.bytes_content().into_owned()).unwrap_or_default();
            let marked = body.child(air_sync_base::TRUNCATED).is_some();
            (data, get(&body, air_sync_base::ESTIMATED_DATA_SIZE).unwrap().parse::<usize>().unwrap(), marked)
        };
        let (whole, size, marked) = content(prefer(body_type));
        prop_assert_eq!((whole.len(), false), (size, marked));
        let max_len = usize::try_from(max).unwrap();
        let (part, part_size, cut) = content(up_to(body_type, max));
        prop_assert!(part.len() <= max_len && whole.starts_with(&part));
        prop_assert!(part.len() + 5 > max_len.min(whole.len()), "cut too much: {} of {max}", part.len());
        prop_assert_eq!((part_size, cut), (size, part.len() < size));
    }

    #[test]
    fn every_listed_attachment_can_be_fetched(raw in mail()) {
        let item = add(&raw, &wish(ProtocolVersion::V16_1, &[prefer(1)]));
        for listed in item.child(air_sync_base::ATTACHMENTS).into_iter().flat_map(Element::elements) {
            let reference = get(listed, air_sync_base::FILE_REFERENCE).unwrap();
            let (owner, part) = parse_file_reference(&reference).unwrap();
            prop_assert_eq!(owner, server_id());
            let content = attachment(&raw, &part).unwrap();
            prop_assert_eq!(Some(content.name), get(listed, air_sync_base::DISPLAY_NAME));
        }
    }
}
