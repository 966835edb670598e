//! The waiting connection of an account: one for all its devices and all their folders.
//!
//! One folder, the Inbox if anybody cares for it, is selected and watched by IDLE (RFC 2177). NOTIFY (RFC 5465) tells
//! of the others where the server has it. Every now and then the others are asked for their numbers in any case, and
//! the listing of folders for its digest: NOTIFY depends on notes the server keeps, and those can miss what other
//! programs do to the store.

mod hub;
mod task;
mod waiter;

use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use syncledger_domain::ports::mailbox::{BackendKey, Changed, MailboxError, Watch};
use tokio::sync::oneshot;

use crate::{account::Account, mailbox::can_be_named};

pub(crate) use hub::Hub;
use hub::Subscriber;

/// A watch that waits until it is in force.
struct Request {
    folders: HashSet<BackendKey>,
    in_force: oneshot::Sender<Result<(), MailboxError>>,
}

/// Watches folders; returns when no later change can be missed.
pub(crate) async fn watch(
    account: &Arc<Account>,
    folders: &[BackendKey],
) -> Result<Box<dyn Watch>, MailboxError> {
    if let Some(nameless) = folders.iter().find(|folder| !can_be_named(folder)) {
        return Err(MailboxError::NoSuchFolder(nameless.clone()));
    }
    let folders: HashSet<BackendKey> = folders.iter().cloned().collect();
    let (in_force, reply) = oneshot::channel();
    let subscriber = account.hub.subscribe(folders.clone());
    let watch = ImapWatch { account: Arc::clone(account), subscriber };
    account.hub.request(account, Request { folders, in_force });
    let gone = || MailboxError::Unavailable("the watch ended".to_owned());
    reply.await.map_err(|_| gone())??;
    Ok(Box::new(watch))
}

/// One holder of the common watch.
struct ImapWatch {
    account: Arc<Account>,
    subscriber: Arc<Subscriber>,
}

#[async_trait]
impl Watch for ImapWatch {
    async fn changed(&mut self) -> Changed {
        self.subscriber.changed().await
    }
}

impl Drop for ImapWatch {
    fn drop(&mut self) {
        self.account.hub.unsubscribe(&self.subscriber);
    }
}
