//! Registers items a device learned of by MoveItems, so that the next Sync neither deletes nor adds them again.

use std::convert::Infallible;

use syncledger_domain::{
    ids::{AccountId, CollectionId, DeviceId},
    sync_state::ItemsRegistered,
};

use crate::{CommandError, Issuer, SyncStates};

/// How often it is tried against other nodes that answer the same device.
const MAX_RACES: usize = 4;

/// Registers items in one collection; nothing when the device does not synchronise it.
///
/// # Errors
/// When the log cannot be read or written.
pub async fn run(
    states: &SyncStates,
    issuer: &Issuer,
    account: AccountId,
    device: &DeviceId,
    collection: CollectionId,
    items: &ItemsRegistered,
) -> Result<(), CommandError<Infallible>> {
    let mut held = states.open(account, device, collection).await?;
    for _ in 0..MAX_RACES {
        let events: Vec<_> = held.state().register_items(items.clone()).into_iter().collect();
        if held.commit(issuer, &events).await?.is_ok() {
            return Ok(());
        }
    }
    // Left undone the device is told by its next Syncs what it knows already, which every client bears.
    Ok(())
}
