//! Promises about import. A backend may number positions itself, so they are compared by order alone; that the
//! backends which keep them do so is tested beside their contract.

use std::sync::Arc;

use syncledger_domain::{
    event::{
        EventHash, Position, RecordedEvent, Revision,
        chain::{self, ChainEnd},
    },
    ports::event_log::{EventLog, Expected, ImportError},
};

use super::{
    samples::{add, append, at, events, whole_log, whole_stream},
    subscribe::take,
};

type Log = Arc<dyn EventLog>;

/// Another log: two streams interleaved, with holes between positions.
pub fn another_log() -> Vec<RecordedEvent> {
    let mut log = Vec::new();
    let mut ends: [Option<ChainEnd>; 2] = [None, None];
    for (index, which) in [0, 1, 0, 0, 1, 0].into_iter().enumerate() {
        let batch = append(["a", "b"][which], Expected::NoStream, events(2));
        let first = Position(3 + 10 * index as u64);
        let recorded = chain::extend(batch, ends[which], first);
        ends[which] = recorded.last().map(ChainEnd::of);
        log.extend(recorded);
    }
    log
}

fn but_for_positions(events: Vec<RecordedEvent>) -> Vec<RecordedEvent> {
    events.into_iter().map(|event| RecordedEvent { position: Position::START, ..event }).collect()
}

pub async fn an_imported_log_is_the_same_log(log: Log) {
    let source = another_log();
    log.import(true, source[..5].to_vec()).await.unwrap();
    log.import(false, source[5..6].to_vec()).await.unwrap();
    log.import(false, vec![]).await.unwrap();
    log.import(false, source[6..].to_vec()).await.unwrap();

    let imported = whole_log(&*log).await;
    assert!(imported.is_sorted_by(|one, next| one.position < next.position));
    assert_eq!(log.head().await.unwrap(), imported.last().unwrap().position);
    assert_eq!(but_for_positions(imported), but_for_positions(source));
    assert_eq!(whole_stream(&*log, "a").await.len(), 8);
}

pub async fn appends_continue_an_imported_log(log: Log) {
    log.import(true, another_log()).await.unwrap();
    let end = log.head().await.unwrap();
    let appended = log.append(append("b", at(3), events(1))).await.unwrap();
    assert_eq!(appended.last_revision, Revision(4));
    assert!(appended.last_position > end);
    super::read::verify(&whole_log(&*log).await);
}

pub async fn a_log_that_is_not_empty_takes_no_import(log: Log) {
    let end = add(&*log, "s", 2).await.last_position;
    assert_eq!(log.import(true, another_log()).await, Err(ImportError::NotEmpty(end)));
    assert_eq!(log.import(true, vec![]).await, Err(ImportError::NotEmpty(end)));
    assert_eq!(whole_log(&*log).await.len(), 2);
}

pub async fn a_broken_batch_is_refused_whole(log: Log) {
    let source = another_log();
    log.import(true, source[..4].to_vec()).await.unwrap();
    let before = whole_log(&*log).await;

    let mut edited = source[4..].to_vec();
    edited[3].payload.push(0);
    let mut rehashed = edited.clone();
    rehashed[3].hash = rehashed[3].computed_hash();
    let mut missing = source[4..].to_vec();
    missing.remove(2);
    let doubled = source[3..].to_vec();
    let mut uprooted = source[4..].to_vec();
    uprooted[1].prev_hash = EventHash([1; 32]);
    let mut swapped = source[4..].to_vec();
    let (one, next) = (swapped[1].position, swapped[2].position);
    (swapped[1].position, swapped[2].position) = (next, one);
    let mut early = source[4..].to_vec();
    early[0].position = source[3].position;

    // (batch, the event that is at fault). A changed event with its hash made good breaks the one after it.
    let cases = [
        ("edited", edited, &source[7]),
        ("rehashed", rehashed, &source[10]),
        ("missing", missing, &source[7]),
        ("doubled", doubled, &source[3]),
        ("uprooted", uprooted, &source[5]),
        ("swapped", swapped, &source[6]),
        ("early", early, &source[4]),
    ];
    for (case, batch, fault) in cases {
        match log.import(false, batch).await {
            Err(ImportError::Broken { event, stream, revision, reason }) => {
                assert_eq!(
                    (event, &stream, revision),
                    (fault.event_id, &fault.stream, fault.revision),
                    "{case}"
                );
                assert_ne!(reason, "");
            }
            other => panic!("{case}: {other:?}"),
        }
        assert_eq!(whole_log(&*log).await, before, "{case}");
    }
    log.import(false, source[4..].to_vec()).await.unwrap();
    assert_eq!(whole_log(&*log).await.len(), source.len());
}

pub async fn subscribers_see_imported_events(log: Log) {
    let mut subscription = log.subscribe(Position::START).await.unwrap();
    let source = another_log();
    log.import(true, source.clone()).await.unwrap();
    assert_eq!(but_for_positions(take(&mut subscription, source.len()).await), but_for_positions(source));
}
