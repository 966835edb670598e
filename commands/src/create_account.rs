//! Creates an account in an existing domain.

use syncledger_domain::{
    directory::{self, Account, Cos, Domain, Refusal},
    event::StreamId,
    ids::{AccountId, Address, CosId},
};

use crate::{CommandError, Executed, Issuer, Repository, remove_account};

/// Creates an account. Its domain, and its class of service if one is named, must exist (neither is ever removed, so
/// that looking before appending is enough). The id follows from the address, so an account that is created anew has the
/// id of the removed one: what devices that one left behind are removed before, and none of them is inherited.
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
    let stream = StreamId::account(id);
    let known = repository.load::<Account>(&stream).await.map_err(CommandError::widen)?;
    if known.state.removed {
        remove_account::sweep_devices(repository, issuer, id).await?;
    }
    let decide = |account: &Account| directory::create_account(account, address.clone(), cos.cloned());
    let executed = repository.execute(issuer, &stream, decide).await?;
    Ok((id, executed))
}

/// That a class of service exists.
pub(crate) async fn must_exist(repository: &Repository, id: &CosId) -> Result<(), CommandError<Refusal>> {
    let cos = repository.load::<Cos>(&StreamId::cos(id)).await.map_err(CommandError::widen)?;
    directory::cos_must_exist(&cos.state, id).map_err(CommandError::Refused)
}
