//! MoveItems: moves items between folders (MS-ASCMD, "MoveItems"). Success is Status 3.
//!
//! A move is recorded on the device's stream, so that a repetition is answered with the new id again, and registered in
//! the sync states of both folders, since clients relabel the item by themselves. A crash in between leaves a moved
//! item that Sync then reports as deleted here and added there.

mod request;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use syncledger_commands::{Collection, record_moves, register_items};
use syncledger_domain::{
    device::Device,
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
    let map = context.folder_map().await?;
    let device = context.services.devices.load(context.account, &context.device).await?;

    let planned: Vec<_> = requests.iter().map(|request| plan(request, &map.state)).collect();
    let mut groups: BTreeMap<(FolderId, FolderId), Vec<ItemId>> = BTreeMap::new();
    for (source, to) in planned.iter().flatten() {
        groups.entry((source.folder, *to)).or_default().push(source.item.clone());
    }
    let moved = execute(context, &map.state, groups).await?;
    let responses = requests.iter().zip(planned).map(|(request, planned)| {
        let outcome = planned.and_then(|planned| {
            let outcome = moved.get(&planned).cloned().unwrap_or(Err(MoveStatus::CannotMove));
            recall(outcome, &planned, &device.state)
        });
        response(request, &outcome)
    });
    Ok(Answer::Wbxml(Element::new(m::MOVE_ITEMS).with_all(responses)))
}

/// An item and the folder it is to be in.
type Planned = (ServerId, FolderId);

fn plan(request: &MoveRequest, map: &FolderMap) -> Result<Planned, MoveStatus> {
    let source = request.source.clone().filter(|source| Some(source.folder) == request.from);
    let source = source.ok_or(MoveStatus::InvalidSource)?;
    if request.several_destinations {
        return Err(MoveStatus::CannotMove);
    }
    let to = request.to.and_then(|to| map.shown(to)).ok_or(MoveStatus::InvalidDestination)?;
    if to.id == source.folder {
        return Err(MoveStatus::SameFolder);
    }
    match map.shown(source.folder) {
        Some(from) if from.class != to.class => Err(MoveStatus::CannotMove),
        // A folder that is gone may have lost the item by the request this one repeats.
        Some(_) | None => Ok((source, to.id)),
    }
}

/// An item that is not where it was moved away from is where it was moved to: the request is a repetition. Not asked
/// before the mailbox was, since an item moved to and fro may be back under its old id.
fn recall(outcome: Outcome, (source, to): &Planned, device: &Device) -> Outcome {
    let remembered = device.moved_to(source).filter(|moved| moved.folder == *to);
    match (outcome, remembered) {
        (Err(MoveStatus::InvalidSource), Some(moved)) => Ok(moved.clone()),
        (outcome, _) => outcome,
    }
}

/// Moves folder by folder. A mailbox that goes down in the middle leaves the rest to be tried again.
async fn execute(
    context: &Context,
    map: &FolderMap,
    groups: BTreeMap<(FolderId, FolderId), Vec<ItemId>>,
) -> Result<HashMap<Planned, Outcome>, Failure> {
    let mut outcomes = HashMap::new();
    for ((from, to), items) in groups {
        let all = |status| {
            let of = |item| ((ServerId { folder: from, item }, to), Err(status));
            items.iter().cloned().map(of).collect::<Vec<_>>()
        };
        let Some(destination) = map.present(to) else { continue };
        let Some(source) = map.shown(from) else {
            outcomes.extend(all(MoveStatus::InvalidSource));
            continue;
        };
        match move_group(context, source, destination, &items).await {
            Ok(moved) => outcomes.extend(moved.into_iter().map(|(item, outcome)| ((item, to), outcome))),
            Err(failure) if outcomes.values().all(Result::is_err) => return Err(failure),
            Err(_) => outcomes.extend(all(MoveStatus::Locked)),
        }
    }
    Ok(outcomes)
}

/// Both folders as the device knows them, held while items go from one to the other: a Sync or a Ping of the device
/// that looked in between would take its own move for news.
struct BothHeld {
    source: Collection,
    destination: Collection,
}

impl BothHeld {
    /// In the order of ids, so that a move there and a move back do not wait for each other for ever.
    async fn open(context: &Context, source: FolderId, destination: FolderId) -> Result<Self, Failure> {
        let states = &context.services.sync_states;
        let open = |folder| states.open(context.account, &context.device, CollectionId::Folder(folder));
        if source < destination {
            let source = open(source).await?;
            Ok(Self { source, destination: open(destination).await? })
        } else {
            let destination = open(destination).await?;
            Ok(Self { source: open(source).await?, destination })
        }
    }
}

async fn move_group(
    context: &Context,
    source: &FolderSeen,
    destination: &FolderSeen,
    items: &[ItemId],
) -> Result<Vec<(ServerId, Outcome)>, Failure> {
    let mut items = items.to_vec();
    items.sort_unstable();
    items.dedup();
    let mut held = BothHeld::open(context, source.id, destination.id).await?;
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
        Err(error) => return Err(error.into()),
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
    remember(context, &mut held, moved).await;
    Ok(outcomes)
}

/// What cannot be remembered is no failure: the items have moved, and Sync reports them if need be.
async fn remember(context: &Context, held: &mut BothHeld, moved: Vec<(ServerId, ServerId, Fingerprint)>) {
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
    for (collection, items) in [(&mut held.source, gone), (&mut held.destination, known)] {
        if let Err(error) = register_items::run(collection, issuer, &items).await {
            tracing::warn!(reason = %error, "moved items not registered");
        }
    }
}

fn response(request: &MoveRequest, outcome: &Outcome) -> Element {
    let response = Element::new(m::RESPONSE).with(Element::text(m::SRC_MSG_ID, request.source_text.clone()));
    let status = |status: MoveStatus| Element::text(m::STATUS, (status as u16).to_string());
    match outcome {
        Ok(to) => {
            response.with(status(MoveStatus::Success)).with(Element::text(m::DST_MSG_ID, to.to_string()))
        }
        Err(failed) => response.with(status(*failed)),
    }
}
