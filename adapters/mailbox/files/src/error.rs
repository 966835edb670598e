//! What the disk says, in the port's words.

use std::io::{self, ErrorKind};

use syncledger_domain::ports::mailbox::MailboxError;

/// Runs work that touches the disk on the blocking pool.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, MailboxError> + Send + 'static,
) -> Result<T, MailboxError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(MailboxError::Unavailable("file access was broken off".to_owned())))
}

/// A failure to read: whatever it is, the mail is still there, so it is worth another try.
pub(crate) fn reading(what: &'static str) -> impl Fn(io::Error) -> MailboxError {
    move |error| MailboxError::Unavailable(format!("{what}: {error}"))
}

/// A failure to change something.
pub(crate) fn writing(what: &'static str) -> impl Fn(io::Error) -> MailboxError {
    move |error| match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => MailboxError::QuotaExceeded,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            MailboxError::Denied(format!("{what}: {error}"))
        }
        ErrorKind::InvalidFilename => MailboxError::Refused(format!("{what}: {error}")),
        _ => MailboxError::Unavailable(format!("{what}: {error}")),
    }
}
