//! How fast the event log takes events and gives them back: `cargo bench -p syncledger-tests --bench event_log`.
//!
//! * `append`: batches of one event of 300 bytes (what a Sync that moved its key appends), by one writer that waits
//!   for each, and by 64 at once.
//! * `replay`: 100,000 events, by pages and by a subscription.
//! * `notice`: from an append in another instance on the same file, as the shell makes it, to its arrival at a
//!   subscriber.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on has nothing better to do than to panic")]

use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use syncledger_domain::{
    event::{Position, chain},
    ports::event_log::{Append, EventLog, Expected, Subscription, SubscriptionItem},
};
use syncledger_eventlog_memory::MemoryEventLog;
use syncledger_eventlog_sqlite::SqliteEventLog;
use syncledger_tests::contract::event_log::samples::{append, event};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const WRITERS: usize = 64;
const EVENTS: u64 = 100_000;
const STREAMS: u64 = 1000;

type Log = Arc<dyn EventLog>;

/// An append to a stream nobody used before.
fn fresh_append() -> Append {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = format!("bench-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    append(&name, Expected::NoStream, vec![event(&[7; 300])])
}

async fn in_sqlite(directory: &TempDir) -> Log {
    Arc::new(SqliteEventLog::open(&directory.path().join("ledger.db")).await.unwrap())
}

fn bench_append(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let logs: [(&str, Log); 2] =
        [("memory", Arc::new(MemoryEventLog::new())), ("sqlite", runtime.block_on(in_sqlite(&directory)))];
    let mut group = criterion.benchmark_group("append");
    for (name, log) in &logs {
        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("{name}/1 writer"), |bencher| {
            bencher.iter_batched(
                fresh_append,
                |append| runtime.block_on(log.append(append)),
                BatchSize::SmallInput,
            );
        });
        group.throughput(Throughput::Elements(WRITERS as u64));
        group.bench_function(format!("{name}/{WRITERS} writers"), |bencher| {
            let appends = || (0..WRITERS).map(|_| fresh_append()).collect::<Vec<_>>();
            bencher.iter_batched(
                appends,
                |appends| runtime.block_on(all_at_once(log, appends)),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

async fn all_at_once(log: &Log, appends: Vec<Append>) {
    let start = |append| {
        let log = Arc::clone(log);
        tokio::spawn(async move { log.append(append).await.unwrap() })
    };
    for task in appends.into_iter().map(start).collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

/// Fills a log with events of 300 bytes, a thousand streams in turn.
async fn fill(log: &Log) {
    let mut ends = vec![None; usize::try_from(STREAMS).unwrap()];
    let mut batch = Vec::new();
    for position in 1..=EVENTS {
        let stream = usize::try_from(position % STREAMS).unwrap();
        let one = append(&format!("fill-{stream}"), Expected::NoStream, vec![event(&[7; 300])]);
        batch.extend(chain::extend(one, ends[stream], Position(position)));
        ends[stream] = batch.last().map(chain::ChainEnd::of);
        if batch.len() == 2000 {
            log.import(false, std::mem::take(&mut batch)).await.unwrap();
        }
    }
    log.import(false, batch).await.unwrap();
}

fn bench_replay(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let logs: [(&str, Log); 2] =
        [("memory", Arc::new(MemoryEventLog::new())), ("sqlite", runtime.block_on(in_sqlite(&directory)))];
    let mut group = criterion.benchmark_group("replay");
    group.sample_size(10).throughput(Throughput::Elements(EVENTS));
    for (name, log) in &logs {
        runtime.block_on(fill(log));
        group.bench_function(format!("{name}/pages of 1000"), |bencher| {
            bencher.iter(|| runtime.block_on(read_in_pages(log)));
        });
        group.bench_function(format!("{name}/subscription"), |bencher| {
            bencher.iter(|| runtime.block_on(catch_up(log)));
        });
    }
    group.finish();
}

async fn read_in_pages(log: &Log) {
    let mut after = Position::START;
    loop {
        let page = log.read_all(after, None, 1000).await.unwrap();
        let Some(last) = page.last() else { return };
        after = last.position;
        black_box(page);
    }
}

async fn catch_up(log: &Log) {
    let mut subscription = log.subscribe(Position::START).await.unwrap();
    while let SubscriptionItem::Events(events) = subscription.next().await.unwrap() {
        black_box(events);
    }
}

fn bench_notice(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let (server, shell) =
        runtime.block_on(async { (in_sqlite(&directory).await, in_sqlite(&directory).await) });
    let mut subscription = runtime.block_on(server.subscribe(Position::START)).unwrap();
    let mut group = criterion.benchmark_group("notice");
    group.sample_size(50);
    for (name, appender) in [("sqlite/same process", &server), ("sqlite/another process", &shell)] {
        let mut worst = Duration::ZERO;
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|rounds| {
                let timed = runtime.block_on(notice(appender, &mut subscription, rounds));
                worst = worst.max(timed.iter().max().copied().unwrap_or_default());
                timed.iter().sum()
            });
        });
        println!("{name}: at worst {worst:?}");
    }
    group.finish();
}

/// From the acknowledgement of each append to its arrival.
async fn notice(appender: &Log, subscription: &mut Box<dyn Subscription>, rounds: u64) -> Vec<Duration> {
    let mut timed = Vec::new();
    for _ in 0..rounds {
        let position = appender.append(fresh_append()).await.unwrap().last_position;
        let acknowledged = Instant::now();
        loop {
            if let SubscriptionItem::CaughtUp(there) = subscription.next().await.unwrap()
                && there >= position
            {
                break;
            }
        }
        timed.push(acknowledged.elapsed());
    }
    timed
}

criterion_group!(benches, bench_append, bench_replay, bench_notice);
criterion_main!(benches);
