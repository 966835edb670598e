//! Push by inotify.
//!
//! One inotify instance serves all accounts, because a user may only have 128 of them. It is opened with the first
//! watch and closed with the last. A directory is watched once, however many watches name it: the kernel answers the
//! same descriptor for the same directory, whatever its path is by now, and that descriptor is the key of everything
//! here. Watched are `new` and `cur` of each folder for messages, and the Maildir itself for folders.
//!
//! Network file systems report only the changes made on this machine.

use std::{
    collections::{BTreeSet, HashMap},
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::StreamExt;
use inotify::{Event, EventMask, EventStream, Inotify, WatchDescriptor, WatchMask, Watches};
use syncledger_domain::ports::mailbox::{BackendKey, Changed, MailboxError, Watch};
use tokio::{sync::Notify, task::JoinHandle};

use crate::{
    account::{Account, FolderDir},
    error::writing,
};

/// Bytes read from the kernel at once; some fifty events.
const BUFFER: usize = 4096;

/// All watches of a [`crate::FilesMailboxes`].
#[derive(Default)]
pub(crate) struct Hub {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: Option<Running>,
    /// What is watched, by the number of the descriptor. The kernel never gives a number twice.
    routes: HashMap<i32, Route>,
    last_watch: u64,
}

struct Running {
    watches: Watches,
    listener: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

struct Route {
    descriptor: WatchDescriptor,
    listeners: Vec<Listener>,
}

/// Who wants to hear of a directory, and as what.
#[derive(Clone)]
struct Listener {
    watch: u64,
    pending: Arc<Pending>,
    reports: Reports,
}

#[derive(Clone)]
enum Reports {
    /// Messages of a folder.
    Folder(BackendKey),
    /// Folders coming, going and changing their names.
    Folders,
}

impl Hub {
    /// Watches folders of an account.
    pub(crate) fn watch(
        self: &Arc<Self>,
        account: &Account,
        folders: &[FolderDir],
    ) -> Result<FilesWatch, MailboxError> {
        for folder in folders {
            // What does not exist cannot be watched.
            folder.complete().map_err(writing("folder"))?;
        }
        let mut state = self.state();
        state.last_watch += 1;
        let mut watch = FilesWatch {
            hub: Arc::clone(self),
            number: state.last_watch,
            pending: Arc::default(),
            routes: BTreeSet::new(),
        };
        let added = self.add_all(&mut state, &mut watch, account, folders);
        // Dropping a watch that failed half-way takes the lock itself.
        drop(state);
        added.map_err(|error| refused(&error)).map(|()| watch)
    }

    fn add_all(
        self: &Arc<Self>,
        state: &mut State,
        watch: &mut FilesWatch,
        account: &Account,
        folders: &[FolderDir],
    ) -> io::Result<()> {
        if state.running.is_none() {
            state.running = Some(self.start()?);
        }
        state.add(watch, &account.maildir, &Reports::Folders)?;
        for folder in folders {
            let reports = Reports::Folder(folder.key.clone());
            state.add(watch, &folder.new_dir(), &reports)?;
            state.add(watch, &folder.cur_dir(), &reports)?;
        }
        Ok(())
    }

    fn start(self: &Arc<Self>) -> io::Result<Running> {
        let events = Inotify::init()?.into_event_stream(vec![0; BUFFER])?;
        let watches = events.watches();
        let listener = tokio::spawn(listen(Arc::downgrade(self), events));
        Ok(Running { watches, listener })
    }

    fn dispatch<Name: AsRef<std::ffi::OsStr>>(&self, event: &Event<Name>) {
        let mut state = self.state();
        if event.mask.contains(EventMask::Q_OVERFLOW) {
            // Events were lost; nobody knows which.
            return state.alarm();
        }
        let number = event.wd.get_watch_descriptor_id();
        let Some(route) = state.routes.get(&number) else { return };
        let itself_gone =
            EventMask::IGNORED | EventMask::DELETE_SELF | EventMask::MOVE_SELF | EventMask::UNMOUNT;
        let gone = event.mask.intersects(itself_gone);
        for listener in &route.listeners {
            match &listener.reports {
                Reports::Folder(key) if !gone => listener.pending.ring(|seen| {
                    seen.folders.insert(key.clone());
                }),
                // Files beside the folders are other programs' own affair.
                Reports::Folders if !gone && !event.mask.contains(EventMask::ISDIR) => {}
                Reports::Folder(_) | Reports::Folders => listener.pending.ring(|seen| seen.anything = true),
            }
        }
        if event.mask.contains(EventMask::IGNORED) {
            state.routes.remove(&number);
        }
    }

    fn release(&self, watch: &FilesWatch) {
        let mut state = self.state();
        for number in &watch.routes {
            let Some(route) = state.routes.get_mut(number) else { continue };
            route.listeners.retain(|listener| listener.watch != watch.number);
            if route.listeners.is_empty() {
                let descriptor = route.descriptor.clone();
                state.routes.remove(number);
                if let Some(running) = &mut state.running {
                    // A directory that is gone has taken its descriptor along.
                    let _ = running.watches.remove(descriptor);
                }
            }
        }
        if state.routes.is_empty() {
            state.running = None;
        }
    }

    #[cfg(test)]
    pub(crate) fn directories_watched(&self) -> Option<usize> {
        let state = self.state();
        state.running.as_ref().map(|_| state.routes.len())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, watch: &mut FilesWatch, path: &Path, reports: &Reports) -> io::Result<()> {
        let mask = WatchMask::CREATE
            | WatchMask::DELETE
            | WatchMask::MOVE
            | WatchMask::DELETE_SELF
            | WatchMask::MOVE_SELF
            | WatchMask::ONLYDIR
            | WatchMask::DONT_FOLLOW;
        let running = self.running.as_mut().expect("started before the first directory is added");
        let descriptor = running.watches.add(path, mask)?;
        let number = descriptor.get_watch_descriptor_id();
        let route = self.routes.entry(number).or_insert_with(|| Route { descriptor, listeners: Vec::new() });
        let (pending, reports) = (Arc::clone(&watch.pending), reports.clone());
        route.listeners.push(Listener { watch: watch.number, pending, reports });
        watch.routes.insert(number);
        Ok(())
    }

    fn alarm(&self) {
        for listener in self.routes.values().flat_map(|route| &route.listeners) {
            listener.pending.ring(|seen| seen.anything = true);
        }
    }
}

/// Takes events from the kernel until the hub lets go of it.
async fn listen(hub: Weak<Hub>, mut events: EventStream<Vec<u8>>) {
    while let Some(event) = events.next().await {
        let Some(hub) = hub.upgrade() else { return };
        match event {
            Ok(event) => hub.dispatch(&event),
            Err(error) => {
                tracing::warn!(error = %error, "file changes could not be read, watches look for themselves");
                hub.state().alarm();
                drop(hub);
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

fn refused(error: &io::Error) -> MailboxError {
    let limit = match error.raw_os_error() {
        Some(libc::ENOSPC) => " (raise fs.inotify.max_user_watches)",
        Some(libc::EMFILE) => " (raise fs.inotify.max_user_instances)",
        _ => "",
    };
    MailboxError::Unavailable(format!("watching directories: {error}{limit}"))
}

/// What has changed since the holder last asked, and a bell.
#[derive(Default)]
struct Pending {
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

/// A watch of some folders.
pub(crate) struct FilesWatch {
    hub: Arc<Hub>,
    number: u64,
    pending: Arc<Pending>,
    routes: BTreeSet<i32>,
}

#[async_trait]
impl Watch for FilesWatch {
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

impl Drop for FilesWatch {
    fn drop(&mut self) {
        self.hub.release(self);
    }
}
