//! Removes a device with all its sync states.

use syncledger_domain::{
    device::{self, Device, Refusal},
    event::StreamId,
    ids::{AccountId, DeviceId},
};

use crate::{CommandError, Executed, Issuer, Repository, reset_sync_state::drop_collections};

/// What the dropped states of a removed device name as cause.
const CAUSE: &str = "device removed";

/// Removes a device. Its states are dropped first, so that what cannot be finished can be asked for again. A device that
/// comes back registers anew and starts from nothing.
///
/// # Errors
/// [`Refusal::NotRegistered`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    device: &DeviceId,
) -> Result<Executed<Device>, CommandError<Refusal>> {
    let stream = StreamId::device(account, device);
    let known = repository.load::<Device>(&stream).await.map_err(CommandError::widen)?;
    device::remove(&known.state).map_err(CommandError::Refused)?;
    drop_collections(repository, issuer, account, device, CAUSE).await.map_err(CommandError::widen)?;
    repository.execute(issuer, &stream, device::remove).await
}
