//! Ends account loggers.

use syncledger_domain::{
    event::StreamId,
    loggers::{self, LoggerEnd, LoggerId, Loggers, Refusal},
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Ends a logger.
///
/// # Errors
/// [`Refusal::NoSuchLogger`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    id: LoggerId,
    cause: LoggerEnd,
) -> Result<Executed<Loggers>, CommandError<Refusal>> {
    let decide = |state: &Loggers| loggers::remove(state, id, cause.clone());
    repository.execute(issuer, &StreamId::loggers(), decide).await
}

/// Ends all loggers; gives their numbers.
///
/// # Errors
/// A failure of the log.
pub async fn run_all(
    repository: &Repository,
    issuer: &Issuer,
) -> Result<Vec<LoggerId>, CommandError<Refusal>> {
    let mut ended = Vec::new();
    let decide = |state: &Loggers| {
        ended = state.list.keys().copied().collect();
        Ok(loggers::remove_all(state))
    };
    repository.execute(issuer, &StreamId::loggers(), decide).await?;
    Ok(ended)
}
