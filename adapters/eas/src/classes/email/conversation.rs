//! Conversations: which messages belong together.
//!
//! Source: MS-ASCON, "`ConversationId`", "`ConversationIndex`"; the layout of `Thread-Index` is that of MS-OXOMSG,
//! "`PidTagConversationIndex` Property": one byte, five of time, sixteen of identity, then five per reply.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::classes::mime::{Fields, message_ids, subject_root, unstructured};

/// Identity of a thread, equal for all of its messages in all folders.
pub(super) fn conversation_id(fields: &Fields<'_>, subject: &str, date: Option<i64>) -> [u8; 16] {
    if let Some(id) = thread_index(fields).and_then(|index| index.get(6..22)?.try_into().ok()) {
        return id;
    }
    let first = |name: &str| fields.first(name).and_then(|field| message_ids(field.value).into_iter().next());
    let root = first("References").or_else(|| first("In-Reply-To")).or_else(|| first("Message-ID"));
    let topic = || Some(subject_root(subject).to_lowercase()).filter(|topic| !topic.is_empty());
    // A message that says nothing about itself is a thread of its own.
    let name = root.filter(|id| !id.is_empty()).or_else(topic);
    let name = name.unwrap_or_else(|| format!("{date:?}"));
    let mut id = [0; 16];
    id.copy_from_slice(&blake3::hash(name.as_bytes()).as_bytes()[..16]);
    id
}

/// Place in the thread: five bytes of time, and five per reply where the message tells. Never empty.
pub(super) fn conversation_index(fields: &Fields<'_>, date: Option<i64>) -> Vec<u8> {
    if let Some(index) = thread_index(fields) {
        let replies = &index[22..];
        return [&index[1..6], &replies[..replies.len() / 5 * 5]].concat();
    }
    // FILETIME: units of 100 ns since 1601.
    let ticks = date.unwrap_or(0).saturating_add(11_644_473_600).saturating_mul(10_000_000);
    ticks.to_be_bytes()[1..6].to_vec()
}

/// The subject of the thread.
pub(super) fn topic(fields: &Fields<'_>, subject: &str) -> String {
    let said = fields.first("Thread-Topic").map(|field| unstructured(field.value, super::MAX_SUBJECT));
    said.filter(|topic| !topic.is_empty()).unwrap_or_else(|| subject_root(subject))
}

/// `Thread-Index`, where it is whole: 22 bytes and up to 200 replies.
fn thread_index(fields: &Fields<'_>) -> Option<Vec<u8>> {
    let value = fields.first("Thread-Index")?.value;
    let text: Vec<u8> = value.iter().copied().filter(|b| !b.is_ascii_whitespace()).take(2_000).collect();
    STANDARD.decode(text).ok().filter(|index| (22..=22 + 5 * 200).contains(&index.len()))
}
