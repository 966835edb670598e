//! How a command can fail, and what that means for whoever asked.

use syncledger_domain::ports::mailbox::{BackendKey, MailboxError};

use crate::wire::{
    WireError,
    response::{Outcome, Status},
};

/// Why a command gave no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The connection is of no use any more: broken, silent, said BYE, or talks nonsense.
    #[error("{0}")]
    Lost(String),
    /// The server refuses this command.
    #[error("{}", .0.text)]
    Refused(Outcome),
}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Self {
        Self::Lost(error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Lost(error.to_string())
    }
}

impl Failure {
    /// Whether the server gave one of these codes.
    pub(crate) fn has_code(&self, codes: &[&str]) -> bool {
        let Self::Refused(outcome) = self else { return false };
        outcome.code.as_ref().is_some_and(|code| codes.contains(&code.name().as_str()))
    }

    /// The meaning for an operation on a folder (RFC 5530, "Response Codes").
    pub(crate) fn on(self, folder: &BackendKey) -> MailboxError {
        if self.has_code(&["NONEXISTENT", "TRYCREATE"]) {
            return MailboxError::NoSuchFolder(folder.clone());
        }
        self.into()
    }

    /// The meaning for a login: only what is surely about the credentials is called so.
    pub(crate) fn at_login(self) -> MailboxError {
        match &self {
            Self::Refused(outcome) if outcome.status == Status::No && !self.may_pass() => {
                MailboxError::Unauthenticated
            }
            _ => MailboxError::Unavailable(format!("login: {self}")),
        }
    }

    /// Whether the server says that it is a matter of time.
    pub(crate) fn may_pass(&self) -> bool {
        self.has_code(&["UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "CONTACTADMIN"])
    }
}

impl From<Failure> for MailboxError {
    fn from(failure: Failure) -> Self {
        if failure.may_pass() {
            return Self::Unavailable(failure.to_string());
        }
        if failure.has_code(&["OVERQUOTA"]) {
            return Self::QuotaExceeded;
        }
        if failure.has_code(&["NOPERM", "READ-ONLY"]) {
            return Self::Denied(failure.to_string());
        }
        match failure {
            Failure::Lost(text) => Self::Unavailable(text),
            Failure::Refused(outcome) => Self::Refused(outcome.text),
        }
    }
}

/// The outcome of a command as a result.
pub(crate) fn success(outcome: Outcome) -> Result<Outcome, Failure> {
    match outcome.status {
        Status::Ok => Ok(outcome),
        Status::No | Status::Bad => Err(Failure::Refused(outcome)),
    }
}
