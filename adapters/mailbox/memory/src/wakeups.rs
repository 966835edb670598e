//! Wake-ups for watches: what changed since the holder last asked, and a bell.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use async_trait::async_trait;
use syncledger_domain::ports::mailbox::{BackendKey, Changed, Watch};
use tokio::sync::Notify;

/// All watches of a mailbox.
#[derive(Default)]
pub(crate) struct Wakeups {
    watches: Mutex<Vec<Weak<Pending>>>,
}

impl Wakeups {
    /// A watch of these folders; it reports every change made from now on.
    pub(crate) fn watch(&self, folders: &[BackendKey]) -> MemoryWatch {
        let pending = Arc::new(Pending {
            folders: folders.iter().cloned().collect(),
            seen: Mutex::default(),
            bell: Notify::new(),
        });
        let mut watches = self.watches();
        watches.retain(|watch| watch.strong_count() > 0);
        watches.push(Arc::downgrade(&pending));
        MemoryWatch { pending }
    }

    /// Something changed in a folder.
    pub(crate) fn folder(&self, key: &BackendKey) {
        self.each(|watch| {
            if watch.folders.contains(key) {
                watch.ring(|seen| {
                    seen.folders.insert(key.clone());
                });
            }
        });
    }

    /// Anything may have changed.
    pub(crate) fn anything(&self) {
        self.each(|watch| watch.ring(|seen| seen.anything = true));
    }

    fn each(&self, tell: impl Fn(&Pending)) {
        for watch in self.watches().iter().filter_map(Weak::upgrade) {
            tell(&watch);
        }
    }

    fn watches(&self) -> MutexGuard<'_, Vec<Weak<Pending>>> {
        self.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Pending {
    folders: BTreeSet<BackendKey>,
    seen: Mutex<Seen>,
    bell: Notify,
}

#[derive(Default)]
struct Seen {
    folders: BTreeSet<BackendKey>,
    anything: bool,
}

impl Pending {
    fn ring(&self, note: impl FnOnce(&mut Seen)) {
        note(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        self.bell.notify_one();
    }

    fn take(&self) -> Option<Changed> {
        let seen = std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        match seen {
            Seen { anything: true, .. } => Some(Changed::Anything),
            Seen { folders, .. } if folders.is_empty() => None,
            Seen { folders, .. } => Some(Changed::Folders(folders.into_iter().collect())),
        }
    }
}

/// One watch of a [`crate::MemoryMailbox`].
pub(crate) struct MemoryWatch {
    pending: Arc<Pending>,
}

#[async_trait]
impl Watch for MemoryWatch {
    async fn changed(&mut self) -> Changed {
        loop {
            if let Some(changed) = self.pending.take() {
                return changed;
            }
            // A bell rung before this line is kept, so nothing noted after `take` is slept through.
            self.pending.bell.notified().await;
        }
    }
}
