//! The message as it is written.

use proptest::prelude::*;
use syncledger_domain::{
    abq_messages::{MessageKind, Resolved},
    event::Timestamp,
    ids::Address,
};

use super::{SINCE, alice, notice, resolved, usual};
use crate::dummy::{Notice, message::mime};

fn text(message: &Resolved, account: &Address) -> String {
    String::from_utf8(mime(&notice(message, account)).to_vec()).unwrap()
}

/// The fields of the header, folded lines in one.
fn header(message: &str) -> Vec<String> {
    let (header, _) = message.split_once("\r\n\r\n").unwrap();
    header.replace("\r\n ", " ").split("\r\n").map(str::to_owned).collect()
}

#[test]
fn the_message_is_a_message() {
    let message = Resolved { reply_to: Some("Desk <desk@example.com>".to_owned()), ..usual() };
    let text = text(&message, &alice());
    let id = text.split_once("Message-ID: <").unwrap().1.split_once('@').unwrap().0.to_owned();
    let expected = "From: help@example.com\r\n\
        Reply-To: \"Desk\" <desk@example.com>\r\n\
        To: alice@example.com\r\n\
        Subject: Wait\r\n\
        Date: Wed, 01 May 2024 09:12:33 +0000\r\n\
        Message-ID: <ID@example.com>\r\n\
        Auto-Submitted: auto-generated\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: multipart/alternative;\r\n boundary=\"=_ID\"\r\n\
        \r\n--=_ID\r\n\
        Content-Type: text/plain; charset=utf-8\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\n\
        Hello alice@example.com\r\n\
        \r\n--=_ID\r\n\
        Content-Type: text/html; charset=utf-8\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\n\
        <p>iPhone</p>\r\n\
        \r\n--=_ID--\r\n";
    assert_eq!(text.replace(&id, "ID"), expected);
}

#[test]
fn it_is_the_same_message_until_the_status_changes() {
    let (message, account) = (usual(), alice());
    let usual = notice(&message, &account);
    assert_eq!(mime(&usual), mime(&Notice { read: true, deleted: true, ..usual }));
    let id = |notice: Notice<'_>| header(&String::from_utf8_lossy(&mime(&notice)))[4].clone();
    assert!(id(usual).starts_with("Message-ID: "));
    let blocked = Resolved { kind: MessageKind::Blocked, ..message.clone() };
    let bob = Address::new("bob@example.com").unwrap();
    let others = [
        Notice { since: Timestamp(SINCE.0 + 1), ..usual },
        Notice { device_id: "ApplF18", ..usual },
        Notice { message: &blocked, ..usual },
        Notice { account: &bob, ..usual },
    ];
    let mut ids: Vec<_> = others.into_iter().chain([usual]).map(id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5);
    assert_eq!(id(Notice { device_id: "applf17", ..usual }), id(usual));
}

#[test]
fn senders_are_written_as_headers_have_them() {
    for (from, written) in [
        ("help@example.com", "help@example.com"),
        ("Help desk <help@example.com>", "\"Help desk\" <help@example.com>"),
        ("\"Desk, Help\" <help@example.com>", "\"Desk, Help\" <help@example.com>"),
        ("Müller <help@example.com>", "=?utf-8?B?TcO8bGxlcg==?= <help@example.com>"),
        ("a\r\nBcc: bob@example.com <help@example.com>", "\"a  Bcc: bob@example.com\" <help@example.com>"),
        ("a\\\"b <help@example.com>", "\"a\\\\\\\"b\" <help@example.com>"),
        ("he(lp@example.com", "\"he(lp\"@example.com"),
        ("root", "postmaster@example.com"),
        ("", "postmaster@example.com"),
        ("help@example.com\r\nBcc: bob@example.com", "postmaster@example.com"),
    ] {
        let text = text(&resolved(from, "s", "p", "h"), &alice());
        assert_eq!(header(&text)[0], format!("From: {written}"), "{from:?}");
        let replying = Resolved { reply_to: Some(from.to_owned()), ..usual() };
        let fields = header(&self::text(&replying, &alice()));
        let there = fields.contains(&format!("Reply-To: {written}"));
        assert_eq!(there, !written.starts_with("postmaster"), "{fields:?}");
    }
}

#[test]
fn a_subject_is_encoded_and_cut() {
    let subject = |template: &str| {
        let text = text(&resolved("help@example.com", template, "p", "h"), &alice());
        header(&text)[2].clone()
    };
    assert_eq!(subject(" Gerät "), "Subject: =?utf-8?B?R2Vyw6R0?=");
    assert_eq!(subject(&"x".repeat(900)), format!("Subject: {}", "x".repeat(255)));
    assert_eq!(subject("=?utf-8?Q?x?="), "Subject: =?utf-8?B?PT91dGYtOD9RP3g/PQ==?=");
}

/// Letters beyond ASCII have no place in an address of a header, only in the name before it.
#[test]
fn an_address_no_header_can_hold_is_left_out() {
    let fields = |from: &str, account: &Address| header(&text(&resolved(from, "s", "p", "h"), account));
    let account: Address = "jürgen@example.com".parse().unwrap();
    for from in ["hülfe@example.com", "Help <hülfe@example.com>"] {
        assert_eq!(
            fields(from, &account)[..2],
            ["From: postmaster@example.com", "To: undisclosed-recipients:;"]
        );
    }
    assert!(fields("Hülfe <help@example.com>", &account)[0].ends_with("<help@example.com>"));
}

proptest! {
    /// Whatever a device says of itself and whatever an old log holds, the header has its nine fields, lines are short,
    /// and the bodies come out as they went in.
    #[test]
    fn nothing_breaks_out_of_its_place(
        value in "[ -~\\r\\n\\t\\u{0}äß€😀\\u{85}\\u{2028}=_<>@\"\\\\-]{0,400}",
        body in "[ -~\\nä=_-]{0,2000}",
    ) {
        let template = format!("{{user_agent}}{value}");
        let message = Resolved { reply_to: Some("d@example.com".into()), ..resolved(&value, &template, &body, &body) };
        let account = alice();
        let notice = Notice { user_agent: &value, device_id: &value, ..notice(&message, &account) };
        let bytes = mime(&notice);
        let text = std::str::from_utf8(&bytes).unwrap();
        prop_assert!(text.is_ascii());
        prop_assert!(!text.replace("\r\n", "").contains(['\r', '\n', '\0']));
        prop_assert!(text.split("\r\n").all(|line| line.len() <= 998));
        let fields = header(text);
        let names: Vec<_> = fields.iter().map(|field| field.split(':').next().unwrap()).collect();
        prop_assert_eq!(names, [
            "From", "Reply-To", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
        ]);
        let boundary = format!("\r\n--{}", fields[8].split('"').nth(1).unwrap());
        prop_assert_eq!(text.matches(&boundary).count(), 3);
    }
}
