//! Records how the access of a device is judged.

use syncledger_domain::{
    device::{self, Device, Refusal},
    event::StreamId,
    ids::{AccountId, DeviceId},
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Records a verdict and what decided it. Appends nothing while the verdict stays.
///
/// # Errors
/// [`Refusal::NotRegistered`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    device: &DeviceId,
    verdict: &str,
    why: &str,
) -> Result<Executed<Device>, CommandError<Refusal>> {
    let decide = |state: &Device| device::judge_access(state, verdict, why);
    repository.execute(issuer, &StreamId::device(account, device), decide).await
}
