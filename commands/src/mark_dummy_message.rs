//! Records what a device did with the message that tells it that it may not synchronise.

use syncledger_domain::{
    device::{self, Device, Refusal},
    event::StreamId,
    ids::{AccountId, DeviceId},
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Records that it read the message (or counts it as unread again), or deleted it.
///
/// # Errors
/// [`Refusal::NotRegistered`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    device: &DeviceId,
    read: Option<bool>,
    deleted: bool,
) -> Result<Executed<Device>, CommandError<Refusal>> {
    let decide = |state: &Device| device::mark_dummy_message(state, read, deleted);
    repository.execute(issuer, &StreamId::device(account, device), decide).await
}
