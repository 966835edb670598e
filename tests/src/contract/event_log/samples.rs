//! Events to append, and what many tests do with a log.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use syncledger_domain::{
    event::{Actor, CorrelationId, NewEvent, Position, RecordedEvent, Revision, StreamId, Timestamp},
    ports::event_log::{Append, AppendError, Appended, EventLog, Expected},
};
use uuid::Uuid;

/// A stream's name.
pub fn stream(name: &str) -> StreamId {
    name.parse().unwrap()
}

/// An event with an id of its own.
pub fn event(payload: &[u8]) -> NewEvent {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NewEvent {
        event_id: Uuid::from_u64_pair(0x0190_0000_0000_7000, NEXT.fetch_add(1, Ordering::Relaxed)),
        event_type: "made-up".to_owned(),
        version: 1,
        key_id: None,
        payload: payload.to_vec(),
    }
}

/// `n` events.
pub fn events(n: usize) -> Vec<NewEvent> {
    (0..n).map(|index| event(format!("event {index}").as_bytes())).collect()
}

/// An append of these events.
pub fn append(name: &str, expected: Expected, events: Vec<NewEvent>) -> Append {
    Append {
        stream: stream(name),
        expected,
        events,
        recorded_at: Timestamp(1_714_554_753_000_001),
        actor: Actor::Admin("root".to_owned()),
        correlation_id: CorrelationId(Uuid::from_u128(7)),
    }
}

/// [`Expected::At`].
pub fn at(revision: u64) -> Expected {
    Expected::At(Revision(revision))
}

/// The append that adds `n` events to the end of a stream, wherever that is.
pub async fn append_at_end(log: &dyn EventLog, name: &str, events: Vec<NewEvent>) -> Append {
    let last = whole_stream(log, name).await.last().map(|event| event.revision);
    append(name, Expected::from_last(last), events)
}

/// Adds `n` events to a stream, in one batch.
pub async fn add(log: &dyn EventLog, name: &str, n: usize) -> Appended {
    log.append(append_at_end(log, name, events(n)).await).await.unwrap()
}

/// Every event of a stream.
pub async fn whole_stream(log: &dyn EventLog, name: &str) -> Vec<RecordedEvent> {
    log.read_stream(&stream(name), Revision(0), usize::MAX).await.unwrap()
}

/// Every event.
pub async fn whole_log(log: &dyn EventLog) -> Vec<RecordedEvent> {
    log.read_all(Position::START, None, usize::MAX).await.unwrap()
}

/// Ids in order.
pub fn ids(events: &[RecordedEvent]) -> Vec<Uuid> {
    events.iter().map(|event| event.event_id).collect()
}

/// Starts `writers` tasks of which each appends `each` single events to a stream of its own.
pub fn start_writers(
    log: &Arc<dyn EventLog>,
    writers: usize,
    each: usize,
) -> Vec<tokio::task::JoinHandle<()>> {
    let write = |writer: usize| {
        let log = Arc::clone(log);
        async move {
            let mut expected = Expected::NoStream;
            for n in 0..each {
                let payload = format!("{writer} {n}");
                let appended =
                    log.append(append(&format!("w-{writer}"), expected, vec![event(payload.as_bytes())]));
                expected = Expected::At(appended.await.unwrap().last_revision);
            }
        }
    };
    (0..writers).map(|writer| tokio::spawn(write(writer))).collect()
}

/// Asserts a conflict and gives what it reports.
pub fn conflict(outcome: Result<Appended, AppendError>) -> (Expected, Option<Revision>) {
    match outcome {
        Err(AppendError::Conflict { expected, actual, .. }) => (expected, actual),
        other => panic!("not a conflict: {other:?}"),
    }
}
