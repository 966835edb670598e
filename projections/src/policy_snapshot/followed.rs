//! Aggregates of which there is one stream in all, whole in memory.

use std::sync::Arc;

use syncledger_domain::{
    Aggregate, StoredEvent,
    event::{RecordedEvent, Revision, StreamId},
    ports::event_log::{EventLog, ReadError},
};

/// Events read at a time.
const PAGE: usize = 4096;

/// An aggregate and how much of its stream it includes. Cheap to clone: the state is shared until it changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Followed<A> {
    /// The state.
    pub state: Arc<A>,
    /// The last event it includes.
    pub last: Option<Revision>,
}

impl<A: Default> Default for Followed<A> {
    fn default() -> Self {
        Self { state: Arc::default(), last: None }
    }
}

impl<A: Aggregate + Clone> Followed<A> {
    /// Takes an event of the stream over; `None` when this build cannot read it. Returns whether it was news.
    pub(super) fn take(&mut self, recorded: &RecordedEvent, event: Option<&A::Event>) -> bool {
        if self.last.is_some_and(|last| recorded.revision <= last) {
            return false;
        }
        self.last = Some(recorded.revision);
        if let Some(event) = event {
            Arc::make_mut(&mut self.state).evolve(event);
        }
        event.is_some()
    }

    /// The state as its whole stream makes it.
    pub(super) async fn load(log: &dyn EventLog, stream: &StreamId) -> Result<Self, ReadError> {
        let mut followed = Self::default();
        loop {
            let from = followed.last.map_or(Revision(0), |last| Revision(last.0 + 1));
            let events = log.read_stream(stream, from, PAGE).await?;
            for recorded in &events {
                let event = A::Event::decode(&recorded.event_type, recorded.version, &recorded.payload);
                followed.take(recorded, event.ok().as_ref());
            }
            if events.len() < PAGE {
                return Ok(followed);
            }
        }
    }
}
