//! What a device knew at some moment: the nearest snapshot before it, and the tail of the stream from there.

use imbl::ordmap::DiffItem;
use serde::Serialize;
use syncledger_domain::{
    event::{Position, RecordedEvent, Revision, StreamCategory, StreamId, Timestamp},
    ids::ItemId,
    ports::{event_log::EventLog, mailbox::Fingerprint, views::ViewStore},
    sync_state::{Known, SyncState},
};

use super::{SnapshotMark, SyncStateRow, VIEW, cache::Folded, row_key, snapshot_key};
use crate::{ProjectionError, projection::read_one};

/// A moment in the past.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// After the last event.
    Now,
    /// After all events of the stream up to this position of the log.
    Position(Position),
    /// After all events of the stream up to the first one recorded later than this.
    Time(Timestamp),
}

impl Moment {
    fn admits(self, recorded: &RecordedEvent) -> bool {
        match self {
            Self::Now => true,
            Self::Position(position) => recorded.position <= position,
            Self::Time(time) => recorded.recorded_at <= time,
        }
    }

    fn admits_snapshot(self, mark: &SnapshotMark) -> bool {
        match self {
            Self::Now => true,
            Self::Position(position) => mark.position <= position,
            Self::Time(time) => mark.latest_at <= time,
        }
    }
}

/// A state as it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StateAt {
    /// The state.
    pub state: SyncState,
    /// The last event it includes.
    pub revision: Revision,
    /// How many events were folded onto the snapshot it was made from.
    pub folded: u64,
}

/// The state of a `sync-…` stream at a moment; `None` when the stream had no event by then.
///
/// A view that is missing or behind only makes it slower.
///
/// # Errors
/// When the log or the store fails.
pub async fn state_at(
    log: &dyn EventLog,
    store: &dyn ViewStore,
    stream: &StreamId,
    moment: Moment,
) -> Result<Option<StateAt>, ProjectionError> {
    let base = snapshot(store, stream, |mark| moment.admits_snapshot(mark)).await?;
    let mut folded =
        base.map_or_else(Folded::default, |(state, revision)| Folded { state, next: revision.next() });
    let from = folded.next;
    folded.read_on(log, stream, |recorded| moment.admits(recorded)).await?;
    let Some(revision) = folded.next.0.checked_sub(1).map(Revision) else { return Ok(None) };
    Ok(Some(StateAt { state: folded.state, revision, folded: folded.next.0 - from.0 }))
}

/// The newest snapshot of a `sync-…` stream, with the revision it stands at.
///
/// # Errors
/// When the store fails.
pub async fn newest_snapshot(
    store: &dyn ViewStore,
    stream: &StreamId,
) -> Result<Option<(SyncState, Revision)>, ProjectionError> {
    snapshot(store, stream, |_| true).await
}

async fn snapshot(
    store: &dyn ViewStore,
    stream: &StreamId,
    admits: impl Fn(&SnapshotMark) -> bool,
) -> Result<Option<(SyncState, Revision)>, ProjectionError> {
    let StreamCategory::Sync(account, device, collection) = stream.category() else { return Ok(None) };
    let row: Option<SyncStateRow> =
        read_one(store, VIEW.stored, &row_key(account, &device, collection)).await?;
    let marks = row.map(|row| row.snapshots).unwrap_or_default();
    let Some(mark) = marks.iter().rev().find(|mark| admits(mark)) else { return Ok(None) };
    let state = read_one(store, VIEW.stored, &snapshot_key(stream, mark.revision)).await?;
    Ok(state.map(|state| (state, mark.revision)))
}

/// How two sets of known items differ.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct KnownDiff {
    /// Items only the second has.
    pub added: Vec<(ItemId, Fingerprint)>,
    /// Items both have in different states: the former, the latter.
    pub changed: Vec<(ItemId, Fingerprint, Fingerprint)>,
    /// Items only the first has.
    pub removed: Vec<(ItemId, Fingerprint)>,
}

/// Compares what was known at two moments, item by item.
pub fn known_diff(earlier: &Known, later: &Known) -> KnownDiff {
    let mut diff = KnownDiff::default();
    for item in earlier.diff(later) {
        match item {
            DiffItem::Add(item, fingerprint) => diff.added.push((item.clone(), *fingerprint)),
            DiffItem::Update { old: (item, old), new: (_, new) } => {
                diff.changed.push((item.clone(), *old, *new));
            }
            DiffItem::Remove(item, fingerprint) => diff.removed.push((item.clone(), *fingerprint)),
        }
    }
    diff
}
