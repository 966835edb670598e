//! Sync: two-way synchronisation of the items of one or more folders (MS-ASCMD, "Sync").
//!
//! A request goes: `request` reads it, `cache` fills in what empty and partial ones leave out, each collection is
//! worked on by `collection` (key, client changes, plan, bodies, offer), and when nothing is to be said a request with
//! Wait or HeartbeatInterval waits for `news`. It ends with 200 and a document, with an empty 200 when
//! there is nothing to say, or with 503 when the backend is down; then nothing was offered and the device asks again. A
//! backend that goes down between two collections, or fails one of them, leaves the answers of the others standing.

mod cache;
mod client_changes;
mod collection;
pub mod options;
mod request;
mod response;
mod status;
#[cfg(test)]
mod tests;

use std::time::Duration;

use syncledger_domain::ids::FolderId;

pub use cache::RequestCache;
pub use collection::CollectionOutcome;
pub use request::Bounds;
use request::{CollectionRequest, Defect, SyncRequest};
pub use status::SyncStatus;

use crate::{
    answer::{Answer, Failure},
    context::{Context, RequestBody},
    news::{self, Wake},
    waiting::{Kind, WaitGuard},
};

/// Answers a Sync.
///
/// # Errors
/// Common failures; 503 when a backend is down.
pub async fn handle(context: &Context, body: RequestBody) -> Result<Answer, Failure> {
    let request = match understand(context, body).await? {
        Ok(request) => request,
        Err(defect) => {
            tracing::info!(eas.status = defect.status.value(), reason = %defect.reason, "Sync refused");
            return Ok(Answer::Wbxml(response::global(defect.status, defect.limit)));
        }
    };
    let services = &context.services;
    let folders: Vec<FolderId> =
        request.collections.iter().filter_map(|c| c.collection_id.parse().ok()).collect();
    let will_wait = request.wait.is_some();
    let guard = services.waiting.arrive(context.account, &context.device, Kind::Sync, will_wait, &folders);

    let outcomes = Box::pin(work(context, &request)).await?;
    if outcomes.iter().any(CollectionOutcome::has_something_to_say) {
        return Ok(Answer::Wbxml(response::document(context.version, &outcomes)));
    }
    match request.wait.zip(guard) {
        Some((patience, guard)) => wait(context, &request, &outcomes, patience, &guard).await,
        None => Ok(Answer::Empty),
    }
}

/// Reads the request, completed by the remembered one.
async fn understand(context: &Context, body: RequestBody) -> Result<Result<SyncRequest, Defect>, Failure> {
    let remembered = context.services.sync_requests.last(context.account, &context.device);
    let (request, borrowed) = match named(context, body)? {
        Ok(Some(request)) if !request.partial => (request, Vec::new()),
        Err(defect) => return Ok(Err(defect)),
        Ok(named) => {
            let Some(last) = remembered else {
                return Ok(Err(Defect::incomplete("empty or partial request, none remembered")));
            };
            cache::complete(named, &last)
        }
    };
    if !keys_are_current(context, &borrowed).await? {
        return Ok(Err(Defect::incomplete("a remembered key has been replaced since")));
    }
    context.services.sync_requests.remember(context.account, &context.device, &request);
    Ok(Ok(request))
}

/// What the request says itself; `None` when it is empty.
fn named(context: &Context, body: RequestBody) -> Result<Result<Option<SyncRequest>, Defect>, Failure> {
    if matches!(body, RequestBody::Empty) {
        return Ok(Ok(None));
    }
    let root = body.document(syncledger_wbxml::pages::air_sync::SYNC)?;
    Ok(request::parse(&root, context.version, &bounds(context)).map(Some))
}

/// Whether these collections were given no newer key than they name: only then is what was remembered what the device
/// means.
async fn keys_are_current(context: &Context, collections: &[CollectionRequest]) -> Result<bool, Failure> {
    for collection in collections {
        let Ok(id) = collection.collection_id.parse() else { continue };
        let loaded = context.services.sync_states.peek(context.account, &context.device, id).await?;
        if loaded.state.given_key().map(|key| key.to_string()).as_ref() != Some(&collection.sync_key) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn bounds(context: &Context) -> Bounds {
    let settings = context.settings();
    Bounds {
        min_heartbeat_secs: settings.min_heartbeat_secs,
        max_heartbeat_secs: settings.max_heartbeat_secs,
        max_collections: settings.max_folders,
        max_window: settings.max_window,
        default_window: settings.default_window,
    }
}

/// Works on the collections in their order until the answer is full. A collection that fails ends alone.
async fn work(context: &Context, request: &SyncRequest) -> Result<Vec<CollectionOutcome>, Failure> {
    let mut room = request.window.unwrap_or(usize::MAX);
    let mut bytes = context.settings().max_window_bytes;
    let mut outcomes = Vec::with_capacity(request.collections.len());
    for collection in &request.collections {
        let outcome = match collection::work(context, collection, room, bytes).await {
            Ok(outcome) => outcome,
            // What was told is committed and must reach the device; the rest comes with its next request.
            Err(Failure::RetryLater { reason, .. })
                if outcomes.iter().any(CollectionOutcome::has_something_to_say) =>
            {
                tracing::warn!(%reason, "the mailbox failed after some collections were answered");
                break;
            }
            Err(failure @ (Failure::RetryLater { .. } | Failure::Forbidden { .. })) => return Err(failure),
            Err(Failure::Status { reason, .. }) => CollectionOutcome::failed(collection, &reason),
        };
        room = room.saturating_sub(outcome.operations());
        bytes = bytes.saturating_sub(outcome.bytes);
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

async fn wait(
    context: &Context,
    request: &SyncRequest,
    outcomes: &[CollectionOutcome],
    patience: Duration,
    guard: &WaitGuard,
) -> Result<Answer, Failure> {
    let watched = outcomes.iter().filter_map(|outcome| outcome.watched.clone()).collect();
    match news::wait(context, watched, patience, guard).await? {
        Wake::News(_) => {
            let outcomes = Box::pin(work(context, request)).await?;
            if outcomes.iter().any(CollectionOutcome::has_something_to_say) {
                Ok(Answer::Wbxml(response::document(context.version, &outcomes)))
            } else {
                Ok(Answer::Empty)
            }
        }
        Wake::HierarchyChanged => Ok(Answer::Wbxml(response::global(SyncStatus::HierarchyChanged, None))),
        Wake::TimeOver | Wake::Superseded | Wake::ShuttingDown | Wake::HungUp | Wake::OtherWorld => {
            Ok(Answer::Empty)
        }
        Wake::Refused(failure) => Err(failure),
    }
}
