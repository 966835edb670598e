//! Records that a message was handed to the mail server, so that its repetition is recognised.

use syncledger_domain::{
    device::{self, Device, MessageSubmitted, Recognition, Refusal},
    event::StreamId,
    ids::{AccountId, DeviceId},
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Records a submitted message.
///
/// # Errors
/// [`Refusal::AlreadySubmitted`], [`Refusal::NotRegistered`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    device: &DeviceId,
    message: &MessageSubmitted,
    by: Recognition,
) -> Result<Executed<Device>, CommandError<Refusal>> {
    let decide = |state: &Device| device::submit_message(state, message.clone(), by);
    repository.execute(issuer, &StreamId::device(account, device), decide).await
}
