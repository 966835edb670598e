//! What the client did: executed on the mailbox, once.
//!
//! Order: decide, execute, append. A crash between the last two leaves operations executed that the log does not know;
//! the device asks again, and every operation here is safe to repeat: flags are set to the same values, a moved or
//! deleted message is gone already, a creation is found by its origin.

use std::collections::{HashMap, HashSet};

use syncledger_domain::{
    folders::FolderMap,
    ids::{FolderId, ItemId, ServerId},
    ports::mailbox::{BackendKey, Fingerprint, FolderRole, ItemChange, ItemState, MailFlags, MailboxError},
    sync_state::{AppliedChange, ClientOperation, CollectionOptions, Effect, Known},
};
use syncledger_wbxml::{Element, encode};

use super::{
    collection::Reply,
    request::{ClientCommand, CollectionRequest},
    status::SyncStatus,
};
use crate::{
    answer::Failure,
    context::Context,
    items,
    news::{self, Watched},
};

/// The operations of a request, with what they did.
#[derive(Default)]
pub(super) struct Applied {
    /// In the order of the request.
    pub(super) replies: Vec<Reply>,
    /// Those executed now; repeated ones are carried by the state.
    pub(super) applied: Vec<AppliedChange>,
}

/// An operation after looking at it.
enum Step {
    /// Answered already by a lost answer, with this Status.
    Repeated(AppliedChange),
    /// Cannot be executed.
    Refused(SyncStatus),
    /// To be executed.
    Change(ItemId, ItemChange),
    Delete(ItemId),
    Fetch(ItemId),
}

/// Executes what the client did in one collection; `known` is what it knew when it did it.
pub(super) async fn apply(
    context: &Context,
    folder: &Watched,
    request: &CollectionRequest,
    options: Option<&CollectionOptions>,
    carried: &[AppliedChange],
    mut known: Known,
) -> Result<Applied, Failure> {
    if request.commands.is_empty() {
        return Ok(Applied::default());
    }
    let mut carried = carried.to_vec();
    let steps: Vec<Step> =
        request.commands.iter().map(|command| look_at(context, folder, command, &mut carried)).collect();
    let changed = change(context, folder, &steps).await?;
    let deleted = delete(context, folder, &steps, request.deletes_as_moves).await?;
    let mut fetched = fetch(context, folder, &steps, options).await?;

    let mut result = Applied::default();
    for (command, step) in request.commands.iter().zip(steps) {
        let operation = operation_of(command);
        let (change, data) = match step {
            Step::Repeated(change) => {
                result.replies.extend(reply(command, folder.folder, &change, None));
                continue;
            }
            Step::Refused(status) => {
                let effect = refused(command, status, &mut known);
                (record(operation, item_of(command), effect, status), None)
            }
            Step::Change(item, change) => {
                let (effect, status) = outcome(changed.get(&item), &change, known.get(&item).copied());
                if let Effect::Known(fingerprint) = effect {
                    known.insert(item.clone(), fingerprint);
                }
                (record(operation, Some(item), effect, status), None)
            }
            Step::Delete(item) => {
                let status = deleted.get(&item).copied().unwrap_or(SyncStatus::ServerError);
                (record(operation, Some(item), Effect::Gone, status), None)
            }
            Step::Fetch(item) => {
                let (status, data) = fetched.take(&item);
                (record(None, Some(item), Effect::None, status), data)
            }
        };
        result.replies.extend(reply(command, folder.folder, &change.0, data));
        if change.1 {
            result.applied.push(change.0);
        }
    }
    Ok(result)
}

/// A change that cannot be executed leaves the device with something else than the mailbox has, where it knows the item.
fn refused(command: &ClientCommand, status: SyncStatus, known: &mut Known) -> Effect {
    let is_change = matches!(command, ClientCommand::Change { .. }) && status == SyncStatus::ConversionError;
    match item_of(command).filter(|item| is_change && known.contains_key(item)) {
        Some(item) => {
            known.insert(item, Fingerprint::DIFFERENT);
            Effect::Known(Fingerprint::DIFFERENT)
        }
        None => Effect::None,
    }
}

/// The record of an operation, and whether it belongs on the log: a Fetch changes nothing.
fn record(
    operation: Option<ClientOperation>,
    item: Option<ItemId>,
    effect: Effect,
    status: SyncStatus,
) -> (AppliedChange, bool) {
    let logged = operation.is_some();
    let operation = operation.unwrap_or(ClientOperation::Delete);
    (AppliedChange { operation, item, effect, reply: status.value() }, logged)
}

fn look_at(
    context: &Context,
    folder: &Watched,
    command: &ClientCommand,
    carried: &mut Vec<AppliedChange>,
) -> Step {
    let item = item_of(command).filter(|_| belongs(command, folder.folder));
    if let Some(operation) = operation_of(command) {
        let same = |done: &AppliedChange| {
            done.operation == operation
                && (matches!(operation, ClientOperation::Add(_)) || done.item == item_of(command))
        };
        if let Some(at) = carried.iter().position(same) {
            return Step::Repeated(carried.remove(at));
        }
    }
    match (command, item) {
        // Mail cannot be created by Sync before 16.0, and SMS is not on offer.
        (ClientCommand::Add { .. }, _) => Step::Refused(SyncStatus::ConversionError),
        (_, None) => Step::Refused(SyncStatus::ObjectNotFound),
        (ClientCommand::Change { data, .. }, Some(item)) => {
            match items::parse_change(folder.class, data, context.version) {
                Ok(change) => Step::Change(item, change),
                Err(error) => {
                    tracing::info!(reason = %error, "client change refused");
                    Step::Refused(SyncStatus::ConversionError)
                }
            }
        }
        (ClientCommand::Delete { .. }, Some(item)) => Step::Delete(item),
        (ClientCommand::Fetch { .. }, Some(item)) => Step::Fetch(item),
    }
}

fn server_id_of(command: &ClientCommand) -> Option<ServerId> {
    match command {
        ClientCommand::Add { .. } => None,
        ClientCommand::Change { server_id, .. }
        | ClientCommand::Delete { server_id }
        | ClientCommand::Fetch { server_id } => server_id.parse().ok(),
    }
}

fn item_of(command: &ClientCommand) -> Option<ItemId> {
    server_id_of(command).map(|id| id.item)
}

fn belongs(command: &ClientCommand, folder: FolderId) -> bool {
    server_id_of(command).is_some_and(|id| id.folder == folder)
}

fn operation_of(command: &ClientCommand) -> Option<ClientOperation> {
    match command {
        ClientCommand::Add { client_id, .. } => Some(ClientOperation::Add(client_id.clone())),
        ClientCommand::Change { data, .. } => Some(ClientOperation::Change { digest: digest(data) }),
        ClientCommand::Delete { .. } => Some(ClientOperation::Delete),
        ClientCommand::Fetch { .. } => None,
    }
}

fn digest(data: &Element) -> u64 {
    let hash = blake3::hash(&encode(data));
    u64::from_le_bytes(std::array::from_fn(|index| hash.as_bytes()[index]))
}

/// The reply an operation gets: an Add and a Fetch always, the others when they failed.
fn reply(
    command: &ClientCommand,
    folder: FolderId,
    done: &AppliedChange,
    data: Option<Element>,
) -> Option<Reply> {
    let status = done.reply;
    let failed = status != SyncStatus::Success.value();
    match command {
        ClientCommand::Add { client_id, .. } => Some(Reply::Add {
            client_id: client_id.as_str().to_owned(),
            server_id: done.item.clone().map(|item| ServerId { folder, item }.to_string()),
            status,
        }),
        ClientCommand::Change { server_id, .. } => {
            failed.then(|| Reply::Change { server_id: server_id.clone(), status })
        }
        ClientCommand::Delete { server_id } => {
            failed.then(|| Reply::Delete { server_id: server_id.clone(), status })
        }
        ClientCommand::Fetch { server_id } => {
            Some(Reply::Fetch { server_id: server_id.clone(), status, data })
        }
    }
}

type Changed = HashMap<ItemId, Result<ItemState, MailboxError>>;

async fn change(context: &Context, folder: &Watched, steps: &[Step]) -> Result<Changed, Failure> {
    let changes: Vec<(ItemId, ItemChange)> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Change(item, change) => Some((item.clone(), change.clone())),
            _ => None,
        })
        .collect();
    let Some(key) = folder.key.as_ref().filter(|_| !changes.is_empty()) else { return Ok(Changed::new()) };
    let results = match context.mailbox.update(key, &changes).await {
        Ok(results) => results,
        Err(MailboxError::NoSuchFolder(_)) => return Ok(Changed::new()),
        Err(error) => each_refused(error, changes.len())?,
    };
    available(changes.into_iter().map(|(item, _)| item).zip(results))
}

/// A folder that refuses changes altogether refuses each of them, so that the device can go on without.
fn each_refused<T>(error: MailboxError, count: usize) -> Result<Vec<Result<T, MailboxError>>, Failure> {
    match error {
        MailboxError::Unavailable(_) | MailboxError::Unauthenticated => Err(error.into()),
        refused => Ok((0..count).map(|_| Err(refused.clone())).collect()),
    }
}

/// Per-item results by item; a backend that went away in the middle fails the whole request, which is then repeated.
fn available<T>(
    results: impl Iterator<Item = (ItemId, Result<T, MailboxError>)>,
) -> Result<HashMap<ItemId, Result<T, MailboxError>>, Failure> {
    results
        .map(|(item, result)| match result {
            Err(error @ MailboxError::Unavailable(_)) => Err(error.into()),
            other => Ok((item, other)),
        })
        .collect()
}

/// After a change of flags the device knows its own change and no other: what was changed elsewhere in the meantime it
/// has yet to be told. A change the mailbox refused leaves the device with something else than the mailbox has: it is told the mailbox's
/// version with the next answer.
fn outcome(
    result: Option<&Result<ItemState, MailboxError>>,
    change: &ItemChange,
    known: Option<Fingerprint>,
) -> (Effect, SyncStatus) {
    match result {
        Some(Ok(state)) => {
            let knows = match (change, known) {
                (ItemChange::Content(_), _) => Effect::Known(state.fingerprint),
                (ItemChange::Flags(_), Some(Fingerprint::DIFFERENT)) => Effect::Known(Fingerprint::DIFFERENT),
                (ItemChange::Flags(change), Some(known)) => {
                    Effect::Known(change.apply(MailFlags::from_fingerprint(known)).fingerprint())
                }
                (ItemChange::Flags(_), None) => Effect::None,
            };
            (knows, SyncStatus::Success)
        }
        None | Some(Err(MailboxError::NoSuchItem(_) | MailboxError::NoSuchFolder(_))) => {
            (Effect::None, SyncStatus::ObjectNotFound)
        }
        Some(Err(MailboxError::QuotaExceeded)) => {
            (Effect::Known(Fingerprint::DIFFERENT), SyncStatus::OutOfSpace)
        }
        Some(Err(_)) => (Effect::Known(Fingerprint::DIFFERENT), SyncStatus::ConversionError),
    }
}

/// Deletes, or moves to Deleted Items. What is gone already counts as deleted.
async fn delete(
    context: &Context,
    folder: &Watched,
    steps: &[Step],
    as_moves: bool,
) -> Result<HashMap<ItemId, SyncStatus>, Failure> {
    let items: Vec<ItemId> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Delete(item) => Some(item.clone()),
            _ => None,
        })
        .collect();
    let Some(key) = folder.key.as_ref().filter(|_| !items.is_empty()) else {
        return Ok(items.into_iter().map(|item| (item, SyncStatus::Success)).collect());
    };
    let map = context.folder_map().await?;
    let trash = trash(&map.state).filter(|(id, _)| as_moves && *id != folder.folder).map(|(_, key)| key);
    let results: Result<Vec<Result<(), MailboxError>>, MailboxError> = match trash {
        Some(trash) => context
            .mailbox
            .move_items(key, &items, trash)
            .await
            .map(|results| results.into_iter().map(|result| result.map(drop)).collect()),
        None => context.mailbox.delete(key, &items).await,
    };
    let results = match results {
        Ok(results) => results,
        Err(MailboxError::NoSuchFolder(gone)) => {
            // Without its Trash nothing was deleted: the items come back until the folders are synchronised.
            let status = if gone == *key { SyncStatus::Success } else { SyncStatus::ServerError };
            return Ok(items.into_iter().map(|item| (item, status)).collect());
        }
        Err(error) => each_refused(error, items.len())?,
    };
    let by_item = available(items.into_iter().zip(results))?;
    Ok(by_item.into_iter().map(|(item, result)| (item, deleted_status(&result))).collect())
}

fn deleted_status(result: &Result<(), MailboxError>) -> SyncStatus {
    match result {
        Ok(()) | Err(MailboxError::NoSuchItem(_) | MailboxError::NoSuchFolder(_)) => SyncStatus::Success,
        Err(MailboxError::QuotaExceeded) => SyncStatus::OutOfSpace,
        Err(_) => SyncStatus::ServerError,
    }
}

fn trash(map: &FolderMap) -> Option<(FolderId, &BackendKey)> {
    map.iter().find(|folder| folder.role == Some(FolderRole::Trash)).map(|folder| (folder.id, &folder.key))
}

/// What Fetch brought.
#[derive(Default)]
struct Fetches {
    data: HashMap<ItemId, Element>,
    /// Too much for this answer.
    put_off: HashSet<ItemId>,
}

impl Fetches {
    fn take(&mut self, item: &ItemId) -> (SyncStatus, Option<Element>) {
        match self.data.remove(item) {
            Some(data) => (SyncStatus::Success, Some(data)),
            None if self.put_off.contains(item) => (SyncStatus::Retry, None),
            None => (SyncStatus::ObjectNotFound, None),
        }
    }
}

/// Fetches in one round trip as much as an answer may hold, at least one item.
async fn fetch(
    context: &Context,
    folder: &Watched,
    steps: &[Step],
    options: Option<&CollectionOptions>,
) -> Result<Fetches, Failure> {
    let asked = steps.iter().filter_map(|step| match step {
        Step::Fetch(item) => Some(item),
        _ => None,
    });
    let asked: Vec<&ItemId> = asked.collect();
    if asked.is_empty() {
        return Ok(Fetches::default());
    }
    let index = match news::index(context, folder.key.as_ref()).await {
        Ok(index) => index,
        Err(MailboxError::NoSuchFolder(_)) => return Ok(Fetches::default()),
        Err(error) => return Err(error.into()),
    };
    let most = context.settings().max_window_bytes;
    let (mut wanted, mut bytes, mut put_off) = (Vec::new(), 0, HashSet::new());
    for item in asked {
        bytes += index.get(item).map_or(0, |entry| u64::from(entry.size));
        if wanted.is_empty() || bytes <= most {
            wanted.push(item.clone());
        } else {
            put_off.insert(item.clone());
        }
    }
    match items::render_window(context, folder, &index, &wanted, options).await {
        Ok(rendered) => {
            let data = rendered.into_iter().map(|(item, rendered)| (item, rendered.data)).collect();
            Ok(Fetches { data, put_off })
        }
        Err(MailboxError::NoSuchFolder(_)) => Ok(Fetches::default()),
        Err(error) => Err(error.into()),
    }
}
