//! Mail a client hands over for sending: whom it goes to, and the form in which it goes.
//!
//! The header is made right; the body is the client's business. Of signed and encrypted mail not even line ends are
//! touched, save lone LF, which no mail server takes.
//!
//! Source: MS-ASCMD, "SendMail", "Mime"; RFC 5322, "Originator Fields", "Destination Address Fields"; RFC 6409,
//! "Message Modifications".

mod header;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use syncledger_domain::{event::Timestamp, ids::Address};

use super::{
    mime::{Tree, scan},
    shield,
};
use header::{Header, Who};

/// Recipients of one message, as many as a large server takes.
const MAX_RECIPIENTS: usize = 5_000;

/// Who sends.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// The account's address, written into From unless the client chose one of the aliases.
    pub address: &'a Address,
    /// Other addresses the account may send from.
    pub aliases: &'a [Address],
    /// What names this message and no other of the account: a repetition with the same id has the same Message-ID.
    pub id: &'a str,
    /// Now; becomes the Date of a message without one.
    pub now: Timestamp,
}

/// A message ready for delivery and for Sent Items.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prepared {
    /// The address in From: the envelope's sender.
    pub from: Address,
    /// To, Cc and Bcc, each once.
    pub recipients: Vec<Address>,
    /// With CRLF line ends, without Bcc.
    pub message: Bytes,
    /// The same with Bcc, for the sender's own folder.
    pub copy: Bytes,
}

/// Why a message cannot be sent. The client's fault, all of them.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OutgoingError {
    /// To, Cc and Bcc name nobody: Status 119.
    #[error("no recipients")]
    NoRecipients,
    /// It is not a message: Status 107.
    #[error("not a message")]
    Unparseable,
    /// Something in To, Cc or Bcc is no address: Status 116. Leaving it out would lose mail in silence.
    #[error("not an address: {0}")]
    BadRecipient(String),
    /// Status 115.
    #[error("more than {MAX_RECIPIENTS} recipients")]
    TooManyRecipients,
}

/// Makes a client's MIME ready for delivery.
///
/// # Errors
/// [`OutgoingError`].
pub fn prepare(mime: &[u8], sender: &Sender<'_>) -> Result<Prepared, OutgoingError> {
    shield::contain(|| prepare_message(mime, sender)).unwrap_or(Err(OutgoingError::Unparseable))
}

fn prepare_message(mime: &[u8], sender: &Sender<'_>) -> Result<Prepared, OutgoingError> {
    // Some clients begin with an empty line, which would end the header before it began.
    let mime = mime.trim_ascii_start();
    let tree = scan(mime);
    let fields = tree.fields(tree.root());
    if !fields.is_whole || fields.iter().all(|field| field.name.is_empty()) {
        return Err(OutgoingError::Unparseable);
    }
    let recipients = header::recipients(&fields)?;
    if recipients.is_empty() {
        return Err(OutgoingError::NoRecipients);
    }
    if recipients.len() > MAX_RECIPIENTS {
        return Err(OutgoingError::TooManyRecipients);
    }
    let who = Who::of(&fields, sender);
    let header = Header { fields: &fields, raw: &mime[tree.root().header.clone()], who: &who, sender };
    let body = body(&tree);
    let message = Bytes::from([header.render(false).as_slice(), b"\r\n", &body].concat());
    let copy = if fields.first("Bcc").is_some() {
        Bytes::from([header.render(true).as_slice(), b"\r\n", &body].concat())
    } else {
        message.clone()
    };
    Ok(Prepared { from: who.address, recipients, message, copy })
}

/// Everything behind the header, with CRLF line ends. A lone CR becomes one, too, and NUL goes, where no signature
/// covers it: mail servers refuse both.
fn body(tree: &Tree<'_>) -> Vec<u8> {
    let bytes = &tree.raw[tree.root().body.start..];
    let protected = tree.is_protected();
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'\n' if at == 0 || bytes[at - 1] != b'\r' => out.extend(b"\r\n"),
            b'\r' if !protected && bytes.get(at + 1) != Some(&b'\n') => out.extend(b"\r\n"),
            0 if !protected => {}
            byte => out.push(byte),
        }
    }
    if !out.is_empty() && !out.ends_with(b"\r\n") && !protected {
        out.extend(b"\r\n");
    }
    out
}
