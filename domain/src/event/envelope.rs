//! The envelope around every event, and the hash chain that ties the events of one stream together.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::StreamId;
use crate::ids::InvalidId;

/// Place of an event in its stream, from 0, without holes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Revision(pub u64);

impl Revision {
    /// The revision after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Place of an event in the whole log: strictly increasing, possibly with holes; 0 is before the first event.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct Position(pub u64);

impl Position {
    /// Before the first event.
    pub const START: Self = Self(0);
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Whole seconds since 1970, rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// From whole seconds since 1970; saturates at the ends of the representable range.
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// This moment moved by a number of seconds; saturating.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }
}

/// RFC 3339 in UTC with microseconds, `2024-05-01T09:12:33.000000Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(moment) => write!(f, "{moment:.6}"),
            Err(_) => write!(f, "{}us", self.0),
        }
    }
}

/// Who caused an event.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Actor {
    /// A device, in a request of its own.
    Device,
    /// An administrator, by login name.
    Admin(String),
    /// A job of the server itself, by name.
    Job(String),
    /// An import from another system, by name.
    Import(String),
}

/// `device`, `admin:<name>`, `job:<name>` or `import:<name>`.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device => f.write_str("device"),
            Self::Admin(name) => write!(f, "admin:{name}"),
            Self::Job(name) => write!(f, "job:{name}"),
            Self::Import(name) => write!(f, "import:{name}"),
        }
    }
}

impl FromStr for Actor {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.split_once(':') {
            None if text == "device" => Ok(Self::Device),
            Some(("admin", name)) => Ok(Self::Admin(name.to_owned())),
            Some(("job", name)) => Ok(Self::Job(name.to_owned())),
            Some(("import", name)) => Ok(Self::Import(name.to_owned())),
            _ => Err(InvalidId {
                field: "actor",
                value: text.chars().take(80).collect(),
                allowed: "device, admin:<name>, job:<name> or import:<name>",
            }),
        }
    }
}

/// The request or CLI call all its events share; printed in every log line.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct CorrelationId(pub Uuid);

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

/// The key a payload is sealed under; reserved until sealing arrives, so always absent today.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct KeyId(pub String);

/// BLAKE3 over the previous hash of the stream and the fields of one event.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EventHash(pub [u8; 32]);

impl EventHash {
    /// What the first event of a stream names as its previous hash.
    pub const ZERO: Self = Self([0; 32]);
}

/// 64 lower-case hex digits.
impl fmt::Display for EventHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for EventHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventHash({self})")
    }
}

impl FromStr for EventHash {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let refuse =
            || InvalidId { field: "hash", value: text.chars().take(80).collect(), allowed: "64 hex digits" };
        if text.len() != 64 || !text.is_ascii() {
            return Err(refuse());
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).map_err(|_| refuse())?;
        }
        Ok(Self(bytes))
    }
}

/// An event a command wants to append.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewEvent {
    /// UUIDv7 chosen by the command; the same id at the same revision again is a success without effect.
    pub event_id: Uuid,
    /// Stored name, from [`catalogue`](super::catalogue).
    pub event_type: String,
    /// Payload version, from 1.
    pub version: u16,
    /// Reserved for sealing.
    pub key_id: Option<KeyId>,
    /// postcard.
    pub payload: Vec<u8>,
}

/// An event as the log keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedEvent {
    /// Place in the whole log.
    pub position: Position,
    /// Its stream.
    pub stream: StreamId,
    /// Place in its stream.
    pub revision: Revision,
    /// See [`NewEvent::event_id`].
    pub event_id: Uuid,
    /// Stored name.
    pub event_type: String,
    /// Payload version.
    pub version: u16,
    /// When it was appended, from the clock of the node that appended it.
    pub recorded_at: Timestamp,
    /// Who caused it.
    pub actor: Actor,
    /// The request or call it belongs to.
    pub correlation_id: CorrelationId,
    /// The key the payload is sealed under.
    pub key_id: Option<KeyId>,
    /// postcard, or its ciphertext.
    pub payload: Vec<u8>,
    /// Hash of the event before it in its stream.
    pub prev_hash: EventHash,
    /// Hash of this event.
    pub hash: EventHash,
}

impl RecordedEvent {
    /// The hash this event must have given its fields and `prev_hash`.
    ///
    /// Every field but the position takes part (a backend may renumber positions when a log is imported), each with
    /// its length, so that no two different events share an encoding.
    pub fn computed_hash(&self) -> EventHash {
        let mut hasher = blake3::Hasher::new();
        let mut field = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        field(b"syncledger event 1");
        field(&self.prev_hash.0);
        field(self.stream.as_str().as_bytes());
        field(&self.revision.0.to_le_bytes());
        field(self.event_id.as_bytes());
        field(self.event_type.as_bytes());
        field(&self.version.to_le_bytes());
        field(&self.recorded_at.0.to_le_bytes());
        field(self.actor.to_string().as_bytes());
        field(self.correlation_id.0.as_bytes());
        match &self.key_id {
            Some(key) => field(format!("key:{}", key.0).as_bytes()),
            None => field(b""),
        }
        field(&self.payload);
        EventHash(*hasher.finalize().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actors_and_hashes_read_back_as_written() {
        for actor in [
            Actor::Device,
            Actor::Admin("root".into()),
            Actor::Job("seal".into()),
            Actor::Import("x:y".into()),
        ] {
            assert_eq!(actor.to_string().parse::<Actor>().unwrap(), actor);
        }
        let hash = EventHash(std::array::from_fn(|i| u8::try_from(i * 7).unwrap()));
        assert_eq!(hash.to_string().parse::<EventHash>().unwrap(), hash);
    }

    #[test]
    fn moments_print_in_utc_with_microseconds() {
        assert_eq!(Timestamp(1_714_554_753_000_001).to_string(), "2024-05-01T09:12:33.000001Z");
    }
}
