//! Removes an account with all its devices.

use std::collections::BTreeSet;

use syncledger_domain::{
    directory::{self, Account, Refusal},
    event::{Position, StreamCategory, StreamId},
    ids::{AccountId, DeviceId},
};

use crate::{CommandError, Executed, Issuer, Repository, remove_device};

/// Events read at a time.
const PAGE: usize = 1000;

/// Removes an account. Its devices are removed first, so that what cannot be finished can be asked for again. Its
/// address can be given to a new account.
///
/// # Errors
/// [`Refusal::NoSuchAccount`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
) -> Result<Executed<Account>, CommandError<Refusal>> {
    let stream = StreamId::account(account);
    let known = repository.load::<Account>(&stream).await.map_err(CommandError::widen)?;
    directory::remove_account(&known.state).map_err(CommandError::Refused)?;
    for device in devices(repository, account).await? {
        match remove_device::run(repository, issuer, account, &device).await {
            // One that was removed before.
            Ok(_) | Err(CommandError::Refused(_)) => {}
            Err(CommandError::Busy(stream)) => return Err(CommandError::Busy(stream)),
            Err(other) => return Err(CommandError::Log(other.to_string())),
        }
    }
    repository.execute(issuer, &stream, directory::remove_account).await
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
