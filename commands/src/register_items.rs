//! Registers items a device learned of by MoveItems, so that the next Sync neither deletes nor adds them again.

use std::convert::Infallible;

use syncledger_domain::sync_state::ItemsRegistered;

use crate::{Collection, CommandError, Issuer};

/// How often it is tried against other nodes that answer the same device.
const MAX_RACES: usize = 4;

/// Registers items in a collection that is held since before they moved; nothing when the device does not synchronise
/// it.
///
/// # Errors
/// When the log cannot be read or written.
pub async fn run(
    held: &mut Collection,
    issuer: &Issuer,
    items: &ItemsRegistered,
) -> Result<(), CommandError<Infallible>> {
    for _ in 0..MAX_RACES {
        let events: Vec<_> = held.state().register_items(items.clone()).into_iter().collect();
        if held.commit(issuer, &events).await?.is_ok() {
            return Ok(());
        }
    }
    // Left undone the device is told by its next Syncs what it knows already, which every client bears.
    Ok(())
}
