//! What entries, rules and messages are about must be there when they are made. Later it may go: an entry of an account
//! that was removed is about nobody, and harmless.

use syncledger_domain::{
    abq::Refusal,
    directory::{Account, Domain},
    event::StreamId,
    ids::{AccountId, DomainName},
};

use crate::{CommandError, Repository};

/// The domain of an account that must exist.
pub(crate) async fn domain_of(
    repository: &Repository,
    account: AccountId,
) -> Result<DomainName, CommandError<Refusal>> {
    let loaded =
        repository.load::<Account>(&StreamId::account(account)).await.map_err(CommandError::widen)?;
    let address = loaded.state.address.as_ref().filter(|_| loaded.state.exists());
    let no_such = || CommandError::Refused(Refusal::NoSuchAccount(account.to_string()));
    address.map(syncledger_domain::ids::Address::domain).ok_or_else(no_such)
}

/// As [`domain_of`], of the account an entry is about, if it is about one.
pub(crate) async fn domain_of_any(
    repository: &Repository,
    account: Option<AccountId>,
) -> Result<Option<DomainName>, CommandError<Refusal>> {
    match account {
        Some(account) => domain_of(repository, account).await.map(Some),
        None => Ok(None),
    }
}

/// That a domain exists.
pub(crate) async fn domain_must_exist<R>(
    repository: &Repository,
    name: &DomainName,
    refusal: fn(DomainName) -> R,
) -> Result<(), CommandError<R>> {
    let domain = repository.load::<Domain>(&StreamId::domain(name)).await.map_err(CommandError::widen)?;
    if domain.state.exists() { Ok(()) } else { Err(CommandError::Refused(refusal(name.clone()))) }
}
