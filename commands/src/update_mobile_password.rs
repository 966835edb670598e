//! Changes a password for single services in all but itself.

use syncledger_domain::{
    directory::{Account, MobilePasswordUpdated, Refusal, mobile_password},
    event::StreamId,
    ids::AccountId,
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Changes label, services or whether it opens at all; what is `None` stays. Appends nothing when nothing changes.
///
/// # Errors
/// [`Refusal::NoSuchAccount`], [`Refusal::NoSuchMobilePassword`], [`Refusal::BadLabel`], [`Refusal::LabelTaken`],
/// [`Refusal::NoServices`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    wish: &MobilePasswordUpdated,
) -> Result<Executed<Account>, CommandError<Refusal>> {
    let decide = |state: &Account| mobile_password::update(state, wish);
    repository.execute(issuer, &StreamId::account(account), decide).await
}
