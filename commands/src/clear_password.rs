//! Takes an account's local password away.

use syncledger_domain::{
    directory::{self, Account, Refusal},
    event::StreamId,
    ids::AccountId,
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Takes the local password away: the backend checks from now on.
///
/// # Errors
/// [`Refusal::NoSuchAccount`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
) -> Result<Executed<Account>, CommandError<Refusal>> {
    repository.execute(issuer, &StreamId::account(account), directory::clear_password).await
}
