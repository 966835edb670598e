//! Outgoing mail.

use async_trait::async_trait;
use bytes::Bytes;

use crate::ids::Address;

/// A message ready for delivery.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outgoing {
    /// Envelope sender.
    pub from: Address,
    /// Envelope recipients, at least one; Bcc included.
    pub recipients: Vec<Address>,
    /// RFC 5322 message with CRLF line ends, without Bcc.
    pub message: Bytes,
}

/// Why a message was not handed over.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SendError {
    /// The server does not answer, or answers 4xx: the same again may succeed later.
    #[error("mail server unavailable: {0}")]
    Unavailable(String),
    /// A recipient was refused for good.
    #[error("recipient refused: {0}")]
    RecipientRefused(String),
    /// The message was refused for good (policy, content).
    #[error("message refused: {0}")]
    Refused(String),
    /// The message is larger than the server takes.
    #[error("message too large: {0}")]
    TooLarge(String),
}

/// Hands messages to a mail server.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends one message to all its recipients.
    ///
    /// # Errors
    /// [`SendError`]; then no recipient is to be counted on.
    async fn send(&self, outgoing: Outgoing) -> Result<(), SendError>;
}
