//! Gives an account a local password.

use syncledger_domain::{
    directory::{self, Account, Refusal},
    event::StreamId,
    ids::AccountId,
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Gives an account a local password, by its argon2id hash in PHC string form; whoever asks hashes it, so that the
/// password itself goes nowhere.
///
/// # Errors
/// [`Refusal::NoSuchAccount`], [`Refusal::NotAHash`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    hash: &str,
) -> Result<Executed<Account>, CommandError<Refusal>> {
    repository
        .execute(issuer, &StreamId::account(account), |account: &Account| {
            directory::set_password(account, hash)
        })
        .await
}
