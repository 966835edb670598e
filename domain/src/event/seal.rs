//! Seals: a periodic event in the stream `log` that commits to the heads of all streams, so that the removal of a
//! whole stream, which no chain within a stream can show, shows too; and to the places of all events, because a
//! chain orders the events of one stream, and nothing else says what happened between them.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{EventHash, Position, RecordedEvent, stored_events};
use crate::{Aggregate, ids::InvalidId, ports::event_log::StreamHead};

/// A seal over everything up to a position.
///
/// Its text form is `<up_to>:<streams>:<root>`, short enough to be noted elsewhere; such a note, read back, has no
/// [`order`](Self::order), which the root commits to anyhow.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LogSealed {
    /// The last position the seal covers.
    pub up_to: Position,
    /// How many streams had events by then.
    pub streams: u64,
    /// [`seal_root`] over the heads of the streams and the order of all events; of version 1 [`merkle_root`] over the
    /// heads alone.
    pub root: EventHash,
    /// [`Order`] of all events up to there, from which the next seal goes on. Version 1 had none: it did not notice an
    /// event that was moved to another position.
    pub order: Option<EventHash>,
}

/// `log-sealed` as it was first stored.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LogSealedV1 {
    /// The last position the seal covers.
    pub up_to: Position,
    /// How many streams had events by then.
    pub streams: u64,
    /// [`merkle_root`] over their heads.
    pub root: EventHash,
}

impl From<LogSealedV1> for LogSealed {
    fn from(old: LogSealedV1) -> Self {
        Self { up_to: old.up_to, streams: old.streams, root: old.root, order: None }
    }
}

impl LogSealed {
    /// The seal over these heads (those of all streams at `up_to`, by name) and events in this order.
    pub fn over(up_to: Position, heads: &[StreamHead], order: Order) -> Self {
        let root = seal_root(merkle_root(heads), order);
        Self { up_to, streams: heads.len() as u64, root, order: Some(order.0) }
    }

    /// What can be noted elsewhere, `<up_to>:<streams>:<root>`, and read back.
    pub fn note(&self) -> String {
        format!("{}:{}:{}", self.up_to, self.streams, self.root)
    }
}

impl FromStr for LogSealed {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId {
            field: "seal",
            value: text.chars().take(120).collect(),
            allowed: "<up_to>:<streams>:<root>, two numbers and 64 hex digits, as `log seal` and `log verify` print it",
        };
        let mut parts = text.splitn(3, ':');
        let mut part = || parts.next().ok_or_else(invalid);
        let up_to = Position(part()?.parse().map_err(|_| invalid())?);
        let streams = part()?.parse().map_err(|_| invalid())?;
        let root = part()?.parse().map_err(|_| invalid())?;
        Ok(Self { up_to, streams, root, order: None })
    }
}

stored_events! {
    /// What the log records about itself.
    pub enum LogEvent {
        /// The heads of all streams and the order of all events were sealed.
        "log-sealed" 2 => Sealed(LogSealed), from 1 LogSealedV1;
    }
}

/// The log's own state: its last seal.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Seals {
    /// The newest seal.
    pub last: Option<LogSealed>,
}

impl Aggregate for Seals {
    type Event = LogEvent;

    fn evolve(&mut self, event: &LogEvent) {
        match event {
            LogEvent::Sealed(seal) => self.last = Some(seal.clone()),
        }
    }
}

/// Root of the binary BLAKE3 Merkle tree whose leaves are the heads (stream name, revision, hash) in order of name.
/// An odd node is carried up unchanged; leaves and inner nodes are hashed under different prefixes. No heads:
/// [`EventHash::ZERO`].
pub fn merkle_root(heads: &[StreamHead]) -> EventHash {
    let mut level: Vec<[u8; 32]> = heads.iter().map(leaf).collect();
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => hash(b"node", &[left, right]),
                one => one[0],
            })
            .collect();
    }
    level.first().map_or(EventHash::ZERO, |root| EventHash(*root))
}

/// Digest of all events of the log with their positions, each taken in its turn: what was moved, or changed places
/// with an event of another stream, gives another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Order(pub EventHash);

impl Default for Order {
    /// Of no events.
    fn default() -> Self {
        Self(EventHash::ZERO)
    }
}

impl Order {
    /// Takes the next event of the log.
    pub fn take(&mut self, event: &RecordedEvent) {
        let position = event.position.0.to_le_bytes();
        self.0 = EventHash(hash(b"order", &[&self.0.0, &position, &event.hash.0]));
    }
}

/// What a seal commits to: the heads of all streams, by their [`merkle_root`], and the order of all events.
pub fn seal_root(heads: EventHash, order: Order) -> EventHash {
    EventHash(hash(b"seal", &[&heads.0, &order.0.0]))
}

fn leaf(head: &StreamHead) -> [u8; 32] {
    hash(b"leaf", &[head.stream.as_str().as_bytes(), &head.revision.0.to_le_bytes(), &head.hash.0])
}

fn hash(kind: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for part in std::iter::once(&kind).chain(parts) {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Revision;

    fn head(name: &str, revision: u64) -> StreamHead {
        StreamHead { stream: name.parse().unwrap(), revision: Revision(revision), hash: EventHash([7; 32]) }
    }

    #[test]
    fn the_root_changes_when_any_head_changes_goes_or_comes() {
        let heads: Vec<_> = (0..5).map(|n| head(&format!("s{n}"), n)).collect();
        let root = merkle_root(&heads);
        assert_eq!(root, merkle_root(&heads));
        assert_ne!(root, merkle_root(&heads[..4]));
        for index in 0..5 {
            let mut other = heads.clone();
            other[index].revision = Revision(99);
            assert_ne!(root, merkle_root(&other));
        }
        assert_ne!(merkle_root(&heads[..1]), EventHash::ZERO);
        assert_eq!(merkle_root(&[]), EventHash::ZERO);
    }

    #[test]
    fn a_note_is_read_back_and_nothing_else_is() {
        let seal = LogSealed::over(Position(12), &[head("s", 1)], Order::default());
        let read: LogSealed = seal.note().parse().unwrap();
        assert_eq!(read, LogSealed { order: None, ..seal.clone() });
        let note = seal.note();
        for bad in ["", "12", "12:1", "12:1:ab", "x:1:", &note[1..note.len() - 1], &format!("{note}0")] {
            assert!(bad.parse::<LogSealed>().is_err(), "{bad}");
        }
    }
}
