//! Verification of a whole log, event by event in order of position: chains, revisions, positions, payloads, seals.
//!
//! Pure: whoever reads the log feeds the events. Memory is one head per stream and two hashes per seal, however long
//! the log is.
//!
//! What a log cannot show by itself is that its end was cut off, seals included. Whoever wants to know keeps a seal
//! elsewhere (each verification reports the last one) and names it the next time.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    DecodeError, Event, EventHash, Position, RecordedEvent, Revision, StreamId,
    chain::{self, BrokenLink, ChainEnd},
    seal::{LogEvent, LogSealed, Order, merkle_root, seal_root},
};
use crate::ports::event_log::StreamHead;

/// The first thing that is wrong with a log.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Broken {
    /// An event.
    #[error(transparent)]
    Event(Box<BrokenEvent>),
    /// A seal does not fit the events before it: some of them were changed, removed or put in.
    #[error("the seal at position {position} over the log up to position {up_to} is broken: {fault}")]
    Seal {
        /// Where it is.
        position: Position,
        /// What it covers.
        up_to: Position,
        /// What is wrong.
        fault: SealFault,
    },
    /// A seal noted elsewhere does not fit the log.
    #[error("the log does not fit the seal noted earlier over it up to position {up_to}: {fault}")]
    Noted {
        /// What it covers.
        up_to: Position,
        /// What is wrong.
        fault: SealFault,
    },
}

/// An event that cannot stand where it stands.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("event {event_id} at position {position} (stream {stream} revision {revision}) is broken: {fault}")]
pub struct BrokenEvent {
    /// Where it is.
    pub position: Position,
    /// Its stream.
    pub stream: StreamId,
    /// Its revision.
    pub revision: Revision,
    /// Its id.
    pub event_id: uuid::Uuid,
    /// What is wrong.
    pub fault: EventFault,
}

/// What can be wrong with an event.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EventFault {
    /// Its position is not behind that of the event before it.
    #[error("its position does not follow position {after}")]
    Position {
        /// Of the event before it.
        after: Position,
    },
    /// It does not continue its stream.
    #[error(transparent)]
    Link(#[from] BrokenLink),
    /// Its payload cannot be read.
    #[error(transparent)]
    Payload(#[from] DecodeError),
}

/// What can be wrong with a seal.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SealFault {
    /// It claims to cover what comes after it.
    #[error("it covers events behind itself")]
    Ahead,
    /// The log ends before what it covers does, or has no event where it ends.
    #[error("the log has no event there any more; the last one before is at position {last}")]
    EndsEarly {
        /// Last position at or before the one covered.
        last: Position,
    },
    /// Streams have gone or come.
    #[error("it covers {sealed} streams, the log has {found}")]
    Streams {
        /// By the seal.
        sealed: u64,
        /// By the events.
        found: u64,
    },
    /// The ends of the streams are others, or events have changed places.
    #[error(
        "its root is {sealed}, but the log gives {found}: an event was changed, moved, removed or put in"
    )]
    Root {
        /// By the seal.
        sealed: EventHash,
        /// By the events.
        found: EventHash,
    },
}

/// What a verification found out about a log that is whole.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Verified {
    /// Number of events.
    pub events: u64,
    /// Number of streams.
    pub streams: u64,
    /// Number of seals.
    pub seals: u64,
    /// Position of the last event.
    pub last: Position,
    /// The last seal: to be noted elsewhere, so that a cut end shows.
    pub last_seal: Option<LogSealed>,
}

/// What the events up to a position give.
#[derive(Clone, Copy, Debug)]
struct State {
    last: Position,
    streams: u64,
    /// As seals of version 1 have it, over the heads alone.
    heads: EventHash,
    /// Over the heads and the order.
    root: EventHash,
}

/// Takes all events of a log in order of position.
#[derive(Debug, Default)]
pub struct Verifier {
    /// Sorted by stream name, as seals want them.
    heads: Vec<StreamHead>,
    /// Of all events taken.
    order: Order,
    /// Positions covered by seals to come, not reached yet.
    awaited: BTreeSet<Position>,
    reached: BTreeMap<Position, State>,
    found: Verified,
}

impl Verifier {
    /// `sealed` are the positions seals cover, those of all seals of the log and the one noted elsewhere: a seal stands
    /// behind what it covers, so the verifier must know beforehand where to stop and reckon. Wrong ones do no harm.
    pub fn new(sealed: impl IntoIterator<Item = Position>) -> Self {
        Self { awaited: sealed.into_iter().collect(), ..Self::default() }
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// [`Broken`]; the verifier is of no use after it.
    pub fn take(&mut self, event: &RecordedEvent) -> Result<(), Broken> {
        self.reckon_before(event.position);
        let seal = self.take_event(event).map_err(|fault| {
            Broken::Event(Box::new(BrokenEvent {
                position: event.position,
                stream: event.stream.clone(),
                revision: event.revision,
                event_id: event.event_id,
                fault,
            }))
        })?;
        if let Some(seal) = seal {
            self.take_seal(event.position, seal)?;
        }
        Ok(())
    }

    /// After the last event: what was found, unless a seal noted elsewhere tells otherwise.
    ///
    /// # Errors
    /// [`Broken::Noted`].
    pub fn finish(mut self, noted: Option<&LogSealed>) -> Result<Verified, Broken> {
        self.reckon_before(Position(u64::MAX));
        if let Some(noted) = noted {
            self.check_seal(noted).map_err(|fault| Broken::Noted { up_to: noted.up_to, fault })?;
        }
        self.found.streams = self.heads.len() as u64;
        Ok(self.found)
    }

    /// Position of the last event taken.
    pub fn last(&self) -> Position {
        self.found.last
    }

    fn take_event(&mut self, event: &RecordedEvent) -> Result<Option<LogSealed>, EventFault> {
        if event.position <= self.found.last {
            return Err(EventFault::Position { after: self.found.last });
        }
        let at = self.heads.binary_search_by(|head| head.stream.cmp(&event.stream));
        let end = at.ok().map(|at| &self.heads[at]);
        let end = chain::check(end.map(|head| ChainEnd { revision: head.revision, hash: head.hash }), event)?;
        match at {
            Ok(at) => {
                self.heads[at].revision = end.revision;
                self.heads[at].hash = end.hash;
            }
            Err(at) => {
                let head =
                    StreamHead { stream: event.stream.clone(), revision: end.revision, hash: end.hash };
                self.heads.insert(at, head);
            }
        }
        self.order.take(event);
        self.found.last = event.position;
        self.found.events += 1;
        if event.key_id.is_some() {
            // Sealed under an account's key: the chain is over the ciphertext, and all there is to check.
            return Ok(None);
        }
        match Event::decode(event)? {
            Event::Log(LogEvent::Sealed(seal)) => Ok(Some(seal)),
            _ => Ok(None),
        }
    }

    fn take_seal(&mut self, position: Position, seal: LogSealed) -> Result<(), Broken> {
        let checked = if seal.up_to < position { self.check_seal(&seal) } else { Err(SealFault::Ahead) };
        checked.map_err(|fault| Broken::Seal { position, up_to: seal.up_to, fault })?;
        self.found.seals += 1;
        self.found.last_seal = Some(seal);
        Ok(())
    }

    fn check_seal(&self, seal: &LogSealed) -> Result<(), SealFault> {
        let state = match self.reached.get(&seal.up_to) {
            Some(state) if state.last == seal.up_to => state,
            Some(state) => return Err(SealFault::EndsEarly { last: state.last }),
            None => return Err(SealFault::EndsEarly { last: self.found.last.min(seal.up_to) }),
        };
        if state.streams != seal.streams {
            return Err(SealFault::Streams { sealed: seal.streams, found: state.streams });
        }
        // A seal of version 1, and so a note of one, says nothing of the order.
        let as_in_version_1 = seal.order.is_none() && state.heads == seal.root;
        if state.root != seal.root && !as_in_version_1 {
            return Err(SealFault::Root { sealed: seal.root, found: state.root });
        }
        Ok(())
    }

    /// Reckons for the seals whose events have all been taken when the next one is at `position`.
    fn reckon_before(&mut self, position: Position) {
        while let Some(up_to) = self.awaited.first().copied().filter(|up_to| *up_to < position) {
            self.awaited.remove(&up_to);
            let heads = merkle_root(&self.heads);
            let state = State {
                last: self.found.last,
                streams: self.heads.len() as u64,
                heads,
                root: seal_root(heads, self.order),
            };
            self.reached.insert(up_to, state);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        StoredEvent,
        device::{DeviceEvent, DeviceSeen},
        event::seal::LogSealedV1,
        event::{Actor, CorrelationId, KeyId, NewEvent, Timestamp},
        ids::{AccountId, DeviceId},
        ports::event_log::{Append, Expected},
    };

    /// A log in the making.
    #[derive(Default)]
    struct Log(Vec<RecordedEvent>);

    impl Log {
        fn append(&mut self, stream: &StreamId, event: &impl StoredEvent) {
            let end = self.0.iter().rfind(|event| event.stream == *stream).map(ChainEnd::of);
            let first = Position(self.0.len() as u64 * 2 + 1);
            let event_type = event.event_type();
            let new = NewEvent {
                event_id: Uuid::from_u128(first.0.into()),
                event_type: event_type.name.to_owned(),
                version: event_type.version,
                key_id: None,
                payload: event.encode(),
            };
            let append = Append {
                stream: stream.clone(),
                expected: Expected::NoStream,
                events: vec![new],
                recorded_at: Timestamp(0),
                actor: Actor::Device,
                correlation_id: CorrelationId(Uuid::nil()),
            };
            self.0.extend(chain::extend(append, end, first));
        }

        fn seal(&mut self) -> LogSealed {
            let mut heads = BTreeMap::new();
            for event in &self.0 {
                let head =
                    StreamHead { stream: event.stream.clone(), revision: event.revision, hash: event.hash };
                heads.insert(event.stream.clone(), head);
            }
            let heads: Vec<_> = heads.into_values().collect();
            let up_to = self.0.last().map_or(Position::START, |event| event.position);
            let mut order = Order::default();
            self.0.iter().for_each(|event| order.take(event));
            let seal = LogSealed::over(up_to, &heads, order);
            self.append(&StreamId::log(), &LogEvent::Sealed(seal.clone()));
            seal
        }
    }

    fn device(name: &str) -> StreamId {
        let account: AccountId = "0193b2c4-6f1e-7c3a-9d5b-2f4e6a8c0d1e".parse().unwrap();
        StreamId::device(account, &DeviceId::new(name).unwrap())
    }

    fn seen() -> DeviceEvent {
        DeviceEvent::Seen(DeviceSeen { requests: 1, bytes_in: 2, bytes_out: 3 })
    }

    /// Positions 1 a, 3 b, 5 a, 7 seal, 9 b, 11 seal, 13 a.
    fn sample() -> (Log, LogSealed) {
        let mut log = Log::default();
        log.append(&device("a"), &seen());
        log.append(&device("b"), &seen());
        log.append(&device("a"), &seen());
        log.seal();
        log.append(&device("b"), &seen());
        let last = log.seal();
        log.append(&device("a"), &seen());
        (log, last)
    }

    fn verify_at(log: &[RecordedEvent], sealed: &[u64]) -> Result<Verified, Broken> {
        let mut verifier = Verifier::new(sealed.iter().map(|up_to| Position(*up_to)));
        log.iter().try_for_each(|event| verifier.take(event))?;
        verifier.finish(None)
    }

    fn verify(log: &[RecordedEvent], noted: Option<&LogSealed>) -> Result<Verified, Broken> {
        let mut verifier = Verifier::new([Position(5), Position(9), Position(3)]);
        for event in log {
            verifier.take(event)?;
        }
        verifier.finish(noted)
    }

    fn fault_of_event(broken: Result<Verified, Broken>) -> (u64, EventFault) {
        match broken {
            Err(Broken::Event(event)) => (event.position.0, event.fault),
            other => panic!("{other:?}"),
        }
    }

    /// Makes an edited event look genuine, as far as it can without touching what follows.
    fn rehash(event: &mut RecordedEvent) {
        event.hash = event.computed_hash();
    }

    #[test]
    fn a_whole_log_is_verified() {
        let (log, last_seal) = sample();
        let verified = Verified {
            events: 7,
            streams: 3,
            seals: 2,
            last: Position(13),
            last_seal: Some(last_seal.clone()),
        };
        assert_eq!(verify(&log.0, None), Ok(verified.clone()));
        assert_eq!(verify(&log.0, Some(&last_seal)), Ok(verified));
        assert_eq!(verify(&[], None), Ok(Verified::default()));
    }

    #[test]
    fn an_edited_event_is_named() {
        let (mut log, _) = sample();
        log.0[2].payload[0] ^= 1;
        let (position, fault) = fault_of_event(verify(&log.0, None));
        assert_eq!(position, 5);
        assert!(matches!(fault, EventFault::Link(BrokenLink::Content { .. })), "{fault}");
    }

    #[test]
    fn an_event_edited_with_its_hash_is_shown_by_the_one_after_it() {
        let (mut log, _) = sample();
        log.0[0].payload[0] ^= 1;
        rehash(&mut log.0[0]);
        let (position, fault) = fault_of_event(verify(&log.0, None));
        assert_eq!(position, 5);
        assert!(matches!(fault, EventFault::Link(BrokenLink::Predecessor { .. })), "{fault}");
    }

    #[test]
    fn the_last_event_of_a_stream_edited_with_its_hash_is_shown_by_the_seal() {
        let (mut log, _) = sample();
        log.0.truncate(4);
        log.0[2].payload[0] ^= 1;
        rehash(&mut log.0[2]);
        let broken = verify(&log.0, None).unwrap_err();
        let Broken::Seal { position: Position(7), up_to: Position(5), fault: SealFault::Root { .. } } =
            broken
        else {
            panic!("{broken}");
        };
    }

    #[test]
    fn a_missing_event_a_doubled_event_and_a_swap_are_named() {
        let (log, _) = sample();
        let mut missing = log.0.clone();
        missing.remove(0);
        assert_eq!(
            fault_of_event(verify(&missing, None)),
            (5, EventFault::Link(BrokenLink::Revision { expected: Revision(0) }))
        );
        let mut doubled = log.0.clone();
        doubled.insert(1, doubled[0].clone());
        assert_eq!(fault_of_event(verify(&doubled, None)), (1, EventFault::Position { after: Position(1) }));
        let mut swapped = log.0.clone();
        swapped.swap(1, 2);
        assert_eq!(fault_of_event(verify(&swapped, None)), (3, EventFault::Position { after: Position(5) }));
    }

    #[test]
    fn a_stream_removed_whole_is_shown_by_the_seal() {
        let (log, _) = sample();
        let rest: Vec<_> = log.0.into_iter().filter(|event| event.stream != device("b")).collect();
        let broken = verify(&rest, None).unwrap_err();
        assert_eq!(
            broken,
            Broken::Seal {
                position: Position(7),
                up_to: Position(5),
                fault: SealFault::Streams { sealed: 2, found: 1 }
            }
        );
    }

    #[test]
    fn events_cut_off_before_a_seal_are_shown_by_it() {
        let (mut log, _) = sample();
        log.0.remove(4);
        let broken = verify(&log.0, None).unwrap_err();
        assert_eq!(
            broken,
            Broken::Seal {
                position: Position(11),
                up_to: Position(9),
                fault: SealFault::EndsEarly { last: Position(7) }
            }
        );
    }

    #[test]
    fn a_cut_end_is_shown_by_a_seal_noted_elsewhere() {
        let (log, noted) = sample();
        assert!(verify(&log.0[..4], None).is_ok(), "by itself the shorter log is whole");
        let broken = verify(&log.0[..4], Some(&noted)).unwrap_err();
        let fault = SealFault::EndsEarly { last: Position(7) };
        assert_eq!(broken, Broken::Noted { up_to: Position(9), fault });
        let other = LogSealed { root: EventHash([1; 32]), ..noted };
        let broken = verify(&log.0, Some(&other)).unwrap_err();
        assert!(matches!(broken, Broken::Noted { fault: SealFault::Root { .. }, .. }), "{broken}");
    }

    #[test]
    fn an_event_moved_to_another_position_is_shown_by_the_seal() {
        let (log, noted) = sample();
        let root_differs = |log: &[RecordedEvent]| {
            let broken = verify(log, None).unwrap_err();
            assert!(matches!(broken, Broken::Seal { fault: SealFault::Root { .. }, .. }), "{broken}");
        };
        // Into a hole, every stream in its own order as before.
        let mut moved = log.0.clone();
        moved[1].position = Position(4);
        root_differs(&moved);
        // The events of two streams change places.
        let mut swapped = log.0.clone();
        swapped.swap(0, 1);
        (swapped[0].position, swapped[1].position) = (Position(1), Position(3));
        root_differs(&swapped);
        // The note alone shows it, too.
        let note: LogSealed = noted.note().parse().unwrap();
        assert!(verify(&log.0, Some(&note)).is_ok());
        moved.retain(|event| event.stream != StreamId::log());
        let broken = verify(&moved, Some(&note)).unwrap_err();
        assert!(matches!(broken, Broken::Noted { .. }), "{broken}");
    }

    #[test]
    fn a_seal_of_version_1_counts_as_it_did() {
        let mut log = Log::default();
        log.append(&device("a"), &seen());
        let heads = [StreamHead { stream: device("a"), revision: Revision(0), hash: log.0[0].hash }];
        let old = LogSealedV1 { up_to: Position(1), streams: 1, root: merkle_root(&heads) };
        let new = LogEvent::Sealed(old.clone().into());
        log.append(&StreamId::log(), &new);
        let sealed = &mut log.0[1];
        (sealed.version, sealed.payload) = (1, postcard::to_stdvec(&old).unwrap());
        rehash(sealed);
        assert_eq!(verify_at(&log.0, &[1]).unwrap().seals, 1);
        log.0[0].payload[0] ^= 1;
        rehash(&mut log.0[0]);
        assert!(verify_at(&log.0, &[1]).is_err());
    }

    #[test]
    fn a_seal_over_what_comes_after_it_is_refused() {
        let mut log = Log::default();
        let seal = LogSealed::over(Position(1), &[], Order::default());
        log.append(&StreamId::log(), &LogEvent::Sealed(seal));
        let broken = verify(&log.0, None).unwrap_err();
        assert_eq!(
            broken,
            Broken::Seal { position: Position(1), up_to: Position(1), fault: SealFault::Ahead }
        );
    }

    #[test]
    fn payloads_must_be_readable_unless_they_are_sealed() {
        let (mut log, _) = sample();
        log.0.truncate(1);
        log.0[0].payload.push(0);
        rehash(&mut log.0[0]);
        let (_, fault) = fault_of_event(verify(&log.0, None));
        assert!(matches!(fault, EventFault::Payload(DecodeError::Payload { .. })), "{fault}");
        log.0[0].key_id = Some(KeyId("k1".to_owned()));
        rehash(&mut log.0[0]);
        assert!(verify(&log.0, None).is_ok());
    }
}
