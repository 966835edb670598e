//! Sample mail: what a mailbox of some years holds, in small. Every kind of message that gives mail programs trouble is
//! there at least once: charsets, encodings, nested parts, inline images, attachments with odd names, drafts without
//! recipients, bounces, long texts.
//!
//! The same number gives the same message; only dates are relative to the present. To add a kind, add a row to
//! [`letters::LETTERS`].

mod letters;
mod mime;

use syncledger_domain::{event::Timestamp, ports::mailbox::MailFlags};

pub(super) use letters::rfc5322;
use letters::{LETTERS, Scene, Usual};

/// The time over which messages are spread, seconds: 150 days.
const SPAN: i64 = 150 * DAY;
const DAY: i64 = 86_400;
/// The newest message is this old, seconds.
const NEWEST: i64 = 25 * 60;

/// A folder by the names of those around it and its own.
pub(super) type FolderPath = &'static [&'static str];

/// Folders of a sample mailbox beyond those every mailbox has, as paths.
pub(super) const FOLDERS: [FolderPath; 7] = [
    &["Archive"],
    &["Projects"],
    &["Projects", "Website"],
    &["Projects", "Website", "Launch"],
    &["Receipts"],
    &["Reisen", "Österreich"],
    &["日本語"],
];

/// A message for a mailbox.
pub(super) struct Sample {
    /// Where it lies, as a path; `Inbox` for the Inbox.
    pub(super) folder: FolderPath,
    /// RFC 5322, CRLF.
    pub(super) content: Vec<u8>,
    pub(super) flags: MailFlags,
    pub(super) date: Timestamp,
}

/// Message `number` of `count`, the newest first, in the mailbox of `me` (whose friend is `peer`).
pub(super) fn sample(number: u32, count: u32, me: &str, peer: &str, now: Timestamp) -> Sample {
    let row = &LETTERS[usize::try_from(number).unwrap_or(0) % LETTERS.len()];
    let date = now.plus_seconds(-age(number, count));
    let letter = (row.write)(&Scene { number, me, peer });
    Sample {
        folder: row.folder,
        content: letter.to_bytes(number, date),
        flags: flags(row.usual, number),
        date,
    }
}

/// Dense at present, thin in the past.
fn age(number: u32, count: u32) -> i64 {
    let (number, count) = (i64::from(number), i64::from(count.max(1)));
    // No two at the same second, not even of a hundred thousand.
    NEWEST + number * 7 + SPAN * number / count * number / count
}

fn flags(usual: Usual, number: u32) -> MailFlags {
    let (flagged, answered) = (number % 11 == 4, number % 7 == 3);
    match usual {
        Usual::Mine => MailFlags { read: true, ..MailFlags::default() },
        Usual::Unread => MailFlags::default(),
        // What is new is mostly unread, what is old mostly read.
        Usual::Mixed => {
            let read = answered || if number < 12 { number % 3 == 1 } else { !number.is_multiple_of(6) };
            MailFlags { read, flagged, answered, forwarded: number % 13 == 6 }
        }
    }
}

#[cfg(test)]
mod tests;
