//! Removes an account.

use syncledger_domain::{
    directory::{self, Account, Refusal},
    event::StreamId,
    ids::AccountId,
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Removes an account. Its address can be given to a new one.
///
/// # Errors
/// [`Refusal::NoSuchAccount`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
) -> Result<Executed<Account>, CommandError<Refusal>> {
    repository.execute(issuer, &StreamId::account(account), directory::remove_account).await
}
