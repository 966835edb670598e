//! Deletes entries of the Device Control List.

use syncledger_domain::{
    abq::{self, DeviceControl, Key, Refusal},
    event::StreamId,
    ports::event_log::Appended,
};

use crate::{CommandError, Issuer, Repository, abq_batches};

/// What was deleted.
#[derive(Clone, Debug)]
pub struct DeletedEntries {
    /// How many.
    pub entries: usize,
    /// The state after it.
    pub state: DeviceControl,
    /// Where the events landed.
    pub appended: Option<Appended>,
}

/// Deletes a couple's entry; without an account, the device's and those of all its couples. The account need not exist:
/// entries outlive accounts.
///
/// # Errors
/// [`Refusal::NoSuchEntry`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    key: &Key,
) -> Result<DeletedEntries, CommandError<Refusal>> {
    let decide = |control: &DeviceControl| abq::delete(control, key);
    let done = abq_batches::execute(repository, issuer, &StreamId::abq(), decide).await?;
    Ok(DeletedEntries { entries: done.events, state: done.state, appended: done.appended })
}
