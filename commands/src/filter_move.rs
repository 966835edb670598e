//! Moves a filter on protocol versions.

use syncledger_domain::{
    eas_filter::{self, FilterRef, Filters, Refusal},
    event::StreamId,
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Moves a filter so that it ends at `to`; past the end is the end. Nothing is appended when it stands there.
///
/// # Errors
/// [`Refusal::NoSuchFilter`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    mut filter: FilterRef,
    to: usize,
) -> Result<Executed<Filters>, CommandError<Refusal>> {
    let decide = |filters: &Filters| {
        // Decided anew after somebody else moved rows, it is still the row this one saw.
        filter = filters.pinned(filter);
        eas_filter::move_to(filters, filter, to)
    };
    repository.execute(issuer, &StreamId::eas_filters(), decide).await
}
