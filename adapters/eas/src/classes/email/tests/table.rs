//! Varied messages, good and bad: one line each about what a client must see.

use syncledger_wbxml::pages::{email, email2};

use super::*;

const V: ProtocolVersion = ProtocolVersion::V14_1;

fn text() -> BodyWish {
    wish(V, &[prefer(1)])
}

fn subject_of(header: &[u8]) -> String {
    get(&add(&[b"Subject: ".as_slice(), header, b"\n\nx"].concat(), &text()), email::SUBJECT).unwrap()
}

#[test]
fn subjects_are_decoded_whatever_was_done_to_them() {
    for (header, expected) in [
        (b"plain".as_slice(), "plain"),
        (b"=?iso-8859-1?Q?Gr=FC=DFe?=", "Grüße"),
        (b"=?utf-8?B?8J+OiQ==?= =?utf-8?Q?_party?=", "🎉 party"),
        (b"=?utf-8?Q?unfinished", "=?utf-8?Q?unfinished"),
        (b"=?no-such-charset?Q?abc?=", "abc"),
        (b"folded\r\n over\n\t lines", "folded over lines"),
        (b"raw latin1 \xe4\xf6\xfc", "raw latin1 äöü"),
        (b"raw utf-8 \xc3\xa4", "raw utf-8 ä"),
        (b"a\0b\x1bc\x7fd", "a b c d"),
        (b"=?utf-8?B?AAEC77+/?=x", "x"),
        (b"", ""),
    ] {
        assert_eq!(subject_of(header), expected, "{}", String::from_utf8_lossy(header));
    }
}

#[test]
fn a_huge_subject_is_cut() {
    assert_eq!(subject_of(&b"\xc3\xa4".repeat(1 << 20)), "ä".repeat(4_096));
    assert_eq!(subject_of(&b"\xc3\xa4 ".repeat(1 << 20)).trim_end_matches(['ä', ' ']), "");
    let endless = b"=?utf-8?Q?x ".repeat(100_000);
    assert!(subject_of(&endless).chars().count() <= 4_096);
}

#[test]
fn long_address_lists_are_cut_at_an_address() {
    let list: Vec<String> = (0..3_000).map(|n| format!("\"N, {n}\" <n{n}@example.com>")).collect();
    let item = add(format!("To: {}\n\n", list.join(",\n ")).as_bytes(), &text());
    let to = get(&item, email::TO).unwrap();
    assert!(
        to.chars().count() <= 32_768 && to.len() > 32_000 && to.ends_with("@example.com>"),
        "{}",
        to.len()
    );
    assert!(get(&item, email::DISPLAY_TO).unwrap().starts_with("N, 0; N, 1"));
}

#[test]
fn an_address_field_full_of_unfinished_words_is_read_in_time() {
    let field = b" =?aa?q?x==".repeat(60_000);
    add(&[b"To: ".as_slice(), &field, b"\n\n"].concat(), &text());
}

#[test]
fn importance_is_read_from_whatever_says_it() {
    for (header, expected) in [
        ("Importance: high", "2"),
        ("importance: Low", "0"),
        ("X-Priority: 1 (Highest)", "2"),
        ("X-Priority: 3", "1"),
        ("X-Priority: 5", "0"),
        ("Priority: urgent", "2"),
        ("Priority: non-urgent", "0"),
        ("X-MSMail-Priority: High", "2"),
        ("Importance: normal\nX-Priority: 3", "1"),
        ("Subject: none", "1"),
    ] {
        let item = add(format!("{header}\n\n").as_bytes(), &text());
        assert_eq!(get(&item, email::IMPORTANCE).as_deref(), Some(expected), "{header}");
    }
}

#[test]
fn the_message_class_tells_what_kind_of_mail_it_is() {
    let report = |kind: &str, field: &str| {
        format!(
            "Content-Type: multipart/report; boundary=b\n\n--b\n\nx\n--b\nContent-Type: message/{kind}\n\nA: b\n\n{field}\n--b--\n"
        )
    };
    for (raw, expected) in [
        ("Subject: x\n\nx".to_owned(), "IPM.Note"),
        (
            "Content-Type: multipart/signed; boundary=b\n\n--b\n\nx\n--b--\n".to_owned(),
            "IPM.Note.SMIME.MultipartSigned",
        ),
        ("Content-Type: application/x-pkcs7-mime\n\nMIIB".to_owned(), "IPM.Note.SMIME"),
        ("Content-Type: application/octet-stream; name=\"smime.P7M\"\n\nMIIB".to_owned(), "IPM.Note.SMIME"),
        (report("delivery-status", "Action: failed"), "REPORT.IPM.NOTE.NDR"),
        (report("delivery-status", "Action: delayed"), "REPORT.IPM.NOTE.DELAYED"),
        (report("delivery-status", "Action: delivered"), "REPORT.IPM.NOTE.DR"),
        (report("delivery-status", "Action: delivered\n\nAction: failed"), "REPORT.IPM.NOTE.NDR"),
        (report("delivery-status", "nothing"), "IPM.Note"),
        (
            report("disposition-notification", "Disposition: manual-action/MDN-sent-manually; displayed"),
            "REPORT.IPM.NOTE.IPNRN",
        ),
        (
            report("disposition-notification", "Disposition: automatic-action; deleted"),
            "REPORT.IPM.NOTE.IPNNRN",
        ),
    ] {
        assert_eq!(
            get(&add(raw.as_bytes(), &text()), email::MESSAGE_CLASS).as_deref(),
            Some(expected),
            "{raw}"
        );
    }
}

#[test]
fn text_is_read_in_its_character_set() {
    for (content_type, bytes, expected) in [
        ("text/plain; charset=iso-8859-1", b"\xe4\x80".as_slice(), "ä€"),
        ("text/plain; charset=\"UTF-8\"", b"\xc3\xa4\xff", "ä\u{fffd}"),
        ("text/plain; charset=us-ascii", b"\xc3\xa4", "ä"),
        ("text/plain; charset=us-ascii", b"\xe4", "ä"),
        ("text/plain; charset=no-such-thing", b"\xe4", "ä"),
        ("text/plain", b"\xe4", "ä"),
        ("text/plain; charset=iso-2022-jp", b"\x1b$B$3\x1b(B", "こ"),
        ("text/plain; charset=windows-1251", b"\xcf\xf0", "Пр"),
        ("text/plain; charset=utf-16le", b"a\0b\0", "ab"),
        ("nonsense", b"abc", "abc"),
        ("", b"abc", "abc"),
    ] {
        let raw = [b"Content-Type: ", content_type.as_bytes(), b"\n\n", bytes].concat();
        assert_eq!(body(&raw, &text()).1, expected, "{content_type}");
    }
}

#[test]
fn html_without_a_declared_charset_is_believed_about_itself() {
    let raw = b"Content-Type: text/html\n\n<meta charset='windows-1251'><p>\xcf\xf0</p>";
    assert_eq!(body(raw, &text()).1, "Пр");
    assert_eq!(body(raw, &wish(V, &[prefer(2)])).1, "<meta charset='utf-8'><p>Пр</p>");
}

#[test]
fn nul_and_lone_cr_and_forbidden_characters_never_reach_a_client() {
    let raw =
        b"Content-Type: text/plain; charset=utf-8\n\na\0b\rc\n\x1b\x08\xef\xbf\xbe\xef\xbf\xbfd\xed\xa0\x80e";
    let shown = body(raw, &text()).1;
    assert!(shown.starts_with("ab\r\nc\r\nd") && shown.ends_with('e'), "{shown:?}");
    for body_type in [1, 2, 4] {
        let (_, data, _) = body(raw, &wish(V, &[prefer(body_type)]));
        assert!(data.chars().all(crate::classes::text::allowed), "type {body_type}: {data:?}");
    }
}

#[test]
fn a_message_without_a_body_has_no_data_element() {
    for raw in [b"Subject: x\n\n".as_slice(), b"Subject: x", b"", b"\n", b"\r\n\r\n"] {
        let (body_type, data, truncated) = body(raw, &text());
        assert_eq!((body_type.as_str(), data.trim(), truncated), ("1", "", false), "{raw:?}");
    }
    let item = add(b"Subject: x\n\n", &text());
    let body = item.child(air_sync_base::BODY).unwrap();
    assert!(body.child(air_sync_base::DATA).is_none());
    assert_eq!(get(body, air_sync_base::ESTIMATED_DATA_SIZE).as_deref(), Some("0"));
}

#[test]
fn what_a_version_does_not_know_is_not_sent_to_it() {
    let raw =
        b"From: bob@example.com\nSender: carol@example.com\nBcc: alice@example.com\nTo: x@example.com\n\nx";
    let has = |version| {
        let item = add(raw, &wish(version, &[BodyPreference { preview: Some(10), ..up_to(1, 0) }]));
        let body = item.child(air_sync_base::BODY).unwrap().clone();
        let email2 =
            [email2::CONVERSATION_ID, email2::CONVERSATION_INDEX, email2::SENDER, email2::RECEIVED_AS_BCC];
        let since_14 = email2.into_iter().chain([email::CATEGORIES]).all(|tag| item.child(tag).is_some());
        assert_eq!(since_14, body.child(air_sync_base::PREVIEW).is_some());
        (since_14, item.child(email2::BCC).is_some() && item.child(email2::IS_DRAFT).is_some())
    };
    assert_eq!(has(ProtocolVersion::V12_1), (false, false));
    assert_eq!(has(ProtocolVersion::V14_0), (true, false));
    assert_eq!(has(ProtocolVersion::V14_1), (true, false));
    assert_eq!(has(ProtocolVersion::V16_0), (true, true));
    assert_eq!(has(ProtocolVersion::V16_1), (true, true));
}

#[test]
fn received_as_bcc_is_said_only_of_mail_that_came_that_way() {
    for (header, expected) in [
        ("To: bob@example.com", true),
        ("To: Alice <ALICE@example.com>", false),
        ("Cc: bob@example.com, alice@example.com", false),
        ("From: alice@example.com\nTo: bob@example.com", false),
        ("To: list@example.com\nList-Id: <list.example.com>", false),
    ] {
        let item = add(format!("{header}\n\n").as_bytes(), &text());
        assert_eq!(item.child(email2::RECEIVED_AS_BCC).is_some(), expected, "{header}");
    }
}

#[test]
fn a_thread_has_one_conversation_id() {
    let id = |header: &str| {
        let item = add(format!("{header}\n\n").as_bytes(), &text());
        item.child(email2::CONVERSATION_ID).unwrap().bytes_content().into_owned()
    };
    let first = id("Message-ID: <1@x>\nSubject: a");
    assert_eq!(first.len(), 16);
    assert_eq!(first, id("Message-ID: <2@x>\nIn-Reply-To: <1@x>\nSubject: Re: a"));
    assert_eq!(first, id("Message-ID: <3@x>\nIn-Reply-To: <2@x>\nReferences: <1@x>\n <2@x>"));
    assert_ne!(first, id("Message-ID: <4@x>\nSubject: a"));
    assert_eq!(id("Subject: Re: a"), id("Subject: AW: a"));
    assert_eq!(id("X: y").len(), 16);
    assert_eq!(id("Thread-Index: broken!\nMessage-ID: <1@x>"), first);
}

#[test]
fn the_date_is_the_delivery_time_or_what_the_message_says() {
    let date = |received, raw: &[u8]| {
        let own = alice();
        let size = u32::try_from(raw.len()).unwrap();
        let mail = MailItem::parse(raw, received, MailFlags::default(), size, &own);
        get(&application_data(&mail, &server_id(), &text()), email::DATE_RECEIVED)
    };
    let raw = b"Date: Wed, 1 May 2024 11:12:30 +0200\n\n";
    assert_eq!(date(RECEIVED, raw).as_deref(), Some("2024-05-01T09:12:33.000Z"));
    assert_eq!(date(0, raw).as_deref(), Some("2024-05-01T09:12:30.000Z"));
    assert_eq!(date(0, b"Date: yesterday\n\n"), None);
    assert_eq!(date(i64::MAX, b"\n"), None);
    assert_eq!(date(1, b"\n").as_deref(), Some("1970-01-01T00:00:01.000Z"));
}

#[test]
fn a_prefix_of_a_message_is_marked_as_truncated() {
    let whole = format!("Subject: x\nContent-Type: text/plain\n\n{}", "abc ".repeat(1_000));
    let own = alice();
    let raw = &whole.as_bytes()[..1_000];
    let mail =
        MailItem::parse(raw, RECEIVED, MailFlags::default(), u32::try_from(whole.len()).unwrap(), &own);
    for (body_type, size) in [(1, 4_000), (4, whole.len() + 3)] {
        let item = application_data(&mail, &server_id(), &wish(V, &[prefer(body_type)]));
        let body = item.child(air_sync_base::BODY).unwrap();
        assert_eq!(get(body, air_sync_base::TRUNCATED).as_deref(), Some("1"), "type {body_type}");
        assert_eq!(get(body, air_sync_base::ESTIMATED_DATA_SIZE), Some(size.to_string()), "type {body_type}");
        assert!(get(body, air_sync_base::DATA).unwrap().len() > 900);
    }
}

#[test]
fn ten_thousand_parts_are_survived_and_said() {
    let mut raw = b"Content-Type: multipart/mixed; boundary=b\n\n".to_vec();
    for n in 0..10_000 {
        raw.extend(format!("--b\nContent-Type: application/x; name=f{n}\n\nx\n").bytes());
    }
    let item = add(&raw, &text());
    assert_eq!(item.child(air_sync_base::ATTACHMENTS).unwrap().elements().count(), 500);
    assert!(body(&raw, &text()).1.contains("more than 1000 parts"));
    assert!(body(&raw, &wish(V, &[prefer(2)])).1.contains("more than 1000 parts"));
    assert!(body(&raw, &wish(V, &[prefer(4)])).1.contains("f9999"));
}

#[test]
fn a_thousand_levels_are_survived_and_said() {
    let mut raw = Vec::new();
    for n in 0..1_000 {
        raw.extend(format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n").bytes());
    }
    raw.extend(b"\nthe heart of it\n");
    assert!(body(&raw, &text()).1.contains("more than 32 levels"));
    let enclosed = b"Content-Type: message/rfc822\n\n".repeat(1_000);
    assert_eq!(add(&enclosed, &text()).child(air_sync_base::ATTACHMENTS).unwrap().elements().count(), 1);
    // The same in a form that has to be recoded.
    let eight_bit = [enclosed.as_slice(), b"\xff"].concat();
    assert!(body(&eight_bit, &wish(V, &[prefer(4)])).1.ends_with('ÿ'));
}

#[test]
fn fifty_mebibytes_are_handled() {
    let line = [b"QUJD".repeat(19).as_slice(), b"\r\n"].concat();
    let mut raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee below.\r\n--b\r\nContent-Type: video/mp4; name=film.mp4\r\nContent-Transfer-Encoding: base64\r\n\r\n".to_vec();
    while raw.len() < 50 << 20 {
        raw.extend(&line);
    }
    raw.extend(b"--b--\r\n");
    let item = add(&raw, &text());
    assert_eq!(body(&raw, &text()).1, "See below.");
    let film = item.child(air_sync_base::ATTACHMENTS).unwrap().elements().next().unwrap().clone();
    let size: usize = get(&film, air_sync_base::ESTIMATED_DATA_SIZE).unwrap().parse().unwrap();
    assert!(size > 36 << 20, "{size}");
    let (_, data, truncated) = body(&raw, &wish(V, &[up_to(4, 1_000)]));
    assert_eq!((data.len(), truncated), (1_000, true));
    assert_eq!(crate::classes::attachment(&raw, "2").unwrap().bytes.len(), size);
}

#[test]
fn a_huge_text_is_cut_and_says_so() {
    let raw = [b"Subject: x\n\n".as_slice(), &b"0123456789abcde\n".repeat(1 << 20)].concat();
    let (_, data, truncated) = body(&raw, &text());
    assert!(truncated && data.len() >= 8 << 20 && data.len() < 10 << 20, "{}", data.len());
}

#[test]
fn the_calendar_part_of_a_meeting_request_is_known() {
    let raw = b"Content-Type: multipart/alternative; boundary=a\n\n--a\n\nx\n--a\nContent-Type: text/calendar\n\ny\n--a--\n";
    let mail = MailItem::parse(raw, RECEIVED, MailFlags::default(), 0, &[]);
    assert_eq!(mail.structure.calendar, Some(2));
    assert_eq!(mail.structure.attachments, [2]);
}

#[test]
fn inline_texts_with_a_file_name_are_attachments_and_others_are_body() {
    let structure = |second: &str| {
        let raw =
            format!("Content-Type: multipart/mixed; boundary=a\n\n--a\n\nx\n--a\n{second}\n\ny\n--a--\n");
        let mail = MailItem::parse(raw.as_bytes(), RECEIVED, MailFlags::default(), 0, &[]);
        (mail.structure.body.len(), mail.structure.attachments.len())
    };
    for (second, expected) in [
        ("Content-Type: text/plain", (2, 0)),
        ("Content-Type: text/plain; name=notes.txt", (1, 1)),
        ("Content-Type: text/html\nContent-Disposition: inline; filename=page.html", (1, 1)),
        ("Content-Type: text/plain\nContent-Disposition: attachment", (1, 1)),
        ("Content-Type: text/x-patch", (1, 1)),
        ("Content-Type: multipart/mixed", (1, 1)),
    ] {
        assert_eq!(structure(second), expected, "{second}");
    }
}
