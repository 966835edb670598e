//! Bars an account from the service.

use syncledger_domain::{
    directory::{self, Account, Refusal},
    event::StreamId,
    ids::AccountId,
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Bars an account from the service, for a reason of at most 256 characters, which may be empty.
///
/// # Errors
/// [`Refusal::NoSuchAccount`], [`Refusal::ReasonTooLong`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    reason: &str,
) -> Result<Executed<Account>, CommandError<Refusal>> {
    repository
        .execute(issuer, &StreamId::account(account), |account: &Account| {
            directory::disable_account(account, reason)
        })
        .await
}
