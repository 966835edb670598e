//! Seals the log: an event that commits to the ends of all streams.

use std::convert::Infallible;

use syncledger_domain::{
    event::{
        Position, StreamId,
        seal::{LogEvent, LogSealed, Seals, merkle_root},
    },
    ports::event_log::ReadError,
};

use crate::{CommandError, Issuer, Loaded, Repository};

/// How often it is tried while others seal, too.
const MAX_ATTEMPTS: usize = 8;

/// Seals everything up to the log's present end, earlier seals included. `None` when nothing but the last seal was
/// appended since that one.
///
/// # Errors
/// When the log cannot be read or written.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
) -> Result<Option<LogSealed>, CommandError<Infallible>> {
    let stream = StreamId::log();
    let mut loaded = Loaded::<Seals>::default();
    for _ in 0..MAX_ATTEMPTS {
        loaded = repository.load_onto(&stream, loaded).await?;
        let last = loaded.state.last.as_ref().map(|seal| seal.up_to);
        if !anything_since(repository, last, &stream).await? {
            return Ok(None);
        }
        let up_to = repository.log().head().await?;
        let heads = repository.log().stream_heads(up_to).await?;
        let seal = LogSealed { up_to, streams: heads.len() as u64, root: merkle_root(&heads) };
        let sealed = LogEvent::Sealed(seal.clone());
        if repository.append(issuer, &stream, loaded.last, &[sealed]).await?.is_ok() {
            return Ok(Some(seal));
        }
    }
    Err(CommandError::Busy(stream))
}

/// Whether there is anything after the position the last seal covers, save that seal itself.
async fn anything_since(
    repository: &Repository,
    last: Option<Position>,
    stream: &StreamId,
) -> Result<bool, ReadError> {
    let after = repository.log().read_all(last.unwrap_or(Position::START), None, 2).await?;
    Ok(match &after[..] {
        [] => false,
        [only] => last.is_none() || only.stream != *stream,
        _ => true,
    })
}
