//! The message: text from the installation's messages, as RFC 5322 with both bodies.
//!
//! Deterministic to the byte, so that a device that asks twice, at whichever node, sees one and the same message. What
//! devices and administrators wrote can end no header line: an address is one or it is left out, and other text with
//! anything but printable ASCII in it is encoded (RFC 2047).

use bytes::Bytes;
use syncledger_domain::{
    abq_messages::{Facts, Rendered, Resolved},
    event::Timestamp,
    ids::Address,
};

use crate::classes::{encoded_words, quoted_printable};

/// Longest subject, in characters, once its placeholders are filled in: what is longer fits no line and no list.
const MAX_SUBJECT_CHARS: usize = 255;

/// What a device that may not synchronise is told, and what became of it.
#[derive(Clone, Copy, Debug)]
pub struct Notice<'a> {
    /// The message for the account.
    pub message: &'a Resolved,
    /// The account's address: To.
    pub account: &'a Address,
    /// The device, as it writes itself.
    pub device_id: &'a str,
    /// As it names its kind.
    pub device_type: &'a str,
    /// What it says it is; may be empty.
    pub user_agent: &'a str,
    /// Since when it may not synchronise: Date, and part of the Message-ID.
    pub since: Timestamp,
    /// Whether the device marked it as read.
    pub read: bool,
    /// Whether the device deleted it.
    pub deleted: bool,
}

/// The whole message.
pub(super) fn mime(notice: &Notice<'_>) -> Bytes {
    let Notice { message, account, device_id, device_type, user_agent, since, .. } = *notice;
    let facts = Facts { device_id, device_type, user_agent, account: account.as_str(), since };
    let text = message.render(&facts);
    let id = identity(notice);
    // In quoted-printable no `=` is followed by `_`, so that no line of a body is a boundary.
    let boundary = format!("=_{id}");
    let header = header(notice, &text, &id);
    let parts = [("plain", &text.body_plain), ("html", &text.body_html)].map(|(subtype, body)| {
        let body = quoted_printable(format!("{}\n", body.trim_end()).as_bytes());
        format!(
            "\r\n--{boundary}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\r\n{body}"
        )
    });
    Bytes::from(format!(
        "{header}Content-Type: multipart/alternative;\r\n boundary=\"{boundary}\"\r\n{}\r\n--{boundary}--\r\n",
        parts.concat()
    ))
}

/// The fields before Content-Type.
fn header(notice: &Notice<'_>, text: &Rendered, id: &str) -> String {
    let domain = notice.account.domain();
    let subject: String = text.subject.trim().chars().take(MAX_SUBJECT_CHARS).collect();
    let fields = [
        ("From", mailbox(&text.from).or_else(|| Some(format!("postmaster@{domain}")))),
        ("Reply-To", text.reply_to.as_deref().and_then(mailbox)),
        ("To", addr_spec(notice.account).or_else(|| Some("undisclosed-recipients:;".to_owned()))),
        ("Subject", Some(encoded_words(&subject))),
        ("Date", Some(date(notice.since))),
        ("Message-ID", Some(format!("<{id}@{domain}>"))),
        ("Auto-Submitted", Some("auto-generated".to_owned())),
        ("MIME-Version", Some("1.0".to_owned())),
    ];
    let written = fields.into_iter().filter_map(|(name, value)| Some(format!("{name}: {}\r\n", value?)));
    written.collect()
}

/// What names this message and no other: who is told, about which device, why and since when. The case of a device's id
/// means nothing.
fn identity(notice: &Notice<'_>) -> String {
    let Notice { message, account, device_id, since, .. } = notice;
    let device = device_id.to_ascii_lowercase();
    let named = format!("{account}\0{device}\0{}\0{}", message.kind, since.0);
    blake3::hash(named.as_bytes()).to_hex()[..32].to_owned()
}

/// RFC 5322, "Date and Time Specification".
fn date(moment: Timestamp) -> String {
    let moment = jiff::Timestamp::from_microsecond(moment.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    moment.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// An address, perhaps with a name before it, as a header has it; `None` for what holds no address.
fn mailbox(text: &str) -> Option<String> {
    let (name, address) = match text.trim().strip_suffix('>').and_then(|text| text.split_once('<')) {
        Some((name, address)) => (name.trim().trim_matches('"'), address),
        None => ("", text),
    };
    let address = addr_spec(&Address::new(address.trim()).ok()?)?;
    if name.is_empty() {
        return Some(address);
    }
    let encoded = encoded_words(name);
    Some(if encoded == name {
        format!("\"{}\" <{address}>", name.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        format!("{encoded}\r\n <{address}>")
    })
}

/// RFC 5322, "Addr-Spec Specification": a local part of other characters than an atom's is quoted. `None` for one with
/// letters this form has not; there is no telling whether a device reads those of RFC 6532.
fn addr_spec(address: &Address) -> Option<String> {
    let local = address.local();
    let special = |c: char| matches!(c, '(' | ')' | ':' | '[' | ']');
    let is_dot_atom = !local.contains(special) && local.split('.').all(|atom| !atom.is_empty());
    let written = if is_dot_atom { address.to_string() } else { format!("\"{local}\"@{}", address.domain()) };
    written.is_ascii().then_some(written)
}
