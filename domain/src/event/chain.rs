//! The hash chain of a stream, as every backend extends and checks it.
//!
//! Backends differ in where they keep events, not in what makes an event the next one of its stream. Extending a
//! chain at append and checking one at import and verification live here, once.

use super::{EventHash, Position, RecordedEvent, Revision};
use crate::ports::event_log::{Append, AppendError, MAX_APPEND_BYTES};

/// Where a stream ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChainEnd {
    /// Revision of its last event.
    pub revision: Revision,
    /// Hash of its last event.
    pub hash: EventHash,
}

impl ChainEnd {
    /// The end after this event.
    pub fn of(event: &RecordedEvent) -> Self {
        Self { revision: event.revision, hash: event.hash }
    }
}

/// Why an event does not continue its stream.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BrokenLink {
    /// A revision is missing, doubled or out of order.
    #[error("revision {expected} was due")]
    Revision {
        /// The one that was due.
        expected: Revision,
    },
    /// It names another predecessor than the one it follows.
    #[error("it follows {claimed}, but the event before it has hash {actual}")]
    Predecessor {
        /// What the event says.
        claimed: EventHash,
        /// What is so.
        actual: EventHash,
    },
    /// Its fields do not give its hash.
    #[error("its fields give hash {computed}")]
    Content {
        /// What they give.
        computed: EventHash,
    },
}

/// Checks what can be said about an append without looking at the log: it has events, and not too many bytes.
///
/// # Errors
/// [`AppendError::Empty`] or [`AppendError::TooLarge`].
pub fn check_size(append: &Append) -> Result<(), AppendError> {
    if append.events.is_empty() {
        return Err(AppendError::Empty(append.stream.clone()));
    }
    let bytes = append.events.iter().map(|event| event.payload.len()).sum();
    if bytes > MAX_APPEND_BYTES {
        return Err(AppendError::TooLarge { stream: append.stream.clone(), bytes });
    }
    Ok(())
}

/// The events of an append as they will be recorded after `end`, at `first` and the positions after it.
pub fn extend(append: Append, end: Option<ChainEnd>, first: Position) -> Vec<RecordedEvent> {
    let Append { stream, events, recorded_at, actor, correlation_id, .. } = append;
    let mut revision = end.map_or(Revision(0), |end| end.revision.next());
    let mut prev_hash = end.map_or(EventHash::ZERO, |end| end.hash);
    let mut position = first;
    let mut recorded = Vec::with_capacity(events.len());
    for event in events {
        let mut event = RecordedEvent {
            position,
            stream: stream.clone(),
            revision,
            event_id: event.event_id,
            event_type: event.event_type,
            version: event.version,
            recorded_at,
            actor: actor.clone(),
            correlation_id,
            key_id: event.key_id,
            payload: event.payload,
            prev_hash,
            hash: EventHash::ZERO,
        };
        event.hash = event.computed_hash();
        prev_hash = event.hash;
        revision = revision.next();
        position = Position(position.0 + 1);
        recorded.push(event);
    }
    recorded
}

/// Checks that an event continues a stream that ends at `end`, and gives the new end.
///
/// # Errors
/// [`BrokenLink`], the first thing that is wrong with it.
pub fn check(end: Option<ChainEnd>, event: &RecordedEvent) -> Result<ChainEnd, BrokenLink> {
    let expected = end.map_or(Revision(0), |end| end.revision.next());
    if event.revision != expected {
        return Err(BrokenLink::Revision { expected });
    }
    let actual = end.map_or(EventHash::ZERO, |end| end.hash);
    if event.prev_hash != actual {
        return Err(BrokenLink::Predecessor { claimed: event.prev_hash, actual });
    }
    let computed = event.computed_hash();
    if event.hash != computed {
        return Err(BrokenLink::Content { computed });
    }
    Ok(ChainEnd::of(event))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event::{Actor, CorrelationId, NewEvent, Timestamp},
        ports::event_log::Expected,
    };
    use uuid::Uuid;

    fn three() -> Vec<RecordedEvent> {
        let events = (0..3u8)
            .map(|n| NewEvent {
                event_id: Uuid::from_u128(n.into()),
                event_type: "made-up".into(),
                version: 1,
                key_id: None,
                payload: vec![n; 3],
            })
            .collect();
        let append = Append {
            stream: "s".parse().unwrap(),
            expected: Expected::NoStream,
            events,
            recorded_at: Timestamp(1),
            actor: Actor::Device,
            correlation_id: CorrelationId(Uuid::nil()),
        };
        extend(append, None, Position(5))
    }

    #[test]
    fn what_extend_makes_check_accepts() {
        let mut end = None;
        for (index, event) in three().iter().enumerate() {
            assert_eq!(event.position.0, 5 + index as u64);
            end = Some(check(end, event).unwrap());
        }
        assert_eq!(end.unwrap().revision, Revision(2));
    }

    #[test]
    fn every_kind_of_break_is_named() {
        let events = three();
        let end = Some(ChainEnd::of(&events[0]));
        assert_eq!(check(end, &events[2]), Err(BrokenLink::Revision { expected: Revision(1) }));
        assert_eq!(check(None, &events[1]), Err(BrokenLink::Revision { expected: Revision(0) }));

        let mut other_past = events[1].clone();
        other_past.prev_hash = EventHash([9; 32]);
        assert!(
            matches!(check(end, &other_past), Err(BrokenLink::Predecessor { actual, .. }) if actual == events[0].hash)
        );

        let mut edited = events[1].clone();
        edited.payload[0] ^= 1;
        assert_eq!(check(end, &edited), Err(BrokenLink::Content { computed: edited.computed_hash() }));
    }
}
