//! What leaves the house.

use proptest::prelude::*;

use super::*;

fn address(text: &str) -> Address {
    Address::new(text).unwrap()
}

fn send(mime: &[u8]) -> Result<Prepared, OutgoingError> {
    send_as(mime, "device-1/17")
}

fn send_as(mime: &[u8], id: &str) -> Result<Prepared, OutgoingError> {
    let (alice, aliases) = (address("alice@example.com"), [address("sales@example.com")]);
    // 2024-05-01T09:12:33Z
    let now = Timestamp(1_714_554_753_000_000);
    prepare(mime, &Sender { address: &alice, aliases: &aliases, id, now })
}

fn text(bytes: &Bytes) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_bare_message_gets_what_it_lacks() {
    let sent = send(b"To: bob@example.com\nSubject: x\n\nbody\n").unwrap();
    assert_eq!(sent.from, address("alice@example.com"));
    assert_eq!(sent.recipients, [address("bob@example.com")]);
    let message = text(&sent.message);
    let id = message.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap().to_owned();
    assert!(id.len() == "<>@example.com".len() + 32 && id.ends_with("@example.com>"), "{id}");
    assert_eq!(
        message,
        format!(
            "From: alice@example.com\r\nDate: Wed, 01 May 2024 09:12:33 +0000\r\nMessage-ID: {id}\r\n\
             To: bob@example.com\r\nSubject: x\r\n\r\nbody\r\n"
        )
    );
}

#[test]
fn a_repetition_is_the_same_message_and_another_id_is_not() {
    let mime = b"To: bob@example.com\n\nbody";
    assert_eq!(send(mime), send(mime));
    assert_ne!(send_as(mime, "device-1/18").unwrap().message, send(mime).unwrap().message);
}

#[test]
fn what_the_client_said_rightly_stays() {
    let header = "Date: Tue, 30 Apr 2024 08:00:00 +0200\r\nMessage-ID: <abc@phone>\r\nTo: bob@example.com\r\nX-Own: 1\r\n";
    let message = text(&send(format!("{header}\r\nbody\r\n").as_bytes()).unwrap().message);
    assert_eq!(message, format!("From: alice@example.com\r\n{header}\r\nbody\r\n"));
}

#[test]
fn what_it_said_wrongly_is_replaced() {
    let message = text(&send(b"Date: now\nMessage-ID: <>\nTo: bob@example.com\n\n").unwrap().message);
    assert_eq!(message.matches("Date:").count(), 1);
    assert!(message.contains("Date: Wed, 01 May 2024 09:12:33 +0000\r\n"));
    assert_eq!(message.matches("Message-ID:").count(), 1);
}

#[test]
fn nobody_sends_in_another_name() {
    for (from, expected) in [
        (
            "From: \"Alice \\\"A\\\" Example\" <alice@example.com>",
            "\"Alice \\\"A\\\" Example\" <alice@example.com>",
        ),
        ("From: Boss <boss@example.com>\nSender: boss@example.com", "\"Boss\" <alice@example.com>"),
        ("From: Sales <SALES@example.com>", "\"Sales\" <sales@example.com>"),
        ("From: one@example.com\nFrom: two@example.com", "alice@example.com"),
        ("From: Zoë <alice@example.com>", "=?utf-8?B?Wm/Dqw==?=\r\n <alice@example.com>"),
        ("From: x\r\n y\r\n <alice@example.com>", "\"x y\" <alice@example.com>"),
    ] {
        let sent = send(format!("{from}\nTo: bob@example.com\n\n").as_bytes()).unwrap();
        let message = text(&sent.message);
        assert!(message.starts_with(&format!("From: {expected}\r\n")), "{message}");
        assert!(
            !message.contains("boss@")
                && !message.contains("Sender:")
                && message.matches("From:").count() == 1
        );
        assert!(message.contains(sent.from.as_str()));
    }
}

#[test]
fn everybody_gets_it_and_nobody_sees_bcc() {
    let mime = b"To: Bob <bob@example.com>, team: carol@example.com, Dave <dave@example.com>;\r\nCc: BOB@example.com\r\n\
        bcc: erin@example.com,\r\n frank@example.com\r\nTo: grace@example.com\r\n\r\nbcc: stays in the body\r\n";
    let sent = send(mime).unwrap();
    let names: Vec<&str> = sent.recipients.iter().map(Address::local).collect();
    assert_eq!(names, ["bob", "carol", "dave", "grace", "erin", "frank"]);
    let message = text(&sent.message);
    assert!(
        !message.contains("erin")
            && !message.contains("frank")
            && message.ends_with("\r\n\r\nbcc: stays in the body\r\n")
    );
    assert!(text(&sent.copy).contains("bcc: erin@example.com,\r\n frank@example.com\r\n"));
}

#[test]
fn what_cannot_be_sent_is_refused_by_reason() {
    assert_eq!(send(b"Subject: x\n\nbody"), Err(OutgoingError::NoRecipients));
    assert_eq!(send(b"To: undisclosed-recipients:;\n\nbody"), Err(OutgoingError::NoRecipients));
    assert_eq!(send(b"To:\n\nbody"), Err(OutgoingError::NoRecipients));
    for bad in [b"".as_slice(), b"\n\n", b"no header at all", b"\0\0\0"] {
        assert_eq!(send(bad), Err(OutgoingError::Unparseable), "{bad:?}");
    }
    for bad in ["bob", "bob@", "<bob@example.com", "bob@exa mple.com", "b\0ob@example.com"] {
        let refused = send(format!("To: {bad}\nCc: carol@example.com\n\n").as_bytes());
        let repaired =
            refused.as_ref().is_ok_and(|sent| sent.recipients.contains(&address("bob@example.com")));
        assert!(repaired || matches!(refused, Err(OutgoingError::BadRecipient(_))), "{bad:?}: {refused:?}");
    }
    let many: Vec<String> = (0..5_001).map(|n| format!("n{n}@example.com")).collect();
    assert_eq!(
        send(format!("To: {}\n\n", many.join(", ")).as_bytes()),
        Err(OutgoingError::TooManyRecipients)
    );
}

#[test]
fn a_name_cannot_smuggle_in_a_header() {
    let sent =
        send(b"From: =?utf-8?Q?x=0D=0ABcc:_evil@example.com?= <alice@example.com>\nTo: bob@example.com\n\n")
            .unwrap();
    assert_eq!(sent.recipients, [address("bob@example.com")]);
    assert!(text(&sent.message).lines().all(|line| !line.starts_with("Bcc")));
}

#[test]
fn line_ends_become_crlf_and_signed_bodies_keep_all_else() {
    let sent = send(b"\r\n\r\nTo: bob@example.com\n\na\rb\nc\r\nd\0e").unwrap();
    assert!(text(&sent.message).ends_with("\r\n\r\na\r\nb\r\nc\r\nde\r\n"));
    let body =
        b"--b\r\n\r\na\rb\0\xff  \r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nx\r\n--b--";
    let mime =
        [b"To: bob@example.com\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n".as_slice(), body]
            .concat();
    assert!(send(&mime).unwrap().message.ends_with(body));
}

#[test]
fn raw_eight_bit_headers_are_encoded() {
    let message = text(
        &send("To: Zoë <zoe@example.com>, bob@example.com\nSubject: Grüße\nX: \u{e4}\n\n".as_bytes())
            .unwrap()
            .message,
    );
    assert!(message.is_ascii(), "{message}");
    assert!(
        message.contains("To: =?utf-8?B?Wm/Dqw==?=\r\n <zoe@example.com>,\r\n bob@example.com\r\n"),
        "{message}"
    );
    assert!(message.contains("Subject: =?utf-8?B?R3LDvMOfZQ==?=\r\n"), "{message}");
}

#[test]
fn long_lines_of_the_header_are_folded() {
    let list: Vec<String> = (0..200).map(|n| format!("n{n}@example.com")).collect();
    let references: Vec<String> = (0..200).map(|n| format!("<r{n}@example.com>")).collect();
    let mime = format!("To: {}\nReferences: {}\n\n", list.join(","), references.join(" "));
    let sent = send(mime.as_bytes()).unwrap();
    assert_eq!(sent.recipients.len(), 200);
    let message = text(&sent.message);
    assert!(message.lines().all(|line| line.len() <= 998));
    assert_eq!(message.matches("<r").count(), 200);
}

proptest! {
    #[test]
    fn no_mime_panics_or_leaks_bcc(pieces in prop::collection::vec(prop::sample::select(vec![
        "To: bob@example.com\n", "To: a:b@example.com;", "Bcc: secret@example.com\n", "bCC :\n secret@example.com\r\n", " folded\n",
        "From: x <y@z>\n", "\n", "\r\n", "\r", "\0", "Content-Type: multipart/signed; boundary=b\n", "--b\n", "ä", "Subject: =?x?", ":",
    ]), 0..30)) {
        let mime = pieces.concat();
        if let Ok(sent) = send(mime.as_bytes()) {
            let message = String::from_utf8_lossy(&sent.message).into_owned();
            let (header, _) = message.split_once("\r\n\r\n").unwrap();
            prop_assert!(header.lines().all(|line| !line.to_ascii_lowercase().replace(' ', "").starts_with("bcc:")));
            prop_assert!(!sent.recipients.is_empty());
        }
    }
}
