//! Status codes of ItemOperations (MS-ASCMD, "Status (ItemOperations)").

use syncledger_domain::ports::mailbox::MailboxError;

use crate::answer::Failure;

/// How the request or one of its operations ended. A failed operation leaves the request's own Status at 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum OperationStatus {
    Success = 1,
    /// The operation breaks the protocol, or names an option it does not have.
    ProtocolError = 2,
    ServerError = 3,
    /// The item or folder is not there.
    NotFound = 6,
    InvalidRange = 8,
    /// The store is not on offer.
    UnknownStore = 9,
    EmptyFile = 10,
    /// The content is too large, or the operations are too many.
    TooMuch = 11,
    InvalidAttachment = 15,
    AccessDenied = 16,
    /// Some of it was done.
    Partial = 17,
    /// A conversation cannot be moved without `MoveAlways`.
    MoveAlwaysMissing = 155,
    ActionNotSupported = 156,
    /// BodyPartPreference of another type than HTML.
    BodyPartType = 164,
    /// Rights management is not on offer.
    RightsManagement = 168,
}

impl OperationStatus {
    /// The number on the wire.
    pub(super) fn value(self) -> u16 {
        self as u16
    }
}

/// What a failure of the mailbox means for one operation.
///
/// # Errors
/// 503 for the whole request when the mailbox is down: every operation here is safe to repeat.
pub(super) fn of_mailbox(error: MailboxError) -> Result<OperationStatus, Failure> {
    match error {
        MailboxError::Unavailable(_) | MailboxError::Unauthenticated => Err(error.into()),
        MailboxError::NoSuchFolder(_) | MailboxError::NoSuchItem(_) => Ok(OperationStatus::NotFound),
        MailboxError::Denied(_) => Ok(OperationStatus::AccessDenied),
        MailboxError::QuotaExceeded | MailboxError::Unsupported(_) | MailboxError::Refused(_) => {
            tracing::warn!(reason = %error, "the mailbox refused an operation");
            Ok(OperationStatus::ServerError)
        }
    }
}
