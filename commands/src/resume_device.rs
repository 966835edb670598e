//! Lets suspended devices synchronise again.

use syncledger_domain::{
    device::{self, Device, Refusal},
    event::StreamId,
    ids::{AccountId, DeviceId},
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Lets a suspended device synchronise again; it must provision anew and goes on where it was. Appends nothing when it is
/// not suspended.
///
/// # Errors
/// [`Refusal::NotRegistered`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    device: &DeviceId,
) -> Result<Executed<Device>, CommandError<Refusal>> {
    repository.execute(issuer, &StreamId::device(account, device), device::resume).await
}

/// Lets all of these devices of an account synchronise again; gives those that were suspended. One that was removed
/// meanwhile is passed over.
///
/// # Errors
/// A failure of the log; devices before it are resumed, and repeating the command resumes the others.
pub async fn run_all(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    devices: &[DeviceId],
) -> Result<Vec<DeviceId>, CommandError<Refusal>> {
    let mut resumed = Vec::new();
    for device in devices {
        match run(repository, issuer, account, device).await {
            Ok(executed) if executed.appended.is_some() => resumed.push(device.clone()),
            Ok(_) | Err(CommandError::Refused(Refusal::NotRegistered)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(resumed)
}
