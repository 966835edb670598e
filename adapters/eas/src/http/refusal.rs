//! How a request ends that gets no answer of a room.

use http::StatusCode;
use syncledger_domain::ids::ProtocolVersion;

use super::{auth::LoginError, query::QueryError};
use crate::answer::Failure;

/// Why a request is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// By an HTTP code, whatever the protocol version.
    #[error("{reason}")]
    Http { status: StatusCode, reason: String },
    /// It comes too often: 503, and it is told so.
    #[error("too many requests: dropped for {after_secs} s")]
    Throttled { after_secs: u32 },
    /// It speaks a version that is not on offer to it any more, or never was.
    #[error("{failure}")]
    OtherVersions { failure: Failure, offered: Vec<ProtocolVersion> },
    /// By a common status: in the body from 14.0 on, else as an HTTP code.
    #[error(transparent)]
    Eas(#[from] Failure),
}

impl Refusal {
    pub(super) fn http(status: StatusCode, reason: impl Into<String>) -> Self {
        Self::Http { status, reason: reason.into() }
    }

    pub(super) fn bad_request(reason: impl Into<String>) -> Self {
        Self::http(StatusCode::BAD_REQUEST, reason)
    }
}

impl From<QueryError> for Refusal {
    fn from(error: QueryError) -> Self {
        Self::bad_request(error.to_string())
    }
}

impl From<LoginError> for Refusal {
    fn from(error: LoginError) -> Self {
        let reason = error.to_string();
        match error {
            LoginError::Rejected(_) => Self::http(StatusCode::UNAUTHORIZED, reason),
            LoginError::TooManyFailures { after_secs, .. } => {
                Failure::RetryLater { reason, after_secs }.into()
            }
            LoginError::Unavailable(_) => Failure::retry_later(reason).into(),
        }
    }
}
