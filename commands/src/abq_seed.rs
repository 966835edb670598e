//! Lets in the devices that were there before there was a Device Control List.

use syncledger_domain::{
    abq::{self, DeviceControl, KnownDevice, Refusal, Seeding},
    event::StreamId,
    ports::event_log::Appended,
};

use crate::{CommandError, Issuer, Repository, abq_batches};

/// Who wants it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SeedCause {
    /// The service starts: it happens once, and never to a list somebody filled.
    ServiceStart,
    /// An administrator.
    Asked,
}

/// What it did.
#[derive(Clone, Debug)]
pub struct SeededList {
    /// Devices that got an entry.
    pub added: usize,
    /// Devices that had one.
    pub listed: usize,
    /// Devices a rule keeps out; they are left to it.
    pub left_to_rules: usize,
    /// The state after it.
    pub state: DeviceControl,
    /// Where the last event landed.
    pub appended: Option<Appended>,
}

/// Seeds the list. Any number of nodes may do it at their start: the first one does.
///
/// # Errors
/// A failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    known: &[KnownDevice],
    cause: SeedCause,
) -> Result<SeededList, CommandError<Refusal>> {
    let mut first = None;
    let decide = |control: &DeviceControl| {
        let seed = match cause {
            SeedCause::ServiceStart => abq::seed_once,
            SeedCause::Asked => abq::seed,
        };
        let mut seeding: Seeding = seed(control, known, repository.clock().now());
        let events = std::mem::take(&mut seeding.events);
        first.get_or_insert(seeding);
        Ok(events)
    };
    let done = abq_batches::execute(repository, issuer, &StreamId::abq(), decide).await?;
    let Seeding { added, listed, left_to_rules, .. } = first.unwrap_or_default();
    Ok(SeededList { added, listed, left_to_rules, state: done.state, appended: done.appended })
}
