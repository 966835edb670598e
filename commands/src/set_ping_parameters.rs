//! Remembers what a device's empty Ping stands for.

use syncledger_domain::{
    device::{self, Device, Refusal},
    event::StreamId,
    ids::{AccountId, DeviceId, FolderId},
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Remembers what a device's empty Ping stands for, across restarts; appends nothing when that is known.
///
/// # Errors
/// [`Refusal::NotRegistered`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    device: &DeviceId,
    heartbeat_secs: u32,
    folders: &[FolderId],
) -> Result<Executed<Device>, CommandError<Refusal>> {
    let decide = |state: &Device| device::set_ping_parameters(state, heartbeat_secs, folders);
    repository.execute(issuer, &StreamId::device(account, device), decide).await
}
