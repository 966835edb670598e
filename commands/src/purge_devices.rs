//! Removes devices nobody uses any more.

use syncledger_domain::{
    device::{
        Device, Refusal,
        purge::{Candidate, Owner},
    },
    event::{Actor, RecordedEvent, Revision, StreamId},
};

use crate::{CommandError, Issuer, Repository, remove_device};

/// How many events before the last one are looked through for a sign of the device itself.
const NEWEST: u64 = 64;

/// What became of the candidates.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Purged {
    /// Removed, or those that would have been.
    pub removed: Vec<Candidate>,
    /// Used, put under an order or removed since they were chosen.
    pub kept: Vec<Candidate>,
}

impl Purged {
    /// How many of the removed belonged to accounts that may use the service.
    pub fn of_active_accounts(&self) -> usize {
        self.removed.iter().filter(|candidate| candidate.owner == Owner::Active).count()
    }

    /// How many belonged to accounts that may not, or are gone.
    pub fn of_other_accounts(&self) -> usize {
        self.removed.len() - self.of_active_accounts()
    }
}

/// Removes the candidates ([`candidates`](syncledger_domain::device::purge::candidates)) with their states, one after the
/// other; a dry run removes nothing and tells the same. Each is looked at again before: views lag, and a device may have
/// come back. `progress` hears of each one that is done with.
///
/// # Errors
/// A failure of the log; devices before it are removed, and repeating the command removes the others.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    candidates: Vec<Candidate>,
    dry_run: bool,
    progress: &mut (dyn FnMut(&Candidate) + Send),
) -> Result<Purged, CommandError<Refusal>> {
    let mut purged = Purged::default();
    for candidate in candidates {
        let goes = still_goes(repository, &candidate).await?
            && (dry_run || removed(repository, issuer, &candidate).await?);
        progress(&candidate);
        if goes {
            purged.removed.push(candidate);
        } else {
            purged.kept.push(candidate);
        }
    }
    Ok(purged)
}

async fn still_goes(repository: &Repository, candidate: &Candidate) -> Result<bool, CommandError<Refusal>> {
    let stream = StreamId::device(candidate.account, &candidate.device);
    let loaded = repository.load::<Device>(&stream).await.map_err(CommandError::widen)?;
    let Some(last) = loaded.last.filter(|_| loaded.state.registered) else { return Ok(false) };
    if candidate.owner == Owner::Gone {
        return Ok(true);
    }
    let from = Revision(last.0.saturating_sub(NEWEST));
    let newest = repository.log().read_stream(&stream, from, usize::MAX).await?;
    let by_device = |event: &&RecordedEvent| event.actor == Actor::Device;
    let used_since = newest.iter().filter(by_device).any(|event| event.recorded_at > candidate.last_used);
    Ok(!used_since && loaded.state.barrier().is_none())
}

async fn removed(
    repository: &Repository,
    issuer: &Issuer,
    candidate: &Candidate,
) -> Result<bool, CommandError<Refusal>> {
    match remove_device::run(repository, issuer, candidate.account, &candidate.device).await {
        Ok(_) => Ok(true),
        Err(CommandError::Refused(Refusal::NotRegistered)) => Ok(false),
        Err(error) => Err(error),
    }
}
