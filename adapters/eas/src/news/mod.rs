//! News: what Ping announces, hanging Syncs wait for and GetItemEstimate counts, measured by the same rule by which
//! Sync delivers, so that nothing is announced that is not delivered.

mod agenda;
mod wait;

use std::sync::Arc;

use syncledger_domain::{
    folders::FolderMap,
    ids::{CollectionId, FolderId},
    ports::mailbox::{BackendKey, FolderClass, FolderIndex, MailboxError},
    sync_state::{CollectionOptions, Filter, SyncState},
};

pub use wait::{Wake, wait};

use crate::{
    answer::Failure,
    context::{Context, World},
    policy_limits::filter_type,
};

/// A collection to measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// The folder.
    pub folder: FolderId,
    /// Where the backend keeps it; `None` for the Outbox, which never has news.
    pub key: Option<BackendKey>,
    /// What it holds.
    pub class: FolderClass,
}

impl Watched {
    /// The folder an id names, if devices may know of it; the Outbox exists on the device alone, and in the dummy world not at all.
    pub fn of(world: World, map: &FolderMap, id: FolderId) -> Option<Self> {
        match map.shown(id) {
            Some(folder) => Some(Self { folder: id, key: Some(folder.key.clone()), class: folder.class }),
            None if id == FolderId::OUTBOX && world == World::Real => {
                Some(Self { folder: id, key: None, class: FolderClass::Mail })
            }
            None => None,
        }
    }
}

/// The moment a filter reaches back to (MS-ASCMD, "FilterType"), for mail and calendars. It moves once a day, at UTC
/// midnight, so that a window does not crumble item by item. The policy of the account may let it reach less far than the
/// device asks for. In the dummy world there is none: its message must be seen however long ago the device was shut out.
pub fn filter(context: &Context, options: Option<&CollectionOptions>, class: FolderClass) -> Filter {
    const DAY: i64 = 86_400;
    if context.world == World::Dummy {
        return Filter::default();
    }
    let now = context.services.repository.clock().now();
    let applies = matches!(class, FolderClass::Mail | FolderClass::Calendar);
    let asked = options.map_or(0, |options| options.filter_type);
    let days = match context.read_settings(|scopes| filter_type(scopes, class, asked)) {
        1 => 1,
        2 => 3,
        3 => 7,
        4 => 14,
        5 => 30,
        6 => 90,
        7 => 180,
        _ => return Filter::default(),
    };
    let midnight = now.seconds().div_euclid(DAY) * DAY;
    Filter { not_before: applies.then_some(midnight - days * DAY) }
}

/// The index of a folder; the Outbox is always empty.
///
/// # Errors
/// Those of the mailbox.
pub async fn index(context: &Context, key: Option<&BackendKey>) -> Result<Arc<FolderIndex>, MailboxError> {
    match key {
        Some(key) => context.mailbox.index(key, None).await,
        None => Ok(Arc::default()),
    }
}

/// Whether an error is of one folder alone, so that the others go on: not so when the mailbox as a whole is down.
pub fn concerns_folder(error: &MailboxError) -> bool {
    match error {
        MailboxError::Unavailable(_) | MailboxError::Unauthenticated => false,
        MailboxError::NoSuchFolder(_)
        | MailboxError::NoSuchItem(_)
        | MailboxError::Denied(_)
        | MailboxError::QuotaExceeded
        | MailboxError::Unsupported(_)
        | MailboxError::Refused(_) => true,
    }
}

/// Whether a collection has news for the device. A collection without a valid key has: otherwise a device that lost its
/// state would wait for ever.
///
/// What looks like news is measured again when the device's requests under way have ended: a move the device made
/// itself reaches the mailbox a moment before what the device knows.
///
/// # Errors
/// When the log or the mailbox cannot be read.
pub async fn has_news(context: &Context, watched: &Watched) -> Result<bool, Failure> {
    let collection = CollectionId::Folder(watched.folder);
    let states = &context.services.sync_states;
    let seen = states.peek(context.account, &context.device, collection).await?;
    if !differs(context, watched, &seen.state).await? {
        return Ok(false);
    }
    let held = states.open(context.account, &context.device, collection).await?;
    differs(context, watched, held.state()).await
}

async fn differs(context: &Context, watched: &Watched, state: &SyncState) -> Result<bool, Failure> {
    if watched.key.is_none() {
        return Ok(false);
    }
    if state.given_key().is_none() {
        return Ok(true);
    }
    let index = match index(context, watched.key.as_ref()).await {
        Ok(index) => index,
        // The folder went: the caller learns of it through the hierarchy. A folder that cannot be read has nothing
        // Sync could deliver.
        Err(error) if concerns_folder(&error) => {
            tracing::info!(eas.collection = %watched.folder, reason = %error, "a folder cannot be measured");
            return Ok(false);
        }
        Err(error) => return Err(error.into()),
    };
    let filter = filter(context, state.options.as_ref(), watched.class);
    Ok(state.news(&index, filter) > 0)
}

/// The folders among these that have news; `None` when none has.
async fn measure(
    context: &Context,
    watched: impl Iterator<Item = &Watched>,
) -> Result<Option<Vec<FolderId>>, Failure> {
    let mut news = Vec::new();
    for one in watched {
        if has_news(context, one).await? {
            news.push(one.folder);
        }
    }
    Ok((!news.is_empty()).then_some(news))
}

/// Whether the folder tree differs from what the device was last told by FolderSync. A device whose tree was reset has
/// everything to hear.
///
/// # Errors
/// When the log or the mailbox cannot be read.
pub async fn hierarchy_has_news(context: &Context) -> Result<bool, Failure> {
    let map = crate::ascmd::folder_sync::observe(context).await?;
    let loaded =
        context.services.sync_states.peek(context.account, &context.device, CollectionId::Hierarchy).await?;
    if loaded.state.given_key().is_none() {
        return Ok(true);
    }
    Ok(loaded.state.news(&crate::ascmd::folder_sync::index(context.world, &map.state), Filter::default()) > 0)
}
