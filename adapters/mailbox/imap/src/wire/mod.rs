//! IMAP on the wire, without I/O: bytes in, responses out; commands in, bytes out (RFC 3501 and RFC 9051, "Formal
//! Syntax").
//!
//! The reader knows the few responses a gateway needs and skips what it does not know: a response is first cut into
//! values (atoms, strings, lists) and only then understood, so that an attribute of some later extension in the midst
//! of a `FETCH` or `LIST` costs nothing but its own place. That leniency, and the wish to read a body without a second
//! copy, is why this is not one of the strict grammars that exist as libraries: they drop the whole response.

pub(crate) mod command;
pub(crate) mod date;
pub(crate) mod frame;
pub(crate) mod response;
pub(crate) mod uids;
pub(crate) mod utf7;
pub(crate) mod value;

#[cfg(test)]
mod tests;

/// The server sent something that is not IMAP, or more than it may.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum WireError {
    /// A line without an end.
    #[error("a line of more than {0} bytes")]
    LineTooLong(usize),
    /// A literal beyond the limit.
    #[error("a literal of {length} bytes, allowed are {limit}")]
    LiteralTooLong {
        /// What was announced.
        length: u64,
        /// What we take.
        limit: usize,
    },
    /// Not the grammar of a response.
    #[error("not an IMAP response: {0}")]
    Malformed(&'static str),
}
