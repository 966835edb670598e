//! Offers a device the policy it has to acknowledge.

use syncledger_domain::{
    device::{self, Device, Refusal},
    event::{EventHash, StreamId},
    ids::{AccountId, DeviceId, PolicyKey},
};

use crate::{CommandError, Issuer, Repository};

/// Offers the policy with this digest and gives the temporary key to acknowledge it with: a new random one, or the
/// standing one while the same policy stands offered.
///
/// # Errors
/// [`Refusal::NotRegistered`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    device: &DeviceId,
    digest: EventHash,
) -> Result<PolicyKey, CommandError<Refusal>> {
    let new_key = random_key(repository);
    let decide = |state: &Device| device::offer_policy(state, new_key, digest);
    let executed = repository.execute(issuer, &StreamId::device(account, device), decide).await?;
    Ok(executed.state.offered_policy.map_or(new_key, |offered| offered.key))
}

/// A policy key nobody can guess.
pub(crate) fn random_key(repository: &Repository) -> PolicyKey {
    loop {
        if let Some(key) = PolicyKey::new(repository.randomness().nonzero_u32()) {
            return key;
        }
    }
}
