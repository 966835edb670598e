use proptest::prelude::*;
use syncledger_domain::{
    event::StreamId,
    ports::views::{Batch, Row, ViewStore},
};
use tokio::runtime::Runtime;

use super::*;
use crate::{
    MemoryViews, compare,
    fixtures::{self, World, account, device, inbox, offered, registered, started, steps},
};

type Dump = Vec<(&'static str, Position, Vec<Row>)>;

async fn dump(store: &dyn ViewStore) -> Dump {
    let mut found = Vec::new();
    for view in VIEWS {
        let rows = store.scan(view.stored, "", None, usize::MAX).await.unwrap();
        found.push((view.name, store.checkpoint(view.stored).await.unwrap(), rows));
    }
    found
}

fn store() -> Arc<dyn ViewStore> {
    Arc::new(MemoryViews::new())
}

/// Takes the log over in batches of the sizes given, over and over, with a new runner (and so without anything
/// remembered) wherever `restarts` says so.
async fn in_batches(log: Arc<dyn EventLog>, sizes: &[usize], restarts: &[bool]) -> Dump {
    let store = store();
    let mut runner = Runner::new(Arc::clone(&log), Arc::clone(&store));
    let mut choices = sizes.iter().zip(restarts).cycle();
    loop {
        let (size, restart) = choices.next().unwrap();
        if *restart {
            runner = Runner::new(Arc::clone(&log), Arc::clone(&store));
            runner.prepare().await.unwrap();
        }
        let after = runner.reached();
        let page = log.read_all(after, None, *size).await.unwrap();
        if page.is_empty() {
            return dump(store.as_ref()).await;
        }
        runner.take(after, page).await.unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn rows_do_not_depend_on_how_the_log_is_cut(
        steps in steps(250),
        cuts in proptest::collection::vec((1..60_usize, any::<bool>()), 1..6),
    ) {
        let (sizes, restarts): (Vec<_>, Vec<_>) = cuts.into_iter().unzip();
        Runtime::new().unwrap().block_on(async {
            let mut world = World::new();
            world.add_all(&steps).await;
            let at_once = in_batches(world.log(), &[usize::MAX], &[false]).await;
            assert_eq!(in_batches(world.log(), &sizes, &restarts).await, at_once);
            assert_eq!(in_batches(world.log(), &[1], &[false]).await, at_once);
        });
    }

    #[test]
    fn rebuilt_is_live(before in steps(120), after in steps(120)) {
        Runtime::new().unwrap().block_on(async {
            let mut world = World::new();
            world.add_all(&before).await;
            let store = store();
            let live = Runner::new(world.log(), Arc::clone(&store)).spawn();
            world.add_all(&after).await;
            let head = world.log.head().await.unwrap();
            assert!(live.wait_for(head, Duration::from_secs(30)).await);
            drop(live);
            let live = dump(store.as_ref()).await;
            assert_eq!(compare::with_rebuilt(world.log(), Arc::clone(&store), head, 10).await.unwrap(), []);
            Runner::new(world.log(), Arc::clone(&store)).rebuild(|_| {}).await.unwrap();
            assert_eq!(dump(store.as_ref()).await, live);
        });
    }
}

/// A log in which every event twice applied would show: in counters.
async fn counting_world(answers: u32) -> World {
    let mut world = World::new();
    let (account, device) = (account(1), device(1));
    world.add(&StreamId::account(account), &fixtures::created("alice@example.com")).await;
    world.add(&StreamId::device(account, &device), &registered()).await;
    world.add(&inbox(account, &device), &started(1)).await;
    for n in 0..answers {
        world.add(&inbox(account, &device), &offered(n, n + 1, n..n + 1)).await;
    }
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runners_that_share_a_store_apply_each_event_once() {
    let world = counting_world(2000).await;
    let head = world.log.head().await.unwrap();
    let store = store();
    let runners: Vec<_> = (0..3).map(|_| Runner::new(world.log(), Arc::clone(&store)).spawn()).collect();
    for runner in &runners {
        assert!(runner.wait_for(head, Duration::from_secs(30)).await);
    }
    let row = crate::devices::device(store.as_ref(), account(1), &device(1)).await.unwrap().unwrap();
    assert_eq!((row.counters.answers, row.counters.items_told), (2000, 2000));
    assert_eq!(compare::with_rebuilt(world.log(), store, head, 10).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_dropped_under_a_follower_is_built_again_by_it() {
    let mut world = counting_world(50).await;
    let store = store();
    let live = Runner::new(world.log(), Arc::clone(&store)).spawn();
    let head = world.log.head().await.unwrap();
    assert!(live.wait_for(head, Duration::from_secs(30)).await);
    store.drop_view(crate::devices::VIEW.stored).await.unwrap();
    let head = world.add(&inbox(account(1), &device(1)), &offered(50, 51, 50..51)).await;
    assert!(live.wait_for(head, Duration::from_secs(30)).await);
    drop(live);
    let row = crate::devices::device(store.as_ref(), account(1), &device(1)).await.unwrap().unwrap();
    assert_eq!(row.counters.answers, 51);
    assert_eq!(compare::with_rebuilt(world.log(), store, head, 10).await.unwrap(), []);
}

#[tokio::test]
async fn events_of_a_newer_build_are_counted_and_left_out() {
    let mut world = counting_world(1).await;
    let stream = StreamId::device(account(1), &device(1));
    world.add_raw(&stream, "device-abducted", 1, vec![1]).await;
    world.add_raw(&stream, "device-registered", 99, vec![]).await;
    world.add_raw(&stream, "device-seen", 1, vec![0xff; 40]).await;
    let head = world.add(&inbox(account(1), &device(1)), &offered(1, 2, 5..6)).await;
    let store = store();
    let mut runner = Runner::new(world.log(), Arc::clone(&store));
    let progress = runner.catch_up(head, |_| {}).await.unwrap();
    assert_eq!((progress.reached, progress.skipped, progress.lag()), (head, 3, 0));
    let row = crate::devices::device(store.as_ref(), account(1), &device(1)).await.unwrap().unwrap();
    assert_eq!(row.counters.answers, 2);
    let query = crate::timeline::TimelineQuery { account: Some(account(1)), ..Default::default() };
    let entries = query.run(store.as_ref()).await.unwrap();
    assert_eq!(entries.iter().filter(|entry| !entry.understood).count(), 3);
}

#[tokio::test]
async fn views_of_another_log_are_built_anew() {
    let store = store();
    let long = counting_world(30).await;
    Runner::new(long.log(), Arc::clone(&store)).catch_up(Position(u64::MAX), |_| {}).await.unwrap();
    let short = counting_world(2).await;
    Runner::new(short.log(), Arc::clone(&store)).catch_up(Position(u64::MAX), |_| {}).await.unwrap();
    let row = crate::devices::device(store.as_ref(), account(1), &device(1)).await.unwrap().unwrap();
    assert_eq!(row.counters.answers, 2);
}

#[tokio::test]
async fn one_view_is_rebuilt_alone_and_progress_reaches_the_end() {
    let world = counting_world(1200).await;
    let head = world.log.head().await.unwrap();
    let store = store();
    Runner::new(world.log(), Arc::clone(&store)).catch_up(head, |_| {}).await.unwrap();
    let mut seen = Vec::new();
    let mut runner = Runner::only(world.log(), Arc::clone(&store), &["devices"]).unwrap();
    runner.rebuild(|progress| seen.push((progress.reached, progress.until))).await.unwrap();
    assert!(seen.len() >= 3 && seen.is_sorted());
    assert_eq!((seen[0], seen[seen.len() - 1]), ((Position::START, head), (head, head)));
    assert_eq!(compare::with_rebuilt(world.log(), store, head, 10).await.unwrap(), []);
}

#[tokio::test]
async fn a_view_that_does_not_exist_cannot_be_rebuilt() {
    let refused = Runner::only(World::new().log(), store(), &["device"]).err();
    assert_eq!(refused, Some(ProjectionError::UnknownView("device".into())));
}

#[tokio::test]
async fn a_row_that_was_tampered_with_is_found() {
    let world = counting_world(3).await;
    let head = world.log.head().await.unwrap();
    let store = store();
    Runner::new(world.log(), Arc::clone(&store)).catch_up(head, |_| {}).await.unwrap();
    let row = store.scan(crate::timeline::VIEW.stored, "", None, 1).await.unwrap().remove(0);
    let key = row.key.clone();
    let tampered = vec![syncledger_domain::ports::views::RowChange::Delete(row.key)];
    let batch = Batch { view: crate::timeline::VIEW.stored, from: head, to: head, changes: tampered };
    store.apply(batch).await.unwrap();
    let found = compare::with_rebuilt(world.log(), store, head, 10).await.unwrap();
    assert_eq!(found.iter().map(|one| (one.view, &one.key)).collect::<Vec<_>>(), [("timeline", &key)]);
}

#[test]
fn the_stored_name_of_a_view_tells_its_layout() {
    for view in VIEWS {
        assert_eq!(view.stored, format!("{}-{}", view.name, view.layout));
    }
}
