//! Changing a view in one transaction.

use std::collections::BTreeMap;

use sqlx::{Connection, SqliteConnection, sqlite::SqliteTransaction};
use syncledger_domain::{
    event::Position,
    ports::views::{Batch, RowChange},
};

use crate::{end_of_prefix, from_sql, to_sql};

/// Most bytes of rows one statement inserts.
const MAX_STATEMENT_BYTES: usize = 16 << 20;

/// Applies a batch; nothing and the checkpoint found, when that is not where the batch begins.
pub(crate) async fn apply(
    connection: &mut SqliteConnection,
    batch: &Batch,
) -> sqlx::Result<Option<Position>> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let found = sqlx::query_scalar!("SELECT checkpoint FROM views WHERE name = ?1", batch.view);
    let actual = found.fetch_optional(&mut *transaction).await?.map_or(Position::START, from_sql);
    if actual != batch.from {
        transaction.rollback().await?;
        return Ok(Some(actual));
    }
    let to = to_sql(batch.to);
    let view = sqlx::query_scalar!(
        r#"INSERT INTO views (name, checkpoint) VALUES (?1, ?2)
           ON CONFLICT (name) DO UPDATE SET checkpoint = excluded.checkpoint RETURNING id AS "id!""#,
        batch.view,
        to
    );
    let view = view.fetch_one(&mut *transaction).await?;
    change_rows(&mut transaction, view, &batch.changes).await?;
    transaction.commit().await?;
    Ok(None)
}

pub(crate) async fn drop_view(connection: &mut SqliteConnection, view: &str) -> sqlx::Result<()> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query!("DELETE FROM rows WHERE view = (SELECT id FROM views WHERE name = ?1)", view)
        .execute(&mut *transaction)
        .await?;
    sqlx::query!("DELETE FROM views WHERE name = ?1", view).execute(&mut *transaction).await?;
    transaction.commit().await
}

/// Changes in their order; runs of insertions are collected.
async fn change_rows(
    transaction: &mut SqliteTransaction<'_>,
    view: i64,
    changes: &[RowChange],
) -> sqlx::Result<()> {
    let mut puts = Puts::default();
    for change in changes {
        match change {
            RowChange::Put(row) => {
                puts.add(&row.key, &row.value);
                if puts.bytes > MAX_STATEMENT_BYTES {
                    puts.flush(transaction, view).await?;
                }
            }
            RowChange::Delete(key) => {
                puts.flush(transaction, view).await?;
                let key = key.as_bytes();
                sqlx::query!("DELETE FROM rows WHERE view = ?1 AND key = ?2", view, key)
                    .execute(&mut **transaction)
                    .await?;
            }
            RowChange::DeletePrefix(prefix) => {
                puts.flush(transaction, view).await?;
                let (from, end) = (prefix.as_bytes(), end_of_prefix(prefix));
                sqlx::query!("DELETE FROM rows WHERE view = ?1 AND key >= ?2 AND key < ?3", view, from, end)
                    .execute(&mut **transaction)
                    .await?;
            }
        }
    }
    puts.flush(transaction, view).await
}

/// Rows to be inserted by one statement. Each key occurs once, the last value counts.
#[derive(Default)]
struct Puts<'a> {
    rows: BTreeMap<&'a str, &'a [u8]>,
    bytes: usize,
}

impl<'a> Puts<'a> {
    fn add(&mut self, key: &'a str, value: &'a [u8]) {
        self.bytes += key.len() + value.len();
        self.rows.insert(key, value);
    }

    /// A statement costs some 60 µs however small it is, so all rows go in one: keys and values as one blob, and where
    /// each begins (from 1) and how long it is as JSON.
    async fn flush(&mut self, transaction: &mut SqliteTransaction<'_>, view: i64) -> sqlx::Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        // A byte of no meaning in front: of an empty blob, substr makes NULL.
        let mut blob = Vec::with_capacity(1 + self.bytes);
        blob.push(0);
        let mut places = Vec::with_capacity(self.rows.len());
        for (key, value) in std::mem::take(&mut self.rows) {
            let key_at = blob.len() + 1;
            blob.extend_from_slice(key.as_bytes());
            let value_at = blob.len() + 1;
            blob.extend_from_slice(value);
            places.push([key_at, key.len(), value_at, value.len()]);
        }
        self.bytes = 0;
        let places = serde_json::to_string(&places).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
        sqlx::query!(
            "INSERT INTO rows (view, key, value)
             SELECT ?1, substr(?2, place.value ->> 0, place.value ->> 1),
                    substr(?2, place.value ->> 2, place.value ->> 3)
             FROM json_each(?3) AS place WHERE true
             ON CONFLICT (view, key) DO UPDATE SET value = excluded.value",
            view,
            blob,
            places
        )
        .execute(&mut **transaction)
        .await?;
        Ok(())
    }
}
