//! Orders a device to erase itself.

use syncledger_domain::{
    device::{self, Device, Refusal},
    event::StreamId,
    ids::{AccountId, DeviceId},
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Orders a device to erase itself, or the account's data alone. Whether the administrator means it is asked before. Appends
/// nothing when it stands ordered so.
///
/// # Errors
/// [`Refusal::NotRegistered`], [`Refusal::NotProvisionable`], [`Refusal::AccountOnlyUnsupported`],
/// [`Refusal::WipeDone`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    device: &DeviceId,
    account_only: bool,
) -> Result<Executed<Device>, CommandError<Refusal>> {
    let decide = |state: &Device| device::request_wipe(state, account_only);
    repository.execute(issuer, &StreamId::device(account, device), decide).await
}
