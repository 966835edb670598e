//! Rows of FETCH, and the care for those that do not come.

use std::collections::BTreeMap;

use syncledger_domain::ports::mailbox::MailboxError;

use crate::{
    failure::Failure,
    item::Flags,
    session::Session,
    wire::{
        command::Command,
        response::{FetchRow, Response},
        uids::UidSet,
    },
};

/// What is needed for a line of an index.
pub(super) const INDEX_ITEMS: &str = "(UID FLAGS INTERNALDATE RFC822.SIZE)";

/// What is known of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Row {
    pub(super) flags: Option<Flags>,
    pub(super) date: Option<i64>,
    pub(super) size: Option<u32>,
}

/// Rows by UID. A server may speak of one message several times, and not of everything each time.
#[derive(Debug, Default)]
pub(super) struct Rows(pub(super) BTreeMap<u32, Row>);

impl Rows {
    pub(super) fn add(&mut self, row: &FetchRow) {
        let Some(uid) = row.uid else { return };
        let known = self.0.entry(uid).or_default();
        if let Some(flags) = &row.flags {
            known.flags = Some(Flags::parse(flags));
        }
        known.date = row.date.or(known.date);
        known.size = row.size.or(known.size);
    }

    pub(super) fn flags(&self, uid: u32) -> Option<Flags> {
        self.0.get(&uid)?.flags
    }
}

/// `UID FETCH` of a set, as many commands as its length needs.
pub(super) fn fetch_commands(uids: &UidSet, items: &str) -> Vec<Command> {
    uids.pieces().iter().map(|set| Command::new(format!("UID FETCH {set} {items}"))).collect()
}

/// Puts another command in front.
pub(super) fn after(first: Command, mut then: Vec<Command>) -> Vec<Command> {
    then.insert(0, first);
    then
}

/// The flags messages have now, by UID; those that are gone, or marked as deleted, are missing.
pub(super) async fn flags_now(session: &mut Session, uids: &UidSet) -> Result<Rows, MailboxError> {
    let mut rows = Rows::default();
    let commands = after(Command::new("NOOP"), fetch_commands(uids, "(UID FLAGS)"));
    collect(session, commands, &mut rows).await?;
    rows.0.retain(|uid, row| uids.contains(*uid) && row.flags.is_some_and(|flags| !flags.deleted));
    Ok(rows)
}

/// Runs commands and gathers their rows; whether every row could be read. A refusal because some messages are gone
/// meanwhile is none.
pub(super) async fn collect(
    session: &mut Session,
    commands: Vec<Command>,
    rows: &mut Rows,
) -> Result<bool, MailboxError> {
    let mut readable = true;
    let note = |response| match response {
        Response::Fetch(row) => rows.add(&row),
        Response::Garbled => readable = false,
        _ => {}
    };
    match session.run_with(commands, note).await {
        Ok(_) => Ok(readable),
        Err(failure) if gone_meanwhile(&failure) => Ok(false),
        Err(failure) => Err(failure.into()),
    }
}

/// RFC 5530, "EXPUNGEISSUED".
pub(super) fn gone_meanwhile(failure: &Failure) -> bool {
    failure.has_code(&["EXPUNGEISSUED"])
}

/// UIDs for which a search holds.
pub(super) async fn search(session: &mut Session, command: Command) -> Result<UidSet, Failure> {
    let mut found = UidSet::default();
    let note = |response| {
        if let Response::Search(uids) = response {
            found.extend(uids);
        }
    };
    session.run_with(vec![command], note).await?;
    Ok(found)
}

/// `UID SEARCH`, asking for a compact answer where the server can give one (RFC 4731).
pub(super) fn search_command(session: &Session, criteria: &str) -> Command {
    let compact = if session.capabilities().has("ESEARCH") { "RETURN (ALL) " } else { "" };
    Command::new(format!("UID SEARCH {compact}{criteria}"))
}
