//! The Email class: messages as clients see them, and the changes clients make to them.
//!
//! Source: MS-ASEMAIL, "Data Structures"; the order of elements is the one deployed servers use.

mod addresses;
mod conversation;
mod flag;
mod message_class;
mod properties;
mod structure;
#[cfg(test)]
mod tests;

use syncledger_domain::{ids::Address, ports::mailbox::MailFlags};

pub use flag::{flag_change, parse_client_change};
pub(in crate::classes) use message_class::Protection;
pub use properties::{application_data, properties, unreadable};
pub(in crate::classes) use structure::{Piece, Structure, content_id};

use super::{
    mime::{Fields, Tree, date_seconds, scan, unstructured},
    shield,
};

/// Characters of a subject that are sent; longer ones are an attack or an accident.
const MAX_SUBJECT: usize = 4_096;

/// A message taken apart as far as the class needs it. Holds references into the message, and decodes nothing that
/// nobody asked for.
pub struct MailItem<'a> {
    pub(in crate::classes) tree: Tree<'a>,
    pub(in crate::classes) structure: Structure,
    /// Size of the whole message in bytes.
    pub(in crate::classes) full_size: usize,
    received: Option<i64>,
    flags: MailFlags,
    own: &'a [Address],
    draft: bool,
}

impl<'a> MailItem<'a> {
    /// Takes a message apart.
    ///
    /// * `raw`: the message as stored, or its first bytes. What is cut off is not seen: of a prefix, attachments beyond
    ///   its end are not listed, and its body is marked as truncated.
    /// * `received`: delivery time, seconds since 1970; 0 or less where the mailbox does not know it.
    /// * `full_size`: size of the whole message in bytes.
    /// * `own`: the addresses of the account.
    pub fn parse(raw: &'a [u8], received: i64, flags: MailFlags, full_size: u32, own: &'a [Address]) -> Self {
        let parsed = shield::contain(|| {
            let tree = scan(raw);
            let structure = Structure::of(&tree);
            (tree, structure)
        });
        // Unreachable as far as anybody knows: an item without properties, which the user can still open as MIME.
        let (tree, structure) = parsed.unwrap_or_else(|| (scan(b""), Structure::default()));
        let full_size = usize::try_from(full_size).unwrap_or(usize::MAX).max(raw.len());
        let received = Some(received).filter(|seconds| *seconds > 0);
        Self { tree, structure, full_size, received, flags, own, draft: false }
    }

    /// Says whether the message is a draft: it lies in Drafts or is marked `\Draft`. Clients from 16.0 on are told.
    #[must_use]
    pub fn as_draft(mut self, draft: bool) -> Self {
        self.draft = draft;
        self
    }

    /// Bytes of the message that are not here.
    pub(in crate::classes) fn missing(&self) -> usize {
        self.full_size - self.tree.raw.len()
    }

    /// Its header fields.
    pub(in crate::classes) fn fields(&self) -> Fields<'a> {
        self.tree.fields(self.tree.root())
    }

    /// The subject, decoded, in one line; may be empty.
    pub fn subject(&self) -> String {
        shield::contain(|| self.fields().first("Subject").map(|field| unstructured(field.value, MAX_SUBJECT)))
            .flatten()
            .unwrap_or_default()
    }

    /// Delivery time, else what the message says; seconds since 1970.
    fn date(&self, fields: &Fields<'_>) -> Option<i64> {
        self.received.or_else(|| fields.first("Date").and_then(|field| date_seconds(field.value)))
    }
}
