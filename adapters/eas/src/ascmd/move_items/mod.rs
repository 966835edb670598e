//! MoveItems: moves items between folders (MS-ASCMD, "MoveItems"). Success is Status 3.
//!
//! A move is recorded on the device's stream, so that a repetition is answered with the new id again, and registered in
//! the sync states of both folders, since clients relabel the item by themselves. A crash in between leaves a moved
//! item that Sync then reports as deleted here and added there.

mod request;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use syncledger_commands::{record_moves, register_items};
use syncledger_domain::{
    device::Device,
    event::StreamId,
    folders::{FolderMap, FolderSeen},
    ids::{CollectionId, FolderId, ItemId, ServerId},
    ports::mailbox::{Fingerprint, MailboxError},
    sync_state::ItemsRegistered,
};
use syncledger_wbxml::{Element, pages::move_ as m};

use request::MoveRequest;

use crate::{
    answer::{Answer, CommonStatus, Failure},
    context::{Context, RequestBody},
};

/// Status codes of a move (MS-ASCMD, "Status (MoveItems)").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
enum MoveStatus {
    InvalidSource = 1,
    InvalidDestination = 2,
    Success = 3,
    SameFolder = 4,
    CannotMove = 5,
    Locked = 7,
}

type Outcome = Result<ServerId, MoveStatus>;

/// Answers a MoveItems.
///
/// # Errors
/// 103 for a request the schema forbids; 503 when the mailbox is down before anything moved.
pub async fn handle(context: &Context, body: RequestBody) -> Result<Answer, Failure> {
    let root = body.document(m::MOVE_ITEMS)?;
    let requests =
        request::parse(&root).map_err(|reason| Failure::status(CommonStatus::InvalidXml, reason))?;
    let map = context.services.folder_maps.load(context.account).await?;
    let stream = StreamId::device(context.account, &context.device);
    let device = context.services.repository.load::<Device>(&stream).await?;

    let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(requests.len());
    let mut groups: BTreeMap<(FolderId, FolderId), Vec<ItemId>> = BTreeMap::new();
    for request in &requests {
        outcomes.push(match plan(request, &map.state, &device.state) {
            Planned::Ended(outcome) => Some(outcome),
            Planned::Move(from, to) => {
                groups.entry((from.folder, to)).or_default().push(from.item);
                None
            }
        });
    }
    let moved = execute(context, &map.state, groups).await?;
    for (outcome, request) in outcomes.iter_mut().zip(&requests) {
        if outcome.is_none() {
            let found = request.source.as_ref().and_then(|source| moved.get(source));
            *outcome = Some(found.cloned().unwrap_or(Err(MoveStatus::CannotMove)));
        }
    }
    let responses =
        requests.iter().zip(&outcomes).map(|(request, outcome)| response(request, outcome.as_ref()));
    Ok(Answer::Wbxml(Element::new(m::MOVE_ITEMS).with_all(responses)))
}

enum Planned {
    Ended(Outcome),
    Move(ServerId, FolderId),
}

fn plan(request: &MoveRequest, map: &FolderMap, device: &Device) -> Planned {
    let folder = |id: Option<FolderId>| id.and_then(|id| map.present(id));
    let Some(source) = request.source.clone().filter(|source| Some(source.folder) == request.from) else {
        return Planned::Ended(Err(MoveStatus::InvalidSource));
    };
    let Some(to) = folder(request.to) else { return Planned::Ended(Err(MoveStatus::InvalidDestination)) };
    if to.id == source.folder {
        return Planned::Ended(Err(MoveStatus::SameFolder));
    }
    if let Some(moved) = device.moved_to(&source).filter(|moved| moved.folder == to.id) {
        return Planned::Ended(Ok(moved.clone()));
    }
    match folder(request.from) {
        None => Planned::Ended(Err(MoveStatus::InvalidSource)),
        Some(from) if from.class != to.class => Planned::Ended(Err(MoveStatus::CannotMove)),
        Some(_) => Planned::Move(source, to.id),
    }
}

/// Moves folder by folder. A mailbox that goes down in the middle leaves the rest to be tried again.
async fn execute(
    context: &Context,
    map: &FolderMap,
    groups: BTreeMap<(FolderId, FolderId), Vec<ItemId>>,
) -> Result<HashMap<ServerId, Outcome>, Failure> {
    let mut outcomes = HashMap::new();
    for ((from, to), items) in groups {
        let (Some(source), Some(destination)) = (map.present(from), map.present(to)) else { continue };
        match move_group(context, source, destination, &items).await {
            Ok(moved) => outcomes.extend(moved),
            Err(error) if outcomes.is_empty() => return Err(error.into()),
            Err(_) => {
                let locked = |item| (ServerId { folder: from, item }, Err(MoveStatus::Locked));
                outcomes.extend(items.into_iter().map(locked));
            }
        }
    }
    Ok(outcomes)
}

async fn move_group(
    context: &Context,
    source: &FolderSeen,
    destination: &FolderSeen,
    items: &[ItemId],
) -> Result<Vec<(ServerId, Outcome)>, MailboxError> {
    let mut items = items.to_vec();
    items.sort_unstable();
    items.dedup();
    let results = match context.mailbox.move_items(&source.key, &items, &destination.key).await {
        Ok(results) => results,
        Err(MailboxError::NoSuchFolder(key)) => {
            let gone =
                if key == source.key { MoveStatus::InvalidSource } else { MoveStatus::InvalidDestination };
            return Ok(items
                .into_iter()
                .map(|item| (ServerId { folder: source.id, item }, Err(gone)))
                .collect());
        }
        Err(error) => return Err(error),
    };
    let mut moved: Vec<(ServerId, ServerId, Fingerprint)> = Vec::new();
    let mut outcomes = Vec::with_capacity(items.len());
    for (item, result) in items.into_iter().zip(results) {
        let from = ServerId { folder: source.id, item };
        let outcome = match result {
            Ok(state) => {
                let to = ServerId { folder: destination.id, item: state.id };
                moved.push((from.clone(), to.clone(), state.fingerprint));
                Ok(to)
            }
            Err(MailboxError::NoSuchItem(_)) => Err(MoveStatus::InvalidSource),
            Err(MailboxError::Unavailable(_)) => Err(MoveStatus::Locked),
            Err(_) => Err(MoveStatus::CannotMove),
        };
        outcomes.push((from, outcome));
    }
    remember(context, source.id, destination.id, moved).await;
    Ok(outcomes)
}

/// What cannot be remembered is no failure: the items have moved, and Sync reports them if need be.
async fn remember(
    context: &Context,
    from: FolderId,
    to: FolderId,
    moved: Vec<(ServerId, ServerId, Fingerprint)>,
) {
    if moved.is_empty() {
        return;
    }
    let services = &context.services;
    let (account, device, issuer) = (context.account, &context.device, &context.issuer);
    let pairs: Vec<_> = moved.iter().map(|(from, to, _)| (from.clone(), to.clone())).collect();
    if let Err(error) = record_moves::run(&services.repository, issuer, account, device, &pairs).await {
        tracing::warn!(reason = %error, "moves not recorded");
    }
    let gone =
        ItemsRegistered { known: Vec::new(), gone: pairs.into_iter().map(|(from, _)| from.item).collect() };
    let known = ItemsRegistered {
        known: moved.into_iter().map(|(_, to, fingerprint)| (to.item, fingerprint)).collect(),
        gone: Vec::new(),
    };
    for (folder, items) in [(from, gone), (to, known)] {
        let collection = CollectionId::Folder(folder);
        let registered =
            register_items::run(&services.sync_states, issuer, account, device, collection, &items).await;
        if let Err(error) = registered {
            tracing::warn!(reason = %error, "moved items not registered");
        }
    }
}

fn response(request: &MoveRequest, outcome: Option<&Outcome>) -> Element {
    let response = Element::new(m::RESPONSE).with(Element::text(m::SRC_MSG_ID, request.source_text.clone()));
    let status = |status: MoveStatus| Element::text(m::STATUS, (status as u16).to_string());
    match outcome {
        Some(Ok(to)) => {
            response.with(status(MoveStatus::Success)).with(Element::text(m::DST_MSG_ID, to.to_string()))
        }
        Some(Err(failed)) => response.with(status(*failed)),
        None => response.with(status(MoveStatus::CannotMove)),
    }
}
