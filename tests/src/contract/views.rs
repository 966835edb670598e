//! What every view store promises, one function per promise.
//!
//! `view_store_contract!(name, subject)` makes a module with one test per promise; `subject` is an async function that
//! makes an empty store of its own. A store whose module is green keeps the contract of
//! `syncledger_domain::ports::views`.

#![expect(missing_docs, reason = "a promise's name is the promise")]
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a broken promise panics: these are tests"
)]

use std::{any::Any, fmt, sync::Arc};

use syncledger_domain::{
    event::Position,
    ports::views::{Batch, Row, RowChange, ViewError, ViewStore},
};

/// An empty store under test.
pub struct Subject {
    /// The store.
    pub store: Arc<dyn ViewStore>,
    _keep: Box<dyn Any + Send>,
}

impl Subject {
    /// A store, and what must live as long as it.
    pub fn new(store: impl ViewStore + 'static, keep: impl Any + Send) -> Self {
        Self { store: Arc::new(store), _keep: Box::new(keep) }
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject").finish_non_exhaustive()
    }
}

/// One test per promise of the view store.
#[macro_export]
macro_rules! view_store_contract {
    ($name:ident, $subject:ident) => {
        mod $name {
            $crate::view_store_contract! { @promises $subject;
                a_view_that_does_not_exist_is_empty_and_at_the_start;
                a_batch_changes_rows_and_checkpoint;
                a_batch_without_changes_moves_the_checkpoint;
                changes_happen_in_their_order;
                a_batch_from_elsewhere_changes_nothing_and_names_the_actual_checkpoint;
                of_many_who_apply_from_the_same_checkpoint_exactly_one_wins;
                readers_never_see_half_a_batch;
                views_do_not_touch_each_other;
                a_scan_returns_the_rows_of_a_prefix_in_order;
                prefixes_are_text_and_not_patterns;
                deleting_a_prefix_deletes_exactly_its_rows;
                a_scan_is_read_in_pages;
                a_scan_goes_on_behind_a_row_that_is_gone;
                values_of_any_size_come_back;
                a_dropped_view_begins_anew;
            }
        }
    };
    (@promises $subject:ident; $($promise:ident;)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                $crate::contract::views::$promise(super::$subject().await).await;
            }
        )+
    };
}

const VIEW: &str = "things-1";

fn put(key: &str, value: &str) -> RowChange {
    RowChange::Put(Row { key: key.to_owned(), value: value.as_bytes().to_vec() })
}

fn batch(from: u64, to: u64, changes: impl IntoIterator<Item = RowChange>) -> Batch {
    Batch { view: VIEW, from: Position(from), to: Position(to), changes: changes.into_iter().collect() }
}

async fn keys(subject: &Subject, prefix: &str) -> Vec<String> {
    let rows = subject.store.scan(VIEW, prefix, None, 1000).await.unwrap();
    rows.into_iter().map(|row| row.key).collect()
}

async fn value(subject: &Subject, key: &str) -> Option<String> {
    subject.store.get(VIEW, key).await.unwrap().map(|value| String::from_utf8(value).unwrap())
}

async fn with_keys(subject: &Subject, keys: &[&str]) {
    subject.store.apply(batch(0, 1, keys.iter().map(|key| put(key, key)))).await.unwrap();
}

pub async fn a_view_that_does_not_exist_is_empty_and_at_the_start(subject: Subject) {
    assert_eq!(subject.store.checkpoint(VIEW).await.unwrap(), Position::START);
    assert_eq!(value(&subject, "a").await, None);
    assert!(keys(&subject, "").await.is_empty());
    subject.store.drop_view(VIEW).await.unwrap();
}

pub async fn a_batch_changes_rows_and_checkpoint(subject: Subject) {
    subject.store.apply(batch(0, 7, [put("a", "1"), put("b", "2")])).await.unwrap();
    subject
        .store
        .apply(batch(7, 9, [put("a", "3"), RowChange::Delete("b".into()), put("c", "4")]))
        .await
        .unwrap();
    assert_eq!(subject.store.checkpoint(VIEW).await.unwrap(), Position(9));
    assert_eq!(keys(&subject, "").await, ["a", "c"]);
    assert_eq!(value(&subject, "a").await.as_deref(), Some("3"));
    assert_eq!(value(&subject, "b").await, None);
}

pub async fn a_batch_without_changes_moves_the_checkpoint(subject: Subject) {
    subject.store.apply(batch(0, 5, [])).await.unwrap();
    assert_eq!(subject.store.checkpoint(VIEW).await.unwrap(), Position(5));
}

pub async fn changes_happen_in_their_order(subject: Subject) {
    let changes = [
        put("a/1", "first"),
        put("a/1", "second"),
        put("a/2", "gone"),
        RowChange::DeletePrefix("a/2".into()),
        put("b", "gone"),
        RowChange::Delete("b".into()),
        RowChange::Delete("never there".into()),
        RowChange::DeletePrefix("c".into()),
        put("c", "after the deletion"),
    ];
    subject.store.apply(batch(0, 1, changes)).await.unwrap();
    assert_eq!(keys(&subject, "").await, ["a/1", "c"]);
    assert_eq!(value(&subject, "a/1").await.as_deref(), Some("second"));
}

pub async fn a_batch_from_elsewhere_changes_nothing_and_names_the_actual_checkpoint(subject: Subject) {
    subject.store.apply(batch(0, 7, [put("a", "1")])).await.unwrap();
    for from in [0, 6, 8] {
        let moved = ViewError::Moved { view: VIEW.to_owned(), expected: Position(from), actual: Position(7) };
        assert_eq!(subject.store.apply(batch(from, 9, [put("b", "2")])).await, Err(moved));
    }
    assert_eq!(subject.store.checkpoint(VIEW).await.unwrap(), Position(7));
    assert_eq!(keys(&subject, "").await, ["a"]);
}

pub async fn of_many_who_apply_from_the_same_checkpoint_exactly_one_wins(subject: Subject) {
    for round in 0..10 {
        let appliers: Vec<_> = (0..8)
            .map(|applier| {
                let store = Arc::clone(&subject.store);
                let changes = [put(&format!("{round}/{applier}"), "x")];
                tokio::spawn(async move { store.apply(batch(round, round + 1, changes)).await })
            })
            .collect();
        let mut won = 0;
        for applier in appliers {
            match applier.await.unwrap() {
                Ok(()) => won += 1,
                Err(ViewError::Moved { actual, .. }) => assert_eq!(actual, Position(round + 1)),
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(won, 1);
        assert_eq!(keys(&subject, &format!("{round}/")).await.len(), 1);
    }
}

pub async fn readers_never_see_half_a_batch(subject: Subject) {
    let writer = Arc::clone(&subject.store);
    let writing = tokio::spawn(async move {
        for round in 0..50_u64 {
            let changes = (0..20).map(|row| put(&format!("{row:02}"), &round.to_string()));
            writer.apply(batch(round, round + 1, changes)).await.unwrap();
        }
    });
    while !writing.is_finished() {
        let rows = subject.store.scan(VIEW, "", None, 100).await.unwrap();
        assert!(rows.is_empty() || rows.len() == 20);
        assert!(rows.iter().all(|row| row.value == rows[0].value));
    }
    writing.await.unwrap();
    assert_eq!(subject.store.checkpoint(VIEW).await.unwrap(), Position(50));
}

pub async fn views_do_not_touch_each_other(subject: Subject) {
    let other = |from, changes| Batch { view: "things-2", ..batch(from, from + 1, changes) };
    subject.store.apply(batch(0, 1, [put("a", "1")])).await.unwrap();
    subject.store.apply(other(0, vec![put("a", "2")])).await.unwrap();
    subject.store.apply(other(1, vec![RowChange::DeletePrefix(String::new())])).await.unwrap();
    assert_eq!(subject.store.get("things-2", "a").await.unwrap(), None);
    assert_eq!(value(&subject, "a").await.as_deref(), Some("1"));
    subject.store.drop_view("things-2").await.unwrap();
    assert_eq!(subject.store.checkpoint(VIEW).await.unwrap(), Position(1));
    assert_eq!(value(&subject, "a").await.as_deref(), Some("1"));
}

pub async fn a_scan_returns_the_rows_of_a_prefix_in_order(subject: Subject) {
    with_keys(&subject, &["b/2", "a/10", "a/2", "a", "b", "a/", "aa", "A/1"]).await;
    assert_eq!(keys(&subject, "a/").await, ["a/", "a/10", "a/2"]);
    assert_eq!(keys(&subject, "a").await, ["a", "a/", "a/10", "a/2", "aa"]);
    assert_eq!(keys(&subject, "").await, ["A/1", "a", "a/", "a/10", "a/2", "aa", "b", "b/2"]);
    assert!(keys(&subject, "c").await.is_empty());
}

const AWKWARD: [&str; 12] = [
    "50%",
    "50%/x",
    "500",
    "a\0b",
    "a_b",
    "a_b/x",
    "axb",
    "ä/ö",
    "ä0",
    "\u{7f}",
    "\u{10ffff}",
    "\u{10ffff}/x",
];

pub async fn prefixes_are_text_and_not_patterns(subject: Subject) {
    with_keys(&subject, &AWKWARD).await;
    assert_eq!(keys(&subject, "50%").await, ["50%", "50%/x"]);
    assert_eq!(keys(&subject, "a_b").await, ["a_b", "a_b/x"]);
    assert_eq!(keys(&subject, "a\0").await, ["a\0b"]);
    assert_eq!(keys(&subject, "ä").await, ["ä/ö", "ä0"]);
    assert_eq!(keys(&subject, "ä/").await, ["ä/ö"]);
    assert_eq!(keys(&subject, "\u{7f}").await, ["\u{7f}"]);
    assert_eq!(keys(&subject, "\u{10ffff}").await, ["\u{10ffff}", "\u{10ffff}/x"]);
    let mut sorted = AWKWARD;
    sorted.sort_unstable();
    assert_eq!(keys(&subject, "").await, sorted);
}

pub async fn deleting_a_prefix_deletes_exactly_its_rows(subject: Subject) {
    with_keys(&subject, &AWKWARD).await;
    let changes = ["50%", "a_b", "ä/", "\u{10ffff}"].map(|prefix| RowChange::DeletePrefix(prefix.to_owned()));
    subject.store.apply(batch(1, 2, changes)).await.unwrap();
    assert_eq!(keys(&subject, "").await, ["500", "a\0b", "axb", "\u{7f}", "ä0"]);
}

pub async fn a_scan_is_read_in_pages(subject: Subject) {
    let all: Vec<String> = (0..25).map(|n| format!("p/{n:02}")).collect();
    let changes = all.iter().map(|key| put(key, key)).chain([put("o", ""), put("q", "")]);
    subject.store.apply(batch(0, 1, changes)).await.unwrap();
    let (mut read, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = subject.store.scan(VIEW, "p/", after.as_deref(), 10).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.key.clone());
        read.extend(page.into_iter().map(|row| row.key));
    }
    assert_eq!(read, all);
    assert!(subject.store.scan(VIEW, "p/", None, 0).await.unwrap().is_empty());
}

pub async fn a_scan_goes_on_behind_a_row_that_is_gone(subject: Subject) {
    with_keys(&subject, &["p/1", "p/3", "q"]).await;
    let behind = |after: &'static str| {
        let store = Arc::clone(&subject.store);
        async move { store.scan(VIEW, "p/", Some(after), 10).await.unwrap().len() }
    };
    assert_eq!(behind("p/2").await, 1);
    assert_eq!(behind("a").await, 2);
    assert_eq!(behind("z").await, 0);
}

pub async fn values_of_any_size_come_back(subject: Subject) {
    let values: Vec<Vec<u8>> =
        vec![Vec::new(), vec![0], vec![0xff; 1000], (0..=255).cycle().take(3_000_000).collect()];
    let row =
        |(n, value): (usize, &Vec<u8>)| RowChange::Put(Row { key: n.to_string(), value: value.clone() });
    subject.store.apply(batch(0, 1, values.iter().enumerate().map(row))).await.unwrap();
    for (n, value) in values.iter().enumerate() {
        assert_eq!(subject.store.get(VIEW, &n.to_string()).await.unwrap().as_ref(), Some(value));
    }
    subject.store.apply(batch(1, 2, [put("", "")])).await.unwrap();
    assert_eq!(value(&subject, "").await.as_deref(), Some(""));
    let long = "k".repeat(1000);
    subject.store.apply(batch(2, 3, [put(&long, "long")])).await.unwrap();
    assert_eq!(value(&subject, &long).await.as_deref(), Some("long"));
}

pub async fn a_dropped_view_begins_anew(subject: Subject) {
    subject.store.apply(batch(0, 7, [put("a", "1")])).await.unwrap();
    subject.store.drop_view(VIEW).await.unwrap();
    assert_eq!(subject.store.checkpoint(VIEW).await.unwrap(), Position::START);
    assert!(keys(&subject, "").await.is_empty());
    subject.store.apply(batch(0, 3, [put("b", "2")])).await.unwrap();
    assert_eq!(keys(&subject, "").await, ["b"]);
}
