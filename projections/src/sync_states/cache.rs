//! States held while following the log, so that an event costs its own size and not the state's.

use std::{collections::HashMap, sync::Arc};

use syncledger_domain::{
    Aggregate, StoredEvent,
    event::{Revision, StreamId},
    ports::event_log::{EventLog, ReadError},
    sync_state::{SyncEvent, SyncState},
};

use super::{SnapshotMark, snapshot_key};
use crate::{
    ProjectionError,
    projection::{LogEntry, Rows},
};

/// Most items in cached states together; an item takes some hundred bytes.
const MAX_ITEMS: usize = 500_000;
/// What a state weighs beside its items.
const STATE_WEIGHT: usize = 16;
/// Events read at a time.
const PAGE: usize = 256;

pub(super) struct StateCache {
    log: Arc<dyn EventLog>,
    states: HashMap<StreamId, Cached>,
    weight: usize,
    clock: u64,
}

struct Cached {
    revision: Revision,
    state: SyncState,
    weight: usize,
    used: u64,
}

impl StateCache {
    pub(super) fn new(log: Arc<dyn EventLog>) -> Self {
        Self { log, states: HashMap::new(), weight: 0, clock: 0 }
    }

    /// The state before an event: as kept, or folded from the newest snapshot before it.
    pub(super) async fn before(
        &mut self,
        entry: &LogEntry,
        marks: &[SnapshotMark],
        rows: &mut Rows<'_>,
    ) -> Result<SyncState, ProjectionError> {
        let (stream, revision) = (&entry.recorded.stream, entry.recorded.revision);
        if let Some(cached) = self.take(stream).filter(|cached| cached.revision.next() == revision) {
            return Ok(cached.state);
        }
        let mut folded = Folded::default();
        if let Some(mark) = marks.iter().rev().find(|mark| mark.revision < revision)
            && let Some(state) = rows.get(&snapshot_key(stream, mark.revision)).await?
        {
            folded = Folded { next: mark.revision.next(), state };
        }
        folded.read_on(self.log.as_ref(), stream, |recorded| recorded.revision < revision).await?;
        Ok(folded.state)
    }

    pub(super) fn keep(&mut self, stream: StreamId, revision: Revision, state: SyncState) {
        self.clock += 1;
        let offered = state.offer.as_ref().map_or(0, |offer| offer.delta.len() + offer.client.len());
        let weight = STATE_WEIGHT + state.confirmed.len() + offered;
        self.weight += weight;
        self.states.insert(stream, Cached { revision, state, weight, used: self.clock });
        if self.weight > MAX_ITEMS {
            self.shrink();
        }
    }

    fn take(&mut self, stream: &StreamId) -> Option<Cached> {
        let cached = self.states.remove(stream)?;
        self.weight -= cached.weight;
        Some(cached)
    }

    /// Lets go of the less recently used half.
    fn shrink(&mut self) {
        let mut uses: Vec<_> = self.states.values().map(|cached| cached.used).collect();
        uses.sort_unstable();
        let median = uses[uses.len() / 2];
        self.states.retain(|_, cached| cached.used > median);
        self.weight = self.states.values().map(|cached| cached.weight).sum();
    }
}

/// A state being folded from its stream.
#[derive(Clone, Debug)]
pub(super) struct Folded {
    pub(super) state: SyncState,
    pub(super) next: Revision,
}

impl Default for Folded {
    fn default() -> Self {
        Self { state: SyncState::default(), next: Revision(0) }
    }
}

impl Folded {
    /// Folds the stream on while events are admitted; what cannot be decoded is passed over, as the views do.
    pub(super) async fn read_on(
        &mut self,
        log: &dyn EventLog,
        stream: &StreamId,
        mut admit: impl FnMut(&syncledger_domain::event::RecordedEvent) -> bool + Send,
    ) -> Result<(), ReadError> {
        loop {
            let page = log.read_stream(stream, self.next, PAGE).await?;
            let complete = page.len() < PAGE;
            for recorded in &page {
                if !admit(recorded) {
                    return Ok(());
                }
                let readable = recorded.key_id.is_none();
                let event = SyncEvent::decode(&recorded.event_type, recorded.version, &recorded.payload);
                if let Some(event) = event.ok().filter(|_| readable) {
                    self.state.evolve(&event);
                }
                self.next = recorded.revision.next();
            }
            if complete {
                return Ok(());
            }
        }
    }
}
