//! The view store's contract, for every backend, and what is SQLite's own.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::{fs, io::Write as _, path::Path, process::Command};

use syncledger_domain::{
    event::Position,
    ports::views::{Batch, Row, RowChange, ViewError, ViewStore},
};
use syncledger_projections::MemoryViews;
use syncledger_tests::{contract::views::Subject, view_store_contract};
use syncledger_views_sqlite::{OpenError, SqliteViews};

async fn in_memory() -> Subject {
    Subject::new(MemoryViews::new(), ())
}

async fn in_sqlite() -> Subject {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteViews::open(directory.path().join("views.db")).await.unwrap();
    Subject::new(store, directory)
}

view_store_contract!(memory, in_memory);
view_store_contract!(sqlite, in_sqlite);

fn batch(from: u64, key: &str) -> Batch {
    let row = Row { key: key.to_owned(), value: vec![1] };
    Batch {
        view: "things-1",
        from: Position(from),
        to: Position(from + 1),
        changes: vec![RowChange::Put(row)],
    }
}

fn sqlite3(path: &Path, sql: &str) {
    let done = Command::new("sqlite3").arg(path).arg(sql).output();
    let done = done.expect("the program sqlite3 is needed (Debian package sqlite3)");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[tokio::test]
async fn two_openers_of_one_file_see_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("views.db");
    let (one, two) = tokio::join!(SqliteViews::open(&path), SqliteViews::open(&path));
    let (one, two) = (one.unwrap(), two.unwrap());
    one.apply(batch(0, "a")).await.unwrap();
    let moved = ViewError::Moved { view: "things-1".into(), expected: Position(0), actual: Position(1) };
    assert_eq!(two.apply(batch(0, "b")).await, Err(moved));
    two.apply(batch(1, "b")).await.unwrap();
    assert_eq!(one.scan("things-1", "", None, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_was_applied_is_there_after_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("views.db");
    let views = SqliteViews::open(&path).await.unwrap();
    views.apply(batch(0, "a")).await.unwrap();
    views.close().await;
    let again = SqliteViews::open(&path).await.unwrap();
    assert_eq!(again.checkpoint("things-1").await.unwrap(), Position(1));
}

#[tokio::test]
async fn a_damaged_file_is_refused_with_the_remedy_and_replaced_for_a_rebuild() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("views.db");
    fs::write(&path, "this is no database, whatever its name says".repeat(100)).unwrap();
    let refused = SqliteViews::open(&path).await.unwrap_err();
    assert!(matches!(refused, OpenError::Damaged { .. }), "{refused}");
    assert!(refused.to_string().contains("views rebuild"), "{refused}");
    let (views, aside) = SqliteViews::open_or_replace(&path).await.unwrap();
    views.apply(batch(0, "a")).await.unwrap();
    assert!(fs::read_to_string(aside.unwrap()).unwrap().starts_with("this is no database"));
}

#[tokio::test]
async fn damage_found_while_reading_names_the_remedy() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("views.db");
    let views = SqliteViews::open(&path).await.unwrap();
    let rows = (0..2000).map(|n| RowChange::Put(Row { key: format!("{n:05}"), value: vec![7; 100] }));
    views.apply(Batch { changes: rows.collect(), ..batch(0, "") }).await.unwrap();
    views.close().await;
    let length = fs::metadata(&path).unwrap().len();
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    // All pages but the first, which the schema is in.
    std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(3 * 4096)).unwrap();
    file.write_all(&vec![0xee; usize::try_from(length).unwrap() - 3 * 4096]).unwrap();
    drop(file);
    let error = match SqliteViews::open(&path).await {
        Ok(views) => views.scan("things-1", "", None, 10_000).await.unwrap_err().to_string(),
        Err(error) => error.to_string(),
    };
    assert!(error.contains("damaged") && error.contains("views rebuild"), "{error}");
}

#[tokio::test]
async fn a_file_of_a_newer_build_is_refused_with_the_remedy_and_replaced_for_a_rebuild() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("views.db");
    SqliteViews::open(&path).await.unwrap().close().await;
    sqlite3(
        &path,
        "INSERT INTO _sqlx_migrations SELECT 9999, 'future', installed_on, 1, checksum, 0 FROM _sqlx_migrations",
    );
    let refused = SqliteViews::open(&path).await.unwrap_err();
    assert!(matches!(refused, OpenError::OtherBuild { version: 9999, .. }), "{refused}");
    assert!(refused.to_string().contains("views rebuild"), "{refused}");
    let (_, aside) = SqliteViews::open_or_replace(&path).await.unwrap();
    assert!(aside.is_some());
}

#[tokio::test]
async fn a_database_of_something_else_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.db");
    sqlite3(&path, "CREATE TABLE events (position INTEGER PRIMARY KEY)");
    let refused = SqliteViews::open_or_replace(&path).await.unwrap_err();
    assert!(matches!(refused, OpenError::NotViews { .. }), "{refused}");
    assert!(path.exists());
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("views.db");
    let views = SqliteViews::open(&path).await.unwrap();
    views.apply(batch(0, "a")).await.unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}
