//! Given/when/then of the aggregate, the refusals named.

use super::{
    AppliedChange, ClientOperation, CollectionOptions, Delta, Effect, Filter, ItemsRegistered, Known, Limits,
    Refusal, Standing, SyncEvent, SyncState, plan,
};
use crate::{
    Aggregate,
    ids::{ClientId, ItemId, SyncKey},
    ports::mailbox::{Fingerprint, FolderClass, FolderIndex, IndexEntry},
};

fn item(name: &str) -> ItemId {
    ItemId::new(name).unwrap()
}

fn key(generation: u32, counter: u32) -> SyncKey {
    SyncKey { generation, counter }
}

fn adds(names: &[&str]) -> Delta {
    Delta { adds: names.iter().map(|name| (item(name), Fingerprint(0))).collect(), ..Delta::default() }
}

fn names(known: &Known) -> Vec<&str> {
    known.keys().map(ItemId::as_str).collect()
}

fn after(mut state: SyncState, events: &[SyncEvent]) -> SyncState {
    for event in events {
        state.evolve(event);
    }
    state
}

/// Started, with key 1.1 given out.
fn started() -> SyncState {
    let state = SyncState::default();
    let start = state.start(Some(FolderClass::Mail));
    let state = after(state, &[start]);
    let events = state.offer(Standing::Current, Delta::default(), Vec::new());
    after(state, &events)
}

/// `a` and `b` given out with key 1.2, which is not confirmed yet.
fn offered() -> SyncState {
    let state = started();
    let events = state.offer(state.standing(key(1, 1)).unwrap(), adds(&["a", "b"]), Vec::new());
    after(state, &events)
}

fn index(entries: &[(&str, u64, i64)]) -> FolderIndex {
    let mut entries: Vec<_> = entries
        .iter()
        .map(|(name, state, date)| IndexEntry {
            id: item(name),
            fingerprint: Fingerprint(*state),
            date: *date,
            size: 100,
        })
        .collect();
    entries.sort_by(|x, y| x.id.cmp(&y.id));
    FolderIndex { entries, token: "".into() }
}

const ALL: Limits = Limits { window: usize::MAX, bytes: u64::MAX };

#[test]
fn a_collection_that_was_never_started_refuses_every_key() {
    assert_eq!(SyncState::default().standing(key(1, 1)), Err(Refusal::NotStarted));
    assert_eq!(SyncState::default().given_key(), None);
}

#[test]
fn the_offered_key_confirms() {
    let state = offered();
    assert_eq!(state.standing(key(1, 2)), Ok(Standing::Confirms));
    assert_eq!(names(&state.baseline(Standing::Confirms)), ["a", "b"]);
    assert!(state.confirmed.is_empty());
    let events = state.offer(Standing::Confirms, adds(&["c"]), Vec::new());
    let state = after(state, &events);
    assert_eq!(names(&state.confirmed), ["a", "b"]);
    assert_eq!(state.given_key(), Some(key(1, 3)));
}

#[test]
fn the_confirmed_key_again_means_the_answer_was_lost() {
    let state = offered();
    assert_eq!(state.standing(key(1, 1)), Ok(Standing::Repeats));
    assert!(state.baseline(Standing::Repeats).is_empty());
    let events = state.offer(Standing::Repeats, adds(&["a"]), Vec::new());
    let state = after(state, &events);
    assert_eq!(state.lost_answers, 1);
    assert_eq!(state.standing(key(1, 3)), Ok(Standing::Confirms));
    assert_eq!(names(&state.given()), ["a"]);
}

#[test]
fn key_0_again_goes_on_with_the_generation_until_an_answer_was_proven_to_arrive() {
    assert!(!SyncState::default().start_is_repeated(Some(FolderClass::Mail)));
    assert!(started().start_is_repeated(Some(FolderClass::Mail)));
    assert!(!started().start_is_repeated(None), "another class is another start");
    assert!(!offered().start_is_repeated(Some(FolderClass::Mail)));
}

#[test]
fn a_key_from_before_a_restart_is_refused() {
    let state = offered();
    let restart = state.start(Some(FolderClass::Mail));
    let state = after(state, &[restart]);
    let events = state.offer(Standing::Current, Delta::default(), Vec::new());
    let state = after(state, &events);
    assert_eq!(state.standing(key(1, 1)), Err(Refusal::OtherGeneration { presented: 1, current: 2 }));
    assert_eq!(state.standing(key(2, 1)), Ok(Standing::Confirms));
    assert!(state.given().is_empty());
}

#[test]
fn a_key_older_than_the_confirmed_one_is_refused() {
    let state = offered();
    let events = state.offer(Standing::Confirms, adds(&["c"]), Vec::new());
    let state = after(state, &events);
    assert_eq!(
        state.standing(key(1, 1)),
        Err(Refusal::UnknownKey { presented: 1, confirmed: 2, offered: Some(3) })
    );
}

#[test]
fn a_dropped_collection_refuses_its_keys_and_starts_in_a_new_generation() {
    let state = offered();
    let dropped = state.drop_state("reset by an administrator").unwrap();
    let state = after(state, &[dropped]);
    assert_eq!(state.standing(key(1, 2)), Err(Refusal::NotStarted));
    assert_eq!(state.drop_state("again"), None);
    let start = state.start(None);
    assert_eq!(after(state, &[start]).generation, 2);
}

#[test]
fn nothing_to_say_moves_no_key() {
    let state = offered();
    assert_eq!(state.offer(Standing::Confirms, Delta::default(), Vec::new()), []);
    let again = state.change_options(&CollectionOptions::default()).unwrap();
    let state = after(state, &[again]);
    assert_eq!(state.change_options(&CollectionOptions::default()), None);
}

#[test]
fn a_lost_answer_is_followed_by_an_offer_even_if_nothing_is_left_to_tell() {
    let state = offered();
    let events = state.offer(Standing::Repeats, Delta::default(), Vec::new());
    assert_eq!(events.len(), 1);
    let state = after(state, &events);
    assert_eq!(
        state.news(&index(&[]), Filter::default()),
        0,
        "what the lost answer told does not count as given"
    );
}

#[test]
fn client_changes_of_a_lost_answer_stay_applied_and_are_replayed() {
    let state = started();
    let created = AppliedChange {
        operation: ClientOperation::Add(ClientId::new("c1").unwrap()),
        item: Some(item("n1")),
        effect: Effect::Known(Fingerprint(7)),
        reply: 1,
    };
    let events = state.offer(Standing::Confirms, Delta::default(), vec![created.clone()]);
    let state = after(state, &events);
    assert_eq!(state.standing(key(1, 1)), Ok(Standing::Repeats));
    assert_eq!(state.carried(Standing::Repeats), std::slice::from_ref(&created));
    assert_eq!(names(&state.baseline(Standing::Repeats)), ["n1"], "no echo of what the client created");
    let events = state.offer(Standing::Repeats, Delta::default(), Vec::new());
    let state = after(state, &events);
    assert_eq!(state.carried(Standing::Repeats), [created]);
    let events = state.offer(Standing::Confirms, adds(&["x"]), Vec::new());
    let state = after(state, &events);
    assert_eq!(names(&state.confirmed), ["n1"]);
    assert!(state.carried(Standing::Repeats).is_empty());
}

#[test]
fn a_change_of_an_item_the_device_was_never_told_does_not_make_it_known() {
    let state = started();
    let change = AppliedChange {
        operation: ClientOperation::Change { digest: 1 },
        item: Some(item("a")),
        effect: Effect::Known(Fingerprint(1)),
        reply: 1,
    };
    let events = state.offer(Standing::Confirms, Delta::default(), vec![change]);
    let state = after(state, &events);
    assert!(state.given().is_empty());
    assert_eq!(state.news(&index(&[("a", 1, 1)]), Filter::default()), 1);
}

#[test]
fn windows_shrink_while_answers_are_lost_and_recover_with_a_confirmation() {
    let mut state = offered();
    assert_eq!(state.shrunk_window(Standing::Repeats, 100), 100);
    let mut windows = Vec::new();
    for _ in 0..8 {
        let events = state.offer(Standing::Repeats, adds(&["a"]), Vec::new());
        state = after(state, &events);
        windows.push(state.shrunk_window(Standing::Repeats, 100));
    }
    assert_eq!(windows, [100, 25, 6, 1, 1, 1, 1, 1]);
    assert_eq!(state.shrunk_window(Standing::Confirms, 100), 100);
}

/// Loses answers until something other than an offer is decided; returns how many it took.
fn lose_until_unusual(state: &mut SyncState, what: &Delta) -> (usize, Vec<SyncEvent>) {
    for round in 1..100 {
        let events = state.offer(Standing::Repeats, what.clone(), Vec::new());
        *state = after(state.clone(), &events);
        if events.len() > 1 {
            return (round, events);
        }
    }
    panic!("nothing unusual in 100 rounds");
}

#[test]
fn the_one_item_that_hurts_is_skipped_and_can_be_let_in_again() {
    let mut state = started();
    let events = state.offer(Standing::Confirms, adds(&["evil"]), Vec::new());
    state = after(state, &events);
    let (_, events) = lose_until_unusual(&mut state, &adds(&["evil"]));
    assert!(matches!(&events[0], SyncEvent::Skipped(skipped) if skipped.item == item("evil")));
    assert!(matches!(&events[1], SyncEvent::Offered(offered) if offered.delta.is_empty()));
    let folder = index(&[("evil", 0, 1), ("good", 0, 1)]);
    let planned = plan(&state.given(), &state.skipped, &folder, Filter::default(), ALL);
    assert_eq!(planned.delta, adds(&["good"]));
    let changed = index(&[("evil", 1, 1)]);
    assert_eq!(plan(&state.given(), &state.skipped, &changed, Filter::default(), ALL).delta.adds.len(), 1);
    let unskip = state.unskip(&item("evil")).unwrap();
    state = after(state, &[unskip]);
    assert_eq!(plan(&state.given(), &state.skipped, &folder, Filter::default(), ALL).delta.adds.len(), 2);
    assert_eq!(state.unskip(&item("evil")), None);
}

#[test]
fn a_skip_that_did_not_help_is_taken_back() {
    let mut state = started();
    let events = state.offer(Standing::Confirms, adds(&["innocent"]), Vec::new());
    state = after(state, &events);
    let (_, events) = lose_until_unusual(&mut state, &adds(&["innocent"]));
    assert!(matches!(&events[0], SyncEvent::Skipped(_)));
    let (_, events) = lose_until_unusual(&mut state, &adds(&["another"]));
    assert!(matches!(&events[0], SyncEvent::Unskipped(unskipped) if unskipped.item == item("innocent")));
    assert!(state.skipped.is_empty());
    for _ in 0..50 {
        let events = state.offer(Standing::Repeats, adds(&["another"]), Vec::new());
        assert_eq!(events.len(), 1, "no other item is tried before a confirmation");
        state = after(state, &events);
    }
}

#[test]
fn moved_items_are_registered_on_both_sides() {
    let state = offered();
    let registered =
        ItemsRegistered { known: vec![(item("moved-in"), Fingerprint(3))], gone: vec![item("a")] };
    let event = state.register_items(registered).unwrap();
    let state = after(state, &[event]);
    assert_eq!(names(&state.baseline(Standing::Confirms)), ["b", "moved-in"]);
    assert_eq!(names(&state.baseline(Standing::Repeats)), ["moved-in"]);
    assert_eq!(
        SyncState::default().register_items(ItemsRegistered { known: vec![], gone: vec![item("a")] }),
        None
    );
}

#[test]
fn key_0_forgets_what_the_device_learned_by_moves() {
    let state = started();
    let moved = ItemsRegistered { known: vec![(item("moved-in"), Fingerprint(0))], gone: Vec::new() };
    let event = state.register_items(moved).unwrap();
    let state = after(state, &[event]);
    assert!(!state.start_is_repeated(Some(FolderClass::Mail)));
    let restart = state.start(Some(FolderClass::Mail));
    assert!(after(state, &[restart]).given().is_empty());
}

#[test]
fn the_folder_tree_is_never_told_with_a_hole() {
    let mut state = SyncState::default();
    let start = state.start(None);
    state = after(state, &[start]);
    for round in 0..40 {
        let standing = if round == 0 { Standing::Current } else { Standing::Repeats };
        let events = state.offer(standing, adds(&["257"]), Vec::new());
        assert!(matches!(&events[..], [SyncEvent::Offered(offered)] if offered.delta == adds(&["257"])));
        state = after(state, &events);
    }
}

#[test]
fn a_skipped_item_gets_another_chance_with_the_first_confirmation_after() {
    let mut state = started();
    let events = state.offer(Standing::Confirms, adds(&["slow"]), Vec::new());
    state = after(state, &events);
    let (_, events) = lose_until_unusual(&mut state, &adds(&["slow"]));
    assert!(matches!(&events[0], SyncEvent::Skipped(_)));
    let events = state.offer(Standing::Confirms, adds(&["other"]), Vec::new());
    assert!(matches!(&events[0], SyncEvent::Unskipped(unskipped) if unskipped.item == item("slow")));
    state = after(state, &events);
    assert!(state.skipped.is_empty());
    // An item that hurts again after its second chance stays out.
    let events = state.offer(Standing::Confirms, adds(&["slow"]), Vec::new());
    state = after(state, &events);
    let (_, events) = lose_until_unusual(&mut state, &adds(&["slow"]));
    assert!(matches!(&events[0], SyncEvent::Skipped(skipped) if skipped.item == item("slow")));
    let events = state.offer(Standing::Confirms, adds(&["more"]), Vec::new());
    assert!(matches!(&events[..], [SyncEvent::Offered(_)]));
    state = after(state, &events);
    assert_eq!(names(&state.skipped), ["slow"]);
}

#[test]
fn plans_remove_then_change_then_add_newest_first_within_the_window() {
    let known: Known = [("gone", 0), ("old", 0), ("same", 0), ("changed", 0)]
        .map(|(n, s)| (item(n), Fingerprint(s)))
        .into_iter()
        .collect();
    let folder = index(&[
        ("old", 0, 10),
        ("same", 0, 100),
        ("changed", 1, 100),
        ("n1", 0, 101),
        ("n2", 0, 103),
        ("n3", 0, 102),
    ]);
    let filter = Filter { not_before: Some(50) };
    let planned = plan(&known, &Known::default(), &folder, filter, ALL);
    assert_eq!(planned.remaining, 0);
    assert_eq!(planned.delta.removes, [item("gone")]);
    assert_eq!(planned.delta.soft_removes, [item("old")]);
    assert_eq!(planned.delta.changes, [(item("changed"), Fingerprint(1))]);
    let order: Vec<_> = planned.delta.adds.iter().map(|(item, _)| item.as_str()).collect();
    assert_eq!(order, ["n2", "n3", "n1"]);

    let four = plan(&known, &Known::default(), &folder, filter, Limits { window: 4, bytes: u64::MAX });
    assert_eq!((four.delta.len(), four.remaining), (4, 2));
    assert_eq!(four.delta.adds, [(item("n2"), Fingerprint(0))]);
    let bytes = plan(&known, &Known::default(), &folder, filter, Limits { window: 100, bytes: 250 });
    assert_eq!((bytes.delta.adds.len(), bytes.remaining), (2, 1));
    let tight = plan(&known, &Known::default(), &folder, filter, Limits { window: 100, bytes: 1 });
    assert_eq!(tight.delta.adds.len(), 1, "one item is always allowed");
}

#[test]
fn items_outside_the_filter_wake_nobody_when_they_leave() {
    let state = offered();
    let aged = index(&[("a", 0, 10), ("b", 0, 100)]);
    let filter = Filter { not_before: Some(50) };
    assert_eq!(state.news(&aged, filter), 0);
    assert_eq!(plan(&state.given(), &state.skipped, &aged, filter, ALL).delta.soft_removes, [item("a")]);
}
