//! One write transaction, shared by many appends.

use std::collections::HashSet;

use sqlx::{Connection, Sqlite, SqliteConnection, Transaction};

use syncledger_domain::{
    event::{
        EventHash, Position, RecordedEvent, Revision, StreamId,
        chain::{self, ChainEnd},
    },
    ports::event_log::{Append, AppendError, Appended},
};

use super::{ends::Ends, insert};
use crate::rows::{from_sql, limit_to_sql, to_sql};

/// An open transaction that holds the write lock.
pub(crate) struct Group<'w> {
    transaction: Transaction<'w, Sqlite>,
    ends: &'w mut Ends,
    /// Position of the last event, pending ones included.
    head: Position,
    /// Decided, not yet inserted.
    pending: Vec<RecordedEvent>,
}

impl<'w> Group<'w> {
    pub(crate) async fn begin(
        connection: &'w mut SqliteConnection,
        ends: &'w mut Ends,
    ) -> Result<Self, sqlx::Error> {
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let last = sqlx::query_scalar!(r#"SELECT coalesce(max(position), 0) AS "head!: i64" FROM events"#);
        let head = Position(from_sql(last.fetch_one(&mut *transaction).await?));
        ends.verify(head);
        Ok(Self { transaction, ends, head, pending: Vec::new() })
    }

    pub(crate) fn head(&self) -> Position {
        self.head
    }

    /// Looks up where these streams end, as far as it is not known.
    pub(crate) async fn load_ends<'s>(
        &mut self,
        streams: impl Iterator<Item = &'s StreamId>,
    ) -> Result<(), sqlx::Error> {
        let wanted: HashSet<&StreamId> = streams.filter(|stream| !self.ends.knows(stream)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let names =
            serde_json::json!(wanted.iter().map(|stream| stream.as_str()).collect::<Vec<_>>()).to_string();
        let rows = sqlx::query!(
            r#"SELECT streams.name AS "name!", events.revision AS "revision!", events.hash AS "hash!"
               FROM json_each(?1) AS wanted
               CROSS JOIN streams ON streams.name = wanted.value
               CROSS JOIN events ON events.stream = streams.id AND events.revision = (
                   SELECT max(revision) FROM events AS newest WHERE newest.stream = streams.id)"#,
            names
        );
        let rows = rows.fetch_all(&mut *self.transaction).await?;
        for stream in wanted {
            self.ends.set(stream.clone(), None);
        }
        for row in rows {
            let damaged = |reason: String| sqlx::Error::Decode(reason.into());
            let stream = row.name.parse().map_err(|error| damaged(format!("{error}")))?;
            let hash =
                row.hash.try_into().map_err(|_| damaged(format!("head of stream {stream} has no hash")))?;
            let end = ChainEnd { revision: Revision(from_sql(row.revision)), hash: EventHash(hash) };
            self.ends.set(stream, Some(end));
        }
        Ok(())
    }

    /// Where a stream ends, pending events included; it must have been looked up.
    pub(crate) fn end(&self, stream: &StreamId) -> Option<ChainEnd> {
        debug_assert!(self.ends.knows(stream), "every stream of a group is looked up first");
        self.ends.of(stream)
    }

    /// Decides one append. The outer error spoils the whole group, the inner one is this append's own.
    pub(crate) async fn append(
        &mut self,
        append: Append,
    ) -> Result<Result<Appended, AppendError>, sqlx::Error> {
        let end = self.end(&append.stream);
        let actual = end.map(|end| end.revision);
        if append.expected.revision() == actual {
            let events = chain::extend(append, end, Position(self.head.0 + 1));
            let last = &events[events.len() - 1];
            let appended = Appended { last_revision: last.revision, last_position: last.position };
            self.accept(events);
            return Ok(Ok(appended));
        }
        let repeated = match actual {
            Some(actual) if append.expected.revision() < Some(actual) => self.find(&append).await?,
            Some(_) | None => None,
        };
        Ok(repeated.ok_or(AppendError::Conflict { stream: append.stream, expected: append.expected, actual }))
    }

    /// Takes events that continue their streams and the log.
    pub(crate) fn accept(&mut self, events: Vec<RecordedEvent>) {
        for event in &events {
            self.head = event.position;
            self.ends.set(event.stream.clone(), Some(ChainEnd::of(event)));
        }
        self.pending.extend(events);
    }

    /// Where an append landed when it was made before.
    async fn find(&mut self, append: &Append) -> Result<Option<Appended>, sqlx::Error> {
        // It may have been made earlier in this very group.
        self.insert_pending().await?;
        let name = append.stream.as_str();
        let (first, limit) = (to_sql(append.expected.next().0), limit_to_sql(append.events.len()));
        let rows = sqlx::query!(
            r#"SELECT revision AS "revision!", position AS "position!", event_id AS "event_id!" FROM events
               WHERE stream = (SELECT id FROM streams WHERE name = ?1) AND revision >= ?2
               ORDER BY revision LIMIT ?3"#,
            name,
            first,
            limit
        );
        let rows = rows.fetch_all(&mut *self.transaction).await?;
        let same_ids = rows
            .iter()
            .map(|row| &row.event_id[..])
            .eq(append.events.iter().map(|event| &event.event_id.as_bytes()[..]));
        Ok(rows.last().filter(|_| same_ids).map(|last| Appended {
            last_revision: Revision(from_sql(last.revision)),
            last_position: Position(from_sql(last.position)),
        }))
    }

    async fn insert_pending(&mut self) -> Result<(), sqlx::Error> {
        insert::insert(&mut self.transaction, &self.pending).await?;
        self.pending.clear();
        Ok(())
    }

    /// Makes the group durable; gives the new end of the log.
    pub(crate) async fn commit(mut self) -> Result<Position, sqlx::Error> {
        self.insert_pending().await?;
        self.transaction.commit().await?;
        self.ends.advance(self.head);
        Ok(self.head)
    }
}
