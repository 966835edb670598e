//! One waiting connection.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use syncledger_domain::ports::mailbox::{BackendKey, MailboxError};
use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{Instant, sleep_until},
};

use super::Request;
use crate::{
    account::Account,
    failure::Failure,
    mailbox::{normal, signature},
    session::Session,
    wire::{
        command::Command,
        response::{ListRow, Outcome, Response, StatusRow},
        value::Value,
    },
};

/// Without mod-sequences a change of flags may not show in a folder's numbers: after so many polls a folder counts as
/// changed whatever they say.
const BLIND_POLLS: u32 = 5;

/// With NOTIFY the polls are only a net below it.
const NOTIFIED_POLLS: u32 = 5;

/// What NOTIFY is to tell of a folder (RFC 5465).
const EVENTS: &str = "(MessageNew MessageExpunge FlagChange)";

/// The numbers of a folder.
type Numbers = [Option<u64>; 5];

const NUMBERS: [&str; 5] = ["UIDVALIDITY", "UIDNEXT", "MESSAGES", "UNSEEN", "HIGHESTMODSEQ"];

/// Why the wait was interrupted.
enum Interrupt {
    Asked(Request),
    Due,
    Orphaned,
}

/// A waiting connection and what it knows of each folder.
pub(super) struct Waiter {
    account: Arc<Account>,
    session: Session,
    /// The folder watched by IDLE.
    primary: Option<BackendKey>,
    /// The other folders; `None` for one without numbers (it cannot be selected, or is not there).
    others: BTreeMap<BackendKey, Option<Numbers>>,
    /// Folders the server did not select, on this connection.
    unselectable: BTreeSet<BackendKey>,
    /// The last listing: its digest and its names, those of all levels.
    listing: Option<u64>,
    names: HashSet<BackendKey>,
    /// Whether the server has taken our NOTIFY; `None` before the first attempt and after a change of folders.
    notified: Option<bool>,
    notify_refused: bool,
    idle_refused: bool,
    blind: u32,
    next_poll: Instant,
}

impl Waiter {
    pub(super) async fn connect(account: &Arc<Account>) -> Result<Self, MailboxError> {
        let session = account.connect().await?;
        Ok(Self {
            account: Arc::clone(account),
            session,
            primary: None,
            others: BTreeMap::new(),
            unselectable: BTreeSet::new(),
            listing: None,
            names: HashSet::new(),
            notified: None,
            notify_refused: false,
            idle_refused: false,
            blind: 0,
            next_poll: Instant::now() + account.connector.config.poll_interval,
        })
    }

    /// Waits and tells until nobody is left (`Ok`) or the connection is lost.
    pub(super) async fn serve(
        &mut self,
        waiting: &mut Vec<Request>,
        requests: &mut UnboundedReceiver<Request>,
    ) -> Result<(), Failure> {
        loop {
            while let Ok(request) = requests.try_recv() {
                waiting.push(request);
            }
            self.cover(self.account.hub.wanted()).await?;
            for request in waiting.drain(..) {
                let missing = request.folders.iter().find(|folder| !self.covers(folder)).cloned();
                // Whoever asked may have gone; then nobody minds.
                let _ = request
                    .in_force
                    .send(missing.map_or(Ok(()), |folder| Err(MailboxError::NoSuchFolder(folder))));
            }
            // What happened between the numbers and the NOTIFY shows in the numbers only.
            if self.notify().await? || Instant::now() >= self.next_poll {
                self.poll().await?;
            }
            match self.wait(requests).await? {
                Interrupt::Asked(request) => waiting.push(request),
                Interrupt::Due if self.account.hub.may_end() => return Ok(()),
                Interrupt::Due => {}
                Interrupt::Orphaned => return Ok(()),
            }
        }
    }

    /// Whether a folder is under watch: it has numbers, or is listed at least.
    fn covers(&self, folder: &BackendKey) -> bool {
        self.primary.as_ref() == Some(folder)
            || self.others.get(folder).is_some_and(Option::is_some)
            || self.names.contains(folder)
    }

    /// Takes every wanted folder under watch: from here on its changes show.
    async fn cover(&mut self, wanted: BTreeSet<BackendKey>) -> Result<(), Failure> {
        if let Some(best) = self.best(&wanted).filter(|best| self.primary.as_ref() != Some(best)) {
            self.watch_first(best).await?;
        }
        self.others.retain(|folder, _| wanted.contains(folder) && self.primary.as_ref() != Some(folder));
        let new: Vec<BackendKey> = wanted
            .into_iter()
            .filter(|folder| self.primary.as_ref() != Some(folder) && !self.others.contains_key(folder))
            .collect();
        if !new.is_empty() || self.listing.is_none() {
            self.notified = None;
            let others = self.ask(&new).await?;
            self.others.extend(others);
        }
        Ok(())
    }

    /// The folder that IDLE serves best: the Inbox, else the present one, else any.
    fn best(&self, wanted: &BTreeSet<BackendKey>) -> Option<BackendKey> {
        let fits = |folder: &&BackendKey| wanted.contains(folder) && !self.unselectable.contains(folder);
        let inbox = BackendKey("INBOX".to_owned());
        let candidates = [Some(&inbox), self.primary.as_ref()].into_iter().flatten().chain(wanted);
        candidates.into_iter().find(fits).cloned()
    }

    async fn watch_first(&mut self, folder: BackendKey) -> Result<(), Failure> {
        // What the numbers of a poll would have shown is not compared with the selection: say so once too often.
        if self.others.remove(&folder).is_some() {
            self.account.hub.tell(&folder);
        }
        self.notified = None;
        match self.session.select(&folder).await {
            Ok(_) => {
                if let Some(old) = self.primary.replace(folder.clone()) {
                    self.account.hub.tell(&old);
                }
                Ok(())
            }
            Err(Failure::Refused(_)) => {
                self.unselectable.insert(folder);
                self.primary = None;
                Ok(())
            }
            Err(lost) => Err(lost),
        }
    }

    /// Asks folders for their numbers, and for the listing of all.
    async fn ask(
        &mut self,
        folders: &[BackendKey],
    ) -> Result<BTreeMap<BackendKey, Option<Numbers>>, Failure> {
        let modseq = if self.session.capabilities().has("CONDSTORE") { " HIGHESTMODSEQ" } else { "" };
        let items = format!(" (UIDVALIDITY UIDNEXT MESSAGES UNSEEN{modseq})");
        let mut commands = vec![Command::new("LIST \"\" \"*\"")];
        let ask = |folder: &BackendKey| Command::new("STATUS ").string(folder.0.as_bytes()).text(&items);
        commands.extend(folders.iter().map(ask));
        let mut found: BTreeMap<BackendKey, Option<Numbers>> =
            folders.iter().map(|folder| (folder.clone(), None)).collect();
        let mut rows: Vec<ListRow> = Vec::new();
        let mut pending = self.session.send(commands).await?;
        while let Some(response) = self.session.next(&mut pending).await? {
            match response {
                Response::List(row) => rows.push(row),
                // Without UIDVALIDITY it is NOTIFY's, not ours.
                Response::Status(row) if row.item("UIDVALIDITY").is_some() => {
                    if let Some(numbers) = key(&row).and_then(|key| found.get_mut(&key)) {
                        *numbers = Some(numbers_of(&row));
                    }
                }
                response => self.heed(response),
            }
        }
        self.names = names(&rows);
        let listing = signature(&rows);
        if self.listing.replace(listing).is_some_and(|before| before != listing) {
            self.account.hub.tell_anything();
        }
        Ok(found)
    }

    /// Compares the folders that are not watched with what they were.
    async fn poll(&mut self) -> Result<(), Failure> {
        self.blind = if self.session.capabilities().has("CONDSTORE") { 0 } else { self.blind + 1 };
        let blind = self.blind >= BLIND_POLLS;
        if blind {
            self.blind = 0;
        }
        let folders: Vec<BackendKey> = self.others.keys().cloned().collect();
        for (folder, now) in self.ask(&folders).await? {
            let before = self.others.insert(folder.clone(), now);
            if blind || before != Some(now) {
                self.account.hub.tell(&folder);
            }
        }
        let interval = self.account.connector.config.poll_interval;
        let interval = if self.notified == Some(true) { interval * NOTIFIED_POLLS } else { interval };
        self.next_poll = Instant::now() + interval;
        Ok(())
    }

    /// Asks the server to tell of the other folders by itself; whether it will from now on.
    async fn notify(&mut self) -> Result<bool, Failure> {
        if self.notified.is_some() || self.notify_refused || !self.session.capabilities().has("NOTIFY") {
            return Ok(false);
        }
        let mut command = Command::new(format!("NOTIFY SET (SELECTED {EVENTS})"));
        let present: Vec<&BackendKey> =
            self.others.iter().filter(|(_, numbers)| numbers.is_some()).map(|(folder, _)| folder).collect();
        if !present.is_empty() {
            command = command.text(" (MAILBOXES (");
            for (at, folder) in present.into_iter().enumerate() {
                command = command.text(if at == 0 { "" } else { " " }).string(folder.0.as_bytes());
            }
            command = command.text(format!(") {EVENTS})"));
        }
        command = command.text(" (PERSONAL (MailboxName))");
        let mut responses = Vec::new();
        // Dovecot 2.3 goes deaf when one NOTIFY SET follows another.
        let commands = vec![Command::new("NOTIFY NONE"), command];
        let result = self.session.run_with(commands, |response| responses.push(response)).await;
        for response in responses {
            self.heed(response);
        }
        match result {
            Ok(_) => self.notified = Some(true),
            Err(Failure::Refused(_)) => (self.notified, self.notify_refused) = (Some(false), true),
            Err(lost) => return Err(lost),
        }
        Ok(self.notified == Some(true))
    }

    /// Waits for the server, a request, or the time of the next poll.
    async fn wait(&mut self, requests: &mut UnboundedReceiver<Request>) -> Result<Interrupt, Failure> {
        let can_idle =
            self.primary.is_some() && !self.idle_refused && self.session.capabilities().has("IDLE");
        if can_idle { self.idle(requests).await } else { self.pause(requests).await }
    }

    /// Without IDLE: looks again at the next poll, which asks the selected folder too.
    async fn pause(&mut self, requests: &mut UnboundedReceiver<Request>) -> Result<Interrupt, Failure> {
        let interrupt = tokio::select! {
            request = requests.recv() => request.map_or(Interrupt::Orphaned, Interrupt::Asked),
            () = sleep_until(self.next_poll) => Interrupt::Due,
        };
        let mut responses = Vec::new();
        self.session.run_with(vec![Command::new("NOOP")], |response| responses.push(response)).await?;
        for response in responses {
            self.heed(response);
        }
        Ok(interrupt)
    }

    async fn idle(&mut self, requests: &mut UnboundedReceiver<Request>) -> Result<Interrupt, Failure> {
        let config = &self.account.connector.config;
        let (refresh, patience) = (config.idle_refresh, config.command_timeout);
        let until = self.next_poll.min(Instant::now() + refresh);
        let mut pending = self.session.send(vec![Command::new("IDLE")]).await?;
        let mut waiting = false;
        let interrupt = loop {
            let silence = if waiting { refresh + patience } else { patience };
            tokio::select! {
                response = self.session.receive(silence) => match response? {
                    Response::Continue(_) => waiting = true,
                    Response::Tagged { outcome, .. } => return self.idle_ended(waiting, &outcome),
                    response => self.heed(response),
                },
                request = requests.recv(), if waiting => {
                    break request.map_or(Interrupt::Orphaned, Interrupt::Asked);
                }
                () = sleep_until(until), if waiting => break Interrupt::Due,
            }
        };
        self.session.write_raw(b"DONE\r\n").await?;
        while let Some(response) = self.session.next(&mut pending).await? {
            self.heed(response);
        }
        Ok(interrupt)
    }

    /// The server has ended IDLE by itself: when it never began, it is not tried again on this connection.
    fn idle_ended(&mut self, began: bool, outcome: &Outcome) -> Result<Interrupt, Failure> {
        if began {
            return Err(Failure::Lost("the server ended IDLE".to_owned()));
        }
        tracing::info!(answer = %outcome.text, "the server announces IDLE and refuses it");
        self.idle_refused = true;
        self.session.settle();
        Ok(Interrupt::Due)
    }

    /// Tells what a response means.
    fn heed(&mut self, response: Response) {
        match response {
            Response::Exists(_)
            | Response::Expunge
            | Response::Vanished { .. }
            | Response::Fetch(_)
            | Response::Garbled => {
                if let Some(primary) = &self.primary {
                    self.account.hub.tell(primary);
                }
            }
            Response::Status(row) => {
                if let Some(key) = key(&row) {
                    // Or the next poll would tell the same again.
                    if let Some(Some(known)) = self.others.get_mut(&key) {
                        learn(known, &row);
                    }
                    self.account.hub.tell(&key);
                }
            }
            Response::List(_) => self.account.hub.tell_anything(),
            Response::Untagged(Outcome { code: Some(code), .. }) if code.name() == "NOTIFICATIONOVERFLOW" => {
                (self.notified, self.notify_refused) = (Some(false), true);
                self.account.hub.tell_anything();
            }
            _ => {}
        }
    }
}

/// Every folder of a listing, and every level above one: not all servers list levels that are no folders.
fn names(rows: &[ListRow]) -> HashSet<BackendKey> {
    let mut names = HashSet::new();
    for row in rows {
        let Ok(name) = String::from_utf8(row.name.to_vec()) else { continue };
        for (at, _) in name.match_indices(|c| Some(c) == row.delimiter) {
            names.insert(BackendKey(name[..at].to_owned()));
        }
        names.insert(BackendKey(normal(name)));
    }
    names
}

fn key(row: &StatusRow) -> Option<BackendKey> {
    String::from_utf8(row.name.to_vec()).ok().map(|name| BackendKey(normal(name)))
}

/// NOTIFY tells only some of the numbers.
fn learn(known: &mut Numbers, row: &StatusRow) {
    for (known, now) in known.iter_mut().zip(numbers_of(row)) {
        *known = now.or(*known);
    }
}

fn numbers_of(row: &StatusRow) -> Numbers {
    NUMBERS.map(|name| row.item(name).and_then(Value::number))
}
