//! Lets a disabled account use the service again.

use syncledger_domain::{
    directory::{self, Account, Refusal},
    event::StreamId,
    ids::AccountId,
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Lets a disabled account use the service again.
///
/// # Errors
/// [`Refusal::NoSuchAccount`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
) -> Result<Executed<Account>, CommandError<Refusal>> {
    repository.execute(issuer, &StreamId::account(account), directory::enable_account).await
}
