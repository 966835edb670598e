//! The index of a folder, read anew or brought up to date.
//!
//! What has changed comes from mod-sequences (RFC 7162) where the server keeps them, else from reading all flags. A
//! message is left out only when the server says so: by `VANISHED`, or by a search that ended well and did not find it.
//! That its row is missing means nothing. Messages marked `\Deleted` count as gone.

use std::{collections::BTreeMap, sync::Arc};

use compact_str::{CompactString, format_compact};
use syncledger_domain::ports::mailbox::{BackendKey, FolderIndex, IndexEntry, MailboxError};

use super::{
    ImapMailbox,
    rows::{INDEX_ITEMS, Row, Rows, collect, fetch_commands, search, search_command},
};
use crate::{
    item::Identity,
    session::{Selected, Session},
    wire::{command::Command, response::Response, uids::UidSet},
};

/// The moment of an index: the folder's numbers when it was selected, and a digest of the lines read after that, in
/// which later changes may show already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Token {
    validity: u32,
    uidnext: u32,
    exists: u32,
    modseq: u64,
    digest: u64,
}

impl Token {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let token = Self {
            validity: parts.next()?.parse().ok()?,
            uidnext: parts.next()?.parse().ok()?,
            exists: parts.next()?.parse().ok()?,
            modseq: parts.next()?.parse().ok()?,
            digest: u64::from_str_radix(parts.next()?, 16).ok()?,
        };
        parts.next().is_none().then_some(token)
    }

    fn text(self) -> CompactString {
        let Self { validity, uidnext, exists, modseq, digest } = self;
        format_compact!("{validity}.{uidnext}.{exists}.{modseq}.{digest:x}")
    }
}

pub(super) async fn index(
    mailbox: &ImapMailbox,
    folder: &BackendKey,
    earlier: Option<Arc<FolderIndex>>,
) -> Result<Arc<FolderIndex>, MailboxError> {
    let Some((mut lease, selected)) = mailbox.open(folder).await? else {
        return Ok(Arc::new(FolderIndex { entries: Vec::new(), token: "container".into() }));
    };
    let usable = |index: &Arc<FolderIndex>| {
        Token::parse(&index.token).filter(|token| token.validity == selected.validity)
    };
    let since = earlier.as_ref().and_then(usable);
    if let (Some(earlier), Some(since)) = (&earlier, since)
        && unchanged(since, &selected)
    {
        return Ok(Arc::clone(earlier));
    }
    let known = match (&earlier, since) {
        (Some(earlier), Some(_)) => by_uid(earlier),
        _ => BTreeMap::new(),
    };
    let entries = match since {
        Some(since) if since.modseq > 0 && selected.modseq.is_some_and(|now| now >= since.modseq) => {
            by_modseq(&mut lease, known, since.modseq).await?
        }
        Some(since) => by_comparison(&mut lease, known, since.uidnext).await?,
        None => from_nothing(&mut lease, selected.exists).await?,
    };
    let fresh = finished(&selected, entries);
    Ok(match earlier {
        Some(earlier) if *earlier == fresh => earlier,
        _ => Arc::new(fresh),
    })
}

fn unchanged(since: Token, now: &Selected) -> bool {
    since.modseq > 0
        && now.modseq == Some(since.modseq)
        && now.uidnext == Some(since.uidnext)
        && now.exists == since.exists
}

type Entries = BTreeMap<u32, Row>;

fn by_uid(index: &FolderIndex) -> Entries {
    let row = |entry: &IndexEntry| {
        let mail = syncledger_domain::ports::mailbox::MailFlags::from_fingerprint(entry.fingerprint);
        let flags = Some(crate::item::Flags { mail, deleted: false });
        Some((Identity::of(&entry.id)?.uid, Row { flags, date: Some(entry.date), size: Some(entry.size) }))
    };
    index.entries.iter().filter_map(row).collect()
}

/// Everything there is.
async fn from_nothing(session: &mut Session, exists: u32) -> Result<Entries, MailboxError> {
    let mut rows = Rows::default();
    let mut complete = true;
    if exists > 0 {
        complete =
            collect(session, vec![Command::new(format!("UID FETCH 1:* {INDEX_ITEMS}"))], &mut rows).await?;
    }
    let missing = !complete || rows.0.len() < exists as usize;
    let listed = if missing { Some(listing(session).await?) } else { None };
    settle(session, Entries::new(), rows, listed).await
}

/// What has changed since a mod-sequence.
async fn by_modseq(session: &mut Session, mut known: Entries, since: u64) -> Result<Entries, MailboxError> {
    let tells_gone = session.capabilities().has("QRESYNC");
    let vanished = if tells_gone { " VANISHED" } else { "" };
    let command = Command::new(format!("UID FETCH 1:* {INDEX_ITEMS} (CHANGEDSINCE {since}{vanished})"));
    let mut rows = Rows::default();
    let mut gone = UidSet::default();
    let mut readable = true;
    let note = |response| match response {
        Response::Fetch(row) => rows.add(&row),
        Response::Vanished { uids, .. } => gone.extend(uids),
        Response::Garbled => readable = false,
        _ => {}
    };
    session.run_with(vec![command], note).await?;
    // UIDs never come back, so gone is gone whatever a row said before.
    known.retain(|uid, _| !gone.contains(*uid));
    rows.0.retain(|uid, _| !gone.contains(*uid));
    let listed = if tells_gone && readable { None } else { Some(listing(session).await?) };
    settle(session, known, rows, listed).await
}

/// All flags, and all of what is new.
async fn by_comparison(session: &mut Session, known: Entries, uidnext: u32) -> Result<Entries, MailboxError> {
    let mut commands = Vec::new();
    if let Some(highest) = known.keys().next_back() {
        commands.push(Command::new(format!("UID FETCH 1:{highest} (UID FLAGS)")));
    }
    let from = known.keys().next_back().map_or(1, |highest| highest.saturating_add(1)).min(uidnext.max(1));
    commands.push(Command::new(format!("UID FETCH {from}:* {INDEX_ITEMS}")));
    let mut rows = Rows::default();
    collect(session, commands, &mut rows).await?;
    let listed = listing(session).await?;
    settle(session, known, rows, Some(listed)).await
}

/// Every message that is not marked as deleted.
async fn listing(session: &mut Session) -> Result<UidSet, MailboxError> {
    let command = search_command(session, "UNDELETED");
    Ok(search(session, command).await?)
}

/// Puts old and new together; asks once more for what should be there and is not, or only in part.
async fn settle(
    session: &mut Session,
    mut known: Entries,
    rows: Rows,
    listed: Option<UidSet>,
) -> Result<Entries, MailboxError> {
    merge(&mut known, rows);
    let absent = listed.iter().flat_map(UidSet::iter).filter(|uid| !known.contains_key(uid));
    let partial = known.iter().filter(|(_, row)| !is_whole(row) && !is_deleted(row)).map(|(uid, _)| *uid);
    // The listing is the server's word on what exists, and each UID in it costs it a message: no made-up ranges.
    let again = UidSet::from_uids(absent.take(MOST_ASKED_AGAIN).chain(partial));
    if !again.is_empty() {
        let mut rows = Rows::default();
        collect(session, fetch_commands(&again, INDEX_ITEMS), &mut rows).await?;
        merge(&mut known, rows);
    }
    if let Some(listed) = listed {
        known.retain(|uid, _| listed.contains(*uid));
    }
    known.retain(|uid, row| {
        let whole = row.flags.is_some();
        if !whole {
            tracing::warn!(imap.uid = uid, "the server lists a message and says nothing about it");
        }
        whole && !is_deleted(row)
    });
    Ok(known)
}

/// A bound on what a listing can make us ask for; a folder with more than this is read by ranges, not by absences.
const MOST_ASKED_AGAIN: usize = 2_000_000;

fn is_whole(row: &Row) -> bool {
    row.flags.is_some() && row.date.is_some() && row.size.is_some()
}

fn is_deleted(row: &Row) -> bool {
    row.flags.is_some_and(|flags| flags.deleted)
}

fn merge(known: &mut Entries, rows: Rows) {
    for (uid, row) in rows.0 {
        let entry = known.entry(uid).or_default();
        entry.flags = row.flags.or(entry.flags);
        entry.date = row.date.or(entry.date);
        entry.size = row.size.or(entry.size);
    }
}

fn finished(selected: &Selected, entries: Entries) -> FolderIndex {
    let mut digest = blake3::Hasher::new();
    let validity = selected.validity;
    let mut lines: Vec<IndexEntry> = entries
        .into_iter()
        .map(|(uid, row)| {
            let fingerprint = row.flags.unwrap_or_default().mail.fingerprint();
            let (date, size) = (row.date.unwrap_or(0), row.size.unwrap_or(0));
            digest.update(&uid.to_le_bytes()).update(&fingerprint.0.to_le_bytes());
            digest.update(&date.to_le_bytes()).update(&size.to_le_bytes());
            IndexEntry { id: Identity { uid, validity }.id(), fingerprint, date, size }
        })
        .collect();
    lines.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    let digest = digest.finalize();
    let digest = digest.as_bytes().first_chunk().copied().map_or(0, u64::from_le_bytes);
    let token = Token {
        validity,
        uidnext: selected.uidnext.unwrap_or(0),
        exists: selected.exists,
        modseq: selected.modseq.unwrap_or(0),
        digest,
    };
    FolderIndex { entries: lines, token: token.text() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_read_back() {
        let token = Token { validity: 1, uidnext: 2, exists: 3, modseq: u64::MAX, digest: 5 };
        assert_eq!(Token::parse(&token.text()), Some(token));
        for bad in ["", "container", "1.2.3.4", "1.2.3.4.5.6", "1.2.3.x.5"] {
            assert_eq!(Token::parse(bad), None, "{bad}");
        }
    }
}
