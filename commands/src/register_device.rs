//! Takes note of a device that makes a request.

use syncledger_domain::{
    device::{self, Device, Introduction, Refusal},
    event::StreamId,
    ids::{AccountId, DeviceId},
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Registers a device, or records what is new about it; appends nothing when all is as known. It reads the device's
/// stream: where a view tells already that all is as known, it need not be asked for.
///
/// # Errors
/// [`Refusal::ConnectionTest`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    device: &DeviceId,
    introduction: &Introduction,
) -> Result<Executed<Device>, CommandError<Refusal>> {
    let decide = |state: &Device| device::register(state, device, introduction);
    repository.execute(issuer, &StreamId::device(account, device), decide).await
}
