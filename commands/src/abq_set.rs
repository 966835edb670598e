//! Gives a device, or a device for one account, a status.

use syncledger_domain::{
    abq::{self, DeviceControl, DeviceStatus, Key, Refusal},
    event::{StreamId, Timestamp},
};

use crate::{CommandError, Executed, Issuer, Repository, abq_targets};

/// Gives any device, known or not, any status, until further notice or some moment.
///
/// # Errors
/// [`Refusal::NoSuchAccount`], [`Refusal::Expired`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    key: &Key,
    status: DeviceStatus,
    until: Option<Timestamp>,
) -> Result<Executed<DeviceControl>, CommandError<Refusal>> {
    abq_targets::domain_of_any(repository, key.account).await?;
    let decide = |control: &DeviceControl| abq::set(control, key, status, until, repository.clock().now());
    repository.execute(issuer, &StreamId::abq(), decide).await
}
