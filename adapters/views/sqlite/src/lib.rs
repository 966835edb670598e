//! Views (read models) in one SQLite file, `views.db`.
//!
//! The file is disposable: whatever happens to it, it is made anew from the event log. So `synchronous` is NORMAL: at
//! a power cut the last commits may be gone, rows and checkpoint together, and are made again. What NORMAL does not
//! risk in WAL mode is a torn commit. There is one writer per process, and `BEGIN IMMEDIATE` with a checkpoint
//! compared inside keeps several processes apart. Readers see committed batches only.

mod apply;
mod open;

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use sqlx::{Connection, SqliteConnection, sqlite::SqlitePool};
use syncledger_domain::{
    event::Position,
    ports::views::{Batch, Row, ViewError, ViewStore},
};
use tokio::sync::Mutex;

pub use open::OpenError;

/// Views in a file.
#[derive(Debug)]
pub struct SqliteViews {
    path: PathBuf,
    writer: Mutex<SqliteConnection>,
    readers: SqlitePool,
}

impl SqliteViews {
    /// Opens a file, or makes it.
    ///
    /// # Errors
    /// [`OpenError`]; its text says when `views rebuild` helps.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref().to_owned();
        let (writer, readers) = open::open(&path).await?;
        Ok(Self { path, writer: Mutex::new(writer), readers })
    }

    /// Opens a file for `views rebuild`: one that is damaged or of another build is moved aside, to the name returned,
    /// and an empty one made in its place. No process may have the file open then.
    ///
    /// # Errors
    /// [`OpenError`]; a file that holds something else than views is left alone.
    pub async fn open_or_replace(path: impl AsRef<Path>) -> Result<(Self, Option<PathBuf>), OpenError> {
        let path = path.as_ref();
        match Self::open(path).await {
            Err(OpenError::Damaged { .. } | OpenError::OtherBuild { .. }) => {
                let aside = open::move_aside(path)?;
                tracing::warn!(file.path = %path.display(), file.moved_to = %aside.display(), "view store replaced");
                Ok((Self::open(path).await?, Some(aside)))
            }
            opened => Ok((opened?, None)),
        }
    }

    /// Closes the file; when the last process does so, all is in the one file and nothing beside it. Dropping closes,
    /// too, but does not say when.
    pub async fn close(self) {
        self.readers.close().await;
        let writer = self.writer.into_inner();
        if let Err(error) = writer.close().await {
            tracing::warn!(file.path = %self.path.display(), %error, "view store closed badly");
        }
    }

    fn failed(&self, error: &sqlx::Error) -> ViewError {
        let path = self.path.display();
        ViewError::Unavailable(if open::is_damage(error) {
            format!(
                "{path} is damaged ({error}); stop the server and run `views rebuild`, which makes it anew"
            )
        } else {
            format!("{path}: {error}")
        })
    }
}

#[async_trait]
impl ViewStore for SqliteViews {
    async fn checkpoint(&self, view: &str) -> Result<Position, ViewError> {
        let found = sqlx::query_scalar!("SELECT checkpoint FROM views WHERE name = ?1", view);
        let found = found.fetch_optional(&self.readers).await.map_err(|error| self.failed(&error))?;
        Ok(found.map_or(Position::START, from_sql))
    }

    async fn apply(&self, batch: Batch) -> Result<(), ViewError> {
        let mut writer = self.writer.lock().await;
        match apply::apply(&mut writer, &batch).await {
            Ok(None) => Ok(()),
            Ok(Some(actual)) => {
                Err(ViewError::Moved { view: batch.view.to_owned(), expected: batch.from, actual })
            }
            Err(error) => Err(self.failed(&error)),
        }
    }

    async fn get(&self, view: &str, key: &str) -> Result<Option<Vec<u8>>, ViewError> {
        let key = key.as_bytes();
        let found = sqlx::query_scalar!(
            "SELECT value FROM rows WHERE view = (SELECT id FROM views WHERE name = ?1) AND key = ?2",
            view,
            key
        );
        found.fetch_optional(&self.readers).await.map_err(|error| self.failed(&error))
    }

    async fn scan(
        &self,
        view: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Row>, ViewError> {
        // What follows `after` begins with `after` and a zero byte at the earliest.
        let behind = after.filter(|after| *after >= prefix).map(|after| [after.as_bytes(), &[0]].concat());
        let from = behind.unwrap_or_else(|| prefix.as_bytes().to_vec());
        let end = end_of_prefix(prefix);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let found = sqlx::query!(
            "SELECT key, value FROM rows
             WHERE view = (SELECT id FROM views WHERE name = ?1) AND key >= ?2 AND key < ?3 ORDER BY key LIMIT ?4",
            view,
            from,
            end,
            limit
        );
        let found = found.fetch_all(&self.readers).await.map_err(|error| self.failed(&error))?;
        let row = |key, value| match String::from_utf8(key) {
            Ok(key) => Ok(Row { key, value }),
            Err(error) => Err(self.failed(&sqlx::Error::Decode(Box::new(error)))),
        };
        found.into_iter().map(|found| row(found.key, found.value)).collect()
    }

    async fn drop_view(&self, view: &str) -> Result<(), ViewError> {
        let mut writer = self.writer.lock().await;
        apply::drop_view(&mut writer, view).await.map_err(|error| self.failed(&error))
    }
}

/// The least byte string greater than all that begin with a prefix.
fn end_of_prefix(prefix: &str) -> Vec<u8> {
    let mut end = prefix.as_bytes().to_vec();
    match end.last_mut() {
        // No byte of UTF-8 is above 0xf4, so this neither overflows nor passes anything over.
        Some(last) => *last += 1,
        None => end.push(0xff),
    }
    end
}

// SQLite's integers are signed; positions count events and stay far below.
fn from_sql(position: i64) -> Position {
    Position(u64::try_from(position).unwrap_or(0))
}

fn to_sql(position: Position) -> i64 {
    i64::try_from(position.0).unwrap_or(i64::MAX)
}
