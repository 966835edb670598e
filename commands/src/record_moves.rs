//! Records moves of items, so that a repeated MoveItems is answered as the first was.

use syncledger_domain::{
    device::{self, Device, Refusal},
    event::StreamId,
    ids::{AccountId, DeviceId, ServerId},
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Records moves of items with the ids they had and have.
///
/// # Errors
/// [`Refusal::NotRegistered`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    device: &DeviceId,
    moves: &[(ServerId, ServerId)],
) -> Result<Executed<Device>, CommandError<Refusal>> {
    let decide = |state: &Device| device::record_moves(state, moves.to_vec());
    repository.execute(issuer, &StreamId::device(account, device), decide).await
}
