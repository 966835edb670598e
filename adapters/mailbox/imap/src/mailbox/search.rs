//! Text search by the server (RFC 3501, "SEARCH Command").

use std::cmp::Reverse;

use syncledger_domain::{
    ids::ItemId,
    ports::mailbox::{BackendKey, MailboxError},
};

use super::{
    ImapMailbox,
    rows::{self, Rows, collect, fetch_commands, search_command},
};
use crate::{item::Identity, wire::uids::UidSet};

/// Dates of no more hits than these, the ones with the highest UIDs, are compared to find the newest.
const MOST_HITS: usize = 20_000;

pub(super) async fn search(
    mailbox: &ImapMailbox,
    folder: &BackendKey,
    words: &[String],
    limit: usize,
) -> Result<Vec<ItemId>, MailboxError> {
    let Some((mut lease, selected)) = mailbox.open(folder).await? else { return Ok(Vec::new()) };
    let charset = if words.iter().all(|word| word.is_ascii()) { "" } else { "CHARSET UTF-8 " };
    let mut command = search_command(&lease, &format!("{charset}UNDELETED"));
    for word in words {
        command = command.text(" TEXT ").string(word.as_bytes());
    }
    let found = rows::search(&mut lease, command).await?;
    let mut hits: Vec<u32> = found.iter().take(10 * MOST_HITS).collect();
    hits.drain(..hits.len().saturating_sub(MOST_HITS));
    let mut dates = Rows::default();
    collect(
        &mut lease,
        fetch_commands(&UidSet::from_uids(hits.iter().copied()), "(UID INTERNALDATE)"),
        &mut dates,
    )
    .await?;
    hits.retain(|uid| dates.0.contains_key(uid));
    hits.sort_by_key(|uid| Reverse((dates.0.get(uid).and_then(|row| row.date), *uid)));
    let validity = selected.validity;
    Ok(hits.into_iter().take(limit).map(|uid| Identity { uid, validity }.id()).collect())
}
