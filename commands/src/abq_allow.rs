//! Lets a device in that is in quarantine.

use syncledger_domain::{
    abq::{self, DeviceControl, Key, Refusal},
    event::{StreamId, Timestamp},
};

use crate::{CommandError, Executed, Issuer, Repository, abq_targets};

/// Lets a device in that is in quarantine, by an entry or a rule; with an account, for that account alone.
///
/// # Errors
/// [`Refusal::NotQuarantined`], [`Refusal::NoSuchAccount`], [`Refusal::Expired`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    key: &Key,
    until: Option<Timestamp>,
) -> Result<Executed<DeviceControl>, CommandError<Refusal>> {
    let domain = abq_targets::domain_of_any(repository, key.account).await?;
    let decide =
        |control: &DeviceControl| abq::allow(control, key, domain.as_ref(), until, repository.clock().now());
    repository.execute(issuer, &StreamId::abq(), decide).await
}
