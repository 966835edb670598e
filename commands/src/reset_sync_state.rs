//! Drops all sync states of a device, so that it starts from nothing.

use std::{collections::BTreeSet, convert::Infallible};

use syncledger_domain::{
    device::{self, Device, Refusal},
    event::StreamId,
    folders::FolderMap,
    ids::{AccountId, CollectionId, DeviceId, FolderId},
    sync_state::SyncState,
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Drops the states of the hierarchy and of every folder, then records the reset in the device's stream. The order makes
/// it safe to repeat: as long as it is not recorded it is not done.
///
/// # Errors
/// [`Refusal::NotRegistered`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    device: &DeviceId,
    cause: &str,
) -> Result<Executed<Device>, CommandError<Refusal>> {
    let stream = StreamId::device(account, device);
    let decide = |state: &Device| device::reset_sync_state(state, cause);
    let known = repository.load::<Device>(&stream).await.map_err(CommandError::widen)?;
    decide(&known.state).map_err(CommandError::Refused)?;
    drop_collections(repository, issuer, account, device, cause).await.map_err(CommandError::widen)?;
    repository.execute(issuer, &stream, decide).await
}

/// Drops the state of every collection the device may have one of: the hierarchy, and all folders there ever were. The
/// Inbox is one of them even while the account's folder map is empty: the dummy mailbox has it under the same id.
pub(crate) async fn drop_collections(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    device: &DeviceId,
    cause: &str,
) -> Result<(), CommandError<Infallible>> {
    let folders = repository.load::<FolderMap>(&StreamId::folders(account)).await?;
    let mapped = folders.state.folders.keys().copied();
    let folders: BTreeSet<FolderId> = mapped.chain([FolderId::INBOX, FolderId::OUTBOX]).collect();
    let collections = folders.into_iter().map(CollectionId::Folder);
    for collection in collections.chain([CollectionId::Hierarchy]) {
        let decide = |state: &SyncState| Ok(state.drop_state(cause).into_iter().collect());
        repository.execute(issuer, &StreamId::sync(account, device, collection), decide).await?;
    }
    Ok(())
}
