//! Events: the envelope, the hash chain, stored names and versions.
//!
//! A payload type is frozen once released. A new shape is a new version with an upcaster (`from 1` in the macro
//! `stored_events!`), golden bytes of every (name, version) are committed and
//! tested, and no event holds a message body, a subject, an address-book entry or a secret.

pub mod catalogue;
pub mod chain;
mod envelope;
pub mod seal;
pub(crate) mod stored;
mod stream;
pub mod verify;

pub use catalogue::Event;
pub use envelope::{
    Actor, CorrelationId, EventHash, KeyId, NewEvent, Position, RecordedEvent, Revision, Timestamp,
};
pub(crate) use stored::stored_events;
pub use stored::{Aggregate, DecodeError, EventType, StoredEvent, fold};
pub use stream::{StreamCategory, StreamId};
