//! The sample mail is what it claims to be: read by a parser that knows nothing of how it was written.

use std::collections::BTreeSet;

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};

use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000_000_000);
const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";

fn samples(count: u32) -> Vec<Sample> {
    (0..count).map(|number| sample(number, count, ALICE, BOB, NOW)).collect()
}

fn parsed(sample: &Sample) -> Message<'_> {
    MessageParser::default().parse(&sample.content).expect("a message")
}

fn attachment_names(message: &Message<'_>) -> Vec<String> {
    message.attachments().filter_map(|part| part.attachment_name().map(str::to_owned)).collect()
}

#[test]
fn every_message_parses_with_sender_date_and_without_defects() {
    for (number, sample) in samples(100).iter().enumerate() {
        let message = parsed(sample);
        assert!(message.from().is_some(), "message {number}");
        let date = message.date().expect("a date").to_timestamp();
        assert_eq!(date, sample.date.seconds(), "message {number}");
        assert!(message.message_id().is_some(), "message {number}");
        assert!(message.parts.iter().all(|part| !part.is_encoding_problem), "message {number}");
        let text = &sample.content;
        assert!(
            !text.windows(2).any(|pair| pair[1] == b'\n' && pair[0] != b'\r'),
            "message {number}: bare LF"
        );
        assert!(
            text.split(|&byte| byte == b'\n').all(|line| line.len() <= 998),
            "message {number}: long line"
        );
    }
}

#[test]
fn one_round_has_every_kind() {
    let samples = samples(u32::try_from(LETTERS.len()).unwrap());
    let messages: Vec<_> = samples.iter().map(parsed).collect();
    let any = |what: &dyn Fn(&Message<'_>) -> bool| messages.iter().any(what);
    let subject = |message: &Message<'_>, text: &str| message.subject().is_some_and(|it| it.contains(text));

    assert!(any(&|m| subject(m, "🎂")) && any(&|m| subject(m, "資料")) && any(&|m| subject(m, "Frühling")));
    assert!(any(&|m| subject(m, "in €")), "windows-1252 in a header");
    assert!(any(&|m| m.subject().is_none()));
    assert!(any(&|m| m.from().unwrap().first().unwrap().name() == Some("経理部")));
    assert!(any(&|m| m.from().unwrap().first().unwrap().name() == Some("Gärtnerei")));
    assert!(any(&|m| attachment_names(m).iter().any(|name| name.ends_with("– Büro.txt"))));
    assert!(any(&|m| attachment_names(m).iter().any(|name| name.starts_with("invoice-"))));
    assert!(any(&|m| m.attachments().any(|part| matches!(part.body, PartType::Message(_)))));
    assert!(any(&|m| m.parts.iter().any(|part| part.content_id().is_some())), "a picture within the text");
    assert!(any(&|m| m.text_body.len() == 1 && m.html_body.len() == 1 && m.text_body != m.html_body));
    assert!(any(&|m| m.body_text(0).is_some_and(|text| text.contains("“new”"))));
    assert!(samples.iter().any(|sample| sample.content.len() > 30_000));
}

#[test]
fn the_document_is_one_and_its_picture_too() {
    let samples = samples(24);
    let all: Vec<Vec<u8>> = samples
        .iter()
        .flat_map(|sample| {
            parsed(sample).attachments().map(|part| part.contents().to_vec()).collect::<Vec<_>>()
        })
        .collect();
    let pdf = all.iter().find(|bytes| bytes.starts_with(b"%PDF-1.4")).expect("a document");
    let text = String::from_utf8(pdf.clone()).unwrap();
    let start: usize = text.lines().rev().nth(1).unwrap().parse().unwrap();
    assert!(text[start..].starts_with("xref"));
    assert!(all.iter().any(|bytes| bytes.starts_with(b"\x89PNG\r\n\x1a\n")));
}

#[test]
fn folders_are_varied_and_each_is_declared() {
    let declared: BTreeSet<&[&str]> = FOLDERS.into_iter().collect();
    let first = ["Inbox", "Drafts", "Junk", "Sent", "Trash"];
    let used: BTreeSet<&[&str]> = samples(60).iter().map(|sample| sample.folder).collect();
    for folder in &used {
        let usual = folder.len() == 1 && first.contains(&folder[0]);
        assert!(usual || declared.contains(folder), "{folder:?}");
    }
    assert_eq!(used.len(), declared.len() + first.len(), "every folder holds something");
    assert!(used.iter().any(|folder| folder.len() == 3), "nested");
    assert!(used.iter().any(|folder| folder.iter().any(|name| !name.is_ascii())));
}

#[test]
fn flags_and_dates_are_varied_and_all_in_the_past() {
    let samples = samples(60);
    let count = |what: fn(MailFlags) -> bool| samples.iter().filter(|sample| what(sample.flags)).count();
    assert!(count(|flags| flags.read) > 15 && count(|flags| !flags.read) > 10);
    assert!(count(|flags| flags.flagged) > 2 && count(|flags| flags.answered) > 2);
    assert!(samples.iter().all(|sample| sample.date < NOW && sample.date > NOW.plus_seconds(-SPAN - DAY)));
    let recent = samples.iter().filter(|sample| sample.date > NOW.plus_seconds(-7 * DAY)).count();
    assert!((5..40).contains(&recent), "{recent} of this week");
    let dates: BTreeSet<_> = samples.iter().map(|sample| sample.date).collect();
    assert_eq!(dates.len(), samples.len());
}

#[test]
fn the_same_number_gives_the_same_message_and_no_other() {
    let (once, again) = (samples(200), samples(200));
    let bytes = |samples: &[Sample]| samples.iter().map(|sample| sample.content.clone()).collect::<Vec<_>>();
    assert_eq!(bytes(&once), bytes(&again));
    let different: BTreeSet<_> = once.iter().map(|sample| &sample.content).collect();
    assert_eq!(different.len(), once.len());
}

#[test]
fn nobody_is_named_but_alice_bob_and_offices() {
    for sample in samples(48) {
        let text = String::from_utf8_lossy(&sample.content).into_owned();
        for word in text.split(|c: char| c.is_whitespace() || "<>,;\"'()".contains(c)) {
            if let Some((_, domain)) = word.split_once('@') {
                assert!(domain.starts_with("example.com"), "{word}");
            }
        }
    }
}
