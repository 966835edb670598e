//! News: what Ping announces, hanging Syncs wait for and GetItemEstimate counts, measured by the same rule by which
//! Sync delivers, so that nothing is announced that is not delivered.

use std::{sync::Arc, time::Duration};

use syncledger_domain::{
    event::Timestamp,
    folders::FolderMap,
    ids::{CollectionId, FolderId},
    ports::mailbox::{BackendKey, Changed, FolderClass, FolderIndex, MailboxError},
    sync_state::{CollectionOptions, Filter},
};
use syncledger_projections::policy_snapshot::Cause;
use tokio::time::Instant;

use crate::{answer::Failure, context::Context, waiting::WaitGuard};

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
    /// The folder an id names; the Outbox exists on the device alone.
    pub fn of(map: &FolderMap, id: FolderId) -> Option<Self> {
        match map.present(id) {
            Some(folder) => Some(Self { folder: id, key: Some(folder.key.clone()), class: folder.class }),
            None if id == FolderId::OUTBOX => Some(Self { folder: id, key: None, class: FolderClass::Mail }),
            None => None,
        }
    }
}

/// How a wait ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Wake {
    /// These folders have news.
    News(Vec<FolderId>),
    /// Folders came, went or were renamed.
    HierarchyChanged,
    /// The time is over.
    TimeOver,
    /// A newer request of the device takes over.
    Superseded,
    /// The node shuts down.
    ShuttingDown,
    /// The device hung up.
    HungUp,
    /// A gate has closed meanwhile.
    Refused(Failure),
}

/// The moment a filter reaches back to (MS-ASCMD, "FilterType"), for mail and calendars. It moves once a day, at UTC
/// midnight, so that a window does not crumble item by item.
pub fn filter(options: Option<&CollectionOptions>, class: FolderClass, now: Timestamp) -> Filter {
    const DAY: i64 = 86_400;
    let applies = matches!(class, FolderClass::Mail | FolderClass::Calendar);
    let days = match options.map_or(0, |options| options.filter_type) {
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

/// Whether a collection has news for the device. A collection without a valid key has: otherwise a device that lost its
/// state would wait for ever.
///
/// # Errors
/// When the log or the mailbox cannot be read.
pub async fn has_news(context: &Context, watched: &Watched) -> Result<bool, Failure> {
    let collection = CollectionId::Folder(watched.folder);
    if watched.key.is_none() {
        return Ok(false);
    }
    let loaded = context.services.sync_states.peek(context.account, &context.device, collection).await?;
    if loaded.state.given_key().is_none() {
        return Ok(true);
    }
    let index = match index(context, watched.key.as_ref()).await {
        Ok(index) => index,
        // The folder went: the caller learns of it through the hierarchy.
        Err(MailboxError::NoSuchFolder(_)) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let now = context.services.repository.clock().now();
    let filter = filter(loaded.state.options.as_ref(), watched.class, now);
    Ok(loaded.state.news(&index, filter) > 0)
}

/// Waits until one of the collections has news, for at most `patience`. News that is there already ends the wait at
/// once. Holds no lock, no connection of its own and no decoded request. `guard` is the request's place in the waiting
/// room.
///
/// # Errors
/// When the backend cannot be reached to begin with, or the log cannot be read.
pub async fn wait(
    context: &Context,
    watched: Vec<Watched>,
    patience: Duration,
    guard: &WaitGuard,
) -> Result<Wake, Failure> {
    let deadline = Instant::now() + patience;
    let services = &context.services;
    let keys: Vec<BackendKey> = watched.iter().filter_map(|one| one.key.clone()).collect();
    // The watch begins before the first measurement, so that nothing falls between the two.
    let mut policy = services.policy.watch(context.account, &context.device);
    let mut watch = match context.mailbox.watch(&keys).await {
        Ok(watch) => watch,
        Err(MailboxError::NoSuchFolder(_)) => return Ok(Wake::HierarchyChanged),
        Err(error) => return Err(error.into()),
    };
    if hierarchy_has_news(context).await? {
        return Ok(Wake::HierarchyChanged);
    }
    if let Some(news) = measure(context, watched.iter()).await? {
        return Ok(Wake::News(news));
    }
    loop {
        tokio::select! {
            changed = watch.changed() => {
                let affected: Vec<&Watched> = match &changed {
                    Changed::Anything => watched.iter().collect(),
                    Changed::Folders(keys) => {
                        watched.iter().filter(|one| one.key.as_ref().is_some_and(|key| keys.contains(key))).collect()
                    }
                };
                if changed == Changed::Anything && hierarchy_has_news(context).await.unwrap_or(false) {
                    return Ok(Wake::HierarchyChanged);
                }
                // A backend that fails now comes back with its own wake-up: the watch reports after a reconnect.
                if let Ok(Some(news)) = measure(context, affected.into_iter()).await {
                    return Ok(Wake::News(news));
                }
            }
            change = policy.changed() => {
                if let Err(failure) = crate::http::gates::recheck(context) {
                    return Ok(Wake::Refused(failure));
                }
                if matches!(change.cause, Cause::Folders | Cause::Device)
                    && hierarchy_has_news(context).await.unwrap_or(false)
                {
                    return Ok(Wake::HierarchyChanged);
                }
            }
            () = guard.superseded.cancelled() => return Ok(Wake::Superseded),
            () = services.shutdown.cancelled() => return Ok(Wake::ShuttingDown),
            () = context.hung_up.cancelled() => return Ok(Wake::HungUp),
            () = tokio::time::sleep_until(deadline) => return Ok(Wake::TimeOver),
        }
    }
}

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
    Ok(loaded.state.news(&crate::ascmd::folder_sync::index(&map), Filter::default()) > 0)
}
