//! What the contract suite cannot ask, since it does not know that there is a file.

mod damage;
mod file;
mod reading;
mod writing;

use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use syncledger_domain::{
    event::{Actor, CorrelationId, NewEvent, Timestamp},
    ports::event_log::Expected,
};

/// A place for a log, gone with the value.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("ledger.db")
    }

    async fn log(&self) -> SqliteEventLog {
        SqliteEventLog::open(&self.path()).await.unwrap()
    }
}

/// What an administrator with a database shell has.
async fn shell(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.unwrap()
}

async fn run(shell: &mut SqliteConnection, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(shell).await.map(drop)
}

/// Damages a log behind its back.
async fn tamper(place: &Place, sql: &str) {
    let mut shell = shell(&place.path()).await;
    let drop_guards = "DROP TRIGGER events_are_not_changed; DROP TRIGGER events_are_not_deleted;";
    run(&mut shell, drop_guards).await.unwrap();
    run(&mut shell, sql).await.unwrap();
    shell.close().await.unwrap();
}

fn append(name: &str, expected: Expected, payloads: &[&[u8]]) -> Append {
    let event = |index: usize, payload: &&[u8]| NewEvent {
        event_id: Uuid::from_u128(index as u128),
        event_type: "made-up".to_owned(),
        version: 1,
        key_id: None,
        payload: payload.to_vec(),
    };
    Append {
        stream: name.parse().unwrap(),
        expected,
        events: payloads.iter().enumerate().map(|(index, payload)| event(index, payload)).collect(),
        recorded_at: Timestamp(1),
        actor: Actor::Device,
        correlation_id: CorrelationId(Uuid::nil()),
    }
}

fn first(name: &str) -> Append {
    append(name, Expected::NoStream, &[b"one", b"two"])
}
