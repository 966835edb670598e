//! Takes a device's acknowledgement of the policy it was offered.

use syncledger_domain::{
    device::{self, AcknowledgementRules, Device, Refusal},
    event::StreamId,
    ids::{AccountId, DeviceId, PolicyKey},
};

use crate::{CommandError, Issuer, Repository, offer_policy::random_key};

/// What became of an acknowledgement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Acknowledged {
    /// It counts: the device's final key, the same one again for a repetition.
    Accepted(PolicyKey),
    /// What the device said is not enough by the rules; it has no valid key any more.
    Declined,
}

/// Takes the acknowledgement of the policy offered under the temporary key `presented`.
///
/// # Errors
/// [`Refusal::StalePolicyKey`] (Policy Status 5), [`Refusal::NotRegistered`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    device: &DeviceId,
    presented: PolicyKey,
    status: u8,
    rules: AcknowledgementRules,
) -> Result<Acknowledged, CommandError<Refusal>> {
    let new_key = random_key(repository);
    let decide = |state: &Device| device::acknowledge_policy(state, presented, status, rules, new_key);
    let executed = repository.execute(issuer, &StreamId::device(account, device), decide).await?;
    Ok(executed.state.final_key_for(presented).map_or(Acknowledged::Declined, Acknowledged::Accepted))
}
