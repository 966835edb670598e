//! Promises about appending.

use std::sync::Arc;

use syncledger_domain::{
    event::{Actor, CorrelationId, KeyId, NewEvent, Position, RecordedEvent, Revision, Timestamp, chain},
    ports::event_log::{Append, AppendError, Appended, EventLog, Expected, MAX_APPEND_BYTES},
};
use uuid::Uuid;

use super::{
    samples::{
        add, append, append_at_end, at, conflict, event, events, ids, start_writers, stream, whole_log,
        whole_stream,
    },
    within_patience,
};

type Log = Arc<dyn EventLog>;

pub async fn an_empty_log_has_nothing(log: Log) {
    assert_eq!(log.head().await.unwrap(), Position::START);
    assert_eq!(whole_log(&*log).await, []);
    assert_eq!(whole_stream(&*log, "nothing").await, []);
    assert_eq!(log.stream_heads(Position(u64::MAX)).await.unwrap(), []);
}

pub async fn events_come_back_as_they_were_appended(log: Log) {
    let strange = |id, event_type: &str, version, key: Option<&str>, payload: &[u8]| NewEvent {
        event_id: Uuid::from_u128(id),
        event_type: event_type.to_owned(),
        version,
        key_id: key.map(|key| KeyId(key.to_owned())),
        payload: payload.to_vec(),
    };
    let all_bytes: Vec<u8> = (0..=255).collect();
    let append = Append {
        stream: stream("domain-bücher.example"),
        expected: Expected::NoStream,
        events: vec![
            strange(0, "made-up", 1, None, b""),
            strange(u128::MAX, "with \"quotes\" and ü", u16::MAX, Some(""), &all_bytes),
            strange(1 << 77, "with\0nul", 0, Some("key\0-é"), b"\0\0"),
        ],
        recorded_at: Timestamp(-62_135_596_800_000_001),
        actor: Actor::Admin("Jörg: \"x\"\0y".to_owned()),
        correlation_id: CorrelationId(Uuid::from_u128(u128::MAX / 3)),
    };
    let appended = log.append(append.clone()).await.unwrap();

    let read = whole_stream(&*log, append.stream.as_str()).await;
    let first = read[0].position;
    assert_eq!(read, chain::extend(append, None, first));
    assert_eq!(whole_log(&*log).await, read);
    assert_eq!(appended, Appended { last_revision: Revision(2), last_position: read[2].position });
    assert_eq!(log.head().await.unwrap(), appended.last_position);
}

pub async fn revisions_count_from_zero_and_positions_grow(log: Log) {
    let mut last = Position::START;
    for (name, n, revision) in [("a", 2, 1), ("b", 1, 0), ("a", 1, 2), ("b", 3, 3)] {
        let appended = add(&*log, name, n).await;
        assert_eq!(appended.last_revision, Revision(revision));
        assert!(appended.last_position > last);
        last = appended.last_position;
    }
    let log = whole_log(&*log).await;
    assert!(log.is_sorted_by(|one, next| one.position < next.position));
    let of_a = log.iter().filter(|event| event.stream == stream("a")).map(|event| event.revision.0);
    assert_eq!(of_a.collect::<Vec<_>>(), [0, 1, 2]);
}

pub async fn a_wrong_expectation_is_a_conflict_that_names_the_actual_end(log: Log) {
    add(&*log, "s", 3).await;
    let before = whole_log(&*log).await;
    let cases = [
        ("s", Expected::NoStream, Some(Revision(2))),
        ("s", at(0), Some(Revision(2))),
        ("s", at(1), Some(Revision(2))),
        ("s", at(3), Some(Revision(2))),
        ("s", at(u64::MAX), Some(Revision(2))),
        ("none", at(0), None),
        ("none", at(u64::MAX), None),
    ];
    for (name, expected, actual) in cases {
        let refused = log.append(append(name, expected, events(2))).await;
        assert_eq!(conflict(refused), (expected, actual), "{name} {expected:?}");
    }
    assert_eq!(whole_log(&*log).await, before);
    log.append(append("none", Expected::NoStream, events(1))).await.unwrap();
    log.append(append("s", at(2), events(1))).await.unwrap();
}

pub async fn the_same_append_again_is_a_success_with_the_old_place(log: Log) {
    let first = append("s", Expected::NoStream, events(3));
    let second = append("s", at(2), events(2));
    let place_of_first = log.append(first.clone()).await.unwrap();
    assert_eq!(log.append(first.clone()).await.unwrap(), place_of_first);
    add(&*log, "other", 1).await;
    let place_of_second = log.append(second.clone()).await.unwrap();
    add(&*log, "s", 2).await;
    let before = whole_log(&*log).await;

    assert_eq!(log.append(second).await.unwrap(), place_of_second);
    assert_eq!(log.append(first).await.unwrap(), place_of_first);
    assert_eq!(whole_log(&*log).await, before);
}

pub async fn a_batch_that_is_only_partly_there_is_a_conflict(log: Log) {
    let there = events(3);
    log.append(append("s", Expected::NoStream, there.clone())).await.unwrap();
    let last = Some(Revision(2));

    let longer = [there.clone(), events(1)].concat();
    let other_end = [&there[..2], &events(1)[..]].concat();
    let other_start = [&events(1)[..], &there[1..]].concat();
    let swapped = vec![there[1].clone(), there[0].clone(), there[2].clone()];
    for batch in [longer, other_end, other_start, swapped] {
        let refused = log.append(append("s", Expected::NoStream, batch)).await;
        assert_eq!(conflict(refused), (Expected::NoStream, last));
    }
    let shifted = log.append(append("s", at(0), there.clone())).await;
    assert_eq!(conflict(shifted), (at(0), last));
    assert_eq!(whole_log(&*log).await.len(), 3);
}

pub async fn the_same_ids_in_another_stream_are_another_append(log: Log) {
    let batch = events(2);
    log.append(append("a", Expected::NoStream, batch.clone())).await.unwrap();
    log.append(append("b", Expected::NoStream, batch)).await.unwrap();
    assert_eq!(whole_log(&*log).await.len(), 4);
}

pub async fn a_batch_without_events_is_refused(log: Log) {
    let refused = log.append(append("s", Expected::NoStream, vec![])).await;
    assert_eq!(refused, Err(AppendError::Empty(stream("s"))));
    assert_eq!(whole_log(&*log).await, []);
}

pub async fn the_largest_append_is_taken_and_one_byte_more_is_refused(log: Log) {
    let half = vec![7; MAX_APPEND_BYTES / 2];
    let largest = append("s", Expected::NoStream, vec![event(&half), event(&half)]);
    let mut too_large = largest.clone();
    too_large.events.push(event(b"x"));

    let refused = log.append(too_large).await;
    assert_eq!(refused, Err(AppendError::TooLarge { stream: stream("s"), bytes: MAX_APPEND_BYTES + 1 }));
    assert_eq!(whole_log(&*log).await, []);
    log.append(largest).await.unwrap();
    assert_eq!(whole_stream(&*log, "s").await[1].payload, half);
}

pub async fn of_many_who_append_the_same_revision_exactly_one_wins(log: Log) {
    let mut expected = Expected::NoStream;
    for _ in 0..10 {
        let race = (0..16).map(|_| {
            let log = Arc::clone(&log);
            tokio::spawn(async move { log.append(append("s", expected, events(1))).await })
        });
        let mut won = Vec::new();
        for runner in race.collect::<Vec<_>>() {
            match runner.await.unwrap() {
                Ok(appended) => won.push(appended.last_revision),
                lost => assert_eq!(conflict(lost), (expected, Some(expected.next()))),
            }
        }
        assert_eq!(won, [expected.next()]);
        expected = Expected::At(expected.next());
    }
    assert_eq!(whole_stream(&*log, "s").await.len(), 10);
}

pub async fn many_who_reload_after_a_conflict_all_get_their_turn(log: Log) {
    let append_with_reloads = |log: Log| async move {
        let batch = events(2);
        loop {
            match log.append(append_at_end(&*log, "s", batch.clone()).await).await {
                Ok(appended) => return (appended, ids_of(&batch)),
                refused => drop(conflict(refused)),
            }
        }
    };
    let tasks: Vec<_> = (0..24).map(|_| tokio::spawn(append_with_reloads(Arc::clone(&log)))).collect();
    for task in tasks {
        let (appended, wanted) = within_patience("a turn", task).await.unwrap();
        let first = Revision(appended.last_revision.0 - 1);
        assert_eq!(ids(&log.read_stream(&stream("s"), first, 2).await.unwrap()), wanted);
    }
    assert_eq!(whole_stream(&*log, "s").await.len(), 48);
}

fn ids_of(batch: &[NewEvent]) -> Vec<Uuid> {
    batch.iter().map(|event| event.event_id).collect()
}

pub async fn the_same_append_from_many_at_once_happens_once(log: Log) {
    let same = append("s", Expected::NoStream, events(3));
    let tasks = (0..16).map(|_| {
        let (log, same) = (Arc::clone(&log), same.clone());
        tokio::spawn(async move { log.append(same).await.unwrap() })
    });
    let mut places = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        places.push(task.await.unwrap());
    }
    assert!(places.iter().all(|place| *place == places[0]), "{places:?}");
    assert_eq!(whole_log(&*log).await.len(), 3);
}

pub async fn nothing_becomes_visible_behind_a_reader(log: Log) {
    let writers = start_writers(&log, 16, 25);
    let mut seen: Vec<RecordedEvent> = Vec::new();
    while seen.len() < 16 * 25 {
        let after = seen.last().map_or(Position::START, |event| event.position);
        let page = within_patience("the writers", async {
            loop {
                let page = log.read_all(after, None, 7).await.unwrap();
                if !page.is_empty() {
                    return page;
                }
                tokio::task::yield_now().await;
            }
        });
        seen.extend(page.await);
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(seen.is_sorted_by(|one, next| one.position < next.position));
    assert_eq!(seen, whole_log(&*log).await);
}

pub async fn an_append_whose_caller_went_away_happens_whole_or_not_at_all(log: Log) {
    for n in 0..40 {
        let name = format!("gone-{n}");
        let caller = {
            let (log, name) = (Arc::clone(&log), name.clone());
            tokio::spawn(async move { log.append(append(&name, Expected::NoStream, events(5))).await })
        };
        for _ in 0..n % 8 {
            tokio::task::yield_now().await;
        }
        caller.abort();
        drop(caller.await);
    }
    // Everything that was queued before has been decided when this one has.
    add(&*log, "last", 1).await;
    for n in 0..40 {
        let there = whole_stream(&*log, &format!("gone-{n}")).await.len();
        assert!(there == 0 || there == 5, "{there} of 5 events");
    }
}
