//! Events of the Device Control List and its rules.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::DeviceStatus;
use crate::{
    event::{Timestamp, stored_events},
    ids::{AccountId, DomainName, ShownDeviceId},
};

/// Where an entry comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum EntryOrigin {
    /// An administrator named this device.
    Admin,
    /// The device came while the mode was Interactive.
    Interactive,
    /// It was in a file.
    Import,
    /// It was known before there was a list.
    Seed,
}

impl fmt::Display for EntryOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Admin => "admin",
            Self::Interactive => "interactive",
            Self::Import => "import",
            Self::Seed => "seed",
        })
    }
}

/// Which devices a rule is for.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum RuleScope {
    /// All.
    Global,
    /// Those of a domain's accounts.
    Domain(DomainName),
}

impl fmt::Display for RuleScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Global => f.write_str("global"),
            Self::Domain(name) => write!(f, "domain {name}"),
        }
    }
}

/// A device, or a device for one account, got a status.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeviceStatusSet {
    /// The device, as whoever named it wrote it.
    pub device: ShownDeviceId,
    /// The account it is about; without one, all.
    pub account: Option<AccountId>,
    /// The status.
    pub status: DeviceStatus,
    /// From when on the entry counts as absent.
    pub until: Option<Timestamp>,
    /// Where it comes from.
    pub origin: EntryOrigin,
}

/// An entry was deleted, and no other.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeviceStatusDeleted {
    /// The device.
    pub device: ShownDeviceId,
    /// The account of the entry.
    pub account: Option<AccountId>,
}

/// A rule was made, or replaced the one with the same text in the same scope.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RuleSet {
    /// For which devices.
    pub scope: RuleScope,
    /// The regular expression on the whole id.
    pub regex: String,
    /// What it says of devices it matches.
    pub status: DeviceStatus,
    /// Rules of a scope are asked in ascending order.
    pub order: i64,
}

/// A rule was deleted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RuleDeleted {
    /// Its scope.
    pub scope: RuleScope,
    /// Its text.
    pub regex: String,
}

/// The devices known by then were let in, or it was found that there was no need; it does not happen by itself again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ListSeeded {
    /// How many devices got an entry by it.
    pub devices: u64,
}

stored_events! {
    /// What can happen to the Device Control List and its rules.
    pub enum AbqEvent {
        /// An entry was made or changed.
        "device-status-set" 1 => StatusSet(DeviceStatusSet);
        /// An entry was deleted.
        "device-status-deleted" 1 => StatusDeleted(DeviceStatusDeleted);
        /// A rule was made or changed.
        "rule-set" 1 => RuleSet(RuleSet);
        /// A rule was deleted.
        "rule-deleted" 1 => RuleDeleted(RuleDeleted);
        /// Known devices were let in.
        "list-seeded" 1 => Seeded(ListSeeded);
    }
}
