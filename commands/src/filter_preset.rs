//! Replaces the filters on protocol versions by a preset.

use syncledger_domain::{
    eas_filter::{self, Filters, Preset, Refusal},
    event::StreamId,
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Makes the list a preset, in one append. Nothing is appended when it is that already.
///
/// # Errors
/// A failure of the log; no preset is refused.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    preset: Preset,
) -> Result<Executed<Filters>, CommandError<Refusal>> {
    let decide = |filters: &Filters| eas_filter::apply_preset(filters, preset);
    repository.execute(issuer, &StreamId::eas_filters(), decide).await
}
