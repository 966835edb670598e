//! The SQLite event log among processes: two that share a file, and one that is killed.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use syncledger_domain::{
    event::{Position, RecordedEvent},
    ports::event_log::{EventLog, Expected, Subscription},
};
use syncledger_eventlog_sqlite::SqliteEventLog;
use syncledger_tests::contract::event_log::{
    read::verify,
    samples::{add, append, append_at_end, at, conflict, events, start_writers, whole_log},
    subscribe::{take, until_caught_up},
};

async fn open(path: &Path) -> Arc<dyn EventLog> {
    Arc::new(SqliteEventLog::open(path).await.unwrap())
}

#[tokio::test]
async fn one_process_sees_what_another_appends() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.db");
    let (server, shell) = (open(&path).await, open(&path).await);
    let mut subscription = server.subscribe(Position::START).await.unwrap();
    until_caught_up(&mut subscription).await;

    for n in 1..5 {
        let by_shell = add(&*shell, "s", n).await;
        let (seen, position) = until_caught_up(&mut subscription).await;
        assert_eq!((seen.len(), position), (n, by_shell.last_position));
        assert_eq!(server.head().await.unwrap(), by_shell.last_position);
    }
}

#[tokio::test]
async fn a_process_that_is_behind_gets_a_conflict_and_may_repeat_what_another_appended() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.db");
    let (server, shell) = (open(&path).await, open(&path).await);
    // Both remember the stream's end now.
    server.append(append("s", Expected::NoStream, events(1))).await.unwrap();
    shell.append(append("s", at(0), events(1))).await.unwrap();

    let by_server = append("s", at(1), events(2));
    let place = server.append(by_server.clone()).await.unwrap();
    let refused = shell.append(append("s", at(1), events(1))).await;
    assert_eq!(conflict(refused), (at(1), Some(place.last_revision)));
    assert_eq!(shell.append(by_server).await.unwrap(), place);
    shell.append(append_at_end(&*shell, "s", events(1)).await).await.unwrap();
    assert_eq!(verify(&whole_log(&*server).await)["s"].revision.0, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribers_miss_nothing_while_two_processes_append() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.db");
    let (server, shell) = (open(&path).await, open(&path).await);
    let mut at_server = server.subscribe(Position::START).await.unwrap();
    let mut at_shell = shell.subscribe(Position::START).await.unwrap();
    let by_server = start_writers(&server, 4, 50);
    for _ in 0..50 {
        add(&*shell, "by-shell", 1).await;
    }
    let seen = take(&mut at_server, 250).await;
    assert_eq!(take(&mut at_shell, 250).await, seen);
    for writer in by_server {
        writer.await.unwrap();
    }
    assert_eq!(whole_log(&*server).await, seen);
    verify(&seen);
}

/// Kills the appender again and again, half of the time with the file open here as well, as the server has it while
/// a shell command dies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_before_a_kill_is_there_and_no_batch_is_torn() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.db");
    let mut acknowledged = Vec::new();
    for round in 0..10 {
        let watcher = if round % 2 == 1 { Some(watch(&path).await) } else { None };
        let seed = RandomState::new().hash_one(round);
        acknowledged.extend(run_and_kill(&path, seed));

        let log = match &watcher {
            Some((log, _)) => Arc::clone(log),
            None => open(&path).await,
        };
        let events = whole_log(&*log).await;
        if let Some((_, mut subscription)) = watcher {
            assert_eq!(take(&mut subscription, events.len()).await, events);
        }
        println!("round {round}, seed {seed}: {} acknowledged, {} events", acknowledged.len(), events.len());
        assert_nothing_lost(&acknowledged, &events);
        assert_no_batch_torn(&events);
        verify(&events);
        // And the log takes more.
        add(&*log, "after", 1).await;
    }
    assert!(acknowledged.len() > 100, "the appender hardly ran");
}

async fn watch(path: &Path) -> (Arc<dyn EventLog>, Box<dyn Subscription>) {
    let log = open(path).await;
    let subscription = log.subscribe(Position::START).await.unwrap();
    (log, subscription)
}

/// One acknowledged batch: stream, last revision, name.
type Acknowledged = (String, u64, String);

fn run_and_kill(path: &Path, seed: u64) -> Vec<Acknowledged> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_append-until-killed"))
        .arg(path)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the appender is built with these tests");
    let mut lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
    let enough = usize::try_from(seed % 300).unwrap();
    let mut acknowledged: Vec<_> =
        lines.by_ref().take(1 + enough).map(|line| parse(&line.unwrap())).collect();
    assert_eq!(acknowledged.len(), 1 + enough, "the appender ended by itself");
    // Anywhere within the next commit.
    std::thread::sleep(Duration::from_micros(seed >> 32 & 0xfff));
    kill(&mut child);
    // Lines are shorter than what a pipe takes in one piece, so none is cut.
    acknowledged.extend(lines.map(|line| parse(&line.unwrap())));
    acknowledged
}

fn kill(child: &mut Child) {
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
}

fn parse(line: &str) -> Acknowledged {
    let words: Vec<_> = line.split(' ').collect();
    let [stream, revision, batch] = words[..] else { panic!("not an acknowledgement: {line}") };
    (stream.to_owned(), revision.parse().unwrap(), batch.to_owned())
}

/// Batch, index and size, as the appender writes them.
fn label(event: &RecordedEvent) -> (&str, &str) {
    let text = std::str::from_utf8(&event.payload).unwrap();
    let (batch, rest) = text.split_once(' ').unwrap();
    (batch, rest.split_once(' ').unwrap().0)
}

fn assert_nothing_lost(acknowledged: &[Acknowledged], events: &[RecordedEvent]) {
    let places: HashMap<_, _> =
        events.iter().map(|event| ((event.stream.as_str(), event.revision.0), event)).collect();
    for (stream, revision, batch) in acknowledged {
        let event = places.get(&(stream.as_str(), *revision)).unwrap_or_else(|| panic!("{batch} is lost"));
        let (there, index) = label(event);
        let (index, size) = index.split_once('/').unwrap();
        assert_eq!((there, index.parse::<u64>().unwrap() + 1), (&batch[..], size.parse().unwrap()));
    }
}

fn assert_no_batch_torn(events: &[RecordedEvent]) {
    let mut batches: HashMap<&str, Vec<&str>> = HashMap::new();
    for event in events.iter().filter(|event| event.stream.as_str().starts_with("s-")) {
        let (batch, index) = label(event);
        batches.entry(batch).or_default().push(index);
    }
    assert_ne!(batches.len(), 0);
    for (batch, there) in batches {
        let size = there.len();
        let whole: Vec<_> = (0..size).map(|index| format!("{index}/{size}")).collect();
        assert_eq!(there, whole, "{batch}");
    }
}
