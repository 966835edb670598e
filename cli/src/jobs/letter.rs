//! A prepared mail as a message (RFC 5322). Whoever composes it, and however often, gets the same bytes: a mail that is
//! sent twice, because nobody knows whether it left, is one mail to who gets it.

use std::fmt::Write as _;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use syncledger_domain::{
    event::Timestamp, ids::Address, notices::MailPrepared, ports::mailbox::content_digest,
};

/// Longest line that is written as it is, in bytes. RFC 5322, "Line Length Limits".
const LONGEST_LINE: usize = 998;

/// The message, with CRLF line ends.
pub(super) fn compose(mail: &MailPrepared, sender: &Address, written: Timestamp) -> Vec<u8> {
    let to: Vec<&str> = mail.recipients.iter().map(Address::as_str).collect();
    let domain = mail.recipients.first().map_or_else(String::new, |first| first.domain().to_string());
    // Another installation may write the same number to the same people.
    let digest = &content_digest(mail.body.as_bytes())[..16];
    let mut text = format!(
        "Date: {}\r\nFrom: {sender}\r\nTo: {}\r\nSubject: {}\r\n\
         Message-ID: <syncledger.{}.{}.{digest}@{domain}>\r\n\
         Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n",
        date(written),
        to.join(",\r\n "),
        subject(&mail.subject),
        mail.number,
        mail.up_to,
    );
    let plain = mail.body.is_ascii() && mail.body.lines().all(|line| line.len() <= LONGEST_LINE);
    if plain {
        text.push_str("Content-Transfer-Encoding: 7bit\r\n\r\n");
        for line in mail.body.lines() {
            let _ = write!(text, "{line}\r\n");
        }
    } else {
        text.push_str("Content-Transfer-Encoding: base64\r\n\r\n");
        let body: Vec<&str> = mail.body.lines().collect();
        let encoded = BASE64_STANDARD.encode(format!("{}\r\n", body.join("\r\n")));
        for line in encoded.as_bytes().chunks(76) {
            let _ = write!(text, "{}\r\n", String::from_utf8_lossy(line));
        }
    }
    text.into_bytes()
}

/// RFC 5322, "Date and Time Specification".
fn date(at: Timestamp) -> String {
    let moment = jiff::Timestamp::from_second(at.seconds()).unwrap_or_default();
    moment.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// RFC 2047, "Syntax of encoded-words", where it must be.
fn subject(text: &str) -> String {
    if text.is_ascii() && text.len() <= 900 {
        return text.to_owned();
    }
    let mut words: Vec<String> = vec![String::new()];
    for c in text.chars() {
        if words.last().is_some_and(|word| word.len() + c.len_utf8() > 42) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    let encoded = words.iter().map(|word| format!("=?utf-8?B?{}?=", BASE64_STANDARD.encode(word)));
    encoded.collect::<Vec<_>>().join("\r\n ")
}

/// What a device says of itself, on one line.
pub(super) fn clean(text: &str) -> String {
    let cleaned: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(256).collect();
    if cleaned.trim().is_empty() { "(not said)".to_owned() } else { cleaned }
}

/// A word for a shell, whatever is in it.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./_-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use mail_parser::MessageParser;
    use syncledger_domain::{event::Position, ids::NodeName, notices::Topic};

    use super::*;

    fn mail(subject: &str, body: &str) -> MailPrepared {
        MailPrepared {
            number: 7,
            topic: Topic::Quarantine,
            up_to: Position(42),
            recipients: vec!["admin@example.com".parse().unwrap(), "o'brien@example.org".parse().unwrap()],
            subject: subject.to_owned(),
            body: body.to_owned(),
            by: NodeName::new("one").unwrap(),
        }
    }

    #[test]
    fn what_is_read_is_what_was_written() {
        let sender = "syncledger@example.com".parse().unwrap();
        let at = Timestamp::from_seconds(1_714_564_800);
        for (subject, body) in [
            ("2 devices wait", "first\nsecond\n".to_owned()),
            ("Gerät, ein sehr langer Betreff mit Umlauten: äöüÄÖÜß", "Käse\nsecond\n".to_owned()),
            ("long", format!("{}\nsecond\n", "x".repeat(2000))),
        ] {
            let mail = mail(subject, &body);
            let bytes = compose(&mail, &sender, at);
            assert_eq!(bytes, compose(&mail, &sender, at));
            assert!(bytes.is_ascii());
            let raw = String::from_utf8(bytes.clone()).unwrap();
            assert!(raw.split("\r\n").all(|line| line.len() <= LONGEST_LINE && !line.contains('\n')));
            assert!(raw.starts_with("Date: Wed, 01 May 2024 12:00:00 +0000\r\n"), "{raw}");
            let parsed = MessageParser::default().parse(&bytes).unwrap();
            assert_eq!(parsed.subject(), Some(subject));
            assert_eq!(parsed.body_text(0).unwrap().replace("\r\n", "\n"), body);
            assert_eq!(parsed.to().unwrap().iter().count(), 2);
            let id = parsed.message_id().unwrap();
            assert!(id.starts_with("syncledger.7.42.") && id.ends_with("@example.com"), "{id}");
        }
    }

    #[test]
    fn a_word_stays_one_word_in_a_shell() {
        assert_eq!(quoted("alice@example.com"), "alice@example.com");
        assert_eq!(quoted("o'brien@example.com"), "'o'\\''brien@example.com'");
        assert_eq!(quoted("a;b@example.com"), "'a;b@example.com'");
        assert_eq!(clean("Phone\r\nBcc: x"), "Phone  Bcc: x");
        assert_eq!(clean(""), "(not said)");
    }
}
