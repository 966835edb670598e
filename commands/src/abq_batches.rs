//! Decisions too large for one append: they go to the log part by part.
//!
//! Between two parts others may append; then what is left is decided anew. So every such decision must be one whose parts
//! stand alone and which finds what is done already: a crash in between leaves a beginning, and repeating the command
//! does the rest.

use syncledger_domain::{
    Aggregate, StoredEvent,
    event::StreamId,
    ports::event_log::{Appended, MAX_APPEND_BYTES},
};

use crate::{CommandError, Issuer, Loaded, Repository};

/// How often it is decided anew.
const MAX_CONFLICTS: usize = 32;

/// What such a command did.
pub(crate) struct Batched<A> {
    pub(crate) state: A,
    /// Where the last of its events landed.
    pub(crate) appended: Option<Appended>,
    /// How many events.
    pub(crate) events: usize,
}

/// Decides, and appends in parts.
pub(crate) async fn execute<A: Aggregate, R>(
    repository: &Repository,
    issuer: &Issuer,
    stream: &StreamId,
    mut decide: impl FnMut(&A) -> Result<Vec<A::Event>, R>,
) -> Result<Batched<A>, CommandError<R>> {
    let mut loaded = Loaded::<A>::default();
    let (mut appended, mut count) = (None, 0);
    for _ in 0..MAX_CONFLICTS {
        loaded = repository.load_onto(stream, loaded).await.map_err(CommandError::widen)?;
        let events = match decide(&loaded.state) {
            Ok(events) => events,
            // Others have done the rest, or undone what it was about.
            Err(_) if appended.is_some() => Vec::new(),
            Err(refusal) => return Err(CommandError::Refused(refusal)),
        };
        let mut rest = &events[..];
        while !rest.is_empty() {
            let (part, after) = rest.split_at(part_length(rest));
            let outcome = repository.append(issuer, stream, loaded.last, part).await;
            let Ok(done) = outcome.map_err(CommandError::widen)? else { break };
            for event in part {
                loaded.state.evolve(event);
            }
            loaded.last = Some(done.last_revision);
            appended = Some(done);
            count += part.len();
            rest = after;
        }
        if rest.is_empty() {
            return Ok(Batched { state: loaded.state, appended, events: count });
        }
    }
    Err(CommandError::Busy(stream.clone()))
}

/// How many events fit into one append, at least one.
fn part_length<E: StoredEvent>(events: &[E]) -> usize {
    let mut bytes = 0;
    let fits = |event: &&E| {
        bytes += event.encode().len();
        bytes <= MAX_APPEND_BYTES
    };
    events.iter().take_while(fits).count().max(1)
}
