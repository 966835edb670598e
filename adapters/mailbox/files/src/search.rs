//! Search through messages, newest first.

use std::{borrow::Cow, panic::AssertUnwindSafe};

use mail_parser::{Address, HeaderValue, Message, MessageParser, PartType};
use syncledger_domain::{
    ids::ItemId,
    ports::mailbox::{FetchPart, MailboxError},
};

use crate::{
    account::FolderDir,
    error::reading,
    index::date_and_size,
    message,
    names::{Named, Names},
    read,
};

/// How much of a message is searched, 8 MiB: more is attachments.
const SEARCHED_MAX: u32 = 8 << 20;

/// Messages within messages that are searched, one within the other.
const NESTING_MAX: usize = 4;

/// Ids of messages that have every word in header or body, newest first.
pub(crate) fn search(
    folder: &FolderDir,
    words: &[String],
    limit: usize,
) -> Result<Vec<ItemId>, MailboxError> {
    let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let names = Names::settled(folder).map_err(reading("folder"))?.0;
    let mut by_date: Vec<(i64, &Named)> = names
        .files
        .iter()
        .filter(|file| !message::is_trashed(&file.name))
        .filter_map(|file| Some((date_and_size(folder, file).ok()?.0, file)))
        .collect();
    by_date.sort_by(|(date_a, a), (date_b, b)| date_b.cmp(date_a).then_with(|| b.id.cmp(&a.id)));
    let mut hits = Vec::new();
    for (_, file) in by_date {
        if hits.len() >= limit {
            break;
        }
        // One message that cannot be read is no reason to find none of the others.
        let Ok(Some(found)) = read::fetch(folder, file, FetchPart::Prefix(SEARCHED_MAX)) else { continue };
        if has_words(&found.content, &words) {
            hits.push(found.id);
        }
    }
    Ok(hits)
}

/// Whether every word occurs in what a reader of the message would see, without regard to case.
fn has_words(raw: &[u8], words: &[String]) -> bool {
    // Foreign mail may break the parser; then the text as it stands has to do.
    let parsed = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let mut text = String::new();
        if let Some(message) = MessageParser::default().parse(raw) {
            collect(&message, NESTING_MAX, &mut text);
        }
        text
    }));
    let text = parsed.unwrap_or_else(|_| String::from_utf8_lossy(raw).into_owned()).to_lowercase();
    words.iter().all(|word| text.contains(word))
}

fn collect(message: &Message<'_>, nesting: usize, text: &mut String) {
    let mut add = |piece: &str| {
        text.push_str(piece);
        text.push('\n');
    };
    for header in message.headers() {
        match &header.value {
            HeaderValue::Text(value) => add(value),
            HeaderValue::TextList(values) => values.iter().for_each(|value| add(value)),
            HeaderValue::Address(addresses) => add_addresses(addresses, &mut add),
            _ => {}
        }
    }
    for part in &message.parts {
        match &part.body {
            PartType::Text(body) => add(body),
            PartType::Html(body) => add(&mail_parser::decoders::html::html_to_text(body)),
            _ => {}
        }
    }
    if nesting > 0 {
        for part in &message.parts {
            if let PartType::Message(inner) = &part.body {
                collect(inner, nesting - 1, text);
            }
        }
    }
}

fn add_addresses(addresses: &Address<'_>, add: &mut impl FnMut(&str)) {
    for address in addresses.iter() {
        let pieces = [&address.name, &address.address];
        pieces.into_iter().flatten().for_each(|piece: &Cow<'_, str>| add(piece));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| word.to_lowercase()).collect()
    }

    #[test]
    fn words_are_found_as_a_reader_sees_them() {
        let raw = b"From: =?utf-8?q?J=C3=BCrgen?= <j@example.com>\r\nSubject: =?utf-8?b?w5xiZXJzY2hyaWZ0?=\r\n\
            MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n\
            R3LDvMOfZSBhdXMgS8O2bG4=\r\n";
        assert!(has_words(raw, &words(&["ÜBERSCHRIFT", "Köln", "jürgen", "j@example.com"])));
        assert!(!has_words(raw, &words(&["Köln", "Bonn"])));
        assert!(!has_words(raw, &words(&["R3LDvMOf"])));
    }
}
