//! APPEND, once per origin.
//!
//! A created message carries its origin in a header field of its own, as the very first line: a repetition finds it by
//! a search. The field is hidden again when the message is read, so that what comes out is what went in. A keyword
//! would be tidier and is not possible: Maildir servers know no more than 26 per folder.

use bytes::Bytes;
use syncledger_domain::ports::mailbox::{BackendKey, ItemState, MailFlags, MailboxError, NewItem, Origin};

use super::{
    ImapMailbox,
    rows::{self, flags_now},
    why_not,
};
use crate::{
    failure::Failure,
    item::{FORWARDED, Identity},
    session::{Selected, Session},
    wire::{command::Command, date, response::Outcome, uids::UidSet},
};

/// Name of the field.
const ORIGIN: &str = "X-Syncledger-Origin";

/// Characters of its value.
const ORIGIN_LENGTH: usize = 32;

/// A repetition is looked for among this many UIDs at the end of the folder: the server may have to open every message
/// it looks at, and repetitions come within minutes, before so much other mail.
const ORIGIN_WINDOW: u32 = 2000;

pub(super) async fn create(
    mailbox: &ImapMailbox,
    folder: &BackendKey,
    item: NewItem,
) -> Result<ItemState, MailboxError> {
    let _one_at_a_time = mailbox.account.creating.lock().await;
    let (mut lease, selected) = mailbox.open_for_writing(folder).await?;
    let origin = digest(&item.origin);
    if let Some(state) = find(&mut lease, &selected, &origin).await? {
        return Ok(state);
    }
    let outcome = match append(&mut lease, &selected, &origin, item).await {
        Ok(outcome) => outcome,
        Err(failure) => return Err(why_not(&mut lease, folder, failure).await),
    };
    let found = if let Some(identity) = appended_uid(&outcome) {
        state(&mut lease, &selected, identity).await?
    } else {
        lease.run(Command::new("NOOP")).await?;
        find(&mut lease, &selected, &origin).await?
    };
    found.ok_or_else(|| MailboxError::Unavailable("the new message has vanished at once".to_owned()))
}

/// Hides the origin of a message this program created.
pub(super) fn without_origin(message: Bytes) -> Bytes {
    let line = ORIGIN.len() + 2 + ORIGIN_LENGTH + 2;
    let ours = message.len() >= line
        && message.starts_with(ORIGIN.as_bytes())
        && message[ORIGIN.len()..].starts_with(b": ")
        && message[..line].ends_with(b"\r\n");
    if ours { message.slice(line..) } else { message }
}

fn digest(origin: &Origin) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(origin.device.as_str().as_bytes())
        .update(&[0])
        .update(origin.client_id.as_str().as_bytes());
    let mut hex = hasher.finalize().to_hex().to_string();
    hex.truncate(ORIGIN_LENGTH);
    hex
}

async fn find(
    session: &mut Session,
    selected: &Selected,
    origin: &str,
) -> Result<Option<ItemState>, MailboxError> {
    let newest = selected.uidnext.unwrap_or(u32::MAX);
    let from = newest.saturating_sub(ORIGIN_WINDOW).max(1);
    let range = if selected.uidnext.is_some() { format!("UID {from}:* ") } else { String::new() };
    let criteria = format!("{range}UNDELETED HEADER {ORIGIN} {origin}");
    let found = rows::search(session, rows::search_command(session, &criteria)).await?;
    match found.iter().next() {
        Some(uid) => state(session, selected, Identity { uid, validity: selected.validity }).await,
        None => Ok(None),
    }
}

/// Its flags as the server keeps them, which need not be all that were asked for.
async fn state(
    session: &mut Session,
    selected: &Selected,
    identity: Identity,
) -> Result<Option<ItemState>, MailboxError> {
    if identity.validity != selected.validity {
        return Err(MailboxError::Unavailable("the folder was renumbered at this moment".to_owned()));
    }
    let rows = flags_now(session, &UidSet::from_uids([identity.uid])).await?;
    let state =
        |flags: crate::item::Flags| ItemState { id: identity.id(), fingerprint: flags.mail.fingerprint() };
    Ok(rows.flags(identity.uid).map(state))
}

async fn append(
    session: &mut Session,
    selected: &Selected,
    origin: &str,
    item: NewItem,
) -> Result<Outcome, Failure> {
    let field = format!("{ORIGIN}: {origin}\r\n");
    let content = Bytes::from([field.as_bytes(), &item.content].concat());
    let flags = flag_words(item.flags).filter(|flag| selected.keeps(flag)).collect::<Vec<_>>().join(" ");
    let date = date::format(item.date.0.div_euclid(1_000_000));
    let command = Command::new("APPEND ")
        .string(selected.key.0.as_bytes())
        .text(format!(" ({flags}) \"{date}\" "))
        .literal(content);
    session.run(command).await
}

fn flag_words(flags: MailFlags) -> impl Iterator<Item = &'static str> {
    let words = [
        (flags.read, "\\Seen"),
        (flags.flagged, "\\Flagged"),
        (flags.answered, "\\Answered"),
        (flags.forwarded, FORWARDED),
    ];
    words.into_iter().filter(|(set, _)| *set).map(|(_, word)| word)
}

/// RFC 4315, "APPENDUID".
fn appended_uid(outcome: &Outcome) -> Option<Identity> {
    let code = outcome.code.as_ref().filter(|code| code.name() == "APPENDUID")?;
    let arguments = code.arguments();
    Some(Identity { validity: arguments.first()?.number()?, uid: arguments.get(1)?.number()? })
}

#[cfg(test)]
mod tests {
    use syncledger_domain::ids::{ClientId, DeviceId};

    use super::*;

    #[test]
    fn the_origin_is_hidden_and_nothing_else_is() {
        let origin = Origin { device: DeviceId::new("d").unwrap(), client_id: ClientId::new("c").unwrap() };
        let stored = format!("{ORIGIN}: {}\r\nSubject: x\r\n\r\n", digest(&origin));
        assert_eq!(without_origin(Bytes::from(stored.clone())), "Subject: x\r\n\r\n");
        for other in [
            "",
            ORIGIN,
            "X-Syncledger-Origin: short\r\nSubject: x\r\n\r\nbody of some length\r\n",
            &stored[1..],
        ] {
            assert_eq!(without_origin(Bytes::from(other.to_owned())), other);
        }
    }
}
