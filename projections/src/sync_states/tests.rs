use std::sync::Arc;

use proptest::prelude::*;
use syncledger_domain::{
    event::{Position, Timestamp},
    ports::mailbox::Fingerprint,
    sync_state::{CollectionDropped, ItemSkipped, ItemUnskipped, SyncEvent, SyncState},
};
use tokio::runtime::Runtime;

use super::*;
use crate::{
    MemoryViews, Runner,
    fixtures::{START, World, account, device, inbox, item, offered, started, steps},
};

const ME: u128 = 1;

fn me() -> (AccountId, DeviceId, StreamId) {
    let (account, device) = (account(ME), device(1));
    let stream = inbox(account, &device);
    (account, device, stream)
}

async fn views_of(world: &World) -> Arc<dyn ViewStore> {
    let store: Arc<dyn ViewStore> = Arc::new(MemoryViews::new());
    Runner::new(world.log(), Arc::clone(&store)).catch_up(Position(u64::MAX), |_| {}).await.unwrap();
    store
}

async fn row_of(store: &dyn ViewStore) -> SyncStateRow {
    let (account, device, _) = me();
    let id = CollectionId::Folder(syncledger_domain::ids::FolderId::INBOX);
    collection(store, account, &device, id).await.unwrap().unwrap()
}

/// From the stream's beginning, without any snapshot.
async fn folded_from_zero(world: &World, stream: &StreamId, moment: Moment) -> Option<StateAt> {
    state_at(world.log.as_ref(), &MemoryViews::new(), stream, moment).await.unwrap()
}

#[tokio::test]
async fn a_row_tells_what_is_confirmed_and_what_is_only_offered() {
    let (account, device, stream) = me();
    let mut world = World::new();
    world.add(&stream, &started(1)).await;
    world.add(&stream, &offered(0, 1, 0..5)).await;
    world.add(&stream, &offered(1, 2, 5..8)).await;
    world.add(&stream, &offered(1, 3, 5..9)).await;
    let row = row_of(views_of(&world).await.as_ref()).await;
    assert_eq!((row.known, row.known_if_arrived), (5, 9));
    assert_eq!(row.confirmed_key().unwrap().to_string(), "1.1");
    assert_eq!(row.offered_key().unwrap().to_string(), "1.3");
    assert_eq!(row.offered.unwrap().adds, 4);
    assert_eq!((row.lost_answers, row.lost_answers_ever, row.answers_ever), (1, 1, 3));
    assert_eq!(row.started_at, Some(Timestamp::from_seconds(START + 1)));
    assert_eq!((row.changed_at, row.revision), (Timestamp::from_seconds(START + 4), Revision(3)));
    assert_eq!((row.account, row.device), (account, device));
}

#[tokio::test]
async fn skipped_items_and_dropped_states_show() {
    let (account, device, stream) = me();
    let mut world = World::new();
    world.add(&stream, &started(1)).await;
    world.add(&stream, &offered(0, 1, 0..5)).await;
    let skipped =
        |n| SyncEvent::Skipped(ItemSkipped { item: item(n), fingerprint: Fingerprint(1), attempts: 12 });
    world.add(&stream, &skipped(7)).await;
    world.add(&stream, &skipped(8)).await;
    world.add(&stream, &SyncEvent::Unskipped(ItemUnskipped { item: item(7) })).await;
    let store = views_of(&world).await;
    assert_eq!(row_of(store.as_ref()).await.skipped, [(item(8), Fingerprint(1))]);
    world.add(&stream, &SyncEvent::Dropped(CollectionDropped { cause: "asked for".into() })).await;
    let store = views_of(&world).await;
    let rows = collections(store.as_ref(), account, &device).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].active, rows[0].known, rows[0].offered, rows[0].offered_key()),
        (false, 0, None, None)
    );
}

#[tokio::test]
async fn two_newest_snapshots_are_kept_and_one_in_1024_for_looking_back() {
    let (_, _, stream) = me();
    let mut world = World::new();
    world.add(&stream, &started(1)).await;
    for n in 0..4200 {
        world.add(&stream, &offered(n, n + 1, n % 7..n % 7 + 1)).await;
    }
    let store = views_of(&world).await;
    let row = row_of(store.as_ref()).await;
    let sparse: Vec<_> =
        row.snapshots.iter().filter(|mark| mark.sparse).map(|mark| mark.revision.0 / SPARSE).collect();
    assert_eq!(sparse, [1, 2, 3, 4]);
    assert!(row.snapshots.is_sorted_by_key(|mark| mark.revision));
    assert!(row.snapshots.len() <= sparse.len() + 2);
    assert!(row.revision.0 - row.snapshots.last().unwrap().revision.0 < EVENTS);
    let prefix = format!("snapshot/{stream}/");
    let stored = store.scan(VIEW.stored, &prefix, None, 100).await.unwrap();
    let named: Vec<_> = row.snapshots.iter().map(|mark| snapshot_key(&stream, mark.revision)).collect();
    assert_eq!(stored.into_iter().map(|row| row.key).collect::<Vec<_>>(), named);

    let now = state_at(world.log.as_ref(), store.as_ref(), &stream, Moment::Now).await.unwrap().unwrap();
    assert!(now.folded < EVENTS);
    assert_eq!(now.state, folded_from_zero(&world, &stream, Moment::Now).await.unwrap().state);
    let (state, revision) = newest_snapshot(store.as_ref(), &stream).await.unwrap().unwrap();
    let mark = row.snapshots.last().unwrap();
    assert_eq!(revision, mark.revision);
    let then = folded_from_zero(&world, &stream, Moment::Position(mark.position)).await.unwrap();
    assert_eq!((state, revision), (then.state, then.revision));
}

#[tokio::test]
async fn an_initial_synchronisation_writes_snapshots_in_proportion_to_its_size() {
    let (account, device, stream) = me();
    let mut world = World::new();
    world.add(&stream, &started(1)).await;
    let first = world.log.read_stream(&stream, Revision(0), 1).await.unwrap().remove(0);
    let mut row = new_row(account, &device, CollectionId::Hierarchy, &LogEntry::new(first));
    let mut written = 0;
    for n in 0..=200_u64 {
        row.events_since_snapshot += 1;
        row.items_since_snapshot += if n == 0 { 0 } else { 100 };
        row.known_if_arrived = 100 * n;
        if is_due(&row) {
            written += row.known_if_arrived;
            row.events_since_snapshot = 0;
            row.items_since_snapshot = 0;
        }
    }
    assert!(written < 4 * 20_000, "{written} items written for 20,000");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_moment_looks_as_if_folded_from_the_beginning(steps in steps(250), picks in proptest::collection::vec(any::<proptest::sample::Index>(), 8)) {
        Runtime::new().unwrap().block_on(async {
            let mut world = World::new();
            world.add_all(&steps).await;
            let store = views_of(&world).await;
            let stream = me().2;
            for pick in picks {
                let nth = pick.index(steps.len() + 1) as u64;
                let seconds = START + i64::try_from(nth).unwrap();
                for moment in [Moment::Position(Position(nth)), Moment::Time(Timestamp::from_seconds(seconds)), Moment::Now] {
                    let quick = state_at(world.log.as_ref(), store.as_ref(), &stream, moment).await.unwrap();
                    let slow = folded_from_zero(&world, &stream, moment).await;
                    let what = |at: Option<StateAt>| at.map(|at| (at.state, at.revision));
                    assert_eq!(what(quick), what(slow), "{moment:?}");
                }
            }
        });
    }
}

#[test]
fn a_diff_names_every_item_that_differs() {
    let known = |items: &[(u32, u64)]| items.iter().map(|(n, f)| (item(*n), Fingerprint(*f))).collect();
    let diff = known_diff(&known(&[(1, 1), (2, 1), (3, 1)]), &known(&[(2, 2), (3, 1), (4, 1)]));
    assert_eq!(diff.added, [(item(4), Fingerprint(1))]);
    assert_eq!(diff.changed, [(item(2), Fingerprint(1), Fingerprint(2))]);
    assert_eq!(diff.removed, [(item(1), Fingerprint(1))]);
}

/// Snapshots outlive the build that wrote them. When this fails, [`SyncState`] is stored in another form than before:
/// raise the view's layout.
#[test]
fn the_stored_form_of_a_snapshot_is_the_one_of_this_layout() {
    let mut state = SyncState::default();
    for event in [started(3), offered(0, 1, 0..2), offered(1, 2, 2..3)] {
        state.evolve(&event);
    }
    state.skipped.insert(item(9), Fingerprint(300));
    let stored = [
        3, 1, 1, 0, 2, 2, 105, 48, 1, 2, 105, 49, 1, 1, 1, 2, 1, 2, 105, 50, 1, 0, 0, 0, 0, 0, 2, 0, 1, 2,
        105, 57, 172, 2, 0, 0, 0,
    ];
    assert_eq!((VIEW.layout, postcard::to_stdvec(&state).unwrap().as_slice()), (1, &stored[..]));
}
