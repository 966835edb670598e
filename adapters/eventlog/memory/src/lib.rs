//! The event log in memory: for tests, simulation and whoever does not mind to forget.
//!
//! It keeps every promise of [`EventLog`] (the contract suite runs against it as against any other backend) but one:
//! its events live as long as the process. What it adds is faults on demand, so that callers can be shown to repeat
//! appends whose outcome they did not learn.

mod faults;
mod store;
mod subscription;
#[cfg(test)]
mod tests;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use tokio::sync::watch;

use syncledger_domain::{
    event::{Position, RecordedEvent, Revision, StreamId, chain},
    ports::event_log::{
        Append, AppendError, Appended, EventLog, ImportError, ReadError, StreamHead, Subscription,
    },
};

use faults::{Faults, Verdict};
use store::Store;
use subscription::LiveReader;

/// The log. Clones share their events.
#[derive(Clone, Debug, Default)]
pub struct MemoryEventLog {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    store: RwLock<Store>,
    /// Position of the last event, to wake live readers.
    head: watch::Sender<Position>,
    faults: Faults,
}

impl MemoryEventLog {
    /// An empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next `n` appends change nothing and answer [`AppendError::Unavailable`].
    pub fn fail_next_appends(&self, n: usize) {
        self.shared.faults.fail_next(n);
    }

    /// The next append that succeeds answers [`AppendError::Unavailable`] all the same: the answer got lost on its
    /// way.
    pub fn lose_next_answer(&self) {
        self.shared.faults.lose_next();
    }
}

// A panic while the lock is held cannot leave the store half changed: every change is a push of finished values.
impl Shared {
    fn read(&self) -> RwLockReadGuard<'_, Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Store> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl EventLog for MemoryEventLog {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        chain::check_size(&append)?;
        let verdict = self.shared.faults.next_verdict();
        if verdict == Verdict::Fail {
            return Err(AppendError::Unavailable("a fault was asked for".to_owned()));
        }
        let appended = {
            let mut store = self.shared.write();
            let appended = store.append(append)?;
            self.shared.head.send_replace(store.head());
            appended
        };
        if self.shared.faults.answer_is_lost() {
            return Err(AppendError::Unavailable("a lost answer was asked for".to_owned()));
        }
        Ok(appended)
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        from: Revision,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        Ok(self.shared.read().of_stream(stream, from, limit))
    }

    async fn read_all(
        &self,
        after: Position,
        stream_prefix: Option<&str>,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        Ok(self.shared.read().after(after, stream_prefix.unwrap_or(""), limit))
    }

    async fn head(&self) -> Result<Position, ReadError> {
        Ok(self.shared.read().head())
    }

    async fn stream_heads(&self, at: Position) -> Result<Vec<StreamHead>, ReadError> {
        Ok(self.shared.read().stream_heads(at))
    }

    async fn subscribe(&self, after: Position) -> Result<Box<dyn Subscription>, ReadError> {
        Ok(Box::new(LiveReader::new(Arc::clone(&self.shared), after)))
    }

    async fn import(&self, first: bool, events: Vec<RecordedEvent>) -> Result<(), ImportError> {
        let mut store = self.shared.write();
        store.import(first, events)?;
        self.shared.head.send_replace(store.head());
        Ok(())
    }
}
