//! Appends to a SQLite event log as fast as it can, from eight tasks at once, until it is killed. After each
//! acknowledged batch it prints `<stream> <last revision> <batch>` on a line.
//!
//! Each event's payload begins with `<batch> <index>/<size> `, so that a torn batch can be told from a whole one.

use std::{io::Write, path::Path, sync::Arc};

use syncledger_domain::{
    event::{Actor, CorrelationId, NewEvent, Revision, StreamId, Timestamp},
    ports::event_log::{Append, EventLog, Expected},
};
use syncledger_eventlog_sqlite::SqliteEventLog;
use uuid::Uuid;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let path = std::env::args().nth(1).ok_or("usage: append-until-killed <ledger.db>")?;
    let log = Arc::new(SqliteEventLog::open(Path::new(&path)).await?);
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..8 {
        tasks.spawn(append_for_ever(Arc::clone(&log), format!("s-{writer}").parse()?));
    }
    // A task ends only by an error.
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

async fn append_for_ever(log: Arc<SqliteEventLog>, stream: StreamId) -> Result<(), Failure> {
    let there = log.read_stream(&stream, Revision(0), usize::MAX).await?;
    let mut expected = Expected::from_last(there.last().map(|event| event.revision));
    loop {
        let first = expected.next().0;
        let batch = format!("{stream}@{first}");
        let size = 1 + first % 5;
        let events = (0..size).map(|index| event(&batch, index, size)).collect();
        let append = Append {
            stream: stream.clone(),
            expected,
            events,
            recorded_at: Timestamp(0),
            actor: Actor::Job("appender".to_owned()),
            correlation_id: CorrelationId(Uuid::nil()),
        };
        let last = log.append(append).await?.last_revision;
        let mut out = std::io::stdout().lock();
        writeln!(out, "{stream} {last} {batch}")?;
        out.flush()?;
        expected = Expected::At(last);
    }
}

/// Some events span several pages of the database.
fn event(batch: &str, index: u64, size: u64) -> NewEvent {
    let filler = usize::try_from(index * index * 700).unwrap_or_default();
    NewEvent {
        event_id: Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{batch} {index}").as_bytes()),
        event_type: "made-up".to_owned(),
        version: 1,
        key_id: None,
        payload: format!("{batch} {index}/{size} {}", "x".repeat(filler)).into_bytes(),
    }
}
