//! Seals the log: an event that commits to the ends of all streams.

use std::convert::Infallible;

use syncledger_domain::{
    event::{
        Position, StreamId,
        seal::{LogEvent, LogSealed, Order, Seals},
    },
    ports::event_log::ReadError,
};

use crate::{CommandError, Issuer, Loaded, Repository};

/// How often it is tried while others seal, too.
const MAX_ATTEMPTS: usize = 8;
/// Events read at a time.
const PAGE: usize = 1000;

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
        let seal =
            LogSealed::over(up_to, &heads, order(repository, loaded.state.last.as_ref(), up_to).await?);
        let sealed = LogEvent::Sealed(seal.clone());
        if repository.append(issuer, &stream, loaded.last, &[sealed]).await?.is_ok() {
            return Ok(Some(seal));
        }
    }
    Err(CommandError::Busy(stream))
}

/// The order of all events up to a position: that of the last seal, and what came after it. What came before cannot
/// change any more, or the seals would tell.
async fn order(
    repository: &Repository,
    last: Option<&LogSealed>,
    up_to: Position,
) -> Result<Order, ReadError> {
    let sealed = last.and_then(|seal| Some((Order(seal.order?), seal.up_to)));
    let (mut order, mut after) = sealed.unwrap_or_default();
    loop {
        let page = repository.log().read_all(after, None, PAGE).await?;
        let Some(newest) = page.last().map(|event| event.position) else { return Ok(order) };
        page.iter().filter(|event| event.position <= up_to).for_each(|event| order.take(event));
        if newest >= up_to {
            return Ok(order);
        }
        after = newest;
    }
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
