//! Promises about subscriptions.

use std::{sync::Arc, time::Duration};

use syncledger_domain::{
    event::{Position, RecordedEvent},
    ports::event_log::{EventLog, Subscription, SubscriptionItem},
};

use super::{
    samples::{add, start_writers, whole_log},
    within_patience,
};

type Log = Arc<dyn EventLog>;

async fn next(subscription: &mut Box<dyn Subscription>) -> SubscriptionItem {
    within_patience("the subscription", subscription.next()).await.unwrap()
}

/// Events up to the next time the subscription says that it has caught up, and where it says so.
pub async fn until_caught_up(subscription: &mut Box<dyn Subscription>) -> (Vec<RecordedEvent>, Position) {
    let mut seen = Vec::new();
    loop {
        match next(subscription).await {
            SubscriptionItem::Events(events) => {
                assert_ne!(events, [], "a page without events");
                seen.extend(events);
            }
            SubscriptionItem::CaughtUp(position) => return (seen, position),
        }
    }
}

/// The next `n` events.
pub async fn take(subscription: &mut Box<dyn Subscription>, n: usize) -> Vec<RecordedEvent> {
    let mut seen = Vec::new();
    while seen.len() < n {
        if let SubscriptionItem::Events(events) = next(subscription).await {
            seen.extend(events);
        }
    }
    seen
}

pub async fn a_subscription_catches_up_says_so_and_stays_live(log: Log) {
    let mut early = log.subscribe(Position::START).await.unwrap();
    assert_eq!(next(&mut early).await, SubscriptionItem::CaughtUp(Position::START));

    // More than any backend hands out at once.
    for _ in 0..3 {
        add(&*log, "s", 700).await;
    }
    let whole = whole_log(&*log).await;
    let mut late = log.subscribe(Position::START).await.unwrap();
    let end = log.head().await.unwrap();
    for subscription in [&mut early, &mut late] {
        let (seen, position) = until_caught_up(subscription).await;
        assert_eq!((seen.len(), position), (whole.len(), end), "not said before it is so");
        assert_eq!(seen, whole);
    }

    for n in [1, 3] {
        let end = add(&*log, "t", n).await.last_position;
        let (seen, position) = until_caught_up(&mut late).await;
        assert_eq!(seen.len(), n);
        assert_eq!((seen[n - 1].position, position), (end, end));
    }
    // Nothing more to say: it is said once.
    let more = tokio::time::timeout(Duration::from_millis(100), late.next()).await;
    assert!(more.is_err(), "{more:?}");
}

pub async fn a_subscription_resumes_after_a_position(log: Log) {
    add(&*log, "s", 5).await;
    let whole = whole_log(&*log).await;
    for seen in 1..=5 {
        let after = whole[seen - 1].position;
        let mut subscription = log.subscribe(after).await.unwrap();
        let (rest, position) = until_caught_up(&mut subscription).await;
        assert_eq!(rest, whole[seen..]);
        assert_eq!(position, whole[4].position);
    }
}

pub async fn subscribers_miss_nothing_while_many_append(log: Log) {
    let (writers, each) = (16, 25);
    let mut early = log.subscribe(Position::START).await.unwrap();
    let tasks = start_writers(&log, writers, each);
    let half = take(&mut early, writers * each / 2).await;
    let middle = half[half.len() / 2].position;
    let mut late = log.subscribe(middle).await.unwrap();

    let rest = take(&mut early, writers * each - half.len()).await;
    let after_middle = [&half[half.len() / 2 + 1..], &rest[..]].concat();
    assert_eq!(take(&mut late, after_middle.len()).await, after_middle);
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!([half, rest].concat(), whole_log(&*log).await);
}

pub async fn a_dropped_wait_loses_nothing(log: Log) {
    let (writers, each) = (4, 50);
    let mut subscription = log.subscribe(Position::START).await.unwrap();
    let tasks = start_writers(&log, writers, each);
    let mut seen: Vec<RecordedEvent> = Vec::new();
    let mut impatience = Duration::ZERO;
    within_patience("the writers", async {
        while seen.len() < writers * each {
            match tokio::time::timeout(impatience, subscription.next()).await {
                Ok(Ok(SubscriptionItem::Events(events))) => seen.extend(events),
                Ok(Ok(SubscriptionItem::CaughtUp(_))) => {}
                Ok(Err(error)) => panic!("{error}"),
                Err(_) => impatience = (impatience + Duration::from_micros(50)).min(Duration::from_millis(5)),
            }
        }
    })
    .await;
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(seen, whole_log(&*log).await);
}
