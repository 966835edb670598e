//! Sync states as a view: where each collection of each device stands, and snapshots of its whole state.
//!
//! Rows: `state/<account>/<device>/<collection>` with counts and keys, and `snapshot/<stream>/<revision>` with a
//! [`SyncState`](syncledger_domain::sync_state::SyncState) as it was after that event, so that neither loading a state nor looking at a former one folds the
//! stream from its beginning. Both kinds live in one view because the counts come from the folded state, and that is
//! folded from the snapshots.
//!
//! When a snapshot is made depends on the log alone (`is_due`): after 64 events or an answer's worth of items in
//! proportion to what the device knows. The two newest are kept, and for looking back one per 1024 events.

mod cache;
mod history;
mod rows;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use syncledger_domain::{
    Aggregate, Event,
    event::{Revision, StreamCategory, StreamId},
    ids::{AccountId, CollectionId, DeviceId},
    ports::{event_log::EventLog, views::ViewStore},
};

use crate::{
    ProjectionError,
    projection::{LogEntry, Projection, Rows, View, read_all_rows, read_one},
};
use cache::StateCache;
pub use history::{KnownDiff, Moment, StateAt, known_diff, newest_snapshot, state_at};
use rows::new_row;
pub use rows::{OfferRow, SnapshotMark, SyncStateRow};

/// The view.
pub const VIEW: View = View { name: "sync-states", layout: 1, stored: "sync-states-1" };

/// Events after which a snapshot is made at the latest, for small states.
const EVENTS: u64 = 64;
/// Items told after which a snapshot is made, for small states.
const ITEMS: u64 = 256;
/// One snapshot per so many revisions stays for good.
const SPARSE: u64 = 1024;

/// The projection. Reads the log where it has to fold a state it does not hold.
pub struct SyncStates {
    cache: StateCache,
}

impl SyncStates {
    /// Over the log that is being followed.
    pub fn new(log: Arc<dyn EventLog>) -> Self {
        Self { cache: StateCache::new(log) }
    }
}

#[async_trait]
impl Projection for SyncStates {
    fn view(&self) -> View {
        VIEW
    }

    async fn fold(&mut self, entry: &LogEntry, rows: &mut Rows<'_>) -> Result<(), ProjectionError> {
        let (StreamCategory::Sync(account, device, collection), Some(Event::Sync(event))) =
            (&entry.category, &entry.event)
        else {
            return Ok(());
        };
        let stream = &entry.recorded.stream;
        let key = row_key(*account, device, *collection);
        let row: Option<SyncStateRow> = rows.get(&key).await?;
        let marks = row.as_ref().map_or(&[][..], |row| &row.snapshots);
        let mut state = self.cache.before(entry, marks, rows).await?;
        let lost_before = state.lost_answers;
        state.evolve(event);

        let mut row = row.unwrap_or_else(|| new_row(*account, device, *collection, entry));
        row.count(event, state.lost_answers > lost_before, entry);
        row.describe(&state, entry);
        if is_due(&row) {
            rows.put_aside(snapshot_key(stream, row.revision), &state);
            for old in row.keep_marks() {
                rows.delete(snapshot_key(stream, old.revision));
            }
        }
        rows.put(key, &row);
        self.cache.keep(stream.clone(), entry.recorded.revision, state);
        Ok(())
    }
}

/// Whether enough happened since the last snapshot. A large state is worth more events of tail, since writing it costs
/// in proportion to its size.
fn is_due(row: &SyncStateRow) -> bool {
    let known = row.known.max(row.known_if_arrived);
    row.events_since_snapshot >= EVENTS.max(known / 64) || row.items_since_snapshot >= ITEMS.max(known / 2)
}

fn row_key(account: AccountId, device: &DeviceId, collection: CollectionId) -> String {
    format!("state/{account}/{device}/{collection}")
}

fn snapshot_key(stream: &StreamId, revision: Revision) -> String {
    format!("snapshot/{stream}/{:020}", revision.0)
}

/// One collection of one device.
///
/// # Errors
/// When the store fails.
pub async fn collection(
    store: &dyn ViewStore,
    account: AccountId,
    device: &DeviceId,
    collection: CollectionId,
) -> Result<Option<SyncStateRow>, ProjectionError> {
    read_one(store, VIEW.stored, &row_key(account, device, collection)).await
}

/// All collections of a device that were ever started, by collection; the hierarchy comes first.
///
/// # Errors
/// When the store fails.
pub async fn collections(
    store: &dyn ViewStore,
    account: AccountId,
    device: &DeviceId,
) -> Result<Vec<SyncStateRow>, ProjectionError> {
    let mut found: Vec<SyncStateRow> = Vec::new();
    read_all_rows(store, VIEW.stored, &format!("state/{account}/{device}/"), |row| found.push(row)).await?;
    found.sort_by_key(|row| row.collection);
    Ok(found)
}
