//! Verifies the whole log. A question rather than a command: it appends nothing.

use syncledger_domain::{
    StoredEvent,
    event::{
        Position, Revision, StreamId,
        seal::{LogEvent, LogSealed},
        verify::{Broken, Verified, Verifier},
    },
    ports::event_log::{EventLog, ReadError},
};

/// Events read at a time.
const PAGE: usize = 1000;

/// Why a log was not found to be whole.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum VerifyError {
    /// It is not: the first thing that is wrong.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// It cannot be read; [`ReadError::Damaged`] names where.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// How far a verification is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Position of the last event verified.
    pub done: Position,
    /// Position of the last event to verify.
    pub until: Position,
}

/// Verifies all events and seals there are at the beginning of the call, reading page by page; memory is one head per
/// stream and one position per seal. `noted` is a seal kept elsewhere (an earlier verification's `last_seal`): with it a
/// cut end shows, too.
///
/// # Errors
/// [`VerifyError::Broken`] names the first event or seal that is wrong.
pub async fn run(
    log: &dyn EventLog,
    noted: Option<&LogSealed>,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Verified, VerifyError> {
    let until = log.head().await?;
    let sealed = sealed_positions(log).await?;
    let mut verifier = Verifier::new(sealed.into_iter().chain(noted.map(|seal| seal.up_to)));
    loop {
        let page = log.read_all(verifier.last(), None, PAGE).await?;
        let complete = page.len() < PAGE;
        for event in page.iter().take_while(|event| event.position <= until) {
            verifier.take(event)?;
        }
        progress(Progress { done: verifier.last(), until });
        if complete || page.last().is_some_and(|event| event.position >= until) {
            return Ok(verifier.finish(noted)?);
        }
    }
}

/// The positions seals cover. One that cannot be read is passed over: the verification proper will name it.
async fn sealed_positions(log: &dyn EventLog) -> Result<Vec<Position>, ReadError> {
    let mut positions = Vec::new();
    let mut from = Revision(0);
    loop {
        let page = log.read_stream(&StreamId::log(), from, PAGE).await?;
        for event in &page {
            if let Ok(LogEvent::Sealed(seal)) =
                LogEvent::decode(&event.event_type, event.version, &event.payload)
            {
                positions.push(seal.up_to);
            }
        }
        match page.last() {
            Some(last) if page.len() == PAGE => from = last.revision.next(),
            _ => return Ok(positions),
        }
    }
}
