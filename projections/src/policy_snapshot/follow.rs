//! Following the log.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use syncledger_domain::{
    event::{Position, RecordedEvent},
    ids::{AccountId, DeviceId},
    ports::{
        event_log::{EventLog, ReadError, Subscription, SubscriptionItem},
        views::ViewStore,
    },
};
use tokio::{sync::watch, task::JoinHandle};

use super::{
    DeviceWatch, PolicySnapshot, load,
    watches::{Cause, Change, Subject, Watches},
};

/// Pause before a lost subscription is tried again; doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The current policy snapshot, kept up with the log by a task of its own. Dropping it ends the task.
pub struct PolicySnapshots {
    shared: Shared,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Shared {
    current: Arc<ArcSwap<PolicySnapshot>>,
    position: Arc<watch::Sender<Position>>,
    watches: Watches,
}

impl PolicySnapshots {
    /// Builds the first snapshot, complete up to the end of the log, and follows the log from there on. With views the
    /// directory and the devices are read from them and only what came later is read from the log, which is what makes
    /// a start with a long history fast.
    ///
    /// # Errors
    /// When the log cannot be read. Views that cannot be read are done without.
    pub async fn start(log: Arc<dyn EventLog>, views: Option<Arc<dyn ViewStore>>) -> Result<Self, ReadError> {
        let first = match views {
            Some(views) => from_views(views.as_ref(), log.head().await?).await,
            None => PolicySnapshot::default(),
        };
        let mut first = first;
        first.load_followed(log.as_ref()).await?;
        let mut subscription = log.subscribe(first.position()).await?;
        let shared = Shared {
            position: Arc::new(watch::Sender::new(first.position())),
            current: Arc::new(ArcSwap::from_pointee(first)),
            watches: Watches::default(),
        };
        while !shared.take(subscription.next().await?) {}
        let task = tokio::spawn(shared.clone().follow(log, subscription));
        Ok(Self { shared, task })
    }

    /// The snapshot as of now. Keep it for one decision, not for long.
    pub fn current(&self) -> Arc<PolicySnapshot> {
        self.shared.current.load_full()
    }

    /// Waits until the snapshot includes a position, so that whoever appended sees the effect. `false` when the time is
    /// over before.
    pub async fn wait_for(&self, position: Position, timeout: Duration) -> bool {
        let mut positions = self.shared.position.subscribe();
        let arrival = positions.wait_for(|reached| *reached >= position);
        matches!(tokio::time::timeout(timeout, arrival).await, Ok(Ok(_)))
    }

    /// Watches the events that concern a device: its own, its account's, its folder map's, and all settings. Make it
    /// before looking at [`Self::current`], then nothing falls between.
    pub fn watch(&self, account: AccountId, device: &DeviceId) -> DeviceWatch {
        self.shared.watches.watch(account, device, self.current().position())
    }

    /// Wakes who waits with a device (of one account, or of all that use it) although no event came: an entry about it has
    /// stopped counting.
    pub fn wake(&self, device: &DeviceId, account: Option<AccountId>) {
        let subject = match account {
            Some(account) => Subject::Device(account, device.clone()),
            None => Subject::EverybodysDevice(device.clone()),
        };
        let change = Change { position: self.current().position(), cause: Cause::Control };
        self.shared.watches.wake(&subject, change);
    }

    /// The position of the current snapshot, as it grows.
    pub fn changes(&self) -> watch::Receiver<Position> {
        self.shared.position.subscribe()
    }
}

/// The snapshot the views make, or an empty one when they cannot be used: slower, not wrong.
async fn from_views(views: &dyn ViewStore, head: Position) -> PolicySnapshot {
    match load::from_views(views).await {
        Ok(snapshot) if snapshot.position() <= head => snapshot,
        Ok(_) => {
            tracing::warn!(
                "views are ahead of the event log: the policy snapshot is made from the log alone"
            );
            PolicySnapshot::default()
        }
        Err(error) => {
            tracing::warn!(%error, "views cannot be read: the policy snapshot is made from the log alone");
            PolicySnapshot::default()
        }
    }
}

impl Drop for PolicySnapshots {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(test)]
impl PolicySnapshots {
    pub(super) fn nobody_waits(&self) -> bool {
        self.shared.watches.is_empty()
    }
}

impl Shared {
    async fn follow(self, log: Arc<dyn EventLog>, first: Box<dyn Subscription>) {
        let mut subscription = first;
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match subscription.next().await {
                Ok(item) => {
                    pause = FIRST_PAUSE;
                    self.take(item);
                    continue;
                }
                Err(error) => error,
            };
            tracing::error!(%error, "policy snapshot lost the event log, subscribing again");
            subscription = loop {
                tokio::time::sleep(pause).await;
                pause = (2 * pause).min(LONGEST_PAUSE);
                match log.subscribe(self.current.load().position()).await {
                    Ok(subscription) => break subscription,
                    Err(error) => tracing::warn!(%error, "event log cannot be subscribed to"),
                }
            };
        }
    }

    /// Returns whether the reader is at the live end.
    fn take(&self, item: SubscriptionItem) -> bool {
        match item {
            SubscriptionItem::Events(events) => {
                self.take_events(&events);
                false
            }
            SubscriptionItem::CaughtUp(_) => true,
        }
    }

    /// One new snapshot for a batch; the pointer moves before anybody is woken.
    fn take_events(&self, events: &[RecordedEvent]) {
        let mut next = PolicySnapshot::clone(&self.current.load());
        let woken: Vec<(Subject, Change)> = events.iter().filter_map(|event| next.evolve(event)).collect();
        let position = next.position();
        self.current.store(Arc::new(next));
        self.position.send_replace(position);
        self.watches.wake_all(&woken);
    }
}
