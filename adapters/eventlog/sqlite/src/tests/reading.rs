use super::*;
use syncledger_domain::ports::event_log::SubscriptionItem;

fn ids(events: &[RecordedEvent]) -> Vec<(Position, &str)> {
    events.iter().map(|event| (event.position, event.stream.as_str())).collect()
}

/// A log of `streams` streams with one event each, made by import because that is quick.
async fn log_of_many_streams(place: &Place, streams: usize) -> SqliteEventLog {
    let log = place.log().await;
    let event = |n: usize| {
        let append = append(&format!("many-{n:05}"), Expected::NoStream, &[b"x"]);
        chain::extend(append, None, Position(n as u64 + 1)).remove(0)
    };
    log.import(true, (0..streams).map(event).collect()).await.unwrap();
    log
}

#[tokio::test]
async fn both_ways_to_the_events_of_a_prefix_lead_to_the_same() {
    let place = Place::new();
    let log = place.log().await;
    for n in 0..30 {
        log.append(first(&format!("s-{}", n % 7 * 100 + n))).await.unwrap();
    }
    for prefix in ["s", "s-1", "s-10", "none"] {
        for (after, limit) in [(0, 100), (0, 3), (20, 5), (60, 5)] {
            let by_stream = read::by_stream(&log.readers, Position(after), prefix, limit).await.unwrap();
            let by_position = read::by_position(&log.readers, Position(after), prefix, limit).await.unwrap();
            assert_eq!(ids(&by_stream), ids(&by_position), "{prefix} after {after}");
            let asked = log.read_all(Position(after), Some(prefix), limit).await.unwrap();
            assert_eq!(ids(&asked), ids(&by_position), "{prefix} after {after}");
        }
    }
}

#[tokio::test]
async fn a_prefix_of_very_many_streams_is_read_too() {
    let place = Place::new();
    let log = log_of_many_streams(&place, 5000).await;
    assert_eq!(log.read_all(Position::START, Some("many-"), 10_000).await.unwrap().len(), 5000);
    let page = log.read_all(Position(4990), Some("many-0499"), 10_000).await.unwrap();
    assert_eq!(ids(&page).first(), Some(&(Position(4991), "many-04990")));
    assert_eq!(page.len(), 10);
}

#[tokio::test]
async fn a_subscription_hands_out_large_events_in_smaller_pages() {
    let place = Place::new();
    let log = place.log().await;
    let large = vec![0; 900_000];
    for n in 0..12 {
        log.append(append(&format!("s-{n}"), Expected::NoStream, &[&large])).await.unwrap();
    }
    let mut subscription = log.subscribe(Position::START).await.unwrap();
    let mut pages = Vec::new();
    while let SubscriptionItem::Events(events) = subscription.next().await.unwrap() {
        pages.push(events.len());
    }
    assert_eq!(pages, [5, 5, 2]);
}

#[tokio::test]
async fn the_poller_runs_only_while_somebody_listens() {
    let place = Place::new();
    let log = place.log().await;
    assert!(!log.pollers.is_running());
    let one = log.subscribe(Position::START).await.unwrap();
    let other = log.subscribe(Position::START).await.unwrap();
    drop(one);
    assert!(log.pollers.is_running());
    drop(other);
    assert!(!log.pollers.is_running());
}
