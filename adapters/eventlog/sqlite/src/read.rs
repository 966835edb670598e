//! Reading. Every function is one snapshot of the log.

use futures_util::TryStreamExt;
use sqlx::SqlitePool;

use syncledger_domain::{
    event::{EventHash, Position, RecordedEvent, Revision, StreamId},
    ports::event_log::{ReadError, StreamHead},
};

use crate::rows::{EventRow, from_sql, limit_to_sql, select_events, to_sql};

/// Above this many streams a prefix is not worth being looked up stream by stream.
const MANY_STREAMS: i64 = 4096;

pub(crate) fn unavailable(error: &sqlx::Error) -> ReadError {
    ReadError::Unavailable(error.to_string())
}

fn into_events(rows: Result<Vec<EventRow>, sqlx::Error>) -> Result<Vec<RecordedEvent>, ReadError> {
    rows.map_err(|error| unavailable(&error))?.into_iter().map(EventRow::into_event).collect()
}

pub(crate) async fn stream(
    readers: &SqlitePool,
    stream: &StreamId,
    from: Revision,
    limit: usize,
) -> Result<Vec<RecordedEvent>, ReadError> {
    let (name, from, limit) = (stream.as_str(), to_sql(from.0), limit_to_sql(limit));
    let rows = select_events!(
        "WHERE events.stream = (SELECT id FROM streams WHERE name = ?1) AND events.revision >= ?2
         ORDER BY events.revision LIMIT ?3",
        name,
        from,
        limit
    );
    into_events(rows.fetch_all(readers).await)
}

pub(crate) async fn all(
    readers: &SqlitePool,
    after: Position,
    limit: usize,
) -> Result<Vec<RecordedEvent>, ReadError> {
    let (after, limit) = (to_sql(after.0), limit_to_sql(limit));
    let rows = select_events!("WHERE events.position > ?1 ORDER BY events.position LIMIT ?2", after, limit);
    into_events(rows.fetch_all(readers).await)
}

/// Events after a position, and whether the log ended after them.
pub(crate) struct Page {
    pub(crate) events: Vec<RecordedEvent>,
    pub(crate) is_last: bool,
}

/// Like [`all`], but stops once the payloads exceed `max_bytes`.
pub(crate) async fn page(
    readers: &SqlitePool,
    after: Position,
    limit: usize,
    max_bytes: usize,
) -> Result<Page, ReadError> {
    let (after, sql_limit) = (to_sql(after.0), limit_to_sql(limit));
    let query =
        select_events!("WHERE events.position > ?1 ORDER BY events.position LIMIT ?2", after, sql_limit);
    let mut rows = query.fetch(readers);
    let mut events: Vec<RecordedEvent> = Vec::new();
    let mut bytes = 0;
    while bytes <= max_bytes && events.len() < limit {
        let Some(row) = rows.try_next().await.map_err(|error| unavailable(&error))? else {
            return Ok(Page { events, is_last: true });
        };
        bytes += row.payload.len();
        events.push(row.into_event()?);
    }
    Ok(Page { events, is_last: false })
}

/// Two ways lead to the events of a prefix, and each is slow where the other is fast: walk the log from `after` and
/// leave out what does not match, or collect the places of all matching events from the index and sort them. The
/// first looks at about `limit × log ÷ matching` events until a page is full, the second at `matching`.
pub(crate) async fn all_of_prefix(
    readers: &SqlitePool,
    after: Position,
    prefix: &str,
    limit: usize,
) -> Result<Vec<RecordedEvent>, ReadError> {
    let matching = matching(readers, prefix).await?;
    let log = u128::from(head(readers).await?.0.saturating_sub(after.0));
    match matching {
        Some(matching) if matching * matching <= log * limit as u128 => {
            by_stream(readers, after, prefix, limit).await
        }
        Some(_) | None => by_position(readers, after, prefix, limit).await,
    }
}

/// No stream's name holds this character, so every name with a prefix sorts before the prefix followed by it.
fn end_of(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}

/// How many events the streams of a prefix have; `None` when those streams are many.
async fn matching(readers: &SqlitePool, prefix: &str) -> Result<Option<u128>, ReadError> {
    let end = end_of(prefix);
    let found = sqlx::query!(
        r#"SELECT count(*) AS "streams!: i64", coalesce(sum(length), 0) AS "events!: i64" FROM (
               SELECT (SELECT max(revision) + 1 FROM events WHERE stream = streams.id) AS length
               FROM streams WHERE name >= ?1 AND name < ?2 LIMIT ?3)"#,
        prefix,
        end,
        MANY_STREAMS
    );
    let found = found.fetch_one(readers).await.map_err(|error| unavailable(&error))?;
    Ok((found.streams < MANY_STREAMS).then(|| from_sql(found.events).into()))
}

pub(crate) async fn by_stream(
    readers: &SqlitePool,
    after: Position,
    prefix: &str,
    limit: usize,
) -> Result<Vec<RecordedEvent>, ReadError> {
    let (after, end, limit) = (to_sql(after.0), end_of(prefix), limit_to_sql(limit));
    let rows = select_events!(
        "WHERE events.position IN (
             SELECT places.position FROM streams AS named CROSS JOIN events AS places ON places.stream = named.id
             WHERE named.name >= ?1 AND named.name < ?2 AND places.position > ?3
             ORDER BY places.position LIMIT ?4)
         ORDER BY events.position",
        prefix,
        end,
        after,
        limit
    );
    into_events(rows.fetch_all(readers).await)
}

pub(crate) async fn by_position(
    readers: &SqlitePool,
    after: Position,
    prefix: &str,
    limit: usize,
) -> Result<Vec<RecordedEvent>, ReadError> {
    let (after, end, limit) = (to_sql(after.0), end_of(prefix), limit_to_sql(limit));
    let rows = select_events!(
        "WHERE streams.name >= ?1 AND streams.name < ?2 AND events.position > ?3
         ORDER BY events.position LIMIT ?4",
        prefix,
        end,
        after,
        limit
    );
    into_events(rows.fetch_all(readers).await)
}

pub(crate) async fn head(readers: &SqlitePool) -> Result<Position, ReadError> {
    let last = sqlx::query_scalar!(r#"SELECT coalesce(max(position), 0) AS "head!: i64" FROM events"#);
    let last = last.fetch_one(readers).await.map_err(|error| unavailable(&error))?;
    Ok(Position(from_sql(last)))
}

/// From the events alone: were it remembered beside them, an event cut off would not show.
pub(crate) async fn stream_heads(readers: &SqlitePool, at: Position) -> Result<Vec<StreamHead>, ReadError> {
    let at = to_sql(at.0);
    let rows = sqlx::query!(
        r#"SELECT streams.name AS "name!", events.position AS "position!", events.revision AS "revision!",
                  events.hash AS "hash!"
           FROM streams CROSS JOIN events ON events.position = (
               SELECT position FROM events WHERE stream = streams.id AND position <= ?1
               ORDER BY revision DESC LIMIT 1)
           ORDER BY streams.name"#,
        at
    );
    let rows = rows.fetch_all(readers).await.map_err(|error| unavailable(&error))?;
    let head = |name: String, position: i64, revision: i64, hash: Vec<u8>| {
        let damaged = |reason: String| ReadError::Damaged { position: Position(from_sql(position)), reason };
        Ok(StreamHead {
            stream: name.parse().map_err(|error| damaged(format!("{error}")))?,
            revision: Revision(from_sql(revision)),
            hash: EventHash(
                hash.try_into().map_err(|_| damaged("a hash that is not 32 bytes long".to_owned()))?,
            ),
        })
    };
    rows.into_iter().map(|row| head(row.name, row.position, row.revision, row.hash)).collect()
}
