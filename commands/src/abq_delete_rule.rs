//! Deletes a rule on device ids.

use syncledger_domain::{
    abq::{self, DeviceControl, Refusal, RuleScope},
    event::StreamId,
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Deletes the rule with exactly this text in this scope.
///
/// # Errors
/// [`Refusal::NoSuchRule`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    scope: &RuleScope,
    regex: &str,
) -> Result<Executed<DeviceControl>, CommandError<Refusal>> {
    let decide = |control: &DeviceControl| abq::delete_rule(control, scope, regex);
    repository.execute(issuer, &StreamId::abq(), decide).await
}
