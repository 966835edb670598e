//! The rows that tell where a collection stands.

use serde::{Deserialize, Serialize};
use syncledger_domain::{
    event::{Position, Revision, Timestamp},
    ids::{AccountId, CollectionId, DeviceId, ItemId, SyncKey},
    ports::mailbox::{Fingerprint, FolderClass},
    sync_state::{CollectionOptions, SyncEvent, SyncState},
};

use super::SPARSE;
use crate::projection::LogEntry;

/// Where one collection of one device stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SyncStateRow {
    /// Whose.
    pub account: AccountId,
    /// Which device.
    pub device: DeviceId,
    /// Which collection.
    pub collection: CollectionId,
    /// What it holds; `None` for the hierarchy.
    pub class: Option<FolderClass>,
    /// Whether keys are accepted: started and not dropped since.
    pub active: bool,
    /// How often it was started.
    pub generation: u32,
    /// Counter of the key that was proven to have arrived; 0 right after a start.
    pub confirmed_counter: u32,
    /// The answer that is not proven to have arrived.
    pub offered: Option<OfferRow>,
    /// Items the device has proven to know.
    pub known: u64,
    /// Items it knows if the last answer arrived.
    pub known_if_arrived: u64,
    /// Sticky options; `None` until the device sent some.
    pub options: Option<CollectionOptions>,
    /// Answers to the confirmed key that were lost in a row.
    pub lost_answers: u32,
    /// Answers that were lost since the collection was first started.
    pub lost_answers_ever: u64,
    /// Answers since it was first started.
    pub answers_ever: u64,
    /// Items left out, in the state in which they are.
    pub skipped: Vec<(ItemId, Fingerprint)>,
    /// When it was last started.
    pub started_at: Option<Timestamp>,
    /// When the last event happened.
    pub changed_at: Timestamp,
    /// Latest time of all its events: clocks of nodes may differ.
    pub latest_at: Timestamp,
    /// The last event the row includes, in its stream.
    pub revision: Revision,
    /// The last event the row includes, in the log.
    pub position: Position,
    /// Events since the last snapshot.
    pub events_since_snapshot: u64,
    /// Items told since the last snapshot.
    pub items_since_snapshot: u64,
    /// The snapshots that exist, oldest first.
    pub snapshots: Vec<SnapshotMark>,
}

/// What an outstanding answer told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OfferRow {
    /// Counter of the key it carried.
    pub counter: u32,
    /// When.
    pub at: Timestamp,
    /// Items added.
    pub adds: u64,
    /// Items changed.
    pub changes: u64,
    /// Items removed.
    pub removes: u64,
    /// Items that left the filter.
    pub soft_removes: u64,
    /// Client operations it replied to.
    pub client: u64,
}

/// A snapshot that exists.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SnapshotMark {
    /// It holds the state after this event.
    pub revision: Revision,
    /// The event's place in the log.
    pub position: Position,
    /// Latest time of the events it includes.
    pub latest_at: Timestamp,
    /// Kept for good.
    pub sparse: bool,
}

impl SyncStateRow {
    /// The key that was proven to have arrived.
    pub fn confirmed_key(&self) -> Option<SyncKey> {
        (self.active && self.confirmed_counter > 0)
            .then_some(SyncKey { generation: self.generation, counter: self.confirmed_counter })
    }

    /// The key of the answer that is not proven to have arrived.
    pub fn offered_key(&self) -> Option<SyncKey> {
        let offered = self.offered.filter(|_| self.active)?;
        Some(SyncKey { generation: self.generation, counter: offered.counter })
    }
}

pub(super) fn new_row(
    account: AccountId,
    device: &DeviceId,
    collection: CollectionId,
    entry: &LogEntry,
) -> SyncStateRow {
    SyncStateRow {
        account,
        device: device.clone(),
        collection,
        class: None,
        active: false,
        generation: 0,
        confirmed_counter: 0,
        offered: None,
        known: 0,
        known_if_arrived: 0,
        options: None,
        lost_answers: 0,
        lost_answers_ever: 0,
        answers_ever: 0,
        skipped: Vec::new(),
        started_at: None,
        changed_at: entry.recorded.recorded_at,
        latest_at: entry.recorded.recorded_at,
        revision: entry.recorded.revision,
        position: entry.recorded.position,
        events_since_snapshot: 0,
        items_since_snapshot: 0,
        snapshots: Vec::new(),
    }
}

impl SyncStateRow {
    pub(super) fn count(&mut self, event: &SyncEvent, lost: bool, entry: &LogEntry) {
        let now = entry.recorded.recorded_at;
        self.events_since_snapshot += 1;
        self.lost_answers_ever += u64::from(lost);
        match event {
            SyncEvent::Started(_) => self.started_at = Some(now),
            SyncEvent::Offered(offered) => {
                let told = offered.delta.len() + offered.client.len();
                self.answers_ever += 1;
                self.items_since_snapshot += told as u64;
                self.offered = Some(OfferRow {
                    counter: offered.to,
                    at: now,
                    adds: offered.delta.adds.len() as u64,
                    changes: offered.delta.changes.len() as u64,
                    removes: offered.delta.removes.len() as u64,
                    soft_removes: offered.delta.soft_removes.len() as u64,
                    client: offered.client.len() as u64,
                });
            }
            SyncEvent::Registered(registered) => {
                self.items_since_snapshot += (registered.known.len() + registered.gone.len()) as u64;
            }
            SyncEvent::OptionsChanged(_)
            | SyncEvent::Skipped(_)
            | SyncEvent::Unskipped(_)
            | SyncEvent::Dropped(_) => {}
        }
    }

    pub(super) fn describe(&mut self, state: &SyncState, entry: &LogEntry) {
        self.class = state.class;
        self.active = state.active;
        self.generation = state.generation;
        self.confirmed_counter = state.confirmed_counter;
        if state.offer.is_none() {
            self.offered = None;
        }
        self.known = state.confirmed.len() as u64;
        self.known_if_arrived = state.given().len() as u64;
        self.options.clone_from(&state.options);
        self.lost_answers = state.lost_answers;
        self.skipped = state.skipped.iter().map(|(item, fingerprint)| (item.clone(), *fingerprint)).collect();
        self.changed_at = entry.recorded.recorded_at;
        self.latest_at = self.latest_at.max(entry.recorded.recorded_at);
        self.revision = entry.recorded.revision;
        self.position = entry.recorded.position;
    }

    /// Enters the snapshot just made and returns those that are not needed any more.
    pub(super) fn keep_marks(&mut self) -> Vec<SnapshotMark> {
        let before = self.snapshots.last().map_or(0, |mark| mark.revision.0);
        self.snapshots.push(SnapshotMark {
            revision: self.revision,
            position: self.position,
            latest_at: self.latest_at,
            sparse: self.revision.0 / SPARSE > before / SPARSE,
        });
        self.events_since_snapshot = 0;
        self.items_since_snapshot = 0;
        let newest = self.snapshots.len().saturating_sub(2);
        let mut gone: Vec<_> = self.snapshots.drain(..newest).collect();
        let kept: Vec<_> = gone.extract_if(.., |mark| mark.sparse).collect();
        self.snapshots.splice(..0, kept);
        gone
    }
}
