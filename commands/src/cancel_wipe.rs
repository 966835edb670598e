//! Takes back the order to a device to erase itself.

use syncledger_domain::{
    device::{self, Device, Refusal},
    event::StreamId,
    ids::{AccountId, DeviceId},
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Takes the order back. Appends nothing when there is none.
///
/// # Errors
/// [`Refusal::NotRegistered`], [`Refusal::WipeDone`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    device: &DeviceId,
) -> Result<Executed<Device>, CommandError<Refusal>> {
    let decide = |state: &Device| device::cancel_wipe(state);
    repository.execute(issuer, &StreamId::device(account, device), decide).await
}
