//! Promises about reading.

use std::{collections::BTreeMap, sync::Arc};

use syncledger_domain::{
    event::{
        Position, RecordedEvent, Revision,
        chain::{self, ChainEnd},
    },
    ports::event_log::{EventLog, StreamHead},
};

use super::samples::{add, ids, start_writers, stream, whole_log, whole_stream};

type Log = Arc<dyn EventLog>;

pub async fn a_stream_is_read_in_pages(log: Log) {
    add(&*log, "s", 7).await;
    add(&*log, "t", 2).await;
    add(&*log, "s", 1).await;
    let whole = whole_stream(&*log, "s").await;
    assert_eq!(whole.len(), 8);

    for page_size in [1, 3, 8, 9] {
        let mut pages = Vec::new();
        loop {
            let page = log.read_stream(&stream("s"), Revision(pages.len() as u64), page_size).await.unwrap();
            assert!(page.len() <= page_size);
            if page.is_empty() {
                break;
            }
            pages.extend(page);
        }
        assert_eq!(pages, whole);
    }
    assert_eq!(log.read_stream(&stream("s"), Revision(u64::MAX), 9).await.unwrap(), []);
    assert_eq!(log.read_stream(&stream("s"), Revision(0), 0).await.unwrap(), []);
}

pub async fn the_log_is_read_in_pages(log: Log) {
    for name in ["a", "b", "a", "c"] {
        add(&*log, name, 3).await;
    }
    let whole = whole_log(&*log).await;
    assert_eq!(whole.len(), 12);
    for page_size in [1, 5, 12, 13] {
        assert_eq!(paged(&log, None, page_size).await, whole);
    }
    let end = log.head().await.unwrap();
    assert_eq!(log.read_all(end, None, 9).await.unwrap(), []);
    assert_eq!(log.read_all(Position(u64::MAX), None, 9).await.unwrap(), []);
    assert_eq!(log.read_all(Position::START, None, 0).await.unwrap(), []);
}

async fn paged(log: &Log, prefix: Option<&str>, page_size: usize) -> Vec<RecordedEvent> {
    let mut pages: Vec<RecordedEvent> = Vec::new();
    loop {
        let after = pages.last().map_or(Position::START, |event| event.position);
        let page = log.read_all(after, prefix, page_size).await.unwrap();
        assert!(page.len() <= page_size);
        if page.is_empty() {
            return pages;
        }
        pages.extend(page);
    }
}

pub async fn a_prefix_selects_streams_by_name(log: Log) {
    let names =
        ["device", "device-", "device-1", "device-1-x", "device-ü", "device.1", "devic", "deviceb", "sync-1"];
    for round in 1..3 {
        for name in names {
            add(&*log, name, round).await;
        }
    }
    let whole = whole_log(&*log).await;
    for prefix in
        ["", "d", "device", "device-", "device-1", "device-1-x", "device-ü", "sync", "t", "device_", "%"]
    {
        let wanted: Vec<_> =
            whole.iter().filter(|event| event.stream.as_str().starts_with(prefix)).cloned().collect();
        assert_eq!(paged(&log, Some(prefix), 4).await, wanted, "{prefix}");
        assert_eq!(log.read_all(Position::START, Some(prefix), 1000).await.unwrap(), wanted, "{prefix}");
    }
}

pub async fn a_prefix_selects_the_same_events_whether_rare_or_common(log: Log) {
    add(&*log, "rare-1", 1).await;
    for writer in start_writers(&log, 4, 100) {
        writer.await.unwrap();
    }
    add(&*log, "rare-2", 2).await;
    add(&*log, "rare-1", 1).await;
    let whole = whole_log(&*log).await;
    for prefix in ["rare", "rare-1", "w-", "w-3"] {
        let wanted: Vec<_> =
            whole.iter().filter(|event| event.stream.as_str().starts_with(prefix)).cloned().collect();
        for page_size in [1, 10, 1000] {
            assert_eq!(
                ids(&paged(&log, Some(prefix), page_size).await),
                ids(&wanted),
                "{prefix} by {page_size}"
            );
        }
    }
}

pub async fn heads_are_those_of_the_asked_position(log: Log) {
    for (name, n) in [("b", 2), ("a", 1), ("b", 1), ("c", 4), ("a", 3)] {
        add(&*log, name, n).await;
    }
    let whole = whole_log(&*log).await;
    for seen in 0..=whole.len() {
        let at = seen.checked_sub(1).map_or(Position::START, |last| whole[last].position);
        let mut heads = BTreeMap::new();
        for event in &whole[..seen] {
            let head =
                StreamHead { stream: event.stream.clone(), revision: event.revision, hash: event.hash };
            heads.insert(event.stream.clone(), head);
        }
        assert_eq!(log.stream_heads(at).await.unwrap(), heads.into_values().collect::<Vec<_>>(), "at {at}");
    }
    assert_eq!(log.stream_heads(Position(u64::MAX)).await.unwrap().len(), 3);
}

pub async fn every_stream_is_a_chain(log: Log) {
    let writers = start_writers(&log, 4, 20);
    add(&*log, "s", 5).await;
    add(&*log, "s", 1).await;
    for writer in writers {
        writer.await.unwrap();
    }
    let ends = verify(&whole_log(&*log).await);
    assert_eq!(ends.len(), 5);
    assert_eq!(ends["s"].revision, Revision(5));
}

/// Follows every chain from its beginning; panics at the first event that does not continue its chain.
pub fn verify(events: &[RecordedEvent]) -> BTreeMap<String, ChainEnd> {
    let mut ends = BTreeMap::new();
    for event in events {
        let name = event.stream.as_str();
        let end = chain::check(ends.get(name).copied(), event)
            .unwrap_or_else(|broken| panic!("{name} revision {}: {broken}", event.revision));
        ends.insert(name.to_owned(), end);
    }
    ends
}
