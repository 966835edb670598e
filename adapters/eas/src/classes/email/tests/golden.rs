//! Messages and what clients see of them, as files a person can read: `tests/golden/email`. With
//! `SYNCLEDGER_WRITE_GOLDEN=1` the `.xml` files are written anew; read the difference before keeping it.

use std::{collections::BTreeSet, fs, path::PathBuf};

use syncledger_wbxml::{Limits, decode, encode, to_xml};

use super::*;

struct Case {
    message: &'static str,
    output: &'static str,
    wish: BodyWish,
    flags: MailFlags,
    draft: bool,
}

fn case(message: &'static str, output: &'static str, wish: BodyWish) -> Case {
    Case { message, output, wish, flags: MailFlags::default(), draft: false }
}

fn cases() -> Vec<Case> {
    let (v12_1, v14_0, v14_1, v16_0, v16_1) = (
        ProtocolVersion::V12_1,
        ProtocolVersion::V14_0,
        ProtocolVersion::V14_1,
        ProtocolVersion::V16_0,
        ProtocolVersion::V16_1,
    );
    let html = |version| wish(version, &[up_to(2, 200_000)]);
    let text = |version| wish(version, &[prefer(1)]);
    let mime = |version| wish(version, &[prefer(1), prefer(2), prefer(4)]);
    let previewed = BodyPreference { preview: Some(20), ..up_to(2, 0) };
    let flags = |read, flagged, answered, forwarded| MailFlags { read, flagged, answered, forwarded };
    vec![
        case("plain", "plain", text(v14_1)),
        Case { flags: flags(true, true, true, false), ..case("plain", "plain-12.1-flagged", text(v12_1)) },
        Case { flags: flags(true, true, false, true), ..case("plain", "plain-as-html", html(v14_1)) },
        case("plain", "plain-body-part", BodyWish { body_part: Some(prefer(2)), ..wish(v14_1, &[]) }),
        case("alternative", "alternative", html(v14_1)),
        case("html-latin1", "html-latin1", html(v16_1)),
        case("html-latin1", "html-latin1-as-text", text(v14_0)),
        case("related", "related", html(v14_1)),
        case("attachments", "attachments", text(v12_1)),
        case("signed", "signed", BodyWish { mime_support: 1, ..mime(v14_1) }),
        case("signed", "signed-as-text", BodyWish { mime_support: 0, ..mime(v12_1) }),
        case("encrypted", "encrypted", BodyWish { mime_support: 1, ..mime(v16_1) }),
        case("bounce", "bounce", text(v14_0)),
        case("list", "list", html(v16_0)),
        case("list", "list-as-text", text(v12_1)),
        case("eight-bit-parts", "eight-bit-parts", mime(v14_1)),
        case("invitation", "invitation", html(v14_1)),
        Case { draft: true, ..case("draft", "draft", text(v16_1)) },
        case("emoji", "emoji-truncated", wish(v14_1, &[up_to(1, 10)])),
        case("emoji", "emoji-preview", wish(v14_1, &[previewed])),
        case("no-headers", "no-headers", text(v14_1)),
        case("newsletter", "newsletter-as-text", text(v14_1)),
    ]
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/email")
}

#[test]
fn messages_look_as_agreed_and_survive_the_wire() {
    let own = alice();
    let mut different = Vec::new();
    for Case { message, output, wish, flags, draft } in cases() {
        let raw = fs::read(folder().join(format!("{message}.eml"))).unwrap();
        let size = u32::try_from(raw.len()).unwrap();
        let mail = MailItem::parse(&raw, RECEIVED, flags, size, &own).as_draft(draft);
        let item = application_data(&mail, &server_id(), &wish);
        assert_eq!(
            decode(&encode(&item), &Limits::default()).as_ref(),
            Ok(&item),
            "{output} changes on the wire"
        );
        let expected = folder().join(format!("{output}.xml"));
        let xml = format!("{}\n", to_xml(&item).trim_end());
        if std::env::var_os("SYNCLEDGER_WRITE_GOLDEN").is_some() {
            fs::write(&expected, &xml).unwrap();
        }
        if fs::read_to_string(&expected).unwrap_or_default() != xml {
            different.push(format!("{output}:\n{xml}"));
        }
    }
    assert!(different.is_empty(), "not as in tests/golden/email:\n{}", different.join("\n"));
}

#[test]
fn every_golden_file_is_used() {
    let used: BTreeSet<String> = cases()
        .iter()
        .flat_map(|case| [format!("{}.eml", case.message), format!("{}.xml", case.output)])
        .collect();
    let there: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(used, there);
}
