//! The filter against devices that ask too often: sliding windows in memory, jails in the log.
//!
//! A [`Limiter`] remembers, per account and device, when the last requests came. When as many as are allowed are
//! remembered and the oldest of them is younger than the window, the next one is dropped and starts a jail. "Within the
//! window" is measured from now: a burst followed by silence jails nobody. No clock, no task, no lock: the caller says
//! what time it is and keeps the limiter behind whatever it likes. Counters belong to a node; jails are events of the
//! device's stream ([`crate::device::jail`]), so that they survive a restart: see [`remaining`].

mod limiter;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use limiter::{Judgement, Limiter};

use crate::{
    config::{Scopes, registry},
    event::Timestamp,
    ids::{AccountId, DeviceId},
};

/// Whose requests are counted together. Before authentication there is no such thing: anybody could jail somebody
/// else's device by naming it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Key {
    /// The account that is logged in.
    pub account: AccountId,
    /// The device; `None` for requests without one (OPTIONS).
    pub device: Option<DeviceId>,
}

/// What is allowed; may be another at each request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Whether anything is counted at all.
    pub enabled: bool,
    /// Requests allowed in a window; 0 switches the filter off.
    pub max_requests: u32,
    /// Length of the window, in milliseconds.
    pub window_ms: u64,
    /// Length of a jail, in milliseconds.
    pub jail_ms: u64,
}

impl Settings {
    /// As the installation is configured.
    pub fn from_scopes(scopes: &Scopes<'_>) -> Self {
        let max_requests = scopes.read(&registry::ANTI_DOS_MAX_REQUESTS);
        Self {
            enabled: scopes.flag(&registry::ANTI_DOS_ENABLED),
            max_requests: u32::try_from(max_requests).unwrap_or(0),
            window_ms: scopes.number(&registry::ANTI_DOS_TIME_WINDOW).into(),
            jail_ms: scopes.number(&registry::ANTI_DOS_JAIL_DURATION).into(),
        }
    }

    fn counts(&self) -> bool {
        self.enabled && self.max_requests > 0
    }
}

/// Why a device was jailed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Evidence {
    /// Requests counted, the dropped one included: one more than were allowed.
    pub requests: u32,
    /// Milliseconds from the first of them to the last.
    pub span_ms: u64,
    /// Milliseconds in which so many are too many.
    pub window_ms: u64,
}

/// Milliseconds a jail goes on after `now`, by the wall clock; `None` when it is over. What a node gives its limiter for
/// each jailed device when it starts.
pub fn remaining(until: Timestamp, now: Timestamp) -> Option<u64> {
    let micros = until.0.saturating_sub(now.0);
    u64::try_from(micros).ok().filter(|micros| *micros > 0).map(|micros| micros.div_ceil(1000))
}

/// Seconds a dropped client is told to wait (`Retry-After`), at least 1.
pub fn retry_after_secs(until_ms: u64, now_ms: u64) -> u64 {
    until_ms.saturating_sub(now_ms).div_ceil(1000).max(1)
}
