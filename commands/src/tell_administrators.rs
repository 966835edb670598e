//! Tells administrators the same by a mail and by a notice.

use std::convert::Infallible;

use syncledger_domain::{
    event::StreamId,
    ids::NodeName,
    notices::{self, MailDraft, Notices, Severity},
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Writes a mail and raises a notice with its subject and text: both, or neither when another node has told of that.
///
/// # Errors
/// A failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    draft: &MailDraft,
    severity: Severity,
    by: &NodeName,
) -> Result<Executed<Notices>, CommandError<Infallible>> {
    let decide = |state: &Notices| {
        let mut events = notices::prepare(state, draft, by);
        if !events.is_empty() {
            events.extend(notices::raise(state, severity, Some(by), &draft.subject, &draft.body));
        }
        Ok(events)
    };
    repository.execute(issuer, &StreamId::notices(), decide).await
}
