//! Why a phone could not go on, by whose fault.

use std::time::Duration;

use crate::{config::Version, wire::Command};

/// What ends a command without a result. Statuses inside an answer that belong to one item are results, not errors.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    // --- the caller's ---
    /// A setting makes no sense.
    #[error("{field} {value:?} is not usable: {why}")]
    Config {
        /// Field of [`crate::PhoneConfig`].
        field: &'static str,
        /// What it holds.
        value: String,
        /// What is allowed.
        why: String,
    },
    /// A folder id that no `FolderSync` has told.
    #[error("the phone knows no folder with id {0:?}")]
    UnknownFolder(String),
    /// A saved memory cannot be read or written.
    #[error("the phone's memory: {0}")]
    Memory(#[from] serde_json::Error),
    // --- the way there ---
    /// No connection.
    #[error("cannot connect to {address}: {source}")]
    Connect {
        /// Host and port.
        address: String,
        /// What the system or TLS says.
        source: std::io::Error,
    },
    /// The connection broke before the whole answer was there.
    #[error("{command}: the connection failed: {source}")]
    Transport {
        /// The command.
        command: Command,
        /// What HTTP says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No answer in time.
    #[error("{command}: no answer within {after:?}")]
    TimedOut {
        /// The command.
        command: Command,
        /// How long the phone waited.
        after: Duration,
    },
    /// The answer was thrown away on purpose, and no repetition was allowed.
    #[error("{command}: the answer was lost on purpose")]
    AnswerLost {
        /// The command.
        command: Command,
    },
    // --- the server's refusals ---
    /// Another HTTP status than 200.
    #[error("{command}: HTTP {status}{}", retry_after.map(|wait| format!(", try again in {} s", wait.as_secs())).unwrap_or_default())]
    Http {
        /// The command.
        command: Command,
        /// The status.
        status: u16,
        /// `Retry-After`.
        retry_after: Option<Duration>,
        /// `X-MS-Location` with 451.
        location: Option<String>,
    },
    /// A Status for the whole command that says no.
    #[error("{command}: Status {status}")]
    Status {
        /// The command.
        command: Command,
        /// The value. MS-ASCMD, "Status (…)" of the command, or "Common Status Codes".
        status: u32,
    },
    /// A Status for one collection that says no.
    #[error("{command} of collection {collection}: Status {status}")]
    CollectionStatus {
        /// The command.
        command: Command,
        /// The collection.
        collection: String,
        /// The value.
        status: u32,
    },
    /// OPTIONS offers nothing the phone speaks.
    #[error("no common protocol version; the server offers {}", if offered.is_empty() { "none" } else { offered })]
    NoCommonVersion {
        /// `MS-ASProtocolVersions`.
        offered: String,
    },
    /// OPTIONS does not offer the version the phone is fixed to. Only a conversation minds.
    #[error("the server does not offer version {wanted}, only {offered}")]
    VersionNotOffered {
        /// The fixed version.
        wanted: Version,
        /// `MS-ASProtocolVersions`.
        offered: String,
    },
    /// The server ordered a remote wipe; the phone acknowledged and forgot everything.
    #[error("the server ordered a remote wipe{}", if *account_only { " of the account" } else { "" })]
    Wiped {
        /// Whether of the account only.
        account_only: bool,
    },
    // --- the server's faults ---
    /// The answer is no WBXML.
    #[error("{command}: the answer cannot be decoded: {source}")]
    Undecodable {
        /// The command.
        command: Command,
        /// Where and why.
        source: syncledger_wbxml::DecodeError,
    },
    /// The answer is more than [`crate::PhoneConfig::max_answer_bytes`].
    #[error("{command}: the answer exceeds {limit} bytes")]
    TooLarge {
        /// The command.
        command: Command,
        /// The bound.
        limit: usize,
    },
    /// An answer that no client can make sense of.
    #[error("{command}: {what}")]
    Protocol {
        /// The command.
        command: Command,
        /// What is wrong with it.
        what: String,
    },
    /// Statuses that ask to try again kept coming, or windows never ended.
    #[error("{command}: no end after {rounds} rounds")]
    NoEnd {
        /// The command.
        command: Command,
        /// Requests made.
        rounds: u32,
    },
}

impl Error {
    pub(crate) fn protocol(command: Command, what: impl Into<String>) -> Self {
        Self::Protocol { command, what: what.into() }
    }

    pub(crate) fn config(field: &'static str, value: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Config { field, value: value.into(), why: why.into() }
    }

    /// Whether the request may have reached the server although no answer came: repeating it is all a phone can do.
    pub fn answer_missing(&self) -> bool {
        matches!(
            self,
            Self::Connect { .. } | Self::Transport { .. } | Self::TimedOut { .. } | Self::AnswerLost { .. }
        )
    }

    /// The Status, for those who treat some refusals as results.
    pub fn status(&self) -> Option<u32> {
        match self {
            Self::Status { status, .. } | Self::CollectionStatus { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The HTTP status, likewise.
    pub fn http_status(&self) -> Option<u16> {
        match self {
            Self::Http { status, .. } => Some(*status),
            _ => None,
        }
    }
}
