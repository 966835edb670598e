//! The header of an outgoing message: From, Date and Message-ID as they must be, the rest as the client wrote it.

use syncledger_domain::ids::Address;

use super::{OutgoingError, Sender};
use crate::classes::mime::{
    Field, Fields, Mailbox, address_list, date_seconds, encoded_words, message_ids, unstructured,
};

/// Longest line mail servers must take. RFC 5322, "Line Length Limits".
const MAX_LINE: usize = 998;

/// Everybody the message goes to, each once, in the order of To, Cc, Bcc.
pub(super) fn recipients(fields: &Fields<'_>) -> Result<Vec<Address>, OutgoingError> {
    let mut recipients: Vec<Address> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for field in ["To", "Cc", "Bcc"].into_iter().flat_map(|name| fields.all(name)) {
        for mailbox in address_list(field.value).into_iter().filter(|mailbox| !mailbox.is_empty_group) {
            let written = if mailbox.address.is_empty() { &mailbox.name } else { &mailbox.address };
            let address = Address::new(written).map_err(|_| OutgoingError::BadRecipient(written.clone()))?;
            if seen.insert(address.clone()) {
                recipients.push(address);
            }
        }
    }
    Ok(recipients)
}

/// Who is written into From.
pub(super) struct Who {
    name: String,
    pub(super) address: Address,
}

impl Who {
    /// The display name of the client, and its address if it is one of the account's.
    pub(super) fn of(fields: &Fields<'_>, sender: &Sender<'_>) -> Self {
        let said = fields.first("From").and_then(|field| address_list(field.value).into_iter().next());
        let Mailbox { name, address, .. } = said.unwrap_or_default();
        let address = Address::new(&address).ok().filter(|address| sender.aliases.contains(address));
        Self { name, address: address.unwrap_or_else(|| sender.address.clone()) }
    }

    fn field(&self) -> String {
        format!("From: {}\r\n", mailbox(&self.name, self.address.as_str()))
    }
}

/// A header to be written.
pub(super) struct Header<'h> {
    pub(super) fields: &'h Fields<'h>,
    pub(super) raw: &'h [u8],
    pub(super) who: &'h Who,
    pub(super) sender: &'h Sender<'h>,
}

impl Header<'_> {
    /// The fields with CRLF line ends, without the empty line behind them.
    pub(super) fn render(&self, with_bcc: bool) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.raw.len() + 256);
        out.extend(self.who.field().bytes());
        if !self.says("Date", is_date) {
            out.extend(self.date().bytes());
        }
        if !self.says("Message-ID", is_message_id) {
            out.extend(self.message_id().bytes());
        }
        for field in self.fields.iter().filter(|field| self.keeps(field, with_bcc)) {
            let raw = &self.raw[field.range.clone()];
            if field.value.is_ascii() && raw.split(|b| *b == b'\n').all(|line| line.len() <= MAX_LINE) {
                write_folded(raw, &mut out);
            } else {
                out.extend(encoded(field).bytes());
            }
        }
        out
    }

    fn says(&self, name: &str, valid: impl Fn(&[u8]) -> bool) -> bool {
        self.fields.first(name).is_some_and(|field| valid(field.value))
    }

    /// What the server writes itself goes; so does what only a mail server or another identity may say.
    fn keeps(&self, field: &Field<'_>, with_bcc: bool) -> bool {
        let replaced = field.is("Date") && !self.says("Date", is_date)
            || field.is("Message-ID") && !self.says("Message-ID", is_message_id);
        let dropped = ["From", "Sender", "Return-Path", "Resent-Bcc"].iter().any(|name| field.is(name));
        !field.name.is_empty() && !replaced && !dropped && (with_bcc || !field.is("Bcc"))
    }

    /// RFC 5322, "Date and Time Specification".
    fn date(&self) -> String {
        let now = jiff::Timestamp::from_microsecond(self.sender.now.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        format!("Date: {}\r\n", now.strftime("%a, %d %b %Y %H:%M:%S +0000"))
    }

    fn message_id(&self) -> String {
        let domain = self.who.address.domain();
        let name = blake3::hash(format!("{}\0{}", self.who.address, self.sender.id).as_bytes()).to_hex();
        format!("Message-ID: <{}@{domain}>\r\n", &name[..32])
    }
}

fn is_date(value: &[u8]) -> bool {
    date_seconds(value).is_some()
}

fn is_message_id(value: &[u8]) -> bool {
    message_ids(value).iter().any(|id| id.contains('@'))
}

/// As written, with CRLF and without NUL. Lines of nothing but white space would end the header on some servers.
fn write_folded(field: &[u8], out: &mut Vec<u8>) {
    for line in field.split(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !line.trim_ascii().is_empty() {
            out.extend(line.iter().map(|b| if matches!(b, 0 | b'\r') { b' ' } else { *b }));
            out.extend(b"\r\n");
        }
    }
}

/// A field with raw 8-bit characters, which only some mail servers take, in encoded words (RFC 2047); or one with a line
/// that is too long for all of them, folded.
fn encoded(field: &Field<'_>) -> String {
    let name = String::from_utf8_lossy(field.name);
    if ["To", "Cc", "Bcc", "Reply-To"].iter().any(|name| field.is(name)) {
        let list = address_list(field.value);
        let list: Vec<String> =
            list.iter().filter(|m| !m.address.is_empty()).map(|m| mailbox(&m.name, &m.address)).collect();
        return format!("{name}: {}\r\n", list.join(",\r\n "));
    }
    if !field.value.is_ascii() {
        return format!("{name}: {}\r\n", encoded_words(&unstructured(field.value, 16 << 10)));
    }
    let mut out = format!("{name}:");
    let mut width = out.len();
    for word in String::from_utf8_lossy(field.value).split_ascii_whitespace() {
        let fold = width + word.len() > 76 && width > 1;
        out.push_str(if fold { "\r\n " } else { " " });
        out.push_str(word);
        width = if fold { 1 } else { width + 1 } + word.len();
    }
    out + "\r\n"
}

fn mailbox(name: &str, address: &str) -> String {
    if name.is_empty() {
        return address.to_owned();
    }
    let encoded = encoded_words(name);
    if encoded == name {
        let name = name.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{name}\" <{address}>")
    } else {
        format!("{encoded}\r\n <{address}>")
    }
}
