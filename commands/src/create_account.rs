//! Creates an account in an existing domain.

use syncledger_domain::{
    directory::{self, Account, Cos, Domain, Refusal},
    event::StreamId,
    ids::{AccountId, Address, CosId},
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Creates an account. Its domain, and its class of service if one is named, must exist (neither is ever removed, so
/// that looking before appending is enough). The id follows from the address.
///
/// # Errors
/// [`Refusal::NoSuchDomain`], [`Refusal::NoSuchCos`], [`Refusal::AccountExists`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    address: &Address,
    cos: Option<&CosId>,
) -> Result<(AccountId, Executed<Account>), CommandError<Refusal>> {
    let name = address.domain();
    let domain = repository.load::<Domain>(&StreamId::domain(&name)).await.map_err(CommandError::widen)?;
    directory::domain_must_exist(&domain.state, &name).map_err(CommandError::Refused)?;
    if let Some(cos) = cos {
        must_exist(repository, cos).await?;
    }
    let id = AccountId::for_address(address);
    let decide = |account: &Account| directory::create_account(account, address.clone(), cos.cloned());
    let executed = repository.execute(issuer, &StreamId::account(id), decide).await?;
    Ok((id, executed))
}

/// That a class of service exists.
pub(crate) async fn must_exist(repository: &Repository, id: &CosId) -> Result<(), CommandError<Refusal>> {
    let cos = repository.load::<Cos>(&StreamId::cos(id)).await.map_err(CommandError::widen)?;
    directory::cos_must_exist(&cos.state, id).map_err(CommandError::Refused)
}
