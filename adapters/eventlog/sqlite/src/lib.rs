//! The event log in SQLite, the embedded default: one file, `ledger.db`.
//!
//! * **Durable.** WAL with `synchronous=FULL`: what was acknowledged survives a power cut, and a torn write is never
//!   visible.
//! * **One writer task** (`writer`) commits whatever has queued up in one transaction, so that a flush of the disk
//!   is shared by all appends that wait for it. Each append still has its own outcome.
//! * **Other processes** may append too. Write transactions begin with `BEGIN IMMEDIATE`, positions are given out
//!   under that lock, and what the writer remembers between transactions is dropped when somebody else wrote.
//! * **Readers** have their own connections. Subscriptions (`live`) are woken by the writer at once, and by one
//!   shared poller within `live::POLL_EVERY` when another process appended.
//!
//! Statements are checked at compile time; `sqlx.toml` says how to refresh `.sqlx/`. The schema is in
//! `migrations/sqlite/eventlog`.

mod live;
mod open;
mod read;
mod rows;
#[cfg(test)]
mod tests;
mod writer;

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use sqlx::sqlite::SqlitePool;
use tokio::sync::{mpsc, oneshot, watch};

use syncledger_domain::{
    event::{Position, RecordedEvent, Revision, StreamId, chain},
    ports::event_log::{
        Append, AppendError, Appended, EventLog, ImportError, ReadError, StreamHead, Subscription,
    },
};

use live::{Live, Pollers};
pub use open::{OpenError, Reading};
use writer::Request;

/// The log in one SQLite file.
///
/// Dropping it lets appends that were already queued be committed; [`SqliteEventLog::close`] waits for that.
#[derive(Debug)]
pub struct SqliteEventLog {
    readers: SqlitePool,
    requests: mpsc::Sender<Request>,
    live: Arc<watch::Sender<Live>>,
    pollers: Pollers,
}

impl SqliteEventLog {
    /// Opens a log, creating the file (mode 0600) or bringing its schema up to date where needed. Several processes
    /// may hold the same log open.
    ///
    /// # Errors
    /// [`OpenError`] when the file cannot be created or is not a log this build understands.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        let opened = open::open(path).await?;
        let live = Arc::new(watch::Sender::new(Live::default()));
        let requests = writer::spawn(opened.writer, opened.options.clone(), Arc::clone(&live));
        let pollers = Pollers::new(opened.options, Arc::clone(&live));
        Ok(Self { readers: opened.readers, requests, live, pollers })
    }

    /// Opens a log that exists to read it as evidence: nothing is written into it, its schema is left as it is, and
    /// appends and imports answer `Unavailable`.
    ///
    /// # Errors
    /// [`OpenError`] when the file is missing or is not a log of this build.
    pub async fn open_read_only(path: &Path, reading: Reading) -> Result<Self, OpenError> {
        let opened = open::open_read_only(path, reading).await?;
        let live = Arc::new(watch::Sender::new(Live::default()));
        // There is no writer behind it.
        let (requests, _) = mpsc::channel(1);
        let pollers = Pollers::new(opened.options, Arc::clone(&live));
        Ok(Self { readers: opened.readers, requests, live, pollers })
    }

    /// Commits what is queued, then lets go of the file. Later calls, and subscriptions, answer `Unavailable`.
    pub async fn close(&self) {
        self.live.send_modify(|live| live.closed = true);
        self.pollers.stop();
        let (done, closed) = oneshot::channel();
        // Either end being gone means that the writer has closed already.
        if self.requests.send(Request::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
        self.readers.close().await;
    }

    /// Sends a request to the writer and waits for its answer; `None` when there is no writer any more.
    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        self.requests.send(request(answer)).await.ok()?;
        answered.await.ok()
    }
}

/// What is said when the writer is gone.
const CLOSED: &str = "the log is closed";

#[async_trait]
impl EventLog for SqliteEventLog {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        chain::check_size(&append)?;
        let answer = self.ask(|answer| Request::Append { append, answer }).await;
        answer.unwrap_or_else(|| Err(AppendError::Unavailable(CLOSED.to_owned())))
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        from: Revision,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        read::stream(&self.readers, stream, from, limit).await
    }

    async fn read_all(
        &self,
        after: Position,
        stream_prefix: Option<&str>,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        match stream_prefix {
            None | Some("") => read::all(&self.readers, after, limit).await,
            Some(prefix) => read::all_of_prefix(&self.readers, after, prefix, limit).await,
        }
    }

    async fn head(&self) -> Result<Position, ReadError> {
        read::head(&self.readers).await
    }

    async fn stream_heads(&self, at: Position) -> Result<Vec<StreamHead>, ReadError> {
        read::stream_heads(&self.readers, at).await
    }

    async fn subscribe(&self, after: Position) -> Result<Box<dyn Subscription>, ReadError> {
        let poller = self.pollers.join();
        Ok(Box::new(live::LiveReader::new(self.readers.clone(), self.live.subscribe(), poller, after)))
    }

    async fn import(&self, first: bool, events: Vec<RecordedEvent>) -> Result<(), ImportError> {
        let answer = self.ask(|answer| Request::Import { first, events, answer }).await;
        answer.unwrap_or_else(|| Err(ImportError::Unavailable(CLOSED.to_owned())))
    }
}
