//! The events themselves, and the rules of appending, behind one lock.

use std::collections::{BTreeMap, HashMap};

use syncledger_domain::{
    event::{
        Position, RecordedEvent, Revision, StreamId,
        chain::{self, ChainEnd},
    },
    ports::event_log::{Append, AppendError, Appended, ImportError, StreamHead},
};

/// All events in order of position, and where each stream's events stand among them.
#[derive(Debug, Default)]
pub(crate) struct Store {
    events: Vec<RecordedEvent>,
    /// Index into `events` of every revision; sorted by name for [`Store::stream_heads`].
    streams: BTreeMap<StreamId, Vec<usize>>,
}

impl Store {
    pub(crate) fn head(&self) -> Position {
        self.events.last().map_or(Position::START, |event| event.position)
    }

    pub(crate) fn append(&mut self, append: Append) -> Result<Appended, AppendError> {
        let end = self.end(&append.stream);
        let actual = end.map(|end| end.revision);
        if actual != append.expected.revision() {
            return self.repeated(&append).ok_or(AppendError::Conflict {
                stream: append.stream,
                expected: append.expected,
                actual,
            });
        }
        let next = Position(self.head().0 + 1);
        self.push(chain::extend(append, end, next));
        let last = &self.events[self.events.len() - 1];
        Ok(Appended { last_revision: last.revision, last_position: last.position })
    }

    /// Where this append landed when it was made before.
    fn repeated(&self, append: &Append) -> Option<Appended> {
        let first = append.expected.revision().map_or(Some(0), |revision| revision.0.checked_add(1))?;
        let first = usize::try_from(first).ok()?;
        let places = self.streams.get(&append.stream)?.get(first..)?;
        let there = places.get(..append.events.len())?;
        let same = there
            .iter()
            .zip(&append.events)
            .all(|(&place, event)| self.events[place].event_id == event.event_id);
        let last = &self.events[*there.last()?];
        same.then_some(Appended { last_revision: last.revision, last_position: last.position })
    }

    pub(crate) fn of_stream(&self, stream: &StreamId, from: Revision, limit: usize) -> Vec<RecordedEvent> {
        let from = usize::try_from(from.0).unwrap_or(usize::MAX);
        let places = self.streams.get(stream).and_then(|places| places.get(from..)).unwrap_or_default();
        places.iter().take(limit).map(|&place| self.events[place].clone()).collect()
    }

    pub(crate) fn after(&self, after: Position, prefix: &str, limit: usize) -> Vec<RecordedEvent> {
        let start = self.events.partition_point(|event| event.position <= after);
        let in_prefix = |event: &&RecordedEvent| event.stream.as_str().starts_with(prefix);
        self.events[start..].iter().filter(in_prefix).take(limit).cloned().collect()
    }

    pub(crate) fn stream_heads(&self, at: Position) -> Vec<StreamHead> {
        let head_of = |(stream, places): (&StreamId, &Vec<usize>)| {
            let seen = places.partition_point(|&place| self.events[place].position <= at);
            let last = &self.events[places[seen.checked_sub(1)?]];
            Some(StreamHead { stream: stream.clone(), revision: last.revision, hash: last.hash })
        };
        self.streams.iter().filter_map(head_of).collect()
    }

    pub(crate) fn import(&mut self, first: bool, events: Vec<RecordedEvent>) -> Result<(), ImportError> {
        let mut last = self.head();
        if first && last != Position::START {
            return Err(ImportError::NotEmpty(last));
        }
        let mut ends: HashMap<&StreamId, ChainEnd> = HashMap::new();
        for event in &events {
            let refuse = |reason: String| ImportError::Broken {
                event: event.event_id,
                stream: event.stream.clone(),
                revision: event.revision,
                reason,
            };
            if event.position <= last {
                return Err(refuse(format!("position {} does not come after {last}", event.position)));
            }
            let end = ends.get(&event.stream).copied().or_else(|| self.end(&event.stream));
            let end = chain::check(end, event).map_err(|broken| refuse(broken.to_string()))?;
            ends.insert(&event.stream, end);
            last = event.position;
        }
        self.push(events);
        Ok(())
    }

    fn end(&self, stream: &StreamId) -> Option<ChainEnd> {
        let place = *self.streams.get(stream)?.last()?;
        Some(ChainEnd::of(&self.events[place]))
    }

    fn push(&mut self, events: Vec<RecordedEvent>) {
        for event in events {
            self.streams.entry(event.stream.clone()).or_default().push(self.events.len());
            self.events.push(event);
        }
    }
}
