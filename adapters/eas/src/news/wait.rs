//! Waiting for news: the long poll under Ping and hanging Syncs.
//!
//! Holds no lock, no connection of its own and no decoded request. It looks when the mailbox or the log says that
//! something happened, at once or a while later as the account's settings say, and where a look fails it looks again by
//! itself: nobody else would repeat the wake-up. Whatever else ends a wait ends it at once.

use std::time::Duration;

use syncledger_domain::{
    ids::FolderId,
    ports::mailbox::{BackendKey, Changed, MailboxError, Watch},
};
use syncledger_projections::policy_snapshot::Cause;
use tokio::time::Instant;

use super::{Watched, agenda::Agenda, concerns_folder, hierarchy_has_news, index, measure};
use crate::{
    answer::Failure,
    context::Context,
    http::gates::{Closed, recheck},
    waiting::WaitGuard,
};

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
    /// The device belongs into another world: its next request is led there.
    OtherWorld,
}

/// Waits until one of the collections has news, for at most `patience`. News that is there already ends the wait at
/// once. `guard` is the request's place in the waiting room.
///
/// # Errors
/// When the backend cannot be reached to begin with, or the log cannot be read.
pub async fn wait(
    context: &Context,
    watched: Vec<Watched>,
    patience: Duration,
    guard: &WaitGuard,
) -> Result<Wake, Failure> {
    // Whatever is being looked at is given up when the wait ends otherwise; the next request looks again.
    tokio::select! {
        biased;
        () = guard.superseded.cancelled() => Ok(Wake::Superseded),
        () = context.services.shutdown.cancelled() => Ok(Wake::ShuttingDown),
        () = context.hung_up.cancelled() => Ok(Wake::HungUp),
        wake = until_news(context, &watched) => match wake? {
            // While the mailbox was looked at, the gates were not.
            Wake::News(folders) => Ok(closed(context).unwrap_or(Wake::News(folders))),
            wake => Ok(wake),
        },
        () = until_over(context, patience) => Ok(Wake::TimeOver),
    }
}

/// Returns when the device has waited for as long as it asked for, or as long as it may by now where that is less.
async fn until_over(context: &Context, patience: Duration) {
    let begun = Instant::now();
    let mut log = context.services.policy.watch(context.account, &context.device);
    loop {
        let longest = Duration::from_secs(context.settings().max_heartbeat_secs.into());
        tokio::select! {
            () = tokio::time::sleep_until(begun + patience.min(longest)) => return,
            _ = log.changed() => {}
        }
    }
}

async fn until_news(context: &Context, watched: &[Watched]) -> Result<Wake, Failure> {
    // The watches begin before the first look, so that nothing falls between the two.
    let mut log = context.services.policy.watch(context.account, &context.device);
    // What closed between the gates and here, the watch will not tell.
    if let Some(wake) = closed(context) {
        return Ok(wake);
    }
    let mut mailbox = match watch(context, watched).await {
        Ok(watch) => watch,
        Err(MailboxError::NoSuchFolder(_)) => return Ok(Wake::HierarchyChanged),
        Err(error) => return Err(error.into()),
    };
    if let Some(wake) = Box::pin(look(context, watched, &Changed::Anything)).await? {
        return Ok(wake);
    }
    let mut agenda = Agenda::default();
    loop {
        tokio::select! {
            changed = mailbox.changed() => agenda.note(changed, context.settings().latency),
            change = log.changed() => {
                if let Some(wake) = closed(context) {
                    return Ok(wake);
                }
                // The watch tells the newest of several events alone: whatever it names, anything may have changed. Of
                // the mailbox the folder tree is, which another request of the account has seen first.
                let delay = match change.cause {
                    Cause::Folders => context.settings().latency,
                    // All who wait hear of these. They say nothing of a mailbox, and ten thousand must not look at once.
                    Cause::Settings | Cause::Control => {
                        agenda.hurry(context.settings().latency);
                        continue;
                    }
                    Cause::Account | Cause::Device | Cause::Nothing => Duration::ZERO,
                };
                agenda.note(Changed::Anything, delay);
            }
            () = agenda.due() => {
                let Some(changed) = agenda.take() else { continue };
                match Box::pin(look(context, watched, &changed)).await {
                    Ok(Some(wake)) => return Ok(wake),
                    Ok(None) => agenda.looked(),
                    Err(failure) => {
                        tracing::info!(reason = %failure, "news could not be measured, trying again");
                        agenda.failed();
                    }
                }
            }
        }
    }
}

/// How a wait ends whose gates are not open any more.
fn closed(context: &Context) -> Option<Wake> {
    match recheck(context) {
        Ok(()) => None,
        Err(Closed::Refused(failure)) => Some(Wake::Refused(failure)),
        Err(Closed::OtherWorld) => Some(Wake::OtherWorld),
    }
}

/// Looks at what may have changed.
async fn look(context: &Context, watched: &[Watched], changed: &Changed) -> Result<Option<Wake>, Failure> {
    let news = match changed {
        Changed::Anything => {
            if hierarchy_has_news(context).await? {
                return Ok(Some(Wake::HierarchyChanged));
            }
            measure(context, watched.iter()).await?
        }
        Changed::Folders(keys) => {
            let is_changed = |one: &&Watched| one.key.as_ref().is_some_and(|key| keys.contains(key));
            measure(context, watched.iter().filter(is_changed)).await?
        }
    };
    Ok(news.map(Wake::News))
}

/// Watches what can be watched: a folder that cannot be read does not keep the others from it.
async fn watch(context: &Context, watched: &[Watched]) -> Result<Box<dyn Watch>, MailboxError> {
    let keys: Vec<BackendKey> = watched.iter().filter_map(|one| one.key.clone()).collect();
    match context.mailbox.watch(&keys).await {
        Err(error) if concerns_folder(&error) && !matches!(error, MailboxError::NoSuchFolder(_)) => {}
        other => return other,
    }
    let mut readable = Vec::with_capacity(keys.len());
    for key in keys {
        match index(context, Some(&key)).await {
            Ok(_) => readable.push(key),
            Err(error) if concerns_folder(&error) => {}
            Err(error) => return Err(error),
        }
    }
    context.mailbox.watch(&readable).await
}
