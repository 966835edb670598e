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
    waits: Arc<Mutex<Waits>>,
}

type Waits = HashMap<(AccountId, DeviceId), Vec<Wait>>;

struct Wait {
    kind: Kind,
    folders: Vec<FolderId>,
    superseded: CancellationToken,
}

impl WaitingRoom {
    /// A request of a device has come: ends the waits it supersedes, and if it will wait itself, takes its place at
    /// once, so that of two that come together one ends the other. A Ping, or a Sync that will wait itself, ends all; a
    /// Sync that will not wait ends Pings and the waiting Syncs that share a folder with it, since some clients run one
    /// Sync per folder in parallel.
    ///
    /// Hold the guard until the request is answered.
    pub fn arrive(
        &self,
        account: AccountId,
        device: &DeviceId,
        kind: Kind,
        will_wait: bool,
        folders: &[FolderId],
    ) -> Option<WaitGuard> {
        let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (account, device.clone());
        let of_device = waits.entry(key.clone()).or_default();
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
        let guard = will_wait.then(|| {
            let superseded = CancellationToken::new();
            of_device.push(Wait { kind, folders: folders.to_vec(), superseded: superseded.clone() });
            WaitGuard { room: self.clone(), key: key.clone(), superseded }
        });
        if of_device.is_empty() {
            waits.remove(&key);
        }
        guard
    }

    /// How many requests wait now, or will.
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
    use super::*;

    fn device() -> (AccountId, DeviceId) {
        ("0193b2c4-6f1e-7c3a-9d5b-2f4e6a8c0d1e".parse().unwrap(), DeviceId::new("phone1").unwrap())
    }

    fn ping(room: &WaitingRoom) -> WaitGuard {
        let (account, device) = device();
        room.arrive(account, &device, Kind::Ping, true, &[]).unwrap()
    }

    fn sync(room: &WaitingRoom, will_wait: bool, folder: u32) -> Option<WaitGuard> {
        let (account, device) = device();
        room.arrive(account, &device, Kind::Sync, will_wait, &[FolderId(folder)])
    }

    #[test]
    fn a_newer_ping_ends_the_older_one() {
        let room = WaitingRoom::default();
        let older = ping(&room);
        let newer = ping(&room);
        assert!(older.superseded.is_cancelled() && !newer.superseded.is_cancelled());
        assert_eq!(room.len(), 1);
        drop(older);
        assert_eq!(room.len(), 1, "the older one's end takes nothing from the newer");
    }

    #[test]
    fn a_sync_of_another_folder_leaves_a_waiting_sync_alone() {
        let room = WaitingRoom::default();
        let waiting = sync(&room, true, 2).unwrap();
        assert!(sync(&room, false, 5).is_none());
        assert!(!waiting.superseded.is_cancelled());
        assert!(sync(&room, false, 2).is_none());
        assert!(waiting.superseded.is_cancelled());
    }

    #[test]
    fn waits_take_over_from_each_other_whatever_they_watch() {
        let room = WaitingRoom::default();
        let sync_2 = sync(&room, true, 2).unwrap();
        let ping = ping(&room);
        let sync_5 = sync(&room, true, 5).unwrap();
        assert!(sync_2.superseded.is_cancelled() && ping.superseded.is_cancelled());
        assert!(!sync_5.superseded.is_cancelled());
    }

    #[test]
    fn a_wait_that_ends_leaves_nothing_behind() {
        let room = WaitingRoom::default();
        let (account, _) = device();
        let other = DeviceId::new("phone2").unwrap();
        let first = ping(&room);
        let second = room.arrive(account, &other, Kind::Sync, true, &[]).unwrap();
        drop(first);
        assert_eq!(room.len(), 1);
        assert!(!second.superseded.is_cancelled());
        drop(second);
        assert!(room.is_empty() && room.waits.lock().unwrap().is_empty());
    }
}
