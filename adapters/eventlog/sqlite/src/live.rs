//! Live readers, and the one poller that notices for all of them what other processes append.

use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use async_trait::async_trait;
use sqlx::{ConnectOptions, SqliteConnection, SqlitePool, sqlite::SqliteConnectOptions};
use tokio::{sync::watch, task::JoinHandle};

use syncledger_domain::{
    event::Position,
    ports::event_log::{ReadError, Subscription, SubscriptionItem},
};

use crate::{CLOSED, read, rows::from_sql};

/// How often the poller looks.
pub(crate) const POLL_EVERY: Duration = Duration::from_millis(40);

/// Most events handed out at once.
const PAGE: usize = 500;
/// Once so many bytes of payload are in a page, it is handed out.
const PAGE_BYTES: usize = 4_000_000;

/// What live readers wait for.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Live {
    /// A position the log is known to have reached.
    pub(crate) head: Position,
    pub(crate) closed: bool,
}

/// Tells all live readers that the log has reached a position.
pub(crate) fn announce(live: &watch::Sender<Live>, head: Position) {
    live.send_if_modified(|known| {
        let is_news = head > known.head;
        known.head = known.head.max(head);
        is_news
    });
}

pub(crate) struct LiveReader {
    readers: SqlitePool,
    live: watch::Receiver<Live>,
    last: Position,
    state: State,
    /// Kept alive as long as anybody needs it.
    _poller: Arc<Poller>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// There may be more.
    Behind,
    /// The log ended here, which is still to be said.
    AtEnd,
    /// The log ended here, which has been said.
    Waiting,
}

impl LiveReader {
    pub(crate) fn new(
        readers: SqlitePool,
        live: watch::Receiver<Live>,
        poller: Arc<Poller>,
        after: Position,
    ) -> Self {
        Self { readers, live, last: after, state: State::Behind, _poller: poller }
    }

    /// Waits until the log is longer than what was handed out.
    async fn longer(&mut self) -> Result<(), ReadError> {
        let last = self.last;
        let closed = || ReadError::Unavailable(CLOSED.to_owned());
        let live = self.live.wait_for(|live| live.closed || live.head > last).await.map_err(|_| closed())?;
        if live.closed { Err(closed()) } else { Ok(()) }
    }
}

#[async_trait]
impl Subscription for LiveReader {
    async fn next(&mut self) -> Result<SubscriptionItem, ReadError> {
        loop {
            match self.state {
                State::Behind => {
                    let page = read::page(&self.readers, self.last, PAGE, PAGE_BYTES).await?;
                    // Nothing below waits, so a page that was read is handed out or, when this future is dropped
                    // before, read again.
                    self.state = if page.is_last { State::AtEnd } else { State::Behind };
                    if let Some(event) = page.events.last() {
                        self.last = event.position;
                        return Ok(SubscriptionItem::Events(page.events));
                    }
                }
                State::AtEnd => {
                    self.state = State::Waiting;
                    return Ok(SubscriptionItem::CaughtUp(self.last));
                }
                State::Waiting => {
                    self.longer().await?;
                    self.state = State::Behind;
                }
            }
        }
    }
}

/// Hands the poller out to live readers.
#[derive(Debug)]
pub(crate) struct Pollers {
    options: SqliteConnectOptions,
    live: Arc<watch::Sender<Live>>,
    current: Mutex<Weak<Poller>>,
}

/// A task that ends with the last live reader.
#[derive(Debug)]
pub(crate) struct Poller(JoinHandle<()>);

impl Drop for Poller {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Pollers {
    pub(crate) fn new(options: SqliteConnectOptions, live: Arc<watch::Sender<Live>>) -> Self {
        Self { options, live, current: Mutex::new(Weak::new()) }
    }

    /// The poller that runs, or a new one.
    pub(crate) fn join(&self) -> Arc<Poller> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.upgrade().unwrap_or_else(|| {
            let task = tokio::spawn(poll(self.options.clone(), Arc::clone(&self.live)));
            let poller = Arc::new(Poller(task));
            *current = Arc::downgrade(&poller);
            poller
        })
    }

    #[cfg(test)]
    pub(crate) fn is_running(&self) -> bool {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).strong_count() > 0
    }

    pub(crate) fn stop(&self) {
        if let Some(poller) = self.current.lock().unwrap_or_else(PoisonError::into_inner).upgrade() {
            poller.0.abort();
        }
    }
}

/// Looks for ever, on a connection of its own so that busy readers do not make it late.
async fn poll(options: SqliteConnectOptions, live: Arc<watch::Sender<Live>>) {
    let mut failing = false;
    loop {
        if let Err(error) = poll_until_error(&options, &live, &mut failing).await
            && !failing
        {
            failing = true;
            tracing::warn!(error = %error, "appends of other processes go unnoticed for the moment");
        }
        tokio::time::sleep(POLL_EVERY).await;
    }
}

async fn poll_until_error(
    options: &SqliteConnectOptions,
    live: &watch::Sender<Live>,
    failing: &mut bool,
) -> Result<(), sqlx::Error> {
    let mut connection = options.connect().await?;
    loop {
        announce(live, head(&mut connection).await?);
        if std::mem::take(failing) {
            tracing::info!("appends of other processes are noticed again");
        }
        tokio::time::sleep(POLL_EVERY).await;
    }
}

async fn head(connection: &mut SqliteConnection) -> Result<Position, sqlx::Error> {
    let last = sqlx::query_scalar!(r#"SELECT coalesce(max(position), 0) AS "head!: i64" FROM events"#);
    Ok(Position(from_sql(last.fetch_one(connection).await?)))
}
