//! Writes the built-in dummy messages out, for administrators to change.

use syncledger_domain::{
    abq_messages::{self, Messages, MessagesEvent, MessagesInitialised, Refusal},
    event::StreamId,
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Writes the built-in messages out at global scope. Those that are there stay, unless `force`d. Also says how many were
/// written; `None` when none.
///
/// # Errors
/// A failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    force: bool,
) -> Result<(Executed<Messages>, Option<MessagesInitialised>), CommandError<Refusal>> {
    let mut initialised = None;
    let decide = |messages: &Messages| {
        let events = abq_messages::initialise(messages, force);
        initialised = events.iter().find_map(|event| match event {
            MessagesEvent::Initialised(counts) => Some(counts.clone()),
            MessagesEvent::Set(_) | MessagesEvent::Deleted(_) => None,
        });
        Ok(events)
    };
    let executed = repository.execute(issuer, &StreamId::abq_messages(), decide).await?;
    Ok((executed, initialised))
}
