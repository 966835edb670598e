//! Takes a listing of the mailbox into an account's folder map.

use std::convert::Infallible;

use syncledger_domain::{
    StoredEvent,
    event::StreamId,
    folders::{self, FolderMap, FoldersEvent},
    ids::AccountId,
    ports::{event_log::MAX_APPEND_BYTES, mailbox::Folder},
};

use crate::{CommandError, Issuer, Repository};

/// Takes a listing into the folder map and gives the map. Appends nothing when nothing changed, and in several appends
/// what is too much for one.
///
/// # Errors
/// When the log cannot be read or written.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    listing: &[Folder],
) -> Result<FolderMap, CommandError<Infallible>> {
    let stream = StreamId::folders(account);
    loop {
        let mut complete = true;
        let decide = |map: &FolderMap| {
            let mut events = folders::observe(map, listing);
            let fitting = fitting(&events);
            complete = fitting == events.len();
            events.truncate(fitting);
            Ok(events)
        };
        let executed = repository.execute(issuer, &stream, decide).await?;
        if complete {
            return Ok(executed.state);
        }
    }
}

/// How many of the events fit into one append; at least one, whose size the log itself may refuse.
fn fitting(events: &[FoldersEvent]) -> usize {
    let mut room = MAX_APPEND_BYTES;
    let fits = |event: &&FoldersEvent| {
        let left = room.checked_sub(event.encode().len());
        room = left.unwrap_or(0);
        left.is_some()
    };
    events.iter().take_while(fits).count().max(usize::from(!events.is_empty()))
}
