//! Rows to events.

use syncledger_domain::{
    event::{CorrelationId, EventHash, KeyId, Position, RecordedEvent, Revision, Timestamp},
    ports::event_log::ReadError,
};
use uuid::Uuid;

/// One event as its row has it.
pub(crate) struct EventRow {
    pub(crate) position: i64,
    pub(crate) stream: String,
    pub(crate) revision: i64,
    pub(crate) event_id: Vec<u8>,
    pub(crate) event_type: String,
    pub(crate) version: i64,
    pub(crate) recorded_at: i64,
    pub(crate) actor: String,
    pub(crate) correlation_id: Vec<u8>,
    pub(crate) key_id: Option<String>,
    pub(crate) payload: Vec<u8>,
    pub(crate) prev_hash: Vec<u8>,
    pub(crate) hash: Vec<u8>,
}

/// Selects whole events, as [`EventRow`]s: `select_events!("WHERE …", arguments…)`. The clause sees the tables
/// `events` and `streams`.
macro_rules! select_events {
    ($clause:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            $crate::rows::EventRow,
            r#"SELECT events.position AS "position!", streams.name AS "stream!", events.revision AS "revision!",
                      events.event_id AS "event_id!", events.type AS "event_type!", events.version AS "version!",
                      events.recorded_at AS "recorded_at!", events.actor AS "actor!",
                      events.correlation_id AS "correlation_id!", events.key_id AS "key_id?",
                      events.payload AS "payload!", events.prev_hash AS "prev_hash!", events.hash AS "hash!"
               FROM events CROSS JOIN streams ON streams.id = events.stream "# + $clause
            $(, $argument)*
        )
    };
}
pub(crate) use select_events;

impl EventRow {
    /// # Errors
    /// [`ReadError::Damaged`] when a field cannot be what the writer wrote.
    pub(crate) fn into_event(self) -> Result<RecordedEvent, ReadError> {
        let position = Position(u64::try_from(self.position).unwrap_or_default());
        let damaged = |reason: String| ReadError::Damaged { position, reason };
        let hash = |bytes: Vec<u8>| {
            bytes
                .try_into()
                .map(EventHash)
                .map_err(|_| damaged("a hash that is not 32 bytes long".to_owned()))
        };
        let uuid = |bytes: &[u8]| Uuid::from_slice(bytes).map_err(|error| damaged(error.to_string()));
        Ok(RecordedEvent {
            position,
            stream: self.stream.parse().map_err(|error| damaged(format!("{error}")))?,
            revision: Revision(
                u64::try_from(self.revision).map_err(|_| damaged("a negative revision".to_owned()))?,
            ),
            event_id: uuid(&self.event_id)?,
            event_type: self.event_type,
            version: u16::try_from(self.version).map_err(|_| damaged("a version out of range".to_owned()))?,
            recorded_at: Timestamp(self.recorded_at),
            actor: self.actor.parse().map_err(|error| damaged(format!("{error}")))?,
            correlation_id: CorrelationId(uuid(&self.correlation_id)?),
            key_id: self.key_id.map(KeyId),
            payload: self.payload,
            prev_hash: hash(self.prev_hash)?,
            hash: hash(self.hash)?,
        })
    }
}

/// A place as SQLite counts it. No row lies beyond the largest integer, so comparing with that is as good.
pub(crate) fn to_sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A place from a column that is never negative.
pub(crate) fn from_sql(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// A limit on rows.
pub(crate) fn limit_to_sql(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
