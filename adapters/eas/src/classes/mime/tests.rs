//! Structure, fields and transfer encodings.

use proptest::prelude::*;

use super::*;

/// `path kind/subtype [body]` of every leaf.
fn leaves(raw: &[u8]) -> Vec<String> {
    let tree = scan(raw);
    let leaves = tree.parts.iter().filter(|part| !part.multipart);
    leaves
        .map(|part| {
            format!(
                "{} {} [{}]",
                part.path,
                part.media.essence(),
                String::from_utf8_lossy(tree.body(part)).escape_debug()
            )
        })
        .collect()
}

#[test]
fn parts_are_numbered_as_imap_numbers_them() {
    let raw = "Content-Type: multipart/mixed; boundary=a\r\n\r\npreamble\r\n--a\r\n\r\none\r\n--a\r\n\
        Content-Type: multipart/alternative; boundary=\"a b\"\r\n\r\n--a b\r\nContent-Type: text/html\r\n\r\ntwo\r\n\
        --a b  \r\n\r\nthree\r\n\r\n--a b--\r\n--a\r\nContent-Type: image/png\r\n\r\n--a--\r\nepilogue\r\n";
    let expected =
        ["1 text/plain [one]", "2.1 text/html [two]", "2.2 text/plain [three\\r\\n]", "3 image/png []"];
    assert_eq!(leaves(raw.as_bytes()), expected);
    assert_eq!(leaves(raw.replace("\r\n", "\n").as_bytes()), expected.map(|line| line.replace("\\r", "")));
}

#[test]
fn a_message_without_parts_is_part_1() {
    let tree = scan(b"Subject: x\n\nbody\n");
    assert_eq!(leaves(b"Subject: x\n\nbody\n"), ["1 text/plain [body\\n]"]);
    assert!(tree.at(&"1".parse().unwrap()).is_some());
    assert!(tree.at(&"2".parse().unwrap()).is_none());
    assert!(tree.at(&"1.1".parse().unwrap()).is_none());
}

#[test]
fn damaged_structure_loses_nothing() {
    let lost_inner_end = "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n\
        --b\n\none\n--a\n\ntwo\n";
    assert_eq!(leaves(lost_inner_end.as_bytes()), ["1.1 text/plain [one]", "2 text/plain [two\\n]"]);
    let header_cut_off =
        "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: image/png\n--a\n\ntwo";
    assert_eq!(leaves(header_cut_off.as_bytes()), ["1 image/png []", "2 text/plain [two]"]);
    let multipart_cut_off = "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n--a\n\ntwo";
    assert_eq!(leaves(multipart_cut_off.as_bytes()), ["2 text/plain [two]"]);
    assert_eq!(leaves(b"Content-Type: multipart/mixed\n\nno boundary"), ["1 multipart/mixed [no boundary]"]);
    assert_eq!(leaves(b"From alice Mon May  1\nSubject: x\n\nmbox"), ["1 text/plain [mbox]"]);
    assert_eq!(leaves(b"only a line"), ["1 text/plain [only a line]"]);
    assert_eq!(leaves(b""), ["1 text/plain []"]);
}

#[test]
fn the_parts_of_a_digest_are_messages() {
    let raw = b"Content-Type: multipart/digest; boundary=a\n\n--a\n\nSubject: x\n\ny\n--a--\n";
    assert_eq!(leaves(raw), ["1 message/rfc822 [Subject: x\\n\\ny]"]);
}

#[test]
fn paths_read_back_as_written_and_nothing_else_does() {
    for path in ["1", "2.1", "65535.1.3"] {
        assert_eq!(path.parse::<PartPath>().unwrap().to_string(), path);
    }
    let deep = ["1"; MAX_DEPTH + 1].join(".");
    for bad in ["", "0", "1.", ".1", "01", "1.0", "a", "1..2", "65536", "-1", "1 ", &deep] {
        assert!(bad.parse::<PartPath>().is_err(), "{bad:?} was accepted");
    }
}

#[test]
fn fields_are_found_folded_and_in_any_case() {
    let header = b"Subject: a\r\n b\r\nX-Long-Name :c\r\nno field\r\nsubject:d";
    let fields = Fields::new(header);
    let value =
        |name: &str| fields.first(name).map(|field| String::from_utf8_lossy(field.value).into_owned());
    assert_eq!(value("SUBJECT").as_deref(), Some(" a\r\n b"));
    assert_eq!(value("x-long-name").as_deref(), Some("c"));
    assert_eq!(fields.all("Subject").count(), 2);
    assert_eq!(fields.iter().map(|field| field.range.len()).sum::<usize>(), header.len());
    assert!(fields.is_whole);
    assert!(!Fields::new(&b"a: b\n".repeat(10_000)).is_whole);
}

#[test]
fn groups_are_opened_and_empty_ones_named() {
    let list = address_list(b"Team: a@example.com, B <b@example.com>; c@example.com, none:;");
    let shown: Vec<_> =
        list.iter().map(|m| (m.name.as_str(), m.address.as_str(), m.is_empty_group)).collect();
    assert!(shown.starts_with(&[("", "a@example.com", false), ("B", "b@example.com", false)]), "{shown:?}");
    assert!(shown.contains(&("", "c@example.com", false)), "{shown:?}");
    assert!(shown.contains(&("none", "", true)), "{shown:?}");
}

#[test]
fn damaged_transfer_encodings_give_what_can_be_read() {
    let decoded =
        |encoding, body: &[u8]| String::from_utf8_lossy(&super::decode::decode(body, encoding)).into_owned();
    for (body, expected) in [
        ("a=C3=A4b", "aäb"),
        ("soft=\nbreak", "softbreak"),
        ("soft=  \r\nbreak", "softbreak"),
        ("trailing  \nblank", "trailing\nblank"),
        ("50=25 =ZZ =", "50% =ZZ ="),
        ("=", ""),
        ("", ""),
    ] {
        assert_eq!(decoded(Encoding::QuotedPrintable, body.as_bytes()), expected, "{body:?}");
    }
    for (body, expected) in [
        ("QUJD", "ABC"),
        ("QU\r\nJD", "ABC"),
        ("QQ==QkM=", "ABC"),
        ("QUJ", "AB"),
        ("Q", ""),
        ("Q!U#J*D", "ABC"),
    ] {
        assert_eq!(decoded(Encoding::Base64, body.as_bytes()), expected, "{body:?}");
    }
}

proptest! {
    #[test]
    fn both_transfer_encodings_read_back(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let base64 = base64_lines(&bytes);
        prop_assert_eq!(&*super::decode::decode(base64.as_bytes(), Encoding::Base64), &bytes[..]);
        prop_assert!(base64.lines().all(|line| line.len() <= 76));
    }

    #[test]
    fn text_reads_back_from_quoted_printable(lines in prop::collection::vec("[ -~\tä🎉]{0,120}", 0..6)) {
        let text = lines.join("\r\n");
        let quoted = quoted_printable(text.as_bytes());
        prop_assert!(quoted.is_ascii() && quoted.lines().all(|line| line.len() <= 76));
        let decoded = super::decode::decode(quoted.as_bytes(), Encoding::QuotedPrintable).into_owned();
        prop_assert_eq!(String::from_utf8(decoded).unwrap(), text);
    }

    #[test]
    fn encoded_words_read_back(text in "[a-zä🎉=?_]{1,80}( [a-zö]{1,20}){0,5}") {
        let encoded = encoded_words(&text);
        prop_assert!(encoded.is_ascii() && encoded.split("\r\n").all(|line| line.len() <= 78 || text.is_ascii()));
        prop_assert_eq!(unstructured(encoded.as_bytes(), 1_000), text);
    }

    #[test]
    fn parts_lie_inside_the_message_and_do_not_overlap(raw in prop::collection::vec(prop::sample::select(vec![
        "Content-Type: multipart/mixed; boundary=a\n", "Content-Type: multipart/mixed; boundary=b\n", "\n", "--a\n", "--b\n",
        "--a--\n", "--b--\n", "text\n", "\r\n",
    ]), 0..40)) {
        let raw = raw.concat();
        let tree = scan(raw.as_bytes());
        let mut end = 0;
        for part in tree.parts.iter().filter(|part| !part.multipart) {
            prop_assert!(part.header.start >= end && part.header.end >= part.header.start);
            prop_assert!(part.body.start >= part.header.end && part.body.end >= part.body.start && part.body.end <= raw.len());
            end = part.body.end;
        }
    }
}
