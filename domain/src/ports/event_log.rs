//! The event log: the only truth.
//!
//! Promises every backend keeps (one contract suite tests them):
//! * `append` is atomic for a batch to one stream, durable when it returns, and never torn by a crash;
//! * the expected revision is always exact; a conflict reports expected and actual;
//! * the same event ids at the same revisions again are a success with the old places;
//! * positions grow strictly, and no event ever becomes visible behind a reader;
//! * events of a stream form a hash chain ([`RecordedEvent::computed_hash`]), which the backend extends at append;
//! * a subscription catches up and then stays live: at least once, never skipping, never reordering, whoever
//!   appended, be it another process;
//! * an append of more than [`MAX_APPEND_BYTES`] is refused with a typed error.

use async_trait::async_trait;

use crate::event::{Actor, CorrelationId, NewEvent, Position, RecordedEvent, Revision, StreamId, Timestamp};

/// Most payload bytes one append may carry.
pub const MAX_APPEND_BYTES: usize = 1_000_000;

/// Where the appender believes the stream to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// The stream has no event yet.
    NoStream,
    /// The last event has this revision.
    At(Revision),
}

impl Expected {
    /// Revision the first appended event will get.
    pub fn next(self) -> Revision {
        match self {
            Self::NoStream => Revision(0),
            Self::At(revision) => revision.next(),
        }
    }

    /// The last revision the stream must have; `None` for no stream.
    pub fn revision(self) -> Option<Revision> {
        match self {
            Self::NoStream => None,
            Self::At(revision) => Some(revision),
        }
    }

    /// From the last known revision of a stream.
    pub fn from_last(last: Option<Revision>) -> Self {
        last.map_or(Self::NoStream, Self::At)
    }
}

/// A batch of events for one stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Append {
    /// The stream.
    pub stream: StreamId,
    /// Where it must end now.
    pub expected: Expected,
    /// At least one event.
    pub events: Vec<NewEvent>,
    /// Becomes `recorded_at`.
    pub recorded_at: Timestamp,
    /// Who causes the events.
    pub actor: Actor,
    /// The request or call they belong to.
    pub correlation_id: CorrelationId,
}

/// Where an append landed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Appended {
    /// Revision of the batch's last event.
    pub last_revision: Revision,
    /// Position of the batch's last event: a view that has reached it shows the batch.
    pub last_position: Position,
}

/// Why an append did not happen.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody else appended first. Reload and decide again.
    #[error("stream {stream} was expected at {expected:?} but is at {actual:?}")]
    Conflict {
        /// The stream.
        stream: StreamId,
        /// What the appender believed.
        expected: Expected,
        /// What is so; `None` when there is no stream.
        actual: Option<Revision>,
    },
    /// The batch is too large.
    #[error("append of {bytes} bytes to {stream} exceeds the limit of {MAX_APPEND_BYTES}")]
    TooLarge {
        /// The stream.
        stream: StreamId,
        /// Sum of payload sizes.
        bytes: usize,
    },
    /// The batch is empty.
    #[error("append to {0} without events")]
    Empty(StreamId),
    /// The log cannot be written now; nothing was appended, or the outcome is unknown and the same append may be
    /// repeated.
    #[error("event log unavailable: {0}")]
    Unavailable(String),
}

/// Why reading failed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReadError {
    /// The log cannot be read now.
    #[error("event log unavailable: {0}")]
    Unavailable(String),
    /// What is stored is damaged.
    #[error("event log damaged at position {position}: {reason}")]
    Damaged {
        /// Where.
        position: Position,
        /// How.
        reason: String,
    },
}

/// Why an import was refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ImportError {
    /// The log already has events; a log is imported whole, into an empty one.
    #[error("the log is not empty: it ends at position {0}")]
    NotEmpty(Position),
    /// An event does not continue its stream's chain or the order of positions.
    #[error("event {event} of stream {stream} revision {revision} cannot be imported: {reason}")]
    Broken {
        /// Its id.
        event: uuid::Uuid,
        /// Its stream.
        stream: StreamId,
        /// Its revision.
        revision: Revision,
        /// What is wrong.
        reason: String,
    },
    /// The log cannot be written now.
    #[error("event log unavailable: {0}")]
    Unavailable(String),
}

/// What a subscription hands out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SubscriptionItem {
    /// The next events, in order of position; never empty.
    Events(Vec<RecordedEvent>),
    /// All events up to this position have been handed out, and the log ended there when it was looked at. Sent once
    /// after the catch-up and again whenever the reader has come up to the live end.
    CaughtUp(Position),
}

/// A live reader of the log. Owned by one task; its owner keeps the checkpoint.
#[async_trait]
pub trait Subscription: Send {
    /// Waits for the next item. Survives reconnects; an error is final and means: subscribe again from the last
    /// position seen. Dropping the future loses nothing.
    ///
    /// # Errors
    /// [`ReadError`] when the log cannot be read any more.
    async fn next(&mut self) -> Result<SubscriptionItem, ReadError>;
}

/// The append-only log.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Appends a batch to one stream.
    ///
    /// # Errors
    /// [`AppendError`]; after any of them nothing of the batch is visible, save after `Unavailable`, whose outcome is
    /// found out by repeating the same append.
    async fn append(&self, append: Append) -> Result<Appended, AppendError>;

    /// Events of one stream from a revision on, at most `limit`, in order. An unknown stream is empty.
    ///
    /// # Errors
    /// [`ReadError`].
    async fn read_stream(
        &self,
        stream: &StreamId,
        from: Revision,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError>;

    /// Events after a position, at most `limit`, in order; with a prefix only those of streams whose name begins so.
    ///
    /// # Errors
    /// [`ReadError`].
    async fn read_all(
        &self,
        after: Position,
        stream_prefix: Option<&str>,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError>;

    /// Position of the last event, [`Position::START`] when there is none.
    ///
    /// # Errors
    /// [`ReadError`].
    async fn head(&self) -> Result<Position, ReadError>;

    /// Last revision and hash of every stream that has events at or before a position, ordered by stream name; for
    /// seals and verification.
    ///
    /// # Errors
    /// [`ReadError`].
    async fn stream_heads(&self, at: Position) -> Result<Vec<StreamHead>, ReadError>;

    /// Subscribes to all events after a position.
    ///
    /// # Errors
    /// [`ReadError`].
    async fn subscribe(&self, after: Position) -> Result<Box<dyn Subscription>, ReadError>;

    /// Imports recorded events, in order of position, keeping every field but (where the backend numbers positions
    /// itself) the position. Called repeatedly with consecutive batches; the first call demands an empty log.
    ///
    /// # Errors
    /// [`ImportError`]; nothing of the failing batch is visible.
    async fn import(&self, first: bool, events: Vec<RecordedEvent>) -> Result<(), ImportError>;
}

/// The end of one stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StreamHead {
    /// The stream.
    pub stream: StreamId,
    /// Its last revision.
    pub revision: Revision,
    /// Its last hash.
    pub hash: crate::event::EventHash,
}
