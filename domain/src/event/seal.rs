//! Seals: a periodic event in the stream `log` that commits to the heads of all streams, so that the removal of a
//! whole stream, which no chain within a stream can show, shows too.

use serde::{Deserialize, Serialize};

use super::{EventHash, Position, stored_events};
use crate::{Aggregate, ports::event_log::StreamHead};

/// A seal over everything up to a position.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LogSealed {
    /// The last position the seal covers.
    pub up_to: Position,
    /// How many streams had events by then.
    pub streams: u64,
    /// [`merkle_root`] over their heads.
    pub root: EventHash,
}

stored_events! {
    /// What the log records about itself.
    pub enum LogEvent {
        /// The heads of all streams were sealed.
        "log-sealed" 1 => Sealed(LogSealed);
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
}
