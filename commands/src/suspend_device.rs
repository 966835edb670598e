//! Stops a device from synchronising.

use syncledger_domain::{
    device::{self, Device, Refusal},
    event::StreamId,
    ids::{AccountId, DeviceId},
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Stops a device from synchronising until it is resumed; its states stay. Appends nothing when it is suspended already.
///
/// # Errors
/// [`Refusal::NotRegistered`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    device: &DeviceId,
) -> Result<Executed<Device>, CommandError<Refusal>> {
    let decide = |state: &Device| device::suspend(state);
    repository.execute(issuer, &StreamId::device(account, device), decide).await
}
