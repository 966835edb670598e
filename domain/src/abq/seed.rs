//! Letting in the devices that were there before there was a list.

use std::collections::BTreeMap;

use super::{
    AbqEvent, CompiledRules, DeviceControl, DeviceStatus, Entry, EntryOrigin, Key, ListSeeded,
    decide::status_event,
};
use crate::{
    event::Timestamp,
    ids::{DeviceId, DomainName, ShownDeviceId},
};

/// A device that was there before there was a list.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct KnownDevice {
    /// The device.
    pub device: ShownDeviceId,
    /// Domain of an account that uses it.
    pub domain: DomainName,
}

/// Seeding, and what it left alone.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Seeding {
    /// The events.
    pub events: Vec<AbqEvent>,
    /// Devices that get an entry.
    pub added: usize,
    /// Devices that have an entry of their own.
    pub listed: usize,
    /// Devices a rule blocks or puts in quarantine: an entry would outrank it.
    pub left_to_rules: usize,
}

/// Lets in the devices known when the service starts for the first time. Once and for all: whoever empties the list
/// later wants it empty. A list somebody has filled before is left as it is.
pub fn seed_once(control: &DeviceControl, known: &[KnownDevice], now: Timestamp) -> Seeding {
    if control.seeded {
        return Seeding::default();
    }
    if somebody_filled(control) {
        let events = vec![AbqEvent::Seeded(ListSeeded { devices: 0 })];
        return Seeding { events, ..Seeding::default() };
    }
    seed(control, known, now)
}

/// Whether anybody but this program made entries. A beginning of a seeding that was cut short is none of those.
fn somebody_filled(control: &DeviceControl) -> bool {
    let by_people = |entry: &Entry| match entry.origin {
        EntryOrigin::Admin | EntryOrigin::Import => true,
        EntryOrigin::Interactive | EntryOrigin::Seed => false,
    };
    control.list.devices().any(|(_, listed)| listed.accounts.values().chain(&listed.device).any(by_people))
}

/// Lets in the known devices nothing is said about, because an administrator asks for it.
pub fn seed(control: &DeviceControl, known: &[KnownDevice], now: Timestamp) -> Seeding {
    let rules = CompiledRules::new(&control.rules);
    let mut seeding = Seeding::default();
    let mut kept_out: BTreeMap<DeviceId, (&ShownDeviceId, bool)> = BTreeMap::new();
    for KnownDevice { device, domain } in known {
        let says = rules.ask(Some(domain), device).matched;
        let out = says.is_some_and(|rule| rule.status != DeviceStatus::Allowed);
        kept_out.entry(device.canonical()).or_insert((device, false)).1 |= out;
    }
    for (id, (device, out)) in kept_out {
        if control.list.entry(&id, None).is_some_and(|entry| entry.counts_at(now)) {
            seeding.listed += 1;
        } else if out {
            seeding.left_to_rules += 1;
        } else {
            let key = Key { device: device.clone(), account: None };
            seeding.events.extend(status_event(
                control,
                &key,
                DeviceStatus::Allowed,
                None,
                now,
                EntryOrigin::Seed,
            ));
            seeding.added += 1;
        }
    }
    if seeding.added > 0 || !control.seeded {
        seeding.events.push(AbqEvent::Seeded(ListSeeded { devices: seeding.added as u64 }));
    }
    seeding
}
