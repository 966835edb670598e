//! Who is to be woken by which event.
//!
//! Waiting requests register by device, so that an event wakes the requests it concerns and not all ten thousand. A
//! wait costs one entry; nothing is kept for devices that do not wait.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use syncledger_domain::{
    event::Position,
    ids::{AccountId, DeviceId},
};
use tokio::sync::watch;

/// What kind of event it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// Of the account: disabled, another password, removed, an attribute, …
    Account,
    /// Of the device: its policy, a reset, its removal; not what its own ordinary requests record.
    Device,
    /// Of the account's folder map: the hierarchy changed.
    Folders,
    /// Of a domain, a class of service or the global configuration.
    Settings,
    /// Of the Device Control List, its rules, the filters on versions or the services.
    Control,
    /// Nothing yet.
    Nothing,
}

/// The last event that concerned a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change {
    /// Where; the current snapshot includes it.
    pub position: Position,
    /// What.
    pub cause: Cause,
}

/// Whom an event concerns.
pub(super) enum Subject {
    Device(AccountId, DeviceId),
    Account(AccountId),
    /// The device of this id, of all accounts that use it.
    EverybodysDevice(DeviceId),
    Everybody,
}

/// What a waiting device has heard. Only the newest event is kept; those that may have changed what it waits for are counted,
/// so that none of them hides behind one that has not.
#[derive(Clone, Copy, Debug)]
struct Heard {
    last: Change,
    /// Events of the device, its account or its folder map, and the cause of the last of them.
    close: u64,
    close_cause: Cause,
}

impl Heard {
    fn hear(&mut self, change: Change) {
        self.last = change;
        match change.cause {
            Cause::Account | Cause::Device | Cause::Folders => {
                self.close += 1;
                self.close_cause = change.cause;
            }
            Cause::Settings | Cause::Control | Cause::Nothing => {}
        }
    }
}

type ByAccount = HashMap<AccountId, HashMap<DeviceId, watch::Sender<Heard>>>;

#[derive(Clone, Default)]
pub(super) struct Watches {
    by_account: Arc<Mutex<ByAccount>>,
}

impl Watches {
    pub(super) fn watch(&self, account: AccountId, device: &DeviceId, seen: Position) -> DeviceWatch {
        let last = Change { position: seen, cause: Cause::Nothing };
        let nothing = Heard { last, close: 0, close_cause: Cause::Nothing };
        let mut by_account = self.lock();
        let of_account = by_account.entry(account).or_default();
        let sender = of_account.entry(device.clone()).or_insert_with(|| watch::Sender::new(nothing));
        let close = sender.borrow().close;
        let (receiver, watches) = (sender.subscribe(), self.clone());
        DeviceWatch { receiver, close, account, device: device.clone(), watches }
    }

    pub(super) fn wake(&self, subject: &Subject, change: Change) {
        let by_account = self.lock();
        match subject {
            Subject::Device(account, device) => {
                if let Some(sender) = by_account.get(account).and_then(|devices| devices.get(device)) {
                    sender.send_modify(|heard| heard.hear(change));
                }
            }
            Subject::Account(account) => {
                for sender in by_account.get(account).into_iter().flat_map(HashMap::values) {
                    sender.send_modify(|heard| heard.hear(change));
                }
            }
            Subject::EverybodysDevice(device) => wake_devices(&by_account, &[device].into(), change),
            Subject::Everybody => {
                for sender in by_account.values().flat_map(HashMap::values) {
                    sender.send_modify(|heard| heard.hear(change));
                }
            }
        }
    }

    /// Wakes whoever a batch of events concerns. Many events about devices, as an import brings, are one walk.
    pub(super) fn wake_all(&self, woken: &[(Subject, Change)]) {
        let mut devices = HashSet::new();
        let mut last = None;
        for (subject, change) in woken {
            if let Subject::EverybodysDevice(device) = subject {
                devices.insert(device);
                last = Some(*change);
            } else {
                self.wake(subject, *change);
            }
        }
        if let Some(change) = last {
            wake_devices(&self.lock(), &devices, change);
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, ByAccount> {
        self.by_account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake_devices(by_account: &ByAccount, devices: &HashSet<&DeviceId>, change: Change) {
    for waiting in by_account.values() {
        for (_, sender) in waiting.iter().filter(|(device, _)| devices.contains(device)) {
            sender.send_modify(|heard| heard.hear(change));
        }
    }
}

/// Sees the events that concern one device from its making on. Dropping it forgets the registration.
pub struct DeviceWatch {
    receiver: watch::Receiver<Heard>,
    /// How many of the counted events were told.
    close: u64,
    account: AccountId,
    device: DeviceId,
    watches: Watches,
}

impl DeviceWatch {
    /// Waits for the next event that concerns the device and returns the newest one. Several events between two calls
    /// are one change: decide by the current snapshot, which includes it. The cause is one of the account, the device or
    /// the folders if there was any of those. Never returns once the snapshots have been dropped. Dropping the future loses
    /// nothing.
    pub async fn changed(&mut self) -> Change {
        if self.receiver.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        let heard = *self.receiver.borrow_and_update();
        let close = std::mem::replace(&mut self.close, heard.close) != heard.close;
        Change { cause: if close { heard.close_cause } else { heard.last.cause }, ..heard.last }
    }
}

impl Drop for DeviceWatch {
    fn drop(&mut self) {
        let mut by_account = self.watches.lock();
        let Some(of_account) = by_account.get_mut(&self.account) else { return };
        if of_account.get(&self.device).is_some_and(|sender| sender.receiver_count() <= 1) {
            of_account.remove(&self.device);
        }
        if of_account.is_empty() {
            by_account.remove(&self.account);
        }
    }
}
