//! Lets a device out of jail.

use syncledger_domain::{
    device::{self, Device, Refusal, ReleaseCause},
    event::StreamId,
    ids::{AccountId, DeviceId},
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Lets a device out of jail. Appends nothing when it is not in.
///
/// # Errors
/// [`Refusal::NotRegistered`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    device: &DeviceId,
    cause: ReleaseCause,
) -> Result<Executed<Device>, CommandError<Refusal>> {
    let now = repository.clock().now();
    let decide = |state: &Device| device::release(state, cause, now);
    repository.execute(issuer, &StreamId::device(account, device), decide).await
}
