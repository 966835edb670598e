//! Puts an account into another class of service.

use syncledger_domain::{
    directory::{self, Account, Refusal},
    event::StreamId,
    ids::{AccountId, CosId},
};

use crate::{CommandError, Executed, Issuer, Repository, create_account};

/// Puts an account into a class of service, which must exist.
///
/// # Errors
/// [`Refusal::NoSuchAccount`], [`Refusal::NoSuchCos`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    cos: &CosId,
) -> Result<Executed<Account>, CommandError<Refusal>> {
    create_account::must_exist(repository, cos).await?;
    repository
        .execute(issuer, &StreamId::account(account), |account: &Account| {
            directory::set_account_cos(account, cos.clone())
        })
        .await
}
