//! Who waits for what.

use std::{
    collections::{BTreeSet, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use syncledger_domain::ports::mailbox::{BackendKey, Changed};
use tokio::sync::{Notify, mpsc};

use super::{Request, task};
use crate::account::Account;

/// The watchers of one account.
#[derive(Default)]
pub(crate) struct Hub {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    subscribers: Vec<Arc<Subscriber>>,
    /// The way to the task, while it runs.
    task: Option<mpsc::UnboundedSender<Request>>,
}

/// One watcher.
pub(super) struct Subscriber {
    folders: HashSet<BackendKey>,
    seen: Mutex<Seen>,
    wake: Notify,
}

/// What a watcher has not been told yet.
#[derive(Default)]
struct Seen {
    anything: bool,
    folders: BTreeSet<BackendKey>,
}

impl Subscriber {
    /// Waits for something to tell. Nothing is taken before there is something to return.
    pub(super) async fn changed(&self) -> Changed {
        loop {
            if let Some(changed) = self.take() {
                return changed;
            }
            self.wake.notified().await;
        }
    }

    fn take(&self) -> Option<Changed> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Seen { anything, folders } = std::mem::take(&mut *seen);
        if anything {
            return Some(Changed::Anything);
        }
        (!folders.is_empty()).then(|| Changed::Folders(folders.into_iter().collect()))
    }

    fn tell(&self, note: impl FnOnce(&mut Seen)) {
        note(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        self.wake.notify_one();
    }
}

impl Hub {
    pub(super) fn subscribe(&self, folders: HashSet<BackendKey>) -> Arc<Subscriber> {
        let subscriber = Arc::new(Subscriber { folders, seen: Mutex::default(), wake: Notify::new() });
        self.lock().subscribers.push(Arc::clone(&subscriber));
        subscriber
    }

    pub(super) fn unsubscribe(&self, subscriber: &Arc<Subscriber>) {
        self.lock().subscribers.retain(|other| !Arc::ptr_eq(other, subscriber));
    }

    /// Hands a request to the task, which is started if it does not run.
    pub(super) fn request(&self, account: &Arc<Account>, request: Request) {
        let mut state = self.lock();
        let unsent = match &state.task {
            Some(task) => task.send(request).err().map(|error| error.0),
            None => Some(request),
        };
        if let Some(request) = unsent {
            let (sender, receiver) = mpsc::unbounded_channel();
            // The receiver is alive: it is in our hands.
            let _ = sender.send(request);
            state.task = Some(sender);
            tokio::spawn(task::run(Arc::clone(account), receiver));
        }
    }

    /// Every folder somebody waits for.
    pub(super) fn wanted(&self) -> BTreeSet<BackendKey> {
        self.lock().subscribers.iter().flat_map(|subscriber| subscriber.folders.iter().cloned()).collect()
    }

    /// Lets the task end if nobody waits any more. A watcher subscribes before it asks, so none is overlooked.
    pub(super) fn may_end(&self) -> bool {
        let mut state = self.lock();
        let ends = state.subscribers.is_empty();
        if ends {
            state.task = None;
        }
        ends
    }

    /// The task gives up although somebody waits.
    pub(super) fn give_up(&self) {
        self.lock().task = None;
        self.tell_anything();
    }

    pub(super) fn tell(&self, folder: &BackendKey) {
        for subscriber in self.lock().subscribers.iter().filter(|s| s.folders.contains(folder)) {
            subscriber.tell(|seen| {
                seen.folders.insert(folder.clone());
            });
        }
    }

    pub(super) fn tell_anything(&self) {
        for subscriber in &self.lock().subscribers {
            subscriber.tell(|seen| seen.anything = true);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
