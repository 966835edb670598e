//! Sets up an account logger.

use syncledger_domain::{
    directory::Account,
    event::StreamId,
    loggers::{self, Draft, Loggers, Refusal},
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Sets up a logger for an account that exists; its number is [`Loggers::last_id`] of the state given.
///
/// # Errors
/// [`Refusal`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    draft: &Draft,
) -> Result<Executed<Loggers>, CommandError<Refusal>> {
    let stream = StreamId::account(draft.account);
    let account = repository.load::<Account>(&stream).await.map_err(CommandError::widen)?;
    if !account.state.exists() {
        return Err(CommandError::Refused(Refusal::NoSuchAccount(draft.account.to_string())));
    }
    let now = repository.clock().now();
    repository.execute(issuer, &StreamId::loggers(), |state| loggers::add(state, draft, now)).await
}
