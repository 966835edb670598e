//! The list of filters on protocol versions.

use syncledger_domain::{
    eas_filter::{Draft, FilterRef, FilterUid, Filters, Mode, Preset, Refusal, Rule, parse_versions},
    event::StreamId,
};

use super::World;
use crate::{CommandError, filter_add, filter_delete, filter_move, filter_preset};

fn draft(text: &str) -> Draft {
    Draft {
        rule: Rule::parse("contains", text).unwrap(),
        mode: Mode::Limit,
        versions: parse_versions("14.1").unwrap(),
        blocking: false,
    }
}

fn order(filters: &Filters) -> Vec<u32> {
    filters.list.iter().map(|filter| filter.uid.0).collect()
}

#[tokio::test]
async fn filters_are_added_moved_and_deleted_in_one_stream() {
    let world = World::new();
    let (repository, issuer) = (&world.repository, &world.issuer);
    for text in ["a", "b"] {
        filter_add::run(repository, issuer, &draft(text), None).await.unwrap();
    }
    let added = filter_add::run(repository, issuer, &draft("c"), Some(0)).await.unwrap();
    assert_eq!(order(&added.state), [3, 1, 2]);
    let moved = filter_move::run(repository, issuer, FilterRef::Uid(FilterUid(3)), 99).await.unwrap();
    assert_eq!(order(&moved.state), [1, 2, 3]);
    let again = filter_move::run(repository, issuer, FilterRef::Position(2), 2).await.unwrap();
    assert!(again.appended.is_none());
    let deleted = filter_delete::run(repository, issuer, FilterRef::Position(0)).await.unwrap();
    assert_eq!(order(&deleted.state), [2, 3]);
    let gone = FilterRef::Uid(FilterUid(1));
    let refused = filter_delete::run(repository, issuer, gone).await;
    assert!(matches!(refused, Err(CommandError::Refused(Refusal::NoSuchFilter(name))) if name == gone));
    let stored = world.stored(&StreamId::eas_filters()).await;
    let expected = ["filter-added", "filter-added", "filter-added", "filter-moved", "filter-deleted"];
    assert_eq!(stored, expected);
}

#[tokio::test]
async fn a_preset_is_applied_once_and_in_one_append() {
    let world = World::new();
    let (repository, issuer) = (&world.repository, &world.issuer);
    filter_add::run(repository, issuer, &draft("a"), None).await.unwrap();
    let applied = filter_preset::run(repository, issuer, Preset::Classic).await.unwrap();
    assert_eq!(order(&applied.state), [2, 3, 4]);
    assert!(filter_preset::run(repository, issuer, Preset::Classic).await.unwrap().appended.is_none());
    let loaded = repository.load::<Filters>(&StreamId::eas_filters()).await.unwrap();
    assert_eq!(loaded.state, applied.state);
}

#[tokio::test]
async fn administrators_at_the_same_time_lose_nothing() {
    let world = World::new();
    let (repository, issuer) = (&world.repository, &world.issuer);
    let [a, b] = ["a", "b"].map(draft);
    let (one, other) = tokio::join!(
        filter_add::run(repository, issuer, &a, None),
        filter_add::run(repository, issuer, &b, None)
    );
    one.unwrap();
    other.unwrap();
    let loaded = repository.load::<Filters>(&StreamId::eas_filters()).await.unwrap();
    assert_eq!(order(&loaded.state), [1, 2]);
}
