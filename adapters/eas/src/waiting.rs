//! The waiting room: which requests of a device wait for news, so that a newer one ends them.
//!
//! Devices open the next long poll without closing the former; without this the former would sit until its heartbeat
//! is over and then be answered into the void.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use syncledger_domain::ids::{AccountId, DeviceId, FolderId};
use tokio_util::sync::CancellationToken;

/// What a request watches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Ping.
    Ping,
    /// Sync, waiting or not.
    Sync,
}

/// All waiting requests of this node. Cheap to clone.
#[derive(Clone, Default)]
pub struct WaitingRoom {
    waits: Arc<Mutex<HashMap<(AccountId, DeviceId), Vec<Wait>>>>,
}

struct Wait {
    kind: Kind,
    folders: Vec<FolderId>,
    superseded: CancellationToken,
}

impl WaitingRoom {
    /// A request of a device has come: ends the waits it supersedes. A Ping, or a Sync that will wait itself, ends all;
    /// a Sync that will not wait ends Pings and the waiting Syncs that share a folder with it, since some clients run
    /// one Sync per folder in parallel.
    pub fn arrive(
        &self,
        account: AccountId,
        device: &DeviceId,
        kind: Kind,
        will_wait: bool,
        folders: &[FolderId],
    ) {
        let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (account, device.clone());
        if let Some(of_device) = waits.get_mut(&key) {
            of_device.retain(|wait| {
                let ends = kind == Kind::Ping
                    || will_wait
                    || wait.kind == Kind::Ping
                    || wait.folders.iter().any(|folder| folders.contains(folder));
                if ends {
                    wait.superseded.cancel();
                }
                !ends
            });
            if of_device.is_empty() {
                waits.remove(&key);
            }
        }
    }

    /// Begins a wait; the token is cancelled when a newer request supersedes it. Drop the guard when the wait ends.
    pub fn wait(
        &self,
        account: AccountId,
        device: &DeviceId,
        kind: Kind,
        folders: Vec<FolderId>,
    ) -> WaitGuard {
        let superseded = CancellationToken::new();
        let key = (account, device.clone());
        let wait = Wait { kind, folders, superseded: superseded.clone() };
        self.waits.lock().unwrap_or_else(PoisonError::into_inner).entry(key.clone()).or_default().push(wait);
        WaitGuard { room: self.clone(), key, superseded }
    }

    /// How many requests wait now.
    pub fn len(&self) -> usize {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner).values().map(Vec::len).sum()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A wait in progress.
pub struct WaitGuard {
    room: WaitingRoom,
    key: (AccountId, DeviceId),
    /// Cancelled by a newer request.
    pub superseded: CancellationToken,
}

impl Drop for WaitGuard {
    fn drop(&mut self) {
        self.superseded.cancel();
        let mut waits = self.room.waits.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_device) = waits.get_mut(&self.key) {
            of_device.retain(|wait| !wait.superseded.is_cancelled());
            if of_device.is_empty() {
                waits.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use syncledger_domain::ids::Address;

    use super::*;

    fn device() -> (AccountId, DeviceId) {
        let _ = Address::new("alice@example.com").unwrap();
        ("0193b2c4-6f1e-7c3a-9d5b-2f4e6a8c0d1e".parse().unwrap(), DeviceId::new("phone1").unwrap())
    }

    #[test]
    fn a_newer_ping_ends_the_older_one() {
        let (room, (account, device)) = (WaitingRoom::default(), device());
        let older = room.wait(account, &device, Kind::Ping, vec![FolderId(2)]);
        room.arrive(account, &device, Kind::Ping, true, &[]);
        assert!(older.superseded.is_cancelled());
        assert!(room.is_empty());
    }

    #[test]
    fn a_sync_of_another_folder_leaves_a_waiting_sync_alone() {
        let (room, (account, device)) = (WaitingRoom::default(), device());
        let waiting = room.wait(account, &device, Kind::Sync, vec![FolderId(2)]);
        room.arrive(account, &device, Kind::Sync, false, &[FolderId(5)]);
        assert!(!waiting.superseded.is_cancelled());
        room.arrive(account, &device, Kind::Sync, false, &[FolderId(2)]);
        assert!(waiting.superseded.is_cancelled());
    }

    #[test]
    fn a_wait_that_ends_leaves_nothing_behind() {
        let (room, (account, device)) = (WaitingRoom::default(), device());
        let first = room.wait(account, &device, Kind::Ping, vec![]);
        let second = room.wait(account, &device, Kind::Sync, vec![]);
        drop(first);
        assert_eq!(room.len(), 1);
        assert!(!second.superseded.is_cancelled());
        drop(second);
        assert!(room.is_empty());
    }
}
