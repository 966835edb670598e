//! Takes over what a device tells about itself.

use syncledger_domain::{
    device::{self, Device, DeviceInfo, Refusal},
    event::StreamId,
    ids::{AccountId, DeviceId},
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Takes over what a device tells about itself.
///
/// # Errors
/// [`Refusal::NotRegistered`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    device: &DeviceId,
    info: &DeviceInfo,
) -> Result<Executed<Device>, CommandError<Refusal>> {
    let decide = |state: &Device| device::change_info(state, info);
    repository.execute(issuer, &StreamId::device(account, device), decide).await
}
