//! Records that the order to erase itself goes out to a device.

use syncledger_domain::{
    device::{self, Device, Refusal},
    event::StreamId,
    ids::{AccountId, DeviceId},
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Records that the order goes out, before it does. Appends nothing from the second time on.
///
/// # Errors
/// [`Refusal::NotRegistered`], [`Refusal::NoWipePending`], [`Refusal::WipeDone`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    device: &DeviceId,
) -> Result<Executed<Device>, CommandError<Refusal>> {
    let decide = |state: &Device| device::mark_wipe_sent(state);
    repository.execute(issuer, &StreamId::device(account, device), decide).await
}
