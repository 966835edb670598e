use bytes::Bytes;
use proptest::prelude::*;

use super::{
    command::{Command, LiteralMode, Step},
    date,
    frame::{Framer, Limits},
    response::{Response, Status},
    uids::{UidSet, in_order},
    utf7,
    value::Value,
};

const LIMITS: Limits = Limits { line: 1000, literal: 1000 };

fn responses(mut bytes: &[u8], step: usize) -> Vec<Response> {
    let mut framer = Framer::new(LIMITS);
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (now, later) = bytes.split_at(step.min(bytes.len()));
        framer.buffer().extend_from_slice(now);
        while let Some(frame) = framer.next().unwrap() {
            found.push(Response::parse(frame).unwrap());
        }
        bytes = later;
    }
    found
}

fn one(text: &str) -> Response {
    let mut all = responses(format!("{text}\r\n").as_bytes(), usize::MAX);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

#[test]
fn responses_are_the_same_however_the_bytes_arrive() {
    let dialogue =
        b"* 3 FETCH (UID 9 BODY[] {7}\r\na\r\n{9}\n FLAGS (\\Seen))\r\n* 4 EXISTS\r\na1 OK done\r\n";
    let whole = responses(dialogue, usize::MAX);
    for step in 1..20 {
        assert_eq!(responses(dialogue, step), whole, "in steps of {step}");
    }
    let Response::Fetch(row) = &whole[0] else { panic!("{whole:?}") };
    assert_eq!(row.uid, Some(9));
    assert_eq!(row.body.as_deref(), Some(&b"a\r\n{9}\n"[..]));
    assert_eq!(row.flags.as_deref(), Some(&[Bytes::from_static(b"\\Seen")][..]));
    assert_eq!(whole[1], Response::Exists(4));
}

#[test]
fn attributes_of_unknown_extensions_cost_nothing_else() {
    let Response::Fetch(row) = one(
        r#"* 12 FETCH (EMAILID (M6d99) X-NEW ("a)" ((b))) UID 4 SAVEDATE NIL RFC822.SIZE 44 BODY[HEADER.FIELDS (X Y)]<0> "q\"" MODSEQ (77))"#,
    ) else {
        panic!()
    };
    assert_eq!((row.uid, row.size, row.modseq), (Some(4), Some(44), Some(77)));
    assert_eq!(row.body.as_deref(), Some(&b"q\""[..]));
    let Response::List(row) = one(r#"* LIST (\Sent \X) "." "a \"b" ("OLDNAME" ("c"))"#) else { panic!() };
    assert_eq!((&*row.name, row.delimiter), (&b"a \"b"[..], Some('.')));
    let Response::Status(row) = one("* STATUS NIL (MESSAGES 3 MAILBOXID (F22) UIDNEXT 4)") else { panic!() };
    assert_eq!(row.item("uidnext").and_then(Value::number::<u32>), Some(4));
    assert_eq!(&*row.name, b"NIL");
    assert_eq!(one("* 7 RECENT"), Response::Other);
    assert_eq!(one("* X-EVENT (whatever"), Response::Other);
}

#[test]
fn codes_are_found_with_brackets_inside() {
    let Response::Tagged { outcome, .. } = one("a OK [COPYUID 38505 304,319:320 3956:3958] Done [x]") else {
        panic!()
    };
    let code = outcome.code.unwrap();
    assert_eq!(code.name(), "COPYUID");
    assert_eq!(code.arguments().len(), 3);
    assert_eq!(outcome.text, "Done [x]");
    let Response::Untagged(outcome) = one(r#"* NO [X "a]b"] c"#) else { panic!() };
    assert_eq!((outcome.status, outcome.text.as_str()), (Status::No, "c"));
}

#[test]
fn searches_are_sets_in_all_their_forms() {
    let expected = UidSet::from_uids([4, 7, 8, 9]);
    for text in
        ["* SEARCH 4 9 8 7", "* ESEARCH (TAG \"a\") UID ALL 4,7:9", "* SEARCH 4 7 8 9 (MODSEQ 917162500)"]
    {
        assert_eq!(one(text), Response::Search(expected.clone()), "{text}");
    }
    assert_eq!(one("* SEARCH"), Response::Search(UidSet::default()));
    assert_eq!(one("* ESEARCH (TAG \"a\") UID"), Response::Search(UidSet::default()));
    assert_eq!(
        one("* VANISHED (EARLIER) 9:7,4"),
        Response::Vanished { earlier: true, uids: expected.clone() }
    );
    assert!(expected.contains(7) && !expected.contains(5) && !expected.contains(10));
    assert_eq!(in_order(b"304,319:320,5", 10), Some(vec![304, 319, 320, 5]));
    assert_eq!(in_order(b"1:4294967295", 2), Some(vec![1, 2]));
}

#[test]
fn a_server_that_never_ends_is_cut_off() {
    for flood in [
        "x".repeat(2000),
        "* OK {1001}\r\n".to_owned(),
        "* {600}\r\n".to_owned() + &"y".repeat(600) + "{401}\n",
    ] {
        let mut framer = Framer::new(LIMITS);
        framer.buffer().extend_from_slice(flood.as_bytes());
        assert!(framer.next().is_err(), "{} bytes were taken", flood.len());
    }
    assert!(Response::parse(Bytes::from("* LIST ".to_owned() + &"(".repeat(900))).is_err());
    assert_eq!(
        Response::parse(Bytes::from("* 1 FETCH ".to_owned() + &"(".repeat(900))),
        Ok(Response::Garbled)
    );
}

#[test]
fn folder_names_of_the_standard_decode() {
    for (wire, name) in [
        ("~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),
        ("A&-B", "A&B"),
        ("Entw&APw-rfe", "Entwürfe"),
        ("&2D3eAA-", "😀"),
    ] {
        assert_eq!(utf7::decode(wire.as_bytes()), name);
        assert_eq!(utf7::encode(name), wire);
    }
    for odd in ["a&b", "&!!-", "&2D0-", "Entwürfe"] {
        assert_eq!(utf7::decode(odd.as_bytes()), odd);
    }
}

#[test]
fn dates_read_back() {
    assert_eq!(date::parse(b"17-Jul-1996 02:44:25 -0700"), Some(837_596_665));
    assert_eq!(date::parse(b" 1-Jan-1970 00:00:00 +0000"), Some(0));
    assert_eq!(date::format(0), " 1-Jan-1970 00:00:00 +0000");
    for bad in [
        "",
        "1-Jan-1970",
        "1-Foo-1970 00:00:00 +0000",
        "1-Jan-1970 00:00:00 0000",
        "1-Jan-1970 25:00:00 +0000",
    ] {
        assert_eq!(date::parse(bad.as_bytes()), None, "{bad}");
    }
}

#[test]
fn strings_travel_quoted_or_as_literals() {
    let command = Command::new("LOGIN ").string(b"a\"\\b").text(" ").string("ü".as_bytes());
    let text = |mode| {
        let steps = command.steps("t", mode).into_iter();
        let steps = steps.map(|step| match step {
            Step::Write(bytes) => bytes.to_vec(),
            Step::WriteAndWait(bytes) => [&bytes[..], b"<wait>"].concat(),
        });
        String::from_utf8(steps.collect::<Vec<_>>().concat()).unwrap()
    };
    assert_eq!(text(LiteralMode::AtOnce), "t LOGIN \"a\\\"\\\\b\" {2+}\r\nü\r\n");
    assert_eq!(text(LiteralMode::SmallAtOnce), "t LOGIN \"a\\\"\\\\b\" {2+}\r\nü\r\n");
    assert_eq!(text(LiteralMode::Synchronising), "t LOGIN \"a\\\"\\\\b\" {2}\r\n<wait>ü\r\n");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut framer = Framer::new(LIMITS);
        framer.buffer().extend_from_slice(&bytes);
        while let Ok(Some(frame)) = framer.next() {
            let _ = Response::parse(frame);
        }
        let _ = utf7::decode(&bytes);
        let _ = date::parse(&bytes);
        let _ = UidSet::parse(&bytes);
    }

    #[test]
    fn near_responses_never_panic(text in r#"\* ([0-9]{1,3} FETCH|LIST|STATUS|VANISHED|ESEARCH|OK|SEARCH) [()\[\]{}"\\~ A-Z0-9:,<>+\r]{0,60}"#) {
        let _ = Response::parse(Bytes::from(text));
    }

    #[test]
    fn names_read_back(name in "\\PC{0,30}") {
        prop_assert_eq!(utf7::decode(utf7::encode(&name).as_bytes()), name);
    }

    #[test]
    fn dates_are_bijective(seconds in -60_000_000_000_i64..250_000_000_000) {
        prop_assert_eq!(date::parse(date::format(seconds).as_bytes()), Some(seconds));
    }

    #[test]
    fn sets_hold_what_was_put_in(uids in proptest::collection::btree_set(1_u32..3000, 0..1500)) {
        let set = UidSet::from_uids(uids.iter().copied());
        prop_assert_eq!(set.iter().collect::<Vec<_>>(), uids.iter().copied().collect::<Vec<_>>());
        let mut again = UidSet::default();
        for piece in set.pieces() {
            prop_assert!(piece.len() < 4100);
            again.extend(UidSet::parse(piece.as_bytes()).unwrap());
        }
        prop_assert_eq!(again, set);
    }
}
