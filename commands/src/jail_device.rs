//! Puts a device that asks too often into jail.

use syncledger_domain::{
    device::{self, Device, DeviceJailed, Refusal},
    event::StreamId,
    ids::{AccountId, DeviceId},
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Puts a device into jail. Appends nothing when another node has put it in for as long. Requests that carry no device id
/// are jailed in memory alone: there is no stream they belong to.
///
/// # Errors
/// [`Refusal::NotRegistered`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    device: &DeviceId,
    jailed: DeviceJailed,
) -> Result<Executed<Device>, CommandError<Refusal>> {
    let now = repository.clock().now();
    let decide = |state: &Device| device::jail(state, jailed, now);
    repository.execute(issuer, &StreamId::device(account, device), decide).await
}
