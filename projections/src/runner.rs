//! Keeping the views up with the log.
//!
//! Each view has its own checkpoint, moved in the same transaction as its rows, so a view that was dropped or came new
//! with this build catches up alone. Several processes may work on one store: whoever comes second is told so by the
//! checkpoint and goes on from there.

mod lane;
#[cfg(test)]
mod tests;

use std::{convert::Infallible, sync::Arc, time::Duration};

use syncledger_domain::{
    event::{Position, RecordedEvent},
    ports::{
        event_log::{EventLog, SubscriptionItem},
        views::ViewStore,
    },
};
use tokio::{sync::watch, task::JoinHandle};

use self::lane::Lane;
use crate::{
    ProjectionError,
    devices::Devices,
    directory::Directory,
    projection::{LogEntry, Projection, RowBuffer, View},
    sync_states::SyncStates,
    timeline::Timeline,
};

/// Events read at a time while catching up.
const PAGE: usize = 500;
/// Pause before a failed store or log is tried again; doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The projections of all views.
pub fn all(log: &Arc<dyn EventLog>) -> Vec<Box<dyn Projection>> {
    vec![
        Box::new(Directory),
        Box::new(Devices),
        Box::new(SyncStates::new(Arc::clone(log))),
        Box::new(Timeline),
    ]
}

/// Names and layouts of all views.
pub const VIEWS: [View; 4] =
    [crate::directory::VIEW, crate::devices::VIEW, crate::sync_states::VIEW, crate::timeline::VIEW];

/// How far the views are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Every view has reached this position.
    pub reached: Position,
    /// The position aimed at: the log's end when the work began, or as last seen by the follower.
    pub until: Position,
    /// Events left out by this process because it does not understand them: of a newer build, sealed or damaged.
    pub skipped: u64,
}

impl Progress {
    /// How many positions are missing: 0 when up to date.
    pub fn lag(&self) -> u64 {
        self.until.0.saturating_sub(self.reached.0)
    }
}

/// Works on the views in the calling process.
pub struct Runner {
    log: Arc<dyn EventLog>,
    store: Arc<dyn ViewStore>,
    lanes: Vec<Lane>,
    skipped: u64,
    /// Events up to here have been looked at, so that none is counted as skipped twice.
    seen: Position,
}

impl Runner {
    /// For all views.
    pub fn new(log: Arc<dyn EventLog>, store: Arc<dyn ViewStore>) -> Self {
        let lane =
            |projection| Lane { projection, buffer: RowBuffer::default(), checkpoint: Position::START };
        let lanes = all(&log).into_iter().map(lane).collect();
        Self { log, store, lanes, skipped: 0, seen: Position::START }
    }

    /// For some views only, by name; for all when none is named.
    ///
    /// # Errors
    /// [`ProjectionError::UnknownView`].
    pub fn only(
        log: Arc<dyn EventLog>,
        store: Arc<dyn ViewStore>,
        names: &[impl AsRef<str>],
    ) -> Result<Self, ProjectionError> {
        let mut runner = Self::new(log, store);
        let unknown = names.iter().find(|name| VIEWS.iter().all(|view| view.name != name.as_ref()));
        if let Some(name) = unknown {
            return Err(ProjectionError::UnknownView(name.as_ref().to_owned()));
        }
        let wanted = |lane: &Lane| {
            names.is_empty() || names.iter().any(|name| name.as_ref() == lane.projection.view().name)
        };
        runner.lanes.retain(wanted);
        Ok(runner)
    }

    /// Brings the views at least to a position, or to the end of the log if that comes before.
    ///
    /// # Errors
    /// When the log or the store fails; what was done stays done.
    pub async fn catch_up(
        &mut self,
        until: Position,
        mut on_progress: impl FnMut(Progress) + Send,
    ) -> Result<Progress, ProjectionError> {
        self.prepare().await?;
        loop {
            let reached = self.reached();
            on_progress(self.progress(until));
            if reached >= until {
                return Ok(self.progress(until));
            }
            let page = self.log.read_all(reached, None, PAGE).await?;
            if page.is_empty() {
                return Ok(self.progress(until));
            }
            self.take(reached, page).await?;
        }
    }

    /// Drops the views and builds them anew up to the present end of the log. Until it is done readers see them
    /// incomplete; a server that follows the log helps building.
    ///
    /// # Errors
    /// When the log or the store fails; the views are then incomplete until the next run catches them up.
    pub async fn rebuild(
        &mut self,
        on_progress: impl FnMut(Progress) + Send,
    ) -> Result<Progress, ProjectionError> {
        for lane in &mut self.lanes {
            self.store.drop_view(lane.projection.view().stored).await?;
            lane.buffer.clear();
        }
        let head = self.log.head().await?;
        self.catch_up(head, on_progress).await
    }

    /// Follows the log in a task of its own.
    pub fn spawn(self) -> LiveViews {
        let start = Progress { reached: Position::START, until: Position::START, skipped: 0 };
        let (sender, progress) = watch::channel(start);
        LiveViews { progress, task: tokio::spawn(self.follow(sender)) }
    }

    async fn follow(mut self, progress: watch::Sender<Progress>) {
        let mut pause = FIRST_PAUSE;
        loop {
            let before = self.reached();
            let Err(error) = self.follow_once(&progress).await;
            if self.reached() > before {
                pause = FIRST_PAUSE;
            }
            tracing::error!(%error, "views stopped following the event log, trying again");
            tokio::time::sleep(pause).await;
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    async fn follow_once(
        &mut self,
        progress: &watch::Sender<Progress>,
    ) -> Result<Infallible, ProjectionError> {
        let head = self.log.head().await?;
        let report = |now| {
            progress.send_replace(now);
        };
        self.catch_up(head, report).await?;
        let mut after = self.reached();
        let mut subscription = self.log.subscribe(after).await?;
        loop {
            match subscription.next().await? {
                SubscriptionItem::Events(events) => {
                    let Some(last) = events.last().map(|event| event.position) else { continue };
                    progress.send_replace(self.progress(last));
                    self.take(after, events).await?;
                    after = last;
                }
                SubscriptionItem::CaughtUp(_) => {}
            }
            progress.send_replace(self.progress(after));
        }
    }

    /// Reads the checkpoints, and drops what other builds or another log left behind.
    async fn prepare(&mut self) -> Result<(), ProjectionError> {
        for lane in &mut self.lanes {
            let view = lane.projection.view();
            for layout in 1..view.layout {
                self.store.drop_view(&format!("{}-{layout}", view.name)).await?;
            }
            lane.read_checkpoint(self.store.as_ref()).await?;
        }
        // After the checkpoints: the log only grows, so a view ahead of this head was made from another log.
        let head = self.log.head().await?;
        for lane in self.lanes.iter_mut().filter(|lane| lane.checkpoint > head) {
            let view = lane.projection.view();
            tracing::warn!(
                view.name = view.name,
                view.position = lane.checkpoint.0,
                log.head = head.0,
                "view is ahead of the event log and is built anew"
            );
            self.store.drop_view(view.stored).await?;
            lane.read_checkpoint(self.store.as_ref()).await?;
        }
        Ok(())
    }

    fn reached(&self) -> Position {
        self.lanes.iter().map(|lane| lane.checkpoint).min().unwrap_or_default()
    }

    fn progress(&self, until: Position) -> Progress {
        Progress { reached: self.reached(), until, skipped: self.skipped }
    }

    /// Takes over the events that follow `after` without a hole.
    async fn take(&mut self, after: Position, events: Vec<RecordedEvent>) -> Result<(), ProjectionError> {
        let entries: Vec<_> = events.into_iter().map(LogEntry::new).collect();
        self.count_skipped(&entries);
        for lane in &mut self.lanes {
            let outcome = lane.take(self.log.as_ref(), self.store.as_ref(), after, &entries).await;
            if outcome.is_err() {
                lane.buffer.clear();
            }
            outcome?;
        }
        Ok(())
    }

    fn count_skipped(&mut self, entries: &[LogEntry]) {
        for entry in entries.iter().filter(|entry| entry.recorded.position > self.seen) {
            let recorded = &entry.recorded;
            if entry.event.is_none() {
                self.skipped += 1;
                tracing::warn!(stream.name = %recorded.stream, log.position = recorded.position.0,
                    event.name = recorded.event_type, event.version = recorded.version,
                    "event is not understood and left out of the views");
            }
        }
        self.seen = self.seen.max(entries.last().map_or(Position::START, |entry| entry.recorded.position));
    }
}

/// Views that follow the log. Dropping it ends the task; an unfinished batch leaves no trace.
pub struct LiveViews {
    progress: watch::Receiver<Progress>,
    task: JoinHandle<()>,
}

impl LiveViews {
    /// How far the views are.
    pub fn progress(&self) -> Progress {
        *self.progress.borrow()
    }

    /// Waits until every view has reached a position. `false` when the time is over before.
    pub async fn wait_for(&self, position: Position, timeout: Duration) -> bool {
        let mut progress = self.progress.clone();
        let arrival = progress.wait_for(|now| now.reached >= position);
        matches!(tokio::time::timeout(timeout, arrival).await, Ok(Ok(_)))
    }
}

impl Drop for LiveViews {
    fn drop(&mut self) {
        self.task.abort();
    }
}
