//! Window after window, until a folder is up to date.

use std::time::Duration;

use super::{CollectionOutcome, Replied, SyncOutcome, SyncRequest};
use crate::{
    Phone,
    error::Error,
    store::{Collection, KEY_ZERO},
    wire::Command,
};

/// Statuses that ask to try again (refused keys, hierarchy changes, retries) before the phone gives up.
const TROUBLES: u32 = 10;

/// What a series of Syncs brought.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SyncRun {
    /// Items added.
    pub adds: u64,
    /// Items changed.
    pub changes: u64,
    /// Items deleted.
    pub deletes: u64,
    /// Items that left the filter's window.
    pub soft_deletes: u64,
    /// Sync requests.
    pub requests: u32,
    /// Refused keys.
    pub resyncs: u32,
    /// Bytes out and in, HTTP heads included.
    pub bytes_out: u64,
    /// Bytes received.
    pub bytes_in: u64,
    /// Time spent in Syncs.
    pub duration: Duration,
    /// Verdicts on the user's changes.
    pub replies: Vec<Replied>,
    /// Folders that are no longer there.
    pub gone: Vec<String>,
}

impl SyncRun {
    /// Takes one request's outcome in.
    pub(crate) fn add(&mut self, outcome: &SyncOutcome) {
        self.requests += 1;
        self.bytes_out += outcome.bytes_out;
        self.bytes_in += outcome.bytes_in;
        self.duration += outcome.duration;
        for collection in &outcome.collections {
            self.adds += collection.added.len() as u64;
            self.changes += collection.changed.len() as u64;
            self.deletes += collection.deleted.len() as u64;
            self.soft_deletes += collection.soft_deleted.len() as u64;
            self.resyncs += u32::from(collection.status == 3 && collection.key_before != KEY_ZERO);
            self.replies.extend(collection.replies.iter().cloned());
        }
    }

    /// Takes another run in.
    pub(crate) fn merge(&mut self, other: Self) {
        self.adds += other.adds;
        self.changes += other.changes;
        self.deletes += other.deletes;
        self.soft_deletes += other.soft_deletes;
        self.requests += other.requests;
        self.resyncs += other.resyncs;
        self.bytes_out += other.bytes_out;
        self.bytes_in += other.bytes_in;
        self.duration += other.duration;
        self.replies.extend(other.replies);
        self.gone.extend(other.gone);
    }
}

/// What to do about one collection after an answer.
enum Next {
    Done,
    Again,
    /// Again, but only so often.
    Trouble,
    /// The hierarchy has changed.
    Hierarchy,
}

impl Phone {
    /// Brings one folder up to date and the user's changes to the server.
    ///
    /// # Errors
    /// As [`Phone::sync_folders`].
    pub async fn sync_folder(&mut self, folder: &str) -> Result<SyncRun, Error> {
        self.sync_folders(&[folder]).await
    }

    /// Brings these folders up to date, all of them in each request as long as they need it.
    ///
    /// # Errors
    /// Any; [`Error::CollectionStatus`] and [`Error::Status`] for statuses that do not pass; [`Error::NoEnd`].
    pub async fn sync_folders(&mut self, folders: &[&str]) -> Result<SyncRun, Error> {
        self.sync_watched(folders, &mut |_| ()).await
    }

    /// As [`Phone::sync_folder`]; `after_each` sees the phone after each request.
    ///
    /// # Errors
    /// As [`Phone::sync_folders`].
    pub async fn sync_folder_watched(
        &mut self,
        folder: &str,
        after_each: &mut (dyn FnMut(&Self) + Send),
    ) -> Result<SyncRun, Error> {
        self.sync_watched(&[folder], after_each).await
    }

    /// Only key 0, if the folder was not started yet.
    ///
    /// # Errors
    /// As [`Phone::sync_folders`].
    pub async fn prime(&mut self, folder: &str) -> Result<SyncRun, Error> {
        let mut run = SyncRun::default();
        for _ in 0..TROUBLES {
            if self.state.collections.get(folder).is_some_and(Collection::is_primed) {
                return Ok(run);
            }
            let outcome = self.sync_once(&SyncRequest::of([folder])).await?;
            run.add(&outcome);
            let pending = vec![folder.to_owned()];
            let (again, _) = self.next(&outcome, pending, &mut 1, &mut run).await?;
            if again.is_empty() {
                return Ok(run);
            }
        }
        Err(Error::NoEnd { command: Command::Sync, rounds: run.requests })
    }

    async fn sync_watched(
        &mut self,
        folders: &[&str],
        after_each: &mut (dyn FnMut(&Self) + Send),
    ) -> Result<SyncRun, Error> {
        let mut run = SyncRun::default();
        let mut pending: Vec<String> = folders.iter().map(|folder| (*folder).to_owned()).collect();
        let mut troubles = 0;
        // Status 15 asks for fewer collections at once.
        let mut at_once = usize::MAX;
        for _ in 0..self.config.max_rounds {
            if pending.is_empty() {
                return Ok(run);
            }
            let rest = pending.split_off(pending.len().min(at_once));
            let outcome = self.sync_once(&SyncRequest::of(pending.iter().map(String::as_str))).await?;
            run.add(&outcome);
            after_each(self);
            let (mut next, trouble) = self.next(&outcome, pending, &mut at_once, &mut run).await?;
            next.extend(rest);
            pending = next;
            if trouble {
                troubles += 1;
                if troubles > TROUBLES {
                    return Err(Error::NoEnd { command: Command::Sync, rounds: run.requests });
                }
                tokio::time::sleep(self.config.repeat.pause).await;
            }
        }
        Err(Error::NoEnd { command: Command::Sync, rounds: run.requests })
    }

    /// Which collections need another request, and whether something went wrong.
    async fn next(
        &mut self,
        outcome: &SyncOutcome,
        pending: Vec<String>,
        at_once: &mut usize,
        run: &mut SyncRun,
    ) -> Result<(Vec<String>, bool), Error> {
        match outcome.status {
            None | Some(1) => {}
            Some(12) => return Ok((self.after_hierarchy(pending, run).await?, true)),
            Some(15) => {
                *at_once = outcome.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(1).max(1);
                return Ok((pending, true));
            }
            Some(3 | 5 | 13 | 16) => return Ok((pending, true)),
            Some(status) => return Err(Error::Status { command: Command::Sync, status }),
        }
        let (mut again, mut trouble, mut hierarchy) = (Vec::new(), false, false);
        for id in pending {
            match self.verdict(&id, outcome.collection(&id))? {
                Next::Done => continue,
                Next::Again => {}
                Next::Trouble => trouble = true,
                Next::Hierarchy => hierarchy = true,
            }
            again.push(id);
        }
        if hierarchy {
            again = self.after_hierarchy(again, run).await?;
        }
        Ok((again, trouble || hierarchy))
    }

    fn verdict(&self, id: &str, outcome: Option<&CollectionOutcome>) -> Result<Next, Error> {
        let collection = self.state.collections.get(id);
        let waiting = collection.is_some_and(Collection::has_changes);
        let Some(outcome) = outcome else {
            return Ok(match collection.is_some_and(Collection::is_primed) {
                true if waiting => Next::Again,
                true => Next::Done,
                false => Next::Trouble,
            });
        };
        match outcome.status {
            1 if outcome.key_moved() && (outcome.key_before == KEY_ZERO || outcome.more_available) => {
                Ok(Next::Again)
            }
            1 => Ok(if waiting { Next::Again } else { Next::Done }),
            0 | 3 | 5 | 16 => Ok(Next::Trouble),
            8 | 12 => Ok(Next::Hierarchy),
            status => {
                Err(Error::CollectionStatus { command: Command::Sync, collection: id.to_owned(), status })
            }
        }
    }

    /// Asks for the hierarchy and keeps the folders that are still there.
    async fn after_hierarchy(
        &mut self,
        pending: Vec<String>,
        run: &mut SyncRun,
    ) -> Result<Vec<String>, Error> {
        self.folder_sync().await?;
        let (there, gone) = pending.into_iter().partition(|id| self.state.folders.contains_key(id));
        run.gone.extend::<Vec<_>>(gone);
        Ok(there)
    }
}
