//! One collection of a Sync: what its key means, what the client did, what it is told, and the offer that makes it so.

use syncledger_domain::{
    Aggregate,
    ids::{CollectionId, FolderId, ItemId, ServerId, SyncKey},
    ports::mailbox::{Fingerprint, FolderClass, MailboxError},
    sync_state::{
        CollectionOptions, Delta, Limits, Refusal, Standing, SyncEvent, SyncState, apply_client, plan,
    },
};
use syncledger_wbxml::{Element, pages::air_sync as a};

use super::{client_changes, request::CollectionRequest, status::SyncStatus};
use crate::{
    answer::Failure,
    context::Context,
    items,
    news::{self, Watched},
};

/// A reply to a client operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// To an Add: always.
    Add {
        /// The client's id.
        client_id: String,
        /// The server's, when it was created.
        server_id: Option<String>,
        /// How it ended.
        status: u16,
    },
    /// To a Change that failed.
    Change {
        /// The item.
        server_id: String,
        /// Why.
        status: u16,
    },
    /// To a Delete that failed.
    Delete {
        /// The item.
        server_id: String,
        /// Why.
        status: u16,
    },
    /// To a Fetch: always.
    Fetch {
        /// The item.
        server_id: String,
        /// How it ended.
        status: u16,
        /// `ApplicationData`.
        data: Option<Element>,
    },
}

/// What is said about one collection.
#[derive(Clone, Debug)]
pub struct CollectionOutcome {
    /// As the request names it.
    pub collection_id: String,
    /// Class, for versions before 14.0.
    pub class: Option<&'static str>,
    /// The key to go on with.
    pub sync_key: String,
    /// How it ended.
    pub status: SyncStatus,
    /// Replies to client operations.
    pub replies: Vec<Reply>,
    /// Server operations.
    pub commands: Vec<Element>,
    /// Whether more server operations are waiting.
    pub more_available: bool,
    /// Whether the key moved.
    pub moved: bool,
    /// Bytes of the items sent.
    pub bytes: u64,
    /// The folder, as a wait would watch it; `None` also where its changes are not wanted.
    pub watched: Option<Watched>,
}

impl CollectionOutcome {
    fn ended(request: &CollectionRequest, status: SyncStatus, sync_key: &str) -> Self {
        Self {
            collection_id: request.collection_id.clone(),
            class: None,
            sync_key: sync_key.to_owned(),
            status,
            replies: Vec::new(),
            commands: Vec::new(),
            more_available: false,
            moved: false,
            bytes: 0,
            watched: None,
        }
    }

    /// The folder cannot be synchronised; nothing was told and the key stays.
    pub(super) fn failed(request: &CollectionRequest, reason: &str) -> Self {
        tracing::warn!(
            eas.collection = %request.collection_id,
            eas.status = SyncStatus::ServerError.value(),
            reason,
            "collection failed"
        );
        Self::ended(request, SyncStatus::ServerError, &request.sync_key)
    }

    /// Whether the answer must name the collection.
    pub fn has_something_to_say(&self) -> bool {
        self.status != SyncStatus::Success
            || self.moved
            || self.more_available
            || !self.replies.is_empty()
            || !self.commands.is_empty()
    }

    /// Server operations told.
    pub fn operations(&self) -> usize {
        self.commands.len()
    }
}

/// How often a collection is decided anew after another node answered the same device.
const MAX_RACES: usize = 4;

/// Works on one collection, with at most `room` server operations and about `bytes` of items.
pub(super) async fn work(
    context: &Context,
    request: &CollectionRequest,
    room: usize,
    bytes: u64,
) -> Result<CollectionOutcome, Failure> {
    let Some(folder) = resolve(context, &request.collection_id).await? else {
        return Ok(CollectionOutcome::ended(request, SyncStatus::HierarchyChanged, &request.sync_key));
    };
    let class = items::class_name(folder.class);
    if request.class.as_deref().is_some_and(|named| !named.eq_ignore_ascii_case(class)) {
        return Ok(CollectionOutcome::ended(request, SyncStatus::ProtocolError, &request.sync_key));
    }
    if request.options.as_ref().is_some_and(|options| !fits(options, folder.class)) {
        return Ok(CollectionOutcome::ended(request, SyncStatus::ProtocolError, &request.sync_key));
    }
    let Ok(key) = SyncKey::parse(&request.sync_key) else {
        return Ok(CollectionOutcome::ended(request, SyncStatus::InvalidSyncKey, "0"));
    };
    let id = CollectionId::Folder(folder.folder);
    let mut held = context.services.sync_states.open(context.account, &context.device, id).await?;
    for _ in 0..MAX_RACES {
        let attempt = match key {
            None => start(request, &folder, held.state()),
            Some(key) => proceed(context, request, &folder, held.state(), key, room, bytes).await?,
        };
        let (mut outcome, events) = attempt;
        outcome.class = Some(class);
        if held.commit(&context.issuer, &events).await?.is_ok() {
            return Ok(outcome);
        }
        tracing::info!(stream.collection = %id, "another node answered this device meanwhile: deciding anew");
    }
    Err(Failure::retry_later("the collection is answered by too many nodes at once"))
}

async fn resolve(context: &Context, collection_id: &str) -> Result<Option<Watched>, Failure> {
    let Ok(id) = collection_id.parse::<FolderId>() else { return Ok(None) };
    let map = context.folder_map().await?;
    Ok(Watched::of(context.world, &map.state, id))
}

/// Whether a filter is one of the folder's class; 8, "incomplete", is for tasks alone.
fn fits(options: &CollectionOptions, class: FolderClass) -> bool {
    options.filter_type != 8 || class == FolderClass::Tasks
}

type Attempt = (CollectionOutcome, Vec<SyncEvent>);

/// Key 0: everything known is forgotten, and a first key is given; the items follow with the next request. Key 0 twice
/// in a row gives the same first key twice.
fn start(request: &CollectionRequest, folder: &Watched, state: &SyncState) -> Attempt {
    if !request.commands.is_empty() {
        return (CollectionOutcome::ended(request, SyncStatus::ProtocolError, &request.sync_key), Vec::new());
    }
    let mut events = Vec::new();
    let mut fresh = state.clone();
    let repeated = state.start_is_repeated(Some(folder.class));
    if !repeated {
        events.push(state.start(Some(folder.class)));
        fresh.evolve(&events[0]);
    }
    if let Some(changed) = request.options.as_ref().and_then(|options| fresh.change_options(options)) {
        fresh.evolve(&changed);
        events.push(changed);
    }
    if !repeated {
        events.extend(fresh.offer(Standing::Current, Delta::default(), Vec::new()));
    }
    let key = offered(&events).map(|(key, _)| key).or_else(|| state.given_key().filter(|_| repeated));
    let key = key.map_or_else(|| "0".to_owned(), |key| key.to_string());
    let mut outcome = CollectionOutcome::ended(request, SyncStatus::Success, &key);
    outcome.moved = true;
    (outcome, events)
}

async fn proceed(
    context: &Context,
    request: &CollectionRequest,
    folder: &Watched,
    state: &SyncState,
    key: SyncKey,
    room: usize,
    bytes: u64,
) -> Result<Attempt, Failure> {
    let standing = match state.standing(key) {
        Ok(standing) => standing,
        Err(refusal) => return Ok((refuse_key(request, &refusal), Vec::new())),
    };
    let options = request.options.as_ref().or(state.options.as_ref());
    let mut known = state.baseline(standing);
    let carried = state.carried(standing);
    let changes = client_changes::apply(context, folder, request, options, carried, known.clone()).await?;
    let limits =
        Limits { window: state.shrunk_window(standing, window(context, request.window)).min(room), bytes };
    let told = if request.get_changes && room > 0 && bytes > 0 {
        apply_client(&changes.applied, &mut known);
        match tell(context, folder, &known, state, options, limits).await? {
            Some(told) => told,
            None => {
                return Ok((
                    CollectionOutcome::ended(request, SyncStatus::HierarchyChanged, &request.sync_key),
                    Vec::new(),
                ));
            }
        }
    } else {
        Told::default()
    };

    let mut events: Vec<SyncEvent> =
        request.options.iter().filter_map(|new| state.change_options(new)).collect();
    events.extend(state.offer(standing, told.delta, changes.applied));
    let mut outcome = CollectionOutcome::ended(request, SyncStatus::Success, &request.sync_key);
    if let Some((key, delta)) = offered(&events) {
        outcome.moved = true;
        outcome.sync_key = key.to_string();
        // An item that hurts the device may have been taken out of the offer.
        if !delta.is_empty() {
            outcome.commands = told.commands;
        }
    }
    outcome.more_available = told.remaining > 0 && outcome.moved;
    outcome.replies = changes.replies;
    outcome.bytes = told.bytes;
    outcome.watched = request.get_changes.then(|| folder.clone());
    Ok((outcome, events))
}

/// As many items as the device asks for, or as few as loggers of the account let through, as of now.
fn window(context: &Context, asked: usize) -> usize {
    let now = context.services.repository.clock().now();
    let most = context.services.policy.current().loggers().window(context.account, now);
    most.map_or(asked, |most| asked.min(usize::try_from(most).unwrap_or(usize::MAX)))
}

fn refuse_key(request: &CollectionRequest, refusal: &Refusal) -> CollectionOutcome {
    tracing::info!(
        eas.collection = %request.collection_id,
        eas.status = SyncStatus::InvalidSyncKey.value(),
        reason = %refusal,
        "sync key refused"
    );
    CollectionOutcome::ended(request, SyncStatus::InvalidSyncKey, "0")
}

fn offered(events: &[SyncEvent]) -> Option<(SyncKey, &Delta)> {
    events.iter().find_map(|event| match event {
        SyncEvent::Offered(offered) => {
            Some((SyncKey { generation: offered.generation, counter: offered.to }, &offered.delta))
        }
        _ => None,
    })
}

/// The server's part of an answer.
#[derive(Default)]
struct Told {
    delta: Delta,
    commands: Vec<Element>,
    remaining: usize,
    bytes: u64,
}

/// Plans the next window and fetches what it adds. Items that vanish between plan and fetch are not told; when all do,
/// the plan is made anew. `None` when the folder is gone.
async fn tell(
    context: &Context,
    folder: &Watched,
    known: &syncledger_domain::sync_state::Known,
    state: &SyncState,
    options: Option<&CollectionOptions>,
    limits: Limits,
) -> Result<Option<Told>, Failure> {
    const ATTEMPTS: usize = 3;
    let filter = news::filter(context, options, folder.class);
    for attempt in 1..=ATTEMPTS {
        let index = match news::index(context, folder.key.as_ref()).await {
            Ok(index) => index,
            Err(MailboxError::NoSuchFolder(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let planned = plan(known, &state.skipped, &index, filter, limits);
        let wanted: Vec<ItemId> = planned.delta.adds.iter().map(|(item, _)| item.clone()).collect();
        let rendered = match items::render_window(context, folder, &index, &wanted, options).await {
            Ok(rendered) => rendered,
            Err(MailboxError::NoSuchFolder(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mut told = Told { remaining: planned.remaining, delta: planned.delta, ..Told::default() };
        told.delta.adds.retain(|(item, _)| rendered.contains_key(item));
        // The state at the moment of the fetch is what the device gets to know.
        for (item, fingerprint) in &mut told.delta.adds {
            *fingerprint = rendered[item].fingerprint;
        }
        if told.delta.is_empty() && told.remaining > 0 && attempt < ATTEMPTS {
            continue;
        }
        told.bytes = rendered.values().map(|one| u64::from(one.size)).sum();
        told.commands = commands(context, folder, &told.delta, known, rendered);
        return Ok(Some(told));
    }
    Ok(Some(Told::default()))
}

fn commands(
    context: &Context,
    folder: &Watched,
    delta: &Delta,
    known: &syncledger_domain::sync_state::Known,
    mut rendered: std::collections::HashMap<ItemId, items::Rendered>,
) -> Vec<Element> {
    let named = |tag, item: &ItemId| {
        let id = ServerId { folder: folder.folder, item: item.clone() };
        Element::new(tag).with(Element::text(a::SERVER_ID, id.to_string()))
    };
    let mut commands = Vec::with_capacity(delta.len());
    commands.extend(delta.removes.iter().map(|item| named(a::DELETE, item)));
    commands.extend(delta.soft_removes.iter().map(|item| named(a::SOFT_DELETE, item)));
    for (item, now) in &delta.changes {
        let before = known.get(item).copied().unwrap_or(Fingerprint::DIFFERENT);
        let data = items::change(folder.class, before, *now, context.version);
        commands.push(named(a::CHANGE, item).with(data));
    }
    for (item, _) in &delta.adds {
        if let Some(rendered) = rendered.remove(item) {
            commands.push(named(a::ADD, item).with(rendered.data));
        }
    }
    commands
}
