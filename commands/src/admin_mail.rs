//! Mail to administrators: written once, sent by one node, and that is recorded.

use std::convert::Infallible;

use syncledger_domain::{
    event::StreamId,
    ids::NodeName,
    notices::{self, MailDraft, Notices, NoticesEvent},
};

use crate::{CommandError, Executed, Issuer, Repository};

type Done = Result<Executed<Notices>, CommandError<Infallible>>;

/// Writes a mail. Appends nothing when another node has told of that.
///
/// # Errors
/// A failure of the log, as for all of this room.
pub async fn prepare(repository: &Repository, issuer: &Issuer, draft: &MailDraft, by: &NodeName) -> Done {
    execute(repository, issuer, |state| notices::prepare(state, draft, by)).await
}

/// Takes the sending of a mail over from a node that does not get it out.
///
/// # Errors
/// A failure of the log.
pub async fn take(
    repository: &Repository,
    issuer: &Issuer,
    number: u64,
    from: &NodeName,
    by: &NodeName,
) -> Done {
    execute(repository, issuer, |state| notices::take(state, number, from, by)).await
}

/// Records that a mail left.
///
/// # Errors
/// A failure of the log.
pub async fn mark_sent(repository: &Repository, issuer: &Issuer, number: u64) -> Done {
    execute(repository, issuer, |state| notices::sent(state, number)).await
}

/// Records that a mail was refused for good.
///
/// # Errors
/// A failure of the log.
pub async fn mark_refused(repository: &Repository, issuer: &Issuer, number: u64, why: &str) -> Done {
    execute(repository, issuer, |state| notices::refused(state, number, why)).await
}

async fn execute(
    repository: &Repository,
    issuer: &Issuer,
    decide: impl Fn(&Notices) -> Vec<NoticesEvent> + Send,
) -> Done {
    repository.execute(issuer, &StreamId::notices(), |state: &Notices| Ok(decide(state))).await
}
