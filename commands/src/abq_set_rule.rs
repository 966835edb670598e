//! Makes or changes a rule on device ids.

use syncledger_domain::{
    abq::{self, DeviceControl, DeviceStatus, Refusal, RuleScope},
    event::StreamId,
};

use crate::{CommandError, Executed, Issuer, Repository, abq_targets};

/// Makes a rule, or gives the one with this text in this scope another status or order.
///
/// # Errors
/// [`Refusal::BadRegex`], [`Refusal::OrderTaken`], [`Refusal::TooManyRules`], [`Refusal::NoSuchDomain`], or a failure of
/// the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    scope: &RuleScope,
    regex: &str,
    (status, order): (DeviceStatus, i64),
) -> Result<Executed<DeviceControl>, CommandError<Refusal>> {
    if let RuleScope::Domain(name) = scope {
        abq_targets::domain_must_exist(repository, name, Refusal::NoSuchDomain).await?;
    }
    let decide = |control: &DeviceControl| abq::set_rule(control, scope, regex, status, order);
    repository.execute(issuer, &StreamId::abq(), decide).await
}
