//! The task that writes: one for all loggers of a node. It also ends loggers whose time is over or whose file cannot be
//! written.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Write as _,
    mem,
    path::PathBuf,
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};

use syncledger_commands::{CommandError, Issuer, Loaded, raise_notice, remove_logger};
use syncledger_domain::{
    event::{Actor, CorrelationId, Timestamp},
    folders::FolderMap,
    ids::{AccountId, FolderId},
    loggers::{Level, LoggerAdded, LoggerEnd, LoggerId, Loggers},
    notices::Severity,
};
use tokio::sync::mpsc;

use super::{
    Entry, Message, Shared, field,
    files::{Failed, Files, Running},
    place::LogPlace,
};

/// Most entries written at a time.
const BATCH: usize = 64;
/// Longest pause between two looks at the clock and at files that vanished.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Pause before an end that could not be recorded is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// Writes what requests tell, as long as it is run.
pub struct Writer {
    shared: Arc<Shared>,
    waiting: mpsc::Receiver<Message>,
    place: LogPlace,
    files: Option<Files>,
    /// The loggers as they were looked at last.
    known: Loggers,
    /// Loggers of which this node knows that they ended, until the log says so.
    ending: BTreeMap<LoggerId, LoggerEnd>,
}

impl Writer {
    pub(super) fn new(shared: &Arc<Shared>, waiting: mpsc::Receiver<Message>, place: LogPlace) -> Self {
        let files = Some(Files::new(place.clone()));
        let (known, ending) = (Loggers::default(), BTreeMap::new());
        Self { shared: Arc::clone(shared), waiting, place, files, known, ending }
    }

    /// Runs until it is dropped.
    pub async fn run(mut self) {
        let mut changes = self.shared.services.policy.changes();
        let mut batch = Vec::with_capacity(BATCH);
        self.look().await;
        loop {
            let pause = self.pause();
            tokio::select! {
                count = self.waiting.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        return;
                    }
                    self.take(&mut batch).await;
                }
                Ok(()) = changes.changed() => {
                    if *self.shared.services.policy.current().loggers() != self.known {
                        self.look().await;
                    }
                }
                () = tokio::time::sleep(pause) => self.look().await,
            }
        }
    }

    async fn take(&mut self, batch: &mut Vec<Message>) {
        let (mut entries, mut waiting) = (Vec::new(), Vec::new());
        for message in batch.drain(..) {
            match message {
                Message::Entry(entry) => entries.push(entry),
                Message::Flush(done) => waiting.push(done),
            }
        }
        self.write(entries).await;
        if !waiting.is_empty() {
            self.look().await;
        }
        for done in waiting {
            let _ = done.send(());
        }
    }

    /// Opens files of new loggers, closes those of ended ones, ends those whose time is over.
    async fn look(&mut self) {
        self.known.clone_from(self.shared.services.policy.current().loggers());
        let now = self.shared.now();
        let over = |logger: &&LoggerAdded| logger.until.is_some_and(|until| until <= now);
        for logger in self.known.list.values().filter(over) {
            self.ending.entry(logger.id).or_insert(LoggerEnd::Expired);
        }
        let running: Vec<Running> = self.running(now).map(as_running).collect();
        self.with_files(move |files| files.keep(&running)).await;
        self.end(Vec::new()).await;
    }

    fn running(&self, now: Timestamp) -> impl Iterator<Item = &LoggerAdded> {
        let ends = move |logger: &&LoggerAdded| logger.until.is_none_or(|until| now < until);
        self.known.list.values().filter(ends).filter(|logger| !self.ending.contains_key(&logger.id))
    }

    async fn write(&mut self, entries: Vec<Entry>) {
        let bytes = entries.iter().map(Entry::size).sum();
        self.known.clone_from(self.shared.services.policy.current().loggers());
        let pages = self.pages(&entries).await;
        let written = self
            .with_files(move |files| {
                let write = |(logger, text): &(Running, String)| files.write(logger, text).err();
                pages.iter().filter_map(write).collect::<Vec<Failed>>()
            })
            .await;
        self.shared.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.end(written.unwrap_or_default()).await;
    }

    /// What is to be added to which file.
    async fn pages(&self, entries: &[Entry]) -> Vec<(Running, String)> {
        let lost = mem::take(&mut *self.shared.lost.lock().unwrap_or_else(PoisonError::into_inner));
        let folders = self.folder_maps(entries).await;
        let now = self.shared.now();
        let mut pages = Vec::new();
        for logger in self.running(now) {
            let mut text = String::new();
            let ours = |entry: &&Entry| entry.account == logger.account && entry.level <= logger.level;
            for entry in entries.iter().filter(ours) {
                render(&mut text, entry, folders.get(&entry.account).map(|loaded| &loaded.state));
            }
            if let Some(count) = lost.get(&logger.account) {
                let level = shown(Level::Warn);
                let _ = writeln!(text, "{now} {level} {count} entries lost: the file is written too slowly");
            }
            if !text.is_empty() {
                pages.push((as_running(logger), text));
            }
        }
        pages
    }

    /// Folders of accounts some entry names folders of. Where the log cannot be read, ids have to do.
    async fn folder_maps(&self, entries: &[Entry]) -> HashMap<AccountId, Arc<Loaded<FolderMap>>> {
        let naming = entries.iter().filter(|entry| !entry.folders.is_empty());
        let accounts: BTreeSet<AccountId> = naming.map(|entry| entry.account).collect();
        let mut maps = HashMap::new();
        for account in accounts {
            if let Ok(loaded) = self.shared.services.folder_maps.load(account).await {
                maps.insert(account, loaded);
            }
        }
        maps
    }

    /// Works on files where waiting for the disk holds up nothing else.
    async fn with_files<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Files) -> T + Send + 'static,
    ) -> Option<T> {
        let mut files = self.files.take().unwrap_or_else(|| Files::new(self.place.clone()));
        let done = tokio::task::spawn_blocking(move || {
            let result = work(&mut files);
            (result, files)
        });
        let (result, files) = done.await.ok()?;
        self.files = Some(files);
        Some(result)
    }

    /// Records that loggers ended: those that failed now, and those of which it could not be recorded before.
    async fn end(&mut self, failed: Vec<Failed>) {
        for (id, why) in failed {
            tracing::error!(logger = %id, reason = %why, "an account logger ends: its file cannot be written");
            self.ending.entry(id).or_insert(LoggerEnd::Unwritable(why));
        }
        for (id, cause) in self.ending.clone() {
            if self.record(id, &cause).await {
                self.ending.remove(&id);
                // Not before the snapshot shows it: until then it would be opened again.
                self.known.list.remove(&id);
            }
        }
    }

    /// Whether nothing is left to do: recorded, or already ended by somebody else.
    async fn record(&self, id: LoggerId, cause: &LoggerEnd) -> bool {
        let repository = &self.shared.services.repository;
        let correlation_id = CorrelationId(repository.randomness().uuid_v7(self.shared.now()));
        let issuer = Issuer { actor: Actor::Job("loggers".to_owned()), correlation_id };
        match remove_logger::run(repository, &issuer, id, cause.clone()).await {
            Ok(executed) => {
                if let Some(appended) = executed.appended {
                    self.shared.services.policy.wait_for(appended.last_position, RETRY).await;
                }
            }
            Err(CommandError::Refused(_)) => return true,
            Err(error) => {
                tracing::warn!(logger = %id, %error, "the end of an account logger could not be recorded; trying again");
                return false;
            }
        }
        if let LoggerEnd::Unwritable(why) = cause {
            let subject = format!("Account logger {id} ended: its file cannot be written");
            let node = Some(&self.shared.services.node);
            let raised = raise_notice::run(repository, &issuer, Severity::Warning, node, &subject, why).await;
            if let Err(error) = raised {
                tracing::warn!(logger = %id, %error, "the notice of an account logger's end was not recorded");
            }
        }
        true
    }

    /// Until the next logger's time is over.
    fn pause(&self) -> Duration {
        if !self.ending.is_empty() {
            return RETRY;
        }
        let now = self.shared.now();
        let next = self.known.list.values().filter_map(|logger| logger.until).min();
        let micros = next.map_or(i64::MAX, |next| next.0.saturating_sub(now.0));
        Duration::from_micros(u64::try_from(micros).unwrap_or(0)).min(LONGEST_PAUSE)
    }
}

fn as_running(logger: &LoggerAdded) -> Running {
    Running { id: logger.id, file: PathBuf::from(&logger.file) }
}

/// As it stands in a line.
fn shown(level: Level) -> String {
    format!("{:<5}", level.as_str().to_ascii_uppercase())
}

/// Line by line, what belongs to the first line indented.
fn render(text: &mut String, entry: &Entry, folders: Option<&FolderMap>) {
    let Entry { at, level, request, line, .. } = entry;
    let _ = write!(text, "{at} {} {request} {line}", shown(*level));
    if !entry.folders.is_empty() {
        let names: Vec<String> = entry.folders.iter().map(|id| named(id, folders)).collect();
        text.push_str(&field("folders", &names.join(", ")));
    }
    text.push('\n');
    for more in entry.more.lines() {
        let _ = writeln!(text, "    {more}");
    }
}

/// A folder's name, with the id where the name tells little.
fn named(id: &str, folders: Option<&FolderMap>) -> String {
    let Some(folders) = folders else { return id.to_owned() };
    let mapped = id.parse::<FolderId>().ok().and_then(|id| folders.folders.get(&id));
    match mapped {
        Some(mapped) if mapped.present => mapped.folder.name.clone(),
        Some(mapped) => format!("{} (deleted)", mapped.folder.name),
        None => format!("{id} (unknown)"),
    }
}
