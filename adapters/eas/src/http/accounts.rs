//! Accounts that come to be by their first login: the backend knows them, the ledger does not yet.

use std::{sync::Arc, time::Duration};

use syncledger_commands::{CommandError, Issuer, create_account, create_domain};
use syncledger_domain::{
    directory::Refusal,
    ids::{AccountId, Address},
};
use syncledger_projections::policy_snapshot::AccountPolicy;

use crate::services::Services;

/// How long to wait for the snapshot to show the account.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why there is no account.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotCreated {
    #[error("account cannot be created: {0}")]
    Command(#[from] CommandError<Refusal>),
    #[error("account was created but the policy snapshot does not show it yet")]
    NotVisibleYet,
}

/// Creates the account of an address, unless somebody else was faster, and waits until the snapshot shows it. A domain
/// that does not exist yet is created with it: whoever may have accounts at all was asked before.
pub(super) async fn create(
    services: &Services,
    address: &Address,
    issuer: &Issuer,
) -> Result<Arc<AccountPolicy>, NotCreated> {
    let repository = &services.repository;
    if services.policy.current().domain(&address.domain()).is_none() {
        match create_domain::run(repository, issuer, &address.domain()).await {
            Ok(_) | Err(CommandError::Refused(Refusal::DomainExists(_))) => {}
            Err(error) => return Err(error.into()),
        }
    }
    match create_account::run(repository, issuer, address, None).await {
        Ok(_) | Err(CommandError::Refused(Refusal::AccountExists(_))) => {}
        Err(error) => return Err(error.into()),
    }
    let head = repository.log().head().await.map_err(CommandError::from)?;
    services.policy.wait_for(head, PATIENCE).await;
    let snapshot = services.policy.current();
    snapshot.account(AccountId::for_address(address)).cloned().ok_or(NotCreated::NotVisibleYet)
}
