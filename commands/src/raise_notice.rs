//! Raises a notice for administrators.

use std::convert::Infallible;

use syncledger_domain::{
    event::StreamId,
    ids::NodeName,
    notices::{self, Notices, Severity},
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Raises a notice.
///
/// # Errors
/// A failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    severity: Severity,
    node: Option<&NodeName>,
    subject: &str,
    text: &str,
) -> Result<Executed<Notices>, CommandError<Infallible>> {
    let decide = |state: &Notices| Ok(notices::raise(state, severity, node, subject, text));
    repository.execute(issuer, &StreamId::notices(), decide).await
}

/// Raises a notice unless one with this subject is among the recent ones. Of any number of nodes that do it at once one
/// does: who appended has a claim on what the notice is about.
///
/// # Errors
/// A failure of the log.
pub async fn run_once(
    repository: &Repository,
    issuer: &Issuer,
    severity: Severity,
    node: Option<&NodeName>,
    subject: &str,
    text: &str,
) -> Result<Executed<Notices>, CommandError<Infallible>> {
    let decide = |state: &Notices| Ok(notices::raise_once(state, severity, node, subject, text));
    repository.execute(issuer, &StreamId::notices(), decide).await
}
