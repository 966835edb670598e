//! The Device Control List. Copying it costs nothing however long it is: copies share what they have in common.

use imbl::{OrdMap, OrdSet};
use serde::{Deserialize, Serialize};

use super::{DeviceStatus, DeviceStatusDeleted, DeviceStatusSet, EntryOrigin};
use crate::{
    event::Timestamp,
    ids::{AccountId, DeviceId, ShownDeviceId},
};

/// What the list says of a device, or of a device for one account.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// The status.
    pub status: DeviceStatus,
    /// From when on the entry counts as absent.
    pub until: Option<Timestamp>,
    /// Where it comes from.
    pub origin: EntryOrigin,
}

impl Entry {
    /// Whether it still counts.
    pub fn counts_at(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// All entries of one device; at least one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Listed {
    /// Its id as it was first written.
    pub shown: ShownDeviceId,
    /// For all accounts.
    pub device: Option<Entry>,
    /// For single accounts.
    pub accounts: OrdMap<AccountId, Entry>,
}

/// The entries, by device.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DeviceList {
    devices: OrdMap<DeviceId, Listed>,
    /// The entries that will expire or have, by when.
    expiring: OrdSet<(Timestamp, DeviceId, Option<AccountId>)>,
    entries: usize,
}

impl DeviceList {
    /// Number of entries, expired ones included.
    pub fn len(&self) -> usize {
        self.entries
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// Devices with entries, by id.
    pub fn devices(&self) -> impl Iterator<Item = (&DeviceId, &Listed)> {
        self.devices.iter()
    }

    /// What is listed of a device.
    pub fn device(&self, device: &DeviceId) -> Option<&Listed> {
        self.devices.get(device)
    }

    /// The entry with exactly this key, expired or not.
    pub fn entry(&self, device: &DeviceId, account: Option<AccountId>) -> Option<&Entry> {
        let listed = self.devices.get(device)?;
        match account {
            None => listed.device.as_ref(),
            Some(account) => listed.accounts.get(&account),
        }
    }

    /// The entry that decides about a device of an account: the couple's, else the device's. With the account if it is
    /// the couple's.
    pub fn decisive(
        &self,
        device: &DeviceId,
        account: Option<AccountId>,
        now: Timestamp,
    ) -> Option<(Option<AccountId>, Entry)> {
        let listed = self.devices.get(device)?;
        let couple = account.and_then(|account| Some((Some(account), *listed.accounts.get(&account)?)));
        let own = listed.device.map(|entry| (None, entry));
        [couple, own].into_iter().flatten().find(|(_, entry)| entry.counts_at(now))
    }

    /// As [`Self::decisive`], of entries somebody made on purpose. One the mode made by itself is no such thing: it says that
    /// nobody has decided, so that a rule, also a later one, is asked before it.
    pub fn explicit(
        &self,
        device: &DeviceId,
        account: AccountId,
        now: Timestamp,
    ) -> Option<(Option<AccountId>, Entry)> {
        let listed = self.devices.get(device)?;
        let couple = listed.accounts.get(&account).map(|entry| (Some(account), *entry));
        let own = listed.device.map(|entry| (None, entry));
        let counts = |entry: &Entry| entry.origin != EntryOrigin::Interactive && entry.counts_at(now);
        [couple, own].into_iter().flatten().find(|(_, entry)| counts(entry))
    }

    /// Entries that stop counting after `after` and not later than `until`: who they were about must be judged anew.
    pub fn expiring(
        &self,
        after: Timestamp,
        until: Timestamp,
    ) -> impl Iterator<Item = (&DeviceId, Option<AccountId>)> {
        let first = DeviceId::first();
        self.expiring
            .range((Timestamp(after.0.saturating_add(1)), first, None)..)
            .take_while(move |(at, ..)| *at <= until)
            .map(|(_, device, account)| (device, *account))
    }

    /// When the next entry stops counting.
    pub fn next_expiry(&self, after: Timestamp) -> Option<Timestamp> {
        let next = (Timestamp(after.0.saturating_add(1)), DeviceId::first(), None);
        self.expiring.range(next..).next().map(|(at, ..)| *at)
    }

    pub(super) fn set(&mut self, event: &DeviceStatusSet) {
        let id = event.device.canonical();
        let entry = Entry { status: event.status, until: event.until, origin: event.origin };
        let fresh = || Listed { shown: event.device.clone(), device: None, accounts: OrdMap::new() };
        let listed = self.devices.entry(id.clone()).or_insert_with(fresh);
        let before = match event.account {
            None => listed.device.replace(entry),
            Some(account) => listed.accounts.insert(account, entry),
        };
        match before {
            None => self.entries += 1,
            Some(before) => self.forget_expiry(&id, event.account, &before),
        }
        if let Some(until) = event.until {
            self.expiring.insert((until, id, event.account));
        }
    }

    pub(super) fn delete(&mut self, event: &DeviceStatusDeleted) {
        let id = event.device.canonical();
        let Some(listed) = self.devices.get_mut(&id) else { return };
        let before = match event.account {
            None => listed.device.take(),
            Some(account) => listed.accounts.remove(&account),
        };
        if listed.device.is_none() && listed.accounts.is_empty() {
            self.devices.remove(&id);
        }
        if let Some(before) = before {
            self.entries -= 1;
            self.forget_expiry(&id, event.account, &before);
        }
    }

    fn forget_expiry(&mut self, device: &DeviceId, account: Option<AccountId>, entry: &Entry) {
        if let Some(until) = entry.until {
            self.expiring.remove(&(until, device.clone(), account));
        }
    }
}
