//! Takes a password for single services away.

use syncledger_domain::{
    directory::{Account, CredentialId, Refusal, mobile_password},
    event::StreamId,
    ids::AccountId,
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Takes a password away; the devices that use it are not let in any more.
///
/// # Errors
/// [`Refusal::NoSuchAccount`], [`Refusal::NoSuchMobilePassword`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    id: &CredentialId,
) -> Result<Executed<Account>, CommandError<Refusal>> {
    let decide = |state: &Account| mobile_password::delete(state, id);
    repository.execute(issuer, &StreamId::account(account), decide).await
}
