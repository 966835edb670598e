use super::*;
use std::{fs, os::unix::fs::PermissionsExt};
use syncledger_domain::ports::event_log::SubscriptionItem;

#[tokio::test]
async fn only_its_owner_may_read_the_log() {
    let place = Place::new();
    let log = place.log().await;
    log.append(first("s")).await.unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let file = place.path().with_file_name(format!("ledger.db{suffix}"));
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn every_commit_is_flushed_to_disk() {
    let place = Place::new();
    let mut opened = open::open(&place.path()).await.unwrap();
    let mut pragma = async |name: &str| -> String {
        let sql = format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}");
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut opened.writer).await.unwrap()
    };
    assert_eq!(pragma("journal_mode").await, "wal");
    assert_eq!(pragma("synchronous").await, "2", "FULL");
}

#[tokio::test]
async fn many_may_open_a_new_log_at_the_same_moment() {
    for _ in 0..5 {
        let place = Place::new();
        let open = |n: usize| {
            let path = place.path();
            tokio::spawn(async move {
                let log = SqliteEventLog::open(&path).await.unwrap();
                log.append(first(&format!("s-{n}"))).await.unwrap();
            })
        };
        for opened in (0..6).map(open).collect::<Vec<_>>() {
            opened.await.unwrap();
        }
        assert_eq!(place.log().await.stream_heads(Position(u64::MAX)).await.unwrap().len(), 6);
    }
}

#[tokio::test]
async fn a_file_that_is_no_log_is_refused_and_left_alone() {
    let place = Place::new();
    let text = "Not a database, but long enough to be taken for the header of one. ".repeat(10);
    fs::write(place.path(), &text).unwrap();
    let refused = SqliteEventLog::open(&place.path()).await.unwrap_err();
    assert!(matches!(refused, OpenError::Connect { .. }), "{refused}");
    assert_eq!(fs::read_to_string(place.path()).unwrap(), text);
}

#[tokio::test]
async fn a_missing_directory_is_named() {
    let place = Place::new();
    let path = place.0.path().join("nowhere/ledger.db");
    let refused = SqliteEventLog::open(&path).await.unwrap_err();
    assert!(matches!(refused, OpenError::Create { .. }), "{refused}");
    assert!(refused.to_string().contains("nowhere/ledger.db"), "{refused}");
}

#[tokio::test]
async fn a_log_of_a_newer_build_is_refused() {
    let place = Place::new();
    place.log().await.close().await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (9999, 'later', true, x'00', 1)";
    run(&mut shell(&place.path()).await, newer).await.unwrap();
    let refused = SqliteEventLog::open(&place.path()).await.unwrap_err();
    assert!(matches!(refused, OpenError::Schema { .. }), "{refused}");
}

#[tokio::test]
async fn closing_lets_go_of_the_file_and_of_everybody_who_waits() {
    let place = Place::new();
    let log = Arc::new(place.log().await);
    log.append(first("s")).await.unwrap();
    let mut subscription = log.subscribe(Position(2)).await.unwrap();
    subscription.next().await.unwrap();
    let waiting = tokio::spawn(async move { subscription.next().await });

    // Queued before the log is closed, so it is committed.
    let queued: Vec<_> = (0..20)
        .map(|n| {
            let log = Arc::clone(&log);
            tokio::spawn(async move { log.append(first(&format!("q-{n}"))).await })
        })
        .collect();
    tokio::task::yield_now().await;
    log.close().await;
    log.close().await;

    let mut acknowledged = 1;
    for append in queued {
        match append.await.unwrap() {
            Ok(_) => acknowledged += 1,
            Err(error) => assert!(matches!(error, AppendError::Unavailable(_)), "{error}"),
        }
    }
    assert!(matches!(waiting.await.unwrap(), Err(ReadError::Unavailable(_))));
    assert!(matches!(log.append(first("t")).await, Err(AppendError::Unavailable(_))));
    assert!(matches!(log.head().await, Err(ReadError::Unavailable(_))));
    assert!(matches!(log.import(false, vec![]).await, Err(ImportError::Unavailable(_))));
    assert_eq!(place.log().await.stream_heads(Position(u64::MAX)).await.unwrap().len(), acknowledged);
}

/// Everything in the log's directory, with contents and times of change.
fn state_of(place: &Place) -> Vec<(String, Vec<u8>, std::time::SystemTime)> {
    let entry = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        (name, fs::read(entry.path()).unwrap(), entry.metadata().unwrap().modified().unwrap())
    };
    let mut files: Vec<_> = fs::read_dir(place.0.path()).unwrap().map(entry).collect();
    files.sort();
    files
}

#[tokio::test]
async fn a_log_that_is_read_as_evidence_is_left_as_it_is() {
    let place = Place::new();
    let log = place.log().await;
    log.append(first("s")).await.unwrap();
    log.close().await;
    let before = state_of(&place);
    assert_eq!(before.len(), 1, "all is in the one file");

    let evidence = SqliteEventLog::open_read_only(&place.path(), Reading::Once).await.unwrap();
    assert_eq!(evidence.read_all(Position::START, None, 10).await.unwrap().len(), 2);
    assert_eq!(evidence.stream_heads(Position(2)).await.unwrap().len(), 1);
    assert!(matches!(evidence.append(first("t")).await, Err(AppendError::Unavailable(_))));
    assert!(matches!(evidence.import(true, vec![]).await, Err(ImportError::Unavailable(_))));
    evidence.close().await;
    assert_eq!(state_of(&place), before);
}

#[tokio::test]
async fn what_a_running_node_appended_is_read_too_and_followed() {
    let place = Place::new();
    let node = place.log().await;
    node.append(first("s")).await.unwrap();
    let once = SqliteEventLog::open_read_only(&place.path(), Reading::Once).await.unwrap();
    assert_eq!(once.head().await.unwrap(), Position(2), "it stands in the -wal");
    let following = SqliteEventLog::open_read_only(&place.path(), Reading::Following).await.unwrap();
    let mut subscription = following.subscribe(Position(2)).await.unwrap();
    assert!(matches!(subscription.next().await, Ok(SubscriptionItem::CaughtUp(Position(2)))));
    node.append(first("t")).await.unwrap();
    let Ok(SubscriptionItem::Events(events)) = subscription.next().await else { panic!("no events") };
    assert_eq!(events[0].position, Position(3));
}

#[tokio::test]
async fn only_a_log_is_read_as_evidence() {
    let place = Place::new();
    let missing = SqliteEventLog::open_read_only(&place.path(), Reading::Once).await.unwrap_err();
    assert!(matches!(missing, OpenError::Connect { .. }), "{missing}");
    assert!(!place.path().exists(), "nothing is made");
    shell_creating(&place.path()).await;
    let other = SqliteEventLog::open_read_only(&place.path(), Reading::Once).await.unwrap_err();
    assert!(matches!(other, OpenError::Schema { .. }), "{other}");
}

/// A database that is no log.
async fn shell_creating(path: &Path) {
    let mut shell =
        SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.unwrap();
    run(&mut shell, "CREATE TABLE other (x)").await.unwrap();
    shell.close().await.unwrap();
}
