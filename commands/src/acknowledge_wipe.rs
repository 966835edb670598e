//! Takes a device's answer to the order to erase itself.

use syncledger_domain::{
    device::{self, Device, Refusal, Wipe, WipeProgress},
    event::StreamId,
    ids::{AccountId, DeviceId},
};

use crate::{CommandError, Executed, Issuer, Repository, reset_sync_state::drop_collections};

/// What the dropped states of a device that erased itself name as cause.
const CAUSE: &str = "device wiped";

/// Takes the answer: with status 1 the device has erased itself, and its states are dropped.
///
/// The answer is recorded first. The device will not repeat it, while states that were not dropped because the log failed
/// harm nobody: a wiped device is refused until it is removed, and that drops them.
///
/// # Errors
/// [`Refusal::NotRegistered`], [`Refusal::NoWipePending`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    device: &DeviceId,
    status: u8,
) -> Result<Executed<Device>, CommandError<Refusal>> {
    let decide = |state: &Device| device::acknowledge_wipe(state, status);
    let executed = repository.execute(issuer, &StreamId::device(account, device), decide).await?;
    if matches!(executed.state.wipe, Some(Wipe { progress: WipeProgress::Done, .. })) {
        drop_collections(repository, issuer, account, device, CAUSE).await.map_err(CommandError::widen)?;
    }
    Ok(executed)
}
