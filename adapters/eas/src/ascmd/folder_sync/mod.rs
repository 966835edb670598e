//! FolderSync: the folder tree and its changes (MS-ASCMD, "FolderSync").
//!
//! The tree is a collection like any other: folder ids are its items, and a fingerprint covers what a device shows of a
//! folder. Key 0 restarts the tree alone; the items' states stay, since some clients send it at every refresh. For the
//! same reason key 0 appends nothing while the tree is the one given last: the answer lists it whole under the key that
//! stands for exactly this list, so it serves a device that forgot everything as well as one whose answer was lost. Ends
//! with Status 1, with 9 when the key is not one to go on from, with 10 when the request is malformed, with 503 when
//! the mailbox is down.

mod plan;
mod response;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use syncledger_commands::Loaded;
use syncledger_domain::{
    Aggregate,
    folders::FolderMap,
    ids::{CollectionId, SyncKey},
    sync_state::{Filter, Limits, Refusal, Standing, SyncEvent, SyncState, plan as plan_changes},
};
use syncledger_wbxml::{Element, pages::folder_hierarchy as f};

use plan::Tree;
pub use plan::index;

use crate::{
    answer::{Answer, Failure},
    context::{Context, RequestBody},
};

/// Status codes of FolderSync (MS-ASCMD, "Status (FolderSync)").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
enum FolderSyncStatus {
    Success = 1,
    InvalidSyncKey = 9,
    Malformed = 10,
}

/// How often the tree is decided anew after another node answered the same device.
const MAX_RACES: usize = 4;

/// Answers a FolderSync.
///
/// # Errors
/// Common failures; 503 when the mailbox is down.
pub async fn handle(context: &Context, body: RequestBody) -> Result<Answer, Failure> {
    let request = body.document(f::FOLDER_SYNC)?;
    let Some(text) =
        request.child(f::SYNC_KEY).and_then(Element::text_content).filter(|text| !text.is_empty())
    else {
        return Ok(Answer::Wbxml(response::refused(FolderSyncStatus::Malformed)));
    };
    let Ok(key) = SyncKey::parse(&text) else {
        return Ok(Answer::Wbxml(response::refused(FolderSyncStatus::InvalidSyncKey)));
    };
    let map = observe(context).await?;
    let tree = Tree::of(context.world, &map.state);
    let states = &context.services.sync_states;
    let mut held = states.open(context.account, &context.device, CollectionId::Hierarchy).await?;
    for _ in 0..MAX_RACES {
        let (events, answer) = match decide(held.state(), key, &tree) {
            Ok(decided) => decided,
            Err(refusal) => {
                tracing::info!(eas.status = FolderSyncStatus::InvalidSyncKey as u16, reason = %refusal, "key refused");
                return Ok(Answer::Wbxml(response::refused(FolderSyncStatus::InvalidSyncKey)));
            }
        };
        if held.commit(&context.issuer, &events).await?.is_ok() {
            return Ok(Answer::Wbxml(answer));
        }
    }
    Err(Failure::retry_later("the folder tree is answered by too many nodes at once"))
}

/// The account's folder map after a look at the mailbox.
///
/// # Errors
/// When the mailbox or the log cannot be reached.
pub async fn observe(context: &Context) -> Result<Arc<Loaded<FolderMap>>, Failure> {
    let listing = context.mailbox.folders().await?;
    Ok(context.observe_folders(&listing).await?)
}

fn decide(
    state: &SyncState,
    key: Option<SyncKey>,
    tree: &Tree,
) -> Result<(Vec<SyncEvent>, Element), Refusal> {
    if key.is_none()
        && let Some(given) = state.given_key().filter(|_| tree.is_known_as(&state.given()))
    {
        return Ok((Vec::new(), response::success(&given.to_string(), &tree.whole(), tree)));
    }
    let mut events = Vec::new();
    let mut current = state.clone();
    let standing = match key {
        Some(key) => state.standing(key)?,
        None if state.start_is_repeated(None) => Standing::Repeats,
        None => {
            let started = state.start(None);
            current.evolve(&started);
            events.push(started);
            Standing::Current
        }
    };
    let everything = Limits { window: usize::MAX, bytes: u64::MAX };
    let known = current.baseline(standing);
    let delta = plan_changes(&known, &current.skipped, &tree.index(), Filter::default(), everything).delta;
    events.extend(current.offer(standing, delta.clone(), Vec::new()));
    let new_key = events.iter().find_map(|event| match event {
        SyncEvent::Offered(offered) => Some(SyncKey { generation: offered.generation, counter: offered.to }),
        _ => None,
    });
    // Without an offer nothing changed, and the key presented stays good.
    let key = new_key.or(key).map_or_else(|| "0".to_owned(), |key| key.to_string());
    Ok((events, response::success(&key, &delta, tree)))
}
