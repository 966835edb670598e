//! Decisions appended in parts, with others appending in between.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use syncledger_domain::{
    abq::{AbqEvent, DeviceControl, DeviceStatus, Key},
    event::{Position, RecordedEvent, Revision, StreamId},
    ids::ShownDeviceId,
    ports::event_log::{
        Append, AppendError, Appended, EventLog, ImportError, ReadError, StreamHead, Subscription,
    },
};
use syncledger_eventlog_memory::MemoryEventLog;

use super::{Counter, StoppedClock, World};
use crate::{Issuer, Repository, abq_delete, abq_import, abq_set};

/// A log in which somebody else acts before the second append to the stream `abq`.
struct Interrupted {
    log: MemoryEventLog,
    appends: AtomicUsize,
    issuer: Issuer,
    other: Other,
}

#[derive(Clone, Copy)]
enum Other {
    Blocks(&'static str),
    Deletes(&'static str),
}

impl Interrupted {
    async fn interrupt(&self) {
        let repository = repository(Arc::new(self.log.clone()));
        match self.other {
            Other::Blocks(id) => {
                let done =
                    abq_set::run(&repository, &self.issuer, &key(id), DeviceStatus::Blocked, None).await;
                assert!(done.unwrap().appended.is_some());
            }
            Other::Deletes(id) => {
                abq_delete::run(&repository, &self.issuer, &key(id)).await.unwrap();
            }
        }
    }
}

#[async_trait]
impl EventLog for Interrupted {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        if append.stream == StreamId::abq() && self.appends.fetch_add(1, Ordering::SeqCst) == 1 {
            self.interrupt().await;
        }
        self.log.append(append).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        from: Revision,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        self.log.read_stream(stream, from, limit).await
    }

    async fn read_all(
        &self,
        after: Position,
        stream_prefix: Option<&str>,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        self.log.read_all(after, stream_prefix, limit).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.log.head().await
    }

    async fn stream_heads(&self, at: Position) -> Result<Vec<StreamHead>, ReadError> {
        self.log.stream_heads(at).await
    }

    async fn subscribe(&self, after: Position) -> Result<Box<dyn Subscription>, ReadError> {
        self.log.subscribe(after).await
    }

    async fn import(&self, first: bool, events: Vec<RecordedEvent>) -> Result<(), ImportError> {
        self.log.import(first, events).await
    }
}

fn repository(log: Arc<dyn EventLog>) -> Repository {
    Repository::new(log, Arc::new(StoppedClock), Arc::new(Counter::starting_anywhere()))
}

fn key(id: &str) -> Key {
    Key { device: ShownDeviceId::new(id).unwrap(), account: None }
}

/// Imports enough devices for two parts, `first` and `last` at the ends, and is interrupted between the parts.
async fn interrupted_import(other: Other) -> (DeviceControl, Vec<AbqEvent>, usize) {
    let world = World::new();
    let middle: Vec<_> = (0..9_000).map(|n| format!("m-{n:0118}")).collect();
    let text = format!("first\n{}\nlast", middle.join("\n"));
    let (log, issuer) = (world.log.clone(), world.issuer.clone());
    let interrupted = Interrupted { log, appends: AtomicUsize::new(0), issuer, other };
    let repository = repository(Arc::new(interrupted));
    let to = (DeviceStatus::Allowed, None);
    let done = abq_import::run(&repository, &world.issuer, &text, to, &|_| None).await.unwrap();
    let stored = world.log.read_stream(&StreamId::abq(), Revision(0), usize::MAX).await.unwrap();
    let decode = |event: &RecordedEvent| {
        syncledger_domain::StoredEvent::decode(&event.event_type, event.version, &event.payload).unwrap()
    };
    (done.state, stored.iter().map(decode).collect(), done.added)
}

fn status(control: &DeviceControl, id: &str) -> Option<DeviceStatus> {
    control.list.entry(&key(id).device.canonical(), None).map(|entry| entry.status)
}

#[tokio::test]
async fn what_is_left_is_decided_anew_when_somebody_came_between() {
    let (state, events, added) = interrupted_import(Other::Blocks("last")).await;
    // The import came later, so it has the last word; nothing of the first part was appended twice.
    assert_eq!(status(&state, "last"), Some(DeviceStatus::Allowed));
    assert_eq!((state.list.len(), events.len(), added), (9_002, 9_003, 9_002));
    assert_eq!(syncledger_domain::event::fold::<DeviceControl>(&events), state);
}

#[tokio::test]
async fn what_somebody_undid_in_between_is_done_again_by_the_import_it_belongs_to() {
    let (state, events, _) = interrupted_import(Other::Deletes("first")).await;
    assert_eq!(status(&state, "first"), Some(DeviceStatus::Allowed));
    assert_eq!((state.list.len(), events.len()), (9_002, 9_004));
}
