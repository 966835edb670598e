//! Records that a device is alive.

use syncledger_domain::{
    device::{self, Device, DeviceSeen, Refusal},
    event::StreamId,
    ids::{AccountId, DeviceId},
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Records a sign of life with what happened since the last one. How seldom is the caller's matter (attribute
/// `deviceSeenInterval`): an idle device must not let the log grow.
///
/// # Errors
/// [`Refusal::NotRegistered`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    device: &DeviceId,
    counters: DeviceSeen,
) -> Result<Executed<Device>, CommandError<Refusal>> {
    let decide = |state: &Device| device::seen(state, counters);
    repository.execute(issuer, &StreamId::device(account, device), decide).await
}
