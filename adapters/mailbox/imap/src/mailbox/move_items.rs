//! MOVE, or what stood for it before (RFC 6851; RFC 4315, "COPYUID").

use std::collections::HashMap;

use syncledger_domain::{
    ids::ItemId,
    ports::mailbox::{BackendKey, Each, ItemState, MailboxError},
};

use super::{
    ImapMailbox, can_be_named,
    change::{expunge, present},
    rows::{INDEX_ITEMS, Row, Rows, collect, fetch_commands, flags_now},
    why_not,
};
use crate::{
    item::Identity,
    session::{Selected, Session},
    wire::{
        command::Command,
        response::{Code, Outcome, Response},
        uids::{UidSet, in_order},
        value::Value,
    },
};

pub(super) async fn move_items(
    mailbox: &ImapMailbox,
    from: &BackendKey,
    ids: &[ItemId],
    to: &BackendKey,
) -> Result<Each<ItemState>, MailboxError> {
    if !can_be_named(to) {
        return Err(MailboxError::NoSuchFolder(to.clone()));
    }
    let (mut lease, selected) = mailbox.open_for_writing(from).await?;
    let uids = UidSet::from_uids(ids.iter().filter_map(|id| Some(present(id, &selected)?.uid)));
    let moved = if uids.is_empty() {
        HashMap::new()
    } else if lease.capabilities().has("UIDPLUS") {
        with_uidplus(&mut lease, &uids, to).await?
    } else {
        without_uidplus(&mut lease, &selected, &uids, to).await?
    };
    let states = arrived(&mut lease, to, &moved).await?;
    let result = |id: &ItemId| {
        let new = present(id, &selected).and_then(|old| states.get(moved.get(&old.uid)?).cloned());
        new.ok_or_else(|| MailboxError::NoSuchItem(id.clone()))
    };
    Ok(ids.iter().map(result).collect())
}

/// Old UID → new identity.
type Moved = HashMap<u32, Identity>;

async fn with_uidplus(session: &mut Session, uids: &UidSet, to: &BackendKey) -> Result<Moved, MailboxError> {
    let verb = if session.capabilities().has("MOVE") { "MOVE" } else { "COPY" };
    let mut moved = Moved::new();
    for set in uids.pieces() {
        let mut codes = Vec::new();
        // MOVE gives the code in an untagged OK, COPY in the tagged one.
        let note = |response| {
            if let Response::Untagged(Outcome { code: Some(code), .. }) = response {
                codes.push(code);
            }
        };
        let command = Command::new(format!("UID {verb} {set} ")).string(to.0.as_bytes());
        let outcome = match session.run_with(vec![command], note).await {
            Ok(outcome) => outcome,
            Err(failure) => return Err(why_not(session, to, failure).await),
        };
        codes.extend(outcome.and_then(|outcome| outcome.code));
        for code in &codes {
            copied(code, &mut moved);
        }
    }
    if verb == "COPY" && !moved.is_empty() {
        expunge(session, &UidSet::from_uids(moved.keys().copied())).await?;
    }
    Ok(moved)
}

/// Most messages one COPYUID can speak of: more than any batch of a device.
const MOST: usize = 1_000_000;

fn copied(code: &Code, moved: &mut Moved) {
    if code.name() != "COPYUID" {
        return;
    }
    let arguments = code.arguments();
    let list = |at: usize| in_order(arguments.get(at)?.bytes()?, MOST);
    if let (Some(validity), Some(old), Some(new)) =
        (arguments.first().and_then(Value::number), list(1), list(2))
    {
        let pairs = old.into_iter().zip(new);
        moved.extend(pairs.map(|(old, uid)| (old, Identity { uid, validity })));
    }
}

/// One message after the other, each found again in the target by what COPY preserves: date and size, among the UIDs
/// that are new there.
async fn without_uidplus(
    session: &mut Session,
    from: &Selected,
    uids: &UidSet,
    to: &BackendKey,
) -> Result<Moved, MailboxError> {
    let mut old = Rows::default();
    collect(session, fetch_commands(uids, INDEX_ITEMS), &mut old).await?;
    let mut before = select(session, to).await?;
    let mut copied_uids = Vec::new();
    let mut moved = Moved::new();
    for (uid, row) in old.0.iter().filter(|(uid, _)| uids.contains(**uid)) {
        let again = select(session, &from.key).await?;
        if again.validity != from.validity {
            return Err(MailboxError::Unavailable("the folder was renumbered at this moment".to_owned()));
        }
        let command = Command::new(format!("UID COPY {uid} ")).string(to.0.as_bytes());
        if let Err(failure) = session.run(command).await {
            return Err(why_not(session, to, failure).await);
        }
        copied_uids.push(*uid);
        let now = select(session, to).await?;
        if let Some(new) = newcomer(session, &before, row).await? {
            moved.insert(*uid, Identity { uid: new, validity: now.validity });
        }
        before = now;
    }
    select(session, &from.key).await?;
    expunge(session, &UidSet::from_uids(copied_uids)).await?;
    Ok(moved)
}

async fn select(session: &mut Session, folder: &BackendKey) -> Result<Selected, MailboxError> {
    match session.select(folder).await {
        Ok(selected) => Ok(selected),
        Err(failure) => Err(why_not(session, folder, failure).await),
    }
}

async fn newcomer(session: &mut Session, before: &Selected, like: &Row) -> Result<Option<u32>, MailboxError> {
    let from = before.uidnext.unwrap_or(1);
    let mut rows = Rows::default();
    let command = Command::new(format!("UID FETCH {from}:* {INDEX_ITEMS}"));
    collect(session, vec![command], &mut rows).await?;
    let same = |row: &Row| row.date == like.date && row.size == like.size;
    Ok(rows.0.iter().rev().find(|(uid, row)| **uid >= from && same(row)).map(|(uid, _)| *uid))
}

/// The state of what has arrived, by identity.
async fn arrived(
    session: &mut Session,
    to: &BackendKey,
    moved: &Moved,
) -> Result<HashMap<Identity, ItemState>, MailboxError> {
    // Even if nothing has arrived, the target must exist.
    let target = select(session, to).await?;
    if moved.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = flags_now(session, &UidSet::from_uids(moved.values().map(|new| new.uid))).await?;
    let state = |new: &Identity| {
        let flags = rows.flags(new.uid).filter(|_| new.validity == target.validity)?;
        Some((*new, ItemState { id: new.id(), fingerprint: flags.mail.fingerprint() }))
    };
    Ok(moved.values().filter_map(state).collect())
}
