//! Who is to be woken by which event.
//!
//! Waiting requests register by device, so that an event wakes the requests it concerns and not all ten thousand. A
//! wait costs one entry; nothing is kept for devices that do not wait.

use std::{
    collections::HashMap,
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

type ByAccount = HashMap<AccountId, HashMap<DeviceId, watch::Sender<Change>>>;

#[derive(Clone, Default)]
pub(super) struct Watches {
    by_account: Arc<Mutex<ByAccount>>,
}

impl Watches {
    pub(super) fn watch(&self, account: AccountId, device: &DeviceId, seen: Position) -> DeviceWatch {
        let nothing = Change { position: seen, cause: Cause::Nothing };
        let mut by_account = self.lock();
        let of_account = by_account.entry(account).or_default();
        let sender = of_account.entry(device.clone()).or_insert_with(|| watch::Sender::new(nothing));
        DeviceWatch { receiver: sender.subscribe(), account, device: device.clone(), watches: self.clone() }
    }

    pub(super) fn wake(&self, subject: &Subject, change: Change) {
        let by_account = self.lock();
        match subject {
            Subject::Device(account, device) => {
                if let Some(sender) = by_account.get(account).and_then(|devices| devices.get(device)) {
                    sender.send_replace(change);
                }
            }
            Subject::Account(account) => {
                for sender in by_account.get(account).into_iter().flat_map(HashMap::values) {
                    sender.send_replace(change);
                }
            }
            Subject::EverybodysDevice(device) => {
                for sender in by_account.values().filter_map(|devices| devices.get(device)) {
                    sender.send_replace(change);
                }
            }
            Subject::Everybody => {
                for sender in by_account.values().flat_map(HashMap::values) {
                    sender.send_replace(change);
                }
            }
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

/// Sees the events that concern one device from its making on. Dropping it forgets the registration.
pub struct DeviceWatch {
    receiver: watch::Receiver<Change>,
    account: AccountId,
    device: DeviceId,
    watches: Watches,
}

impl DeviceWatch {
    /// Waits for the next event that concerns the device and returns the newest one. Several events between two calls
    /// are one change: decide by the current snapshot, which includes it. Never returns once the snapshots have been
    /// dropped. Dropping the future loses nothing.
    pub async fn changed(&mut self) -> Change {
        if self.receiver.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        *self.receiver.borrow_and_update()
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
