//! The classes of items: what a stored message looks like to a client, and what a client's change means to the
//! mailbox. Pure: no IO, no clock, no randomness.
//!
//! Mail comes from anybody and is often broken, sometimes on purpose. Three rules keep that away from the rest:
//! * every entry point contains panics (see `shield`) and answers with something a person can read instead;
//! * work and memory are proportional to the size of the message: structure is found in one pass over the bytes, with
//!   a bound on parts and depth (see `mime`), and nothing is parsed into a tree of unknown depth;
//! * text leaves this module clean: valid UTF-8 without characters that XML forbids, because one of them makes
//!   clients drop the whole answer and ask again for ever.
//!
//! A meeting request is plain mail here, with its `text/calendar` part as an attachment, so that nothing is lost.
//! [`email`] has the seam for `MeetingRequest`: `Structure::calendar` knows the part.
//!
//! Sources: MS-ASEMAIL, MS-ASAIRS, MS-ASCON; RFC 5322, RFC 2045–2047, RFC 2231.

pub mod attachments;
pub mod body;
pub mod email;
mod html;
mod mime;
pub mod outgoing;
mod shield;
mod text;

pub use attachments::{AttachmentContent, attachment, file_reference, parse_file_reference};
pub use body::BodyWish;
pub use email::{MailItem, application_data, flag_change, parse_client_change, properties, unreadable};
pub(crate) use mime::{encoded_words, quoted_printable};

/// Why an item in a client's request cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ItemError {
    /// The client's fault: a property that may not be changed, is there twice, or does not have its form. MS-ASCMD,
    /// "Status (Sync)", value 6.
    #[error("{element} cannot be used: {defect}")]
    Invalid {
        /// The element that is at fault.
        element: syncledger_wbxml::Tag,
        /// What is wrong with it.
        defect: &'static str,
    },
}

impl ItemError {
    /// The Status of the item in the Sync answer.
    pub fn sync_status(self) -> u16 {
        match self {
            Self::Invalid { .. } => 6,
        }
    }
}
