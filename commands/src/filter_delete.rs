//! Deletes a filter on protocol versions.

use syncledger_domain::{
    eas_filter::{self, FilterRef, Filters, Refusal},
    event::StreamId,
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Deletes a filter; later ones move up by one.
///
/// # Errors
/// [`Refusal::NoSuchFilter`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    mut filter: FilterRef,
) -> Result<Executed<Filters>, CommandError<Refusal>> {
    let decide = |filters: &Filters| {
        // Decided anew after somebody else moved rows, it is still the row this one saw.
        filter = filters.pinned(filter);
        eas_filter::delete(filters, filter)
    };
    repository.execute(issuer, &StreamId::eas_filters(), decide).await
}
