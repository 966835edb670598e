//! Messages of a window: one round trip, handed on one by one as they arrive.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use futures_util::{StreamExt, stream, stream::BoxStream};
use syncledger_domain::{
    ids::ItemId,
    ports::mailbox::{BackendKey, FetchPart, Fetched, MailboxError},
};

use super::{ImapMailbox, create, only_a_container, rows};
use crate::{
    account::Lease,
    failure::{Failure, success},
    item::{Flags, Identity},
    session::{Pending, Progress},
    wire::{
        response::{FetchRow, Response},
        uids::UidSet,
    },
};

/// How often items that did not come, or came without a whole header, are asked for.
const ROUNDS: usize = 3;

/// Starts the fetch and returns when the folder is reached; the messages follow in the stream.
pub(super) async fn fetch<'a>(
    mailbox: &ImapMailbox,
    folder: &BackendKey,
    ids: &[ItemId],
    part: FetchPart,
) -> Result<BoxStream<'a, Result<Fetched, MailboxError>>, MailboxError> {
    let mut open: HashMap<u32, Vec<Identity>> = HashMap::new();
    for identity in ids.iter().filter_map(Identity::of) {
        let same_uid = open.entry(identity.uid).or_default();
        if !same_uid.contains(&identity) {
            same_uid.push(identity);
        }
    }
    if open.is_empty() {
        // The folder may be missing all the same.
        mailbox.open(folder).await?;
        return Ok(stream::empty().boxed());
    }
    let lease = mailbox.lease(folder).await?;
    let most = mailbox.account.connector.config.max_message;
    let folder = folder.clone();
    let mut window =
        Window { lease, folder, open, part, most, round: 0, pending: None, ready: VecDeque::new() };
    if let Err(failure) = window.begin().await {
        if !window.lease.was_stale(&failure) {
            return Err(failure.into());
        }
        window.lease = mailbox.account.replace(window.lease).await?;
        window.begin().await?;
    }
    if let Some(refused) = window.refused().await? {
        only_a_container(&mut window.lease, &window.folder, refused).await?;
    }
    Ok(stream::unfold(Some(window), |window| async move {
        let mut window = window?;
        match window.next().await {
            Ok(Some(fetched)) => Some((Ok(fetched), Some(window))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    })
    .boxed())
}

/// A fetch under way.
struct Window {
    lease: Lease,
    folder: BackendKey,
    /// What has not come yet, by UID.
    open: HashMap<u32, Vec<Identity>>,
    part: FetchPart,
    /// Most bytes of one message.
    most: usize,
    round: usize,
    pending: Option<Pending>,
    ready: VecDeque<Fetched>,
}

impl Window {
    async fn next(&mut self) -> Result<Option<Fetched>, MailboxError> {
        loop {
            if let Some(fetched) = self.ready.pop_front() {
                return Ok(Some(fetched));
            }
            let Some(pending) = &mut self.pending else { return Ok(None) };
            match self.lease.next(pending).await? {
                Some(Response::Fetch(row)) => self.take(row),
                Some(_) => {}
                None => self.end_of_round().await?,
            }
        }
    }

    /// Asks, and reads up to the end of the command that reaches the folder.
    async fn begin(&mut self) -> Result<(), Failure> {
        self.ask().await?;
        let mut pending = self.pending.take().unwrap_or_default();
        while pending.outcomes().is_empty() {
            if let Progress::Untagged(Response::Fetch(row)) = self.lease.step(&mut pending).await? {
                self.take(row);
            }
        }
        self.pending = Some(pending);
        Ok(())
    }

    /// Why the folder was not reached, if it was not; then all commands have ended.
    async fn refused(&mut self) -> Result<Option<Failure>, Failure> {
        let Some(pending) = &mut self.pending else { return Ok(None) };
        let Some(Err(refused)) = pending.outcomes().first().cloned().map(success) else { return Ok(None) };
        while self.lease.next(pending).await?.is_some() {}
        self.pending = None;
        self.open.clear();
        Ok(Some(refused))
    }

    async fn ask(&mut self) -> Result<(), Failure> {
        let set = UidSet::from_uids(self.open.keys().copied());
        let items = format!("(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.{}>)", self.limit());
        // Reaching the folder and fetching go together: UIDs mean the same whatever the first answer tells.
        let commands = rows::after(self.lease.reach(&self.folder), rows::fetch_commands(&set, &items));
        self.pending = Some(self.lease.send(commands).await?);
        Ok(())
    }

    /// Bytes to ask for. A range is asked for even of whole messages, so that no message can be larger than we hold.
    fn limit(&self) -> usize {
        match (self.part, self.round) {
            (FetchPart::Prefix(bytes), 0) => (bytes as usize).clamp(1, self.most),
            // The header was longer than that.
            (FetchPart::Prefix(bytes), 1) => {
                (bytes as usize).saturating_mul(8).clamp(64 * 1024, 1024 * 1024).min(self.most)
            }
            (FetchPart::Full | FetchPart::Prefix(_), _) => self.most,
        }
    }

    fn take(&mut self, row: FetchRow) {
        let (Some(uid), Some(body), Some(flags)) = (row.uid, row.body, row.flags) else { return };
        let flags = Flags::parse(&flags);
        let Some(selected) = self.lease.selected().filter(|selected| selected.key == self.folder) else {
            return;
        };
        let identity = Identity { uid, validity: selected.validity };
        if !self.open.get(&uid).is_some_and(|asked| asked.contains(&identity)) {
            return;
        }
        let limit = self.limit();
        let whole = body.len() < limit;
        let size = row.size.unwrap_or(0);
        if !whole && (size as usize) > body.len() && limit < self.most && !has_whole_header(&body) {
            return;
        }
        self.open.remove(&uid);
        if flags.deleted {
            return;
        }
        self.ready.push_back(finished(identity, flags, row.date.unwrap_or(0), body, size, whole));
    }

    async fn end_of_round(&mut self) -> Result<(), MailboxError> {
        let ended = self.pending.take().unwrap_or_default();
        for outcome in ended.outcomes() {
            match success(outcome.clone()) {
                Err(failure) if !rows::gone_meanwhile(&failure) => return Err(failure.on(&self.folder)),
                _ => {}
            }
        }
        let validity = self.lease.selected().map(|selected| selected.validity);
        self.open.retain(|_, asked| asked.iter().any(|identity| Some(identity.validity) == validity));
        self.round += 1;
        // Only what exists is asked for again: that a row did not come does not say that its message is gone.
        if !self.open.is_empty() && self.round < ROUNDS && self.retain_existing().await? {
            self.ask().await?;
        }
        Ok(())
    }

    async fn retain_existing(&mut self) -> Result<bool, Failure> {
        let set = UidSet::from_uids(self.open.keys().copied());
        let mut existing = UidSet::default();
        for piece in set.pieces() {
            let command = rows::search_command(&self.lease, &format!("UID {piece} UNDELETED"));
            existing.extend(rows::search(&mut self.lease, command).await?);
        }
        self.open.retain(|uid, _| existing.contains(*uid));
        Ok(!self.open.is_empty())
    }
}

fn finished(identity: Identity, flags: Flags, date: i64, body: Bytes, size: u32, whole: bool) -> Fetched {
    let total = u32::try_from(body.len()).unwrap_or(u32::MAX);
    // Some servers only estimate the size; when all of it has come, it is known.
    let size = if whole { total } else { size.max(total) };
    let content = create::without_origin(body);
    let ours = total.saturating_sub(u32::try_from(content.len()).unwrap_or(u32::MAX));
    Fetched {
        id: identity.id(),
        fingerprint: flags.mail.fingerprint(),
        date,
        content,
        size: size.saturating_sub(ours),
    }
}

fn has_whole_header(body: &[u8]) -> bool {
    body.windows(4).any(|w| w == b"\r\n\r\n") || body.windows(2).any(|w| w == b"\n\n")
}
