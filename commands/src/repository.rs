//! Loading aggregates from the log and appending what they decide.

use std::{convert::Infallible, sync::Arc};

use syncledger_domain::{
    Aggregate, StoredEvent,
    event::{NewEvent, Revision, StreamId},
    ports::{
        clock::{Clock, Randomness},
        event_log::{Append, AppendError, Appended, EventLog, Expected, ReadError},
    },
};

use crate::Issuer;

/// How often a command is decided anew after somebody else appended first.
const MAX_ATTEMPTS: usize = 8;
/// Events read at a time.
const PAGE: usize = 500;

/// Why a command did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError<R> {
    /// The domain refuses. Repeating the command unchanged is pointless.
    #[error(transparent)]
    Refused(R),
    /// Too many others appended to the same stream meanwhile; may be repeated.
    #[error("stream {0} is too busy")]
    Busy(StreamId),
    /// The log cannot be read or written; may be repeated.
    #[error("{0}")]
    Log(String),
    /// The stream holds an event this build cannot read.
    #[error("stream {stream} revision {revision} cannot be read: {reason}")]
    Unreadable {
        /// The stream.
        stream: StreamId,
        /// The event.
        revision: Revision,
        /// Why.
        reason: String,
    },
}

impl CommandError<Infallible> {
    /// Gives an error of a step that cannot be refused the type of a step that can.
    pub fn widen<R>(self) -> CommandError<R> {
        match self {
            Self::Refused(never) => match never {},
            Self::Busy(stream) => CommandError::Busy(stream),
            Self::Log(reason) => CommandError::Log(reason),
            Self::Unreadable { stream, revision, reason } => {
                CommandError::Unreadable { stream, revision, reason }
            }
        }
    }
}

impl<R> From<ReadError> for CommandError<R> {
    fn from(error: ReadError) -> Self {
        Self::Log(error.to_string())
    }
}

/// An aggregate as the log has it.
#[derive(Clone, Debug)]
pub struct Loaded<A> {
    /// The folded state.
    pub state: A,
    /// Last revision of its stream; `None` when there is no stream.
    pub last: Option<Revision>,
}

impl<A: Default> Default for Loaded<A> {
    fn default() -> Self {
        Self { state: A::default(), last: None }
    }
}

/// What a command did.
#[derive(Clone, Debug)]
pub struct Executed<A> {
    /// The state after it.
    pub state: A,
    /// Where its events landed; `None` when there was nothing to do.
    pub appended: Option<Appended>,
}

/// Loads aggregates and appends events. Cheap to clone.
#[derive(Clone)]
pub struct Repository {
    log: Arc<dyn EventLog>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
}

impl Repository {
    /// Over a log, a clock and a source of randomness.
    pub fn new(log: Arc<dyn EventLog>, clock: Arc<dyn Clock>, randomness: Arc<dyn Randomness>) -> Self {
        Self { log, clock, randomness }
    }

    /// The log underneath.
    pub fn log(&self) -> &Arc<dyn EventLog> {
        &self.log
    }

    /// The clock decisions are handed.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The randomness decisions are handed.
    pub fn randomness(&self) -> &Arc<dyn Randomness> {
        &self.randomness
    }

    /// Folds a whole stream.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn load<A: Aggregate>(&self, stream: &StreamId) -> Result<Loaded<A>, CommandError<Infallible>> {
        self.load_onto(stream, Loaded::default()).await
    }

    /// Folds what came after `base` onto it.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn load_onto<A: Aggregate>(
        &self,
        stream: &StreamId,
        base: Loaded<A>,
    ) -> Result<Loaded<A>, CommandError<Infallible>> {
        let mut loaded = base;
        let from = loaded.last;
        self.fold_tail(stream, from, |event, revision| {
            loaded.state.evolve(&event);
            loaded.last = Some(revision);
        })
        .await?;
        Ok(loaded)
    }

    /// As [`Self::load_onto`] for a shared base, which is copied only when something came after it; else it is given
    /// back itself.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn advance<A: Aggregate + Clone>(
        &self,
        stream: &StreamId,
        base: Arc<Loaded<A>>,
    ) -> Result<Arc<Loaded<A>>, CommandError<Infallible>> {
        let mut loaded = base;
        let from = loaded.last;
        self.fold_tail(stream, from, |event, revision| {
            let loaded = Arc::make_mut(&mut loaded);
            loaded.state.evolve(&event);
            loaded.last = Some(revision);
        })
        .await?;
        Ok(loaded)
    }

    /// Reads what came after `last`.
    async fn fold_tail<E: StoredEvent>(
        &self,
        stream: &StreamId,
        last: Option<Revision>,
        mut with: impl FnMut(E, Revision),
    ) -> Result<(), CommandError<Infallible>> {
        let mut last = last;
        loop {
            let page = self.log.read_stream(stream, Expected::from_last(last).next(), PAGE).await?;
            let complete = page.len() < PAGE;
            for recorded in page {
                let event = E::decode(&recorded.event_type, recorded.version, &recorded.payload).map_err(
                    |error| CommandError::Unreadable {
                        stream: stream.clone(),
                        revision: recorded.revision,
                        reason: error.to_string(),
                    },
                )?;
                last = Some(recorded.revision);
                with(event, recorded.revision);
            }
            if complete {
                return Ok(());
            }
        }
    }

    /// Appends events at an exact place. `Ok(Err(actual))` when somebody else appended first.
    ///
    /// # Errors
    /// When the log cannot be written.
    pub async fn append<E: StoredEvent>(
        &self,
        issuer: &Issuer,
        stream: &StreamId,
        last: Option<Revision>,
        events: &[E],
    ) -> Result<Result<Appended, Option<Revision>>, CommandError<Infallible>> {
        let now = self.clock.now();
        let new_event = |event: &E| {
            let event_type = event.event_type();
            NewEvent {
                event_id: self.randomness.uuid_v7(now),
                event_type: event_type.name.to_owned(),
                version: event_type.version,
                key_id: None,
                payload: event.encode(),
            }
        };
        let append = Append {
            stream: stream.clone(),
            expected: Expected::from_last(last),
            events: events.iter().map(new_event).collect(),
            recorded_at: now,
            actor: issuer.actor.clone(),
            correlation_id: issuer.correlation_id,
        };
        match self.log.append(append).await {
            Ok(appended) => Ok(Ok(appended)),
            Err(AppendError::Conflict { actual, .. }) => Ok(Err(actual)),
            Err(other) => Err(CommandError::Log(other.to_string())),
        }
    }

    /// Loads, decides, appends; decides anew when somebody else appended first.
    ///
    /// # Errors
    /// The domain's refusal, or a failure of the log.
    pub async fn execute<A: Aggregate, R>(
        &self,
        issuer: &Issuer,
        stream: &StreamId,
        decide: impl FnMut(&A) -> Result<Vec<A::Event>, R>,
    ) -> Result<Executed<A>, CommandError<R>> {
        self.execute_onto(issuer, stream, Loaded::default(), decide).await
    }

    /// As [`execute`](Self::execute), with what is known of the stream already: only what came after it is read.
    ///
    /// # Errors
    /// The domain's refusal, or a failure of the log.
    pub async fn execute_onto<A: Aggregate, R>(
        &self,
        issuer: &Issuer,
        stream: &StreamId,
        base: Loaded<A>,
        mut decide: impl FnMut(&A) -> Result<Vec<A::Event>, R>,
    ) -> Result<Executed<A>, CommandError<R>> {
        let mut loaded = base;
        for _ in 0..MAX_ATTEMPTS {
            loaded = self.load_onto(stream, loaded).await.map_err(CommandError::widen)?;
            let events = decide(&loaded.state).map_err(CommandError::Refused)?;
            if events.is_empty() {
                return Ok(Executed { state: loaded.state, appended: None });
            }
            let outcome =
                self.append(issuer, stream, loaded.last, &events).await.map_err(CommandError::widen)?;
            if let Ok(appended) = outcome {
                for event in &events {
                    loaded.state.evolve(event);
                }
                return Ok(Executed { state: loaded.state, appended: Some(appended) });
            }
        }
        Err(CommandError::Busy(stream.clone()))
    }
}
