//! Many rows by one statement.
//!
//! Every statement costs a journey to the connection's thread and back, so events are inserted by the hundred. A
//! list of rows as long as the batch would be a statement made at run time, checked by nobody; instead the rows
//! travel as two parameters of one static statement: a JSON array of numbers, and one blob that holds all bytes and
//! texts end to end, of which each row names its part. (Texts do not travel as JSON because SQLite's JSON ends a
//! text at a NUL.)

use serde_json::{Value, json};
use sqlx::{Sqlite, Transaction};

use syncledger_domain::event::{RecordedEvent, Revision};

/// Payload bytes after which a statement is full.
const CHUNK_BYTES: usize = 1_000_000;
/// Rows after which a statement is full.
const CHUNK_ROWS: usize = 1_000;

pub(crate) async fn insert(
    transaction: &mut Transaction<'_, Sqlite>,
    events: &[RecordedEvent],
) -> Result<(), sqlx::Error> {
    insert_streams(transaction, events).await?;
    let mut packed = Packed::default();
    for event in events {
        packed.push(event);
        if packed.is_full() {
            insert_rows(transaction, std::mem::take(&mut packed)).await?;
        }
    }
    insert_rows(transaction, packed).await
}

/// Streams begin with revision 0.
async fn insert_streams(
    transaction: &mut Transaction<'_, Sqlite>,
    events: &[RecordedEvent],
) -> Result<(), sqlx::Error> {
    let begins = events.iter().filter(|event| event.revision == Revision(0));
    let names: Vec<&str> = begins.map(|event| event.stream.as_str()).collect();
    if names.is_empty() {
        return Ok(());
    }
    let names = json!(names).to_string();
    let insert = sqlx::query!("INSERT INTO streams (name) SELECT value FROM json_each(?1)", names);
    insert.execute(&mut **transaction).await?;
    Ok(())
}

async fn insert_rows(transaction: &mut Transaction<'_, Sqlite>, packed: Packed) -> Result<(), sqlx::Error> {
    if packed.rows.is_empty() {
        return Ok(());
    }
    let rows = Value::Array(packed.rows).to_string();
    let bytes = packed.bytes;
    let insert = sqlx::query!(
        "INSERT INTO events (position, stream, revision, version, recorded_at, event_id, correlation_id, prev_hash,
                             hash, type, actor, key_id, payload)
         SELECT position, (SELECT id FROM streams WHERE name = stream_name), revision, version, recorded_at,
                substr(?2, at, 16), substr(?2, at + 16, 16), substr(?2, at + 32, 32), substr(?2, at + 64, 32),
                CAST(substr(?2, at + 96, type_length) AS TEXT),
                CAST(substr(?2, at + 96 + type_length, actor_length) AS TEXT),
                CAST(substr(?2, at + 96 + type_length + actor_length, key_length) AS TEXT),
                substr(?2, at + 96 + type_length + actor_length + coalesce(key_length, 0), payload_length)
         FROM (SELECT value ->> 0 AS position, value ->> 1 AS stream_name, value ->> 2 AS revision,
                      value ->> 3 AS version, value ->> 4 AS recorded_at, value ->> 5 AS at,
                      value ->> 6 AS type_length, value ->> 7 AS actor_length, value ->> 8 AS key_length,
                      value ->> 9 AS payload_length
               FROM json_each(?1))",
        rows,
        bytes
    );
    insert.execute(&mut **transaction).await?;
    Ok(())
}

/// Rows on their way.
#[derive(Default)]
struct Packed {
    rows: Vec<Value>,
    bytes: Vec<u8>,
}

impl Packed {
    fn push(&mut self, event: &RecordedEvent) {
        // SQLite counts the bytes of a blob from 1.
        let at = self.bytes.len() + 1;
        let actor = event.actor.to_string();
        let key = event.key_id.as_ref().map(|key| key.0.as_str());
        self.bytes.extend_from_slice(event.event_id.as_bytes());
        self.bytes.extend_from_slice(event.correlation_id.0.as_bytes());
        self.bytes.extend_from_slice(&event.prev_hash.0);
        self.bytes.extend_from_slice(&event.hash.0);
        self.bytes.extend_from_slice(event.event_type.as_bytes());
        self.bytes.extend_from_slice(actor.as_bytes());
        self.bytes.extend_from_slice(key.unwrap_or_default().as_bytes());
        self.bytes.extend_from_slice(&event.payload);
        self.rows.push(json!([
            event.position.0,
            event.stream.as_str(),
            event.revision.0,
            event.version,
            event.recorded_at.0,
            at,
            event.event_type.len(),
            actor.len(),
            key.map(str::len),
            event.payload.len(),
        ]));
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= CHUNK_ROWS || self.bytes.len() >= CHUNK_BYTES
    }
}
