//! Flags set and cleared, messages expunged.

use std::collections::HashMap;

use syncledger_domain::{
    ids::ItemId,
    ports::mailbox::{BackendKey, Each, FlagChange, ItemChange, ItemState, MailboxError},
};

use super::{
    ImapMailbox,
    rows::{self, flags_now},
};
use crate::{
    failure::Failure,
    item::{FORWARDED, Identity},
    session::{Selected, Session},
    wire::{command::Command, response::Outcome, uids::UidSet},
};

pub(super) async fn update(
    mailbox: &ImapMailbox,
    folder: &BackendKey,
    changes: &[(ItemId, ItemChange)],
) -> Result<Each<ItemState>, MailboxError> {
    let (mut lease, selected) = mailbox.open_for_writing(folder).await?;
    // Several changes of one message count in their order, and groups have none: they become one change before.
    let mut wanted: HashMap<u32, FlagKey> = HashMap::new();
    for (id, change) in changes {
        if let (Some(identity), ItemChange::Flags(flags)) = (present(id, &selected), change) {
            let so_far = wanted.entry(identity.uid).or_default();
            *so_far = std::array::from_fn(|flag| key(*flags)[flag].or(so_far[flag]));
        }
    }
    let mut groups: HashMap<FlagKey, Vec<u32>> = HashMap::new();
    for (uid, change) in wanted {
        groups.entry(change).or_default().push(uid);
    }
    let asked = UidSet::from_uids(groups.values().flatten().copied());
    if !asked.is_empty() {
        let stores = stores(&selected, groups);
        lease.run_with(stores, |_| {}).await.or_else(forgive_gone)?;
    }
    let now = if asked.is_empty() { rows::Rows::default() } else { flags_now(&mut lease, &asked).await? };
    let result = |(id, change): &(ItemId, ItemChange)| {
        if matches!(change, ItemChange::Content(_)) {
            return Err(MailboxError::Unsupported("a message cannot be edited in place: create another"));
        }
        let flags = present(id, &selected).and_then(|identity| now.flags(identity.uid));
        let flags = flags.ok_or_else(|| MailboxError::NoSuchItem(id.clone()))?;
        Ok(ItemState { id: id.clone(), fingerprint: flags.mail.fingerprint() })
    };
    Ok(changes.iter().map(result).collect())
}

pub(super) async fn delete(
    mailbox: &ImapMailbox,
    folder: &BackendKey,
    ids: &[ItemId],
) -> Result<Each<()>, MailboxError> {
    let (mut lease, selected) = mailbox.open_for_writing(folder).await?;
    let uids = UidSet::from_uids(ids.iter().filter_map(|id| Some(present(id, &selected)?.uid)));
    if !uids.is_empty() {
        expunge(&mut lease, &uids).await?;
    }
    Ok(ids.iter().map(|_| Ok(())).collect())
}

/// Marks messages as deleted and takes them away. Without UIDPLUS, EXPUNGE takes whatever anybody has marked: it is
/// sent only when that is no more than ours; else ours stay marked, which hides them, until somebody expunges.
pub(super) async fn expunge(session: &mut Session, uids: &UidSet) -> Result<(), MailboxError> {
    if uids.is_empty() {
        return Ok(());
    }
    let each = |text: &str| -> Vec<Command> {
        uids.pieces().iter().map(|set| Command::new(text.replace('#', set))).collect()
    };
    let mut commands = each("UID STORE # +FLAGS.SILENT (\\Deleted)");
    let exact = session.capabilities().has("UIDPLUS");
    if exact {
        commands.extend(each("UID EXPUNGE #"));
    }
    session.run_with(commands, |_| {}).await.or_else(forgive_gone)?;
    if !exact {
        let marked = rows::search(session, rows::search_command(session, "DELETED")).await?;
        if marked.iter().all(|uid| uids.contains(uid)) {
            session.run(Command::new("EXPUNGE")).await?;
        }
    }
    Ok(())
}

/// What an id names in the folder as it is now.
pub(super) fn present(id: &ItemId, selected: &Selected) -> Option<Identity> {
    Identity::of(id).filter(|identity| identity.validity == selected.validity)
}

/// That some messages are gone meanwhile shows in the flags read afterwards; nothing else is forgiven.
fn forgive_gone(failure: Failure) -> Result<Option<Outcome>, Failure> {
    if rows::gone_meanwhile(&failure) { Ok(None) } else { Err(failure) }
}

/// A flag change as a key: one STORE for all messages with the same.
type FlagKey = [Option<bool>; 4];

fn key(change: FlagChange) -> FlagKey {
    [change.read, change.flagged, change.answered, change.forwarded]
}

fn stores(selected: &Selected, groups: HashMap<FlagKey, Vec<u32>>) -> Vec<Command> {
    const WORDS: [&str; 4] = ["\\Seen", "\\Flagged", "\\Answered", FORWARDED];
    let mut commands = Vec::new();
    for (change, uids) in groups {
        let pieces = UidSet::from_uids(uids).pieces();
        for (value, sign) in [(true, '+'), (false, '-')] {
            let words =
                WORDS.iter().zip(change).filter(|(word, set)| *set == Some(value) && selected.keeps(word));
            let words: Vec<&str> = words.map(|(word, _)| *word).collect();
            if words.is_empty() {
                continue;
            }
            let words = words.join(" ");
            let store = |set: &String| Command::new(format!("UID STORE {set} {sign}FLAGS.SILENT ({words})"));
            commands.extend(pieces.iter().map(store));
        }
    }
    commands
}
