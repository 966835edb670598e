//! `log import`: the whole file is read twice. First every line is parsed and every chain checked, so that a file with a
//! fault in its last line leaves nothing behind; then the events are taken in, a batch at a time. Whoever is interrupted
//! between two batches calls again: what the log has must be what the file begins with, and the rest follows.
//!
//! Memory is one end per stream and one batch, however long the file is.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufRead, BufReader, Read as _},
    path::Path,
};

use anyhow::{Context as _, bail};
use indicatif::ProgressBar;
use syncledger_domain::{
    codes,
    event::{
        Position, RecordedEvent, StreamId,
        chain::{self, ChainEnd},
    },
    ports::event_log::{EventLog, MAX_APPEND_BYTES},
};

use super::jsonl;
use crate::{config::Config, node, output, progress, refusal::Refused};

/// Events taken in at a time.
const BATCH: usize = 1000;
/// Longest line: a payload of the largest kind in base64, and generous room for the envelope.
const MAX_LINE: usize = MAX_APPEND_BYTES / 3 * 4 + 65_536;

pub(super) async fn run(config: &Config, path: &Path, json: bool) -> anyhow::Result<()> {
    let bar = progress::bar(json, "bytes");
    // Twice over the file.
    bar.set_length(std::fs::metadata(path).map_or(0, |meta| meta.len().saturating_mul(2)));
    let count = check(path, &bar).map_err(|error| refused(&error))?;
    let log = node::open_log(config).await?;
    let taken = take(&log, path, &bar).await;
    log.close().await;
    bar.finish_and_clear();
    let there = count - taken?;
    let sentence = match there {
        0 => format!("{count} events imported"),
        _ if there == count => format!("all {count} events were imported before"),
        _ => format!("{} events imported; {there} were there already", count - there),
    };
    output::done(json, &sentence, serde_json::json!({ "events": count - there, "already_there": there }))
}

/// A file that is not taken in, with its code: it cannot be read, or what it holds is no log.
fn refused(error: &anyhow::Error) -> Refused {
    let unreadable = error.chain().any(<dyn std::error::Error>::is::<std::io::Error>);
    let code = if unreadable { codes::FILE_UNREADABLE } else { codes::INVALID_VALUE };
    Refused::new(code, format!("{error:#}"))
}

/// Parses everything and checks every chain and the order of positions; how many events there are.
fn check(path: &Path, bar: &ProgressBar) -> anyhow::Result<u64> {
    let mut ends: HashMap<StreamId, ChainEnd> = HashMap::new();
    let (mut last, mut count) = (Position::START, 0);
    let mut events = Events::open(path)?;
    while let Some(event) = events.next(bar)? {
        let place = || events.place();
        if event.position <= last {
            bail!("{}: position {} does not come after {last}", place(), event.position);
        }
        let (stream, revision) = (&event.stream, event.revision);
        let end = chain::check(ends.get(stream).copied(), &event).with_context(|| {
            format!("{}: event {} of stream {stream} revision {revision}", place(), event.event_id)
        })?;
        last = event.position;
        ends.insert(event.stream, end);
        count += 1;
    }
    if count == 0 {
        bail!("{} holds no events", path.display());
    }
    Ok(count)
}

/// Takes in what the log does not have yet; how many events that were.
async fn take(log: &dyn EventLog, path: &Path, bar: &ProgressBar) -> anyhow::Result<u64> {
    let mut events = Events::open(path)?;
    let head = pass_over(log, &mut events, bar).await?;
    let (mut count, mut first) = (0, head == Position::START);
    loop {
        let batch = events.batch(bar)?;
        if batch.is_empty() {
            return Ok(count);
        }
        count += batch.len() as u64;
        log.import(first, batch).await?;
        first = false;
    }
}

/// Passes over the events the log has, which must be those the file begins with; the log's last position.
async fn pass_over(log: &dyn EventLog, events: &mut Events, bar: &ProgressBar) -> anyhow::Result<Position> {
    let mut last = Position::START;
    loop {
        let page = log.read_all(last, None, BATCH).await?;
        let Some(newest) = page.last() else { return Ok(last) };
        last = newest.position;
        for there in page {
            if events.next(bar)?.as_ref() != Some(&there) {
                bail!(
                    "the log is not empty, and what it has is not what {} begins with: from position {} on they differ; import into a data directory of its own",
                    events.file,
                    there.position
                );
            }
        }
    }
}

/// The events of a file, one after the other.
struct Events {
    file: String,
    reader: BufReader<File>,
    line: String,
    number: u64,
}

impl Events {
    fn open(path: &Path) -> anyhow::Result<Self> {
        let opened = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let (file, reader) = (path.display().to_string(), BufReader::new(opened));
        Ok(Self { file, reader, line: String::new(), number: 0 })
    }

    fn next(&mut self, bar: &ProgressBar) -> anyhow::Result<Option<RecordedEvent>> {
        loop {
            self.line.clear();
            self.number += 1;
            let limit = MAX_LINE as u64;
            let read = self.reader.by_ref().take(limit).read_line(&mut self.line);
            let read = read.with_context(|| self.place())? as u64;
            if read == 0 {
                return Ok(None);
            }
            if read == limit && !self.line.ends_with('\n') {
                bail!("{}: longer than any event ({MAX_LINE} bytes)", self.place());
            }
            bar.inc(read);
            let line = self.line.trim_end_matches(['\r', '\n']);
            if !line.is_empty() {
                return jsonl::from_line(line).map(Some).with_context(|| self.place());
            }
        }
    }

    fn batch(&mut self, bar: &ProgressBar) -> anyhow::Result<Vec<RecordedEvent>> {
        let mut batch = Vec::new();
        while batch.len() < BATCH
            && let Some(event) = self.next(bar)?
        {
            batch.push(event);
        }
        Ok(batch)
    }

    /// The line read last.
    fn place(&self) -> String {
        format!("{} line {}", self.file, self.number)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use syncledger_domain::{
        event::{Actor, CorrelationId, NewEvent, Timestamp},
        ports::event_log::{Append, Expected},
    };
    use uuid::Uuid;

    use super::*;

    /// More than two batches, in three streams.
    fn history() -> Vec<RecordedEvent> {
        let mut ends: HashMap<u64, ChainEnd> = HashMap::new();
        let mut events = Vec::new();
        for n in 0..2500_u64 {
            let new = NewEvent {
                event_id: Uuid::from_u128(n.into()),
                event_type: "made-up".to_owned(),
                version: 1,
                key_id: None,
                payload: n.to_le_bytes().to_vec(),
            };
            let append = Append {
                stream: format!("s{}", n % 3).parse().unwrap(),
                expected: Expected::NoStream,
                events: vec![new],
                recorded_at: Timestamp(7),
                actor: Actor::Device,
                correlation_id: CorrelationId(Uuid::nil()),
            };
            let event = chain::extend(append, ends.get(&(n % 3)).copied(), Position(n + 1)).remove(0);
            ends.insert(n % 3, ChainEnd::of(&event));
            events.push(event);
        }
        events
    }

    struct Place(tempfile::TempDir, Config);

    impl Place {
        fn new() -> Self {
            let place = tempfile::tempdir().unwrap();
            let config = Config { dir: place.path().join("data"), ..Config::default() };
            Self(place, config)
        }

        fn write(&self, events: &[RecordedEvent]) -> PathBuf {
            let path = self.0.path().join("events.jsonl");
            let lines: Vec<String> = events.iter().map(|event| jsonl::to_line(event).unwrap()).collect();
            std::fs::write(&path, lines.join("\n")).unwrap();
            path
        }

        async fn stored(&self) -> Vec<RecordedEvent> {
            let log = node::open_log(&self.1).await.unwrap();
            let events = log.read_all(Position::START, None, 10_000).await.unwrap();
            log.close().await;
            events
        }
    }

    #[tokio::test]
    async fn a_fault_behind_the_first_batch_leaves_nothing_behind() {
        let place = Place::new();
        let mut events = history();
        events[2100].payload[0] ^= 1;
        let refused = run(&place.1, &place.write(&events), true).await.unwrap_err();
        assert!(format!("{refused:#}").contains("line 2101"), "{refused:#}");
        assert!(!place.1.ledger().exists(), "not even a log was made");
    }

    #[tokio::test]
    async fn an_interrupted_import_is_finished_by_the_same_call_again() {
        let (place, events) = (Place::new(), history());
        let log = node::open_log(&place.1).await.unwrap();
        log.import(true, events[..1000].to_vec()).await.unwrap();
        log.close().await;
        let path = place.write(&events);
        for _ in 0..2 {
            run(&place.1, &path, true).await.unwrap();
            assert_eq!(place.stored().await, events);
        }
    }

    #[tokio::test]
    async fn another_log_is_not_gone_on_with() {
        let (place, events) = (Place::new(), history());
        run(&place.1, &place.write(&events[..1500]), true).await.unwrap();
        let mut other = events.clone();
        other.remove(1499);
        other.truncate(1499);
        let shorter = run(&place.1, &place.write(&other), true).await.unwrap_err();
        assert!(shorter.to_string().contains("from position 1500 on"), "{shorter}");
        assert_eq!(place.stored().await, events[..1500]);
    }

    #[tokio::test]
    async fn a_line_without_end_is_refused() {
        let place = Place::new();
        let path = place.0.path().join("long");
        std::fs::write(&path, "x".repeat(MAX_LINE + 1)).unwrap();
        let refused = run(&place.1, &path, true).await.unwrap_err();
        assert!(refused.to_string().contains("longer than any event"), "{refused}");
    }
}
