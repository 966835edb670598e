//! Which body a client gets.

use syncledger_domain::{ids::Address, ports::mailbox::MailFlags};
use syncledger_wbxml::Node;

use super::*;

const HTML: &str = "Content-Type: multipart/alternative; boundary=a\n\n--a\n\nplain text\n--a\nContent-Type: text/html\n\n<p>html text</p>\n--a--\n";
const PLAIN: &str = "Subject: x\n\nplain text";
const SIGNED: &str = "Content-Type: multipart/signed; boundary=a\n\n--a\n\nsigned text\n--a\nContent-Type: application/pkcs7-signature\n\nx\n--a--\n";

const TEXT: BodyPreference =
    BodyPreference { body_type: 1, truncation: None, all_or_none: false, preview: None };
const RICH: BodyPreference = BodyPreference { body_type: 2, ..TEXT };
const RTF: BodyPreference = BodyPreference { body_type: 3, ..TEXT };
const MIME: BodyPreference = BodyPreference { body_type: 4, ..TEXT };

fn cut(preference: BodyPreference, bytes: u32) -> BodyPreference {
    BodyPreference { truncation: Some(bytes), ..preference }
}

fn all_or_none(preference: BodyPreference, bytes: u32) -> BodyPreference {
    BodyPreference { all_or_none: true, ..cut(preference, bytes) }
}

fn rendered(raw: &[u8], wish: &BodyWish) -> Rendered {
    let own: [Address; 0] = [];
    render(&MailItem::parse(raw, 1, MailFlags::default(), u32::try_from(raw.len()).unwrap(), &own), wish)
}

fn sent(raw: &str, mime_support: u8, preferences: &[BodyPreference]) -> (String, Option<String>, bool) {
    let wish = BodyWish {
        preferences: preferences.to_vec(),
        mime_support,
        ..BodyWish::plain(ProtocolVersion::V14_1)
    };
    let body = rendered(raw.as_bytes(), &wish).body.unwrap();
    let text = |tag| body.child(tag).map(|child| child.text_content().unwrap().into_owned());
    (
        text(air_sync_base::TYPE).unwrap(),
        text(air_sync_base::DATA),
        body.child(air_sync_base::TRUNCATED).is_some(),
    )
}

#[test]
fn the_form_is_the_wished_one_nearest_to_the_messages_own() {
    for (raw, mime_support, preferences, expected) in [
        (HTML, 0, &[][..], "1"),
        (HTML, 0, &[TEXT, RICH], "2"),
        (HTML, 0, &[TEXT], "1"),
        (PLAIN, 0, &[RICH, TEXT], "1"),
        (PLAIN, 0, &[RICH], "2"),
        // RTF is never made, MIME not without MIMESupport.
        (HTML, 0, &[RTF], "1"),
        (HTML, 0, &[RTF, RICH], "2"),
        (HTML, 0, &[MIME], "1"),
        (HTML, 0, &[MIME, RICH], "2"),
        (HTML, 2, &[RICH, MIME], "4"),
        (HTML, 2, &[RICH], "2"),
        (HTML, 1, &[RICH, MIME], "2"),
        (SIGNED, 1, &[RICH, MIME], "4"),
        (SIGNED, 0, &[TEXT, MIME], "1"),
    ] {
        assert_eq!(sent(raw, mime_support, preferences).0, expected, "{raw} {mime_support} {preferences:?}");
    }
}

#[test]
fn all_or_none_goes_on_to_the_next_form_and_ends_without_data() {
    assert_eq!(sent(HTML, 0, &[all_or_none(RICH, 5), TEXT]), ("1".into(), Some("plain text".into()), false));
    assert_eq!(sent(HTML, 0, &[all_or_none(RICH, 5), all_or_none(TEXT, 5)]), ("2".into(), None, true));
    assert_eq!(sent(HTML, 2, &[all_or_none(MIME, 5), all_or_none(RICH, 500)]).0, "2");
    assert_eq!(sent(PLAIN, 0, &[all_or_none(TEXT, 10)]), ("1".into(), Some("plain text".into()), false));
}

#[test]
fn a_size_of_zero_asks_for_no_data() {
    assert_eq!(sent(PLAIN, 0, &[cut(TEXT, 0)]), ("1".into(), None, true));
    assert_eq!(sent("Subject: x\n\n", 0, &[cut(TEXT, 0)]), ("1".into(), None, false));
}

#[test]
fn the_smaller_of_both_limits_of_mime_counts() {
    let raw = format!("Subject: x\n\n{}", "0123456789abcdef".repeat(1_000));
    let length = |mime_truncation, preference| {
        let wish = BodyWish {
            preferences: vec![preference],
            mime_support: 2,
            mime_truncation,
            ..BodyWish::plain(ProtocolVersion::V12_1)
        };
        let body = rendered(raw.as_bytes(), &wish).body.unwrap();
        body.child(air_sync_base::DATA).map_or(0, |data| data.bytes_content().len())
    };
    assert_eq!(length(Some(1), MIME), 4_096);
    assert_eq!(length(Some(0), MIME), 0);
    assert_eq!(length(Some(1), cut(MIME, 100)), 100);
    assert_eq!(length(Some(8), cut(MIME, 5_000)), 5_000);
    assert_eq!(length(None, MIME), raw.len() + 2);
}

#[test]
fn a_preview_is_plain_text_and_not_beside_plain_text() {
    let previewed = |preference| {
        let preference = BodyPreference { preview: Some(6), ..preference };
        let wish = BodyWish { preferences: vec![preference], ..BodyWish::plain(ProtocolVersion::V14_0) };
        let body = rendered(HTML.as_bytes(), &wish).body.unwrap();
        body.child(air_sync_base::PREVIEW).map(|preview| preview.text_content().unwrap().into_owned())
    };
    assert_eq!(previewed(RICH).as_deref(), Some("plain"));
    assert_eq!(previewed(TEXT), None);
    assert_eq!(previewed(cut(TEXT, 0)).as_deref(), Some("plain"));
}

#[test]
fn body_part_is_for_14_1_and_html() {
    let parts = |version, body_part, preferences: &[BodyPreference]| {
        let wish = BodyWish {
            body_part: Some(body_part),
            preferences: preferences.to_vec(),
            ..BodyWish::plain(version)
        };
        let rendered = rendered(HTML.as_bytes(), &wish);
        (rendered.body.is_some(), rendered.body_part.is_some())
    };
    assert_eq!(parts(ProtocolVersion::V14_1, RICH, &[]), (false, true));
    assert_eq!(parts(ProtocolVersion::V14_1, RICH, &[TEXT]), (true, true));
    assert_eq!(parts(ProtocolVersion::V14_0, RICH, &[]), (true, false));
    assert_eq!(parts(ProtocolVersion::V16_1, TEXT, &[]), (true, false));
}

fn mime_of(raw: &[u8]) -> Node {
    let wish =
        BodyWish { preferences: vec![MIME], mime_support: 2, ..BodyWish::plain(ProtocolVersion::V14_1) };
    rendered(raw, &wish).body.unwrap().child(air_sync_base::DATA).unwrap().children[0].clone()
}

#[test]
fn mime_that_can_be_a_string_is_the_message_with_crlf() {
    assert_eq!(mime_of(SIGNED.as_bytes()), Node::Text(SIGNED.replace('\n', "\r\n")));
    assert_eq!(
        mime_of("Subject: x\r\n\r\nä\rb\r\n".as_bytes()),
        Node::Text("Subject: x\r\n\r\nä\rb\r\n".into())
    );
}

#[test]
fn signed_mime_that_cannot_be_a_string_goes_byte_for_byte() {
    let raw = [SIGNED.replace('\n', "\r\n").as_bytes(), b"\r\n\xff\x1b\0"].concat();
    assert_eq!(mime_of(&raw), Node::Opaque(raw.clone()));
    let inside = [b"Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n".as_slice(), &raw].concat();
    assert_eq!(mime_of(&inside), Node::Opaque(inside.clone()));
}

#[test]
fn recoded_mime_decodes_to_the_same_content() {
    let raw = b"Subject: \xe9\nContent-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: text/plain; charset=iso-8859-1\n\nGr\xfc\xdfe, alle zusammen\n--a\n\
        Content-Type: application/x; name=x\nContent-Transfer-Encoding: binary\n\n\0\x01\n\xff\n--a\nContent-Type: message/rfc822\n\n\
        Content-Type: text/plain; charset=iso-2022-jp\n\n\x1b$B$3\x1b(B\n--a--\n";
    let Node::Text(text) = mime_of(raw) else { panic!("not a string") };
    assert!(text.contains("Subject: é\r\n"));
    assert!(text.contains("\r\n\r\nGr=FC=DFe, alle zusammen\r\n"), "{text}");
    assert_eq!(super::super::attachment(text.as_bytes(), "1").unwrap().bytes, b"Gr\xfc\xdfe, alle zusammen");
    assert_eq!(super::super::attachment(text.as_bytes(), "2").unwrap().bytes, b"\0\x01\n\xff");
    let enclosed = super::super::attachment(text.as_bytes(), "3").unwrap().bytes;
    assert_eq!(super::super::attachment(&enclosed, "1").unwrap().bytes, b"\x1b$B$3\x1b(B");
}
