//! Removes an account with all its devices.

use std::collections::BTreeSet;

use syncledger_domain::{
    directory::{self, Account, Refusal},
    event::{Position, StreamCategory, StreamId},
    ids::{AccountId, DeviceId},
};

use crate::{CommandError, Issuer, Repository, remove_device};

/// Events read at a time.
const PAGE: usize = 1000;

/// Removes an account, and then its devices: first the account, so that no device can register behind the sweep. What
/// could not be finished is asked for again: for an account that has been removed only the devices still there are
/// swept. Its address can be given to a new account.
///
/// # Errors
/// [`Refusal::NoSuchAccount`] when it never existed, or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
) -> Result<Removed, CommandError<Refusal>> {
    let decide =
        |state: &Account| if state.removed { Ok(Vec::new()) } else { directory::remove_account(state) };
    let executed = repository.execute(issuer, &StreamId::account(account), decide).await?;
    let devices = sweep_devices(repository, issuer, account).await?;
    Ok(Removed { newly: executed.appended.is_some(), devices })
}

/// What a removal did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Removed {
    /// Whether the account existed until now.
    pub newly: bool,
    /// The devices that were removed with it now.
    pub devices: Vec<DeviceId>,
}

/// Removes the devices that are registered with an account.
pub(crate) async fn sweep_devices(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
) -> Result<Vec<DeviceId>, CommandError<Refusal>> {
    let mut removed = Vec::new();
    for device in devices(repository, account).await? {
        match remove_device::run(repository, issuer, account, &device).await {
            Ok(_) => removed.push(device),
            // One that was removed before.
            Err(CommandError::Refused(_)) => {}
            Err(CommandError::Busy(stream)) => return Err(CommandError::Busy(stream)),
            Err(other) => return Err(CommandError::Log(other.to_string())),
        }
    }
    Ok(removed)
}

/// All devices the account ever had.
async fn devices(
    repository: &Repository,
    account: AccountId,
) -> Result<BTreeSet<DeviceId>, CommandError<Refusal>> {
    let prefix = format!("device-{account}-");
    let mut found = BTreeSet::new();
    let mut after = Position::START;
    loop {
        let page = repository.log().read_all(after, Some(&prefix), PAGE).await?;
        let Some(last) = page.last() else { return Ok(found) };
        after = last.position;
        for event in page {
            if let StreamCategory::Device(_, device) = event.stream.category() {
                found.insert(device);
            }
        }
    }
}
