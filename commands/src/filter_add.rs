//! Adds a filter on protocol versions.

use syncledger_domain::{
    eas_filter::{self, Draft, Filters, Refusal},
    event::StreamId,
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Adds a filter, at the end unless a position is given. The last of the list's uids is the new filter's. Every request that
/// comes after it is judged by it, those of devices that chose their version before included.
///
/// # Errors
/// [`Refusal::NoVersions`], [`Refusal::TooMany`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    draft: &Draft,
    position: Option<usize>,
) -> Result<Executed<Filters>, CommandError<Refusal>> {
    let decide = |filters: &Filters| eas_filter::add(filters, draft, position);
    repository.execute(issuer, &StreamId::eas_filters(), decide).await
}
