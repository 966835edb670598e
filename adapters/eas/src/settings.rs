//! The run-time settings that hold for one account, read from the policy snapshot at each use: a change counts for the
//! next request, and where it is about waiting for those that wait now.

use std::time::Duration;

use syncledger_domain::config::{
    Scopes,
    registry::{
        NOTIFICATIONS_LATENCY, PING_MAX_FOLDERS, PING_MAX_HEARTBEAT, PING_MIN_HEARTBEAT, SYNC_DEFAULT_WINDOW,
        SYNC_MAX_BYTES, SYNC_MAX_WINDOW, USE_INSTANT_NOTIFICATIONS,
    },
};

use crate::{context::Context, http::gates};

/// Settings of an account, resolved from account, class of service, domain and global values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Shortest allowed wait, seconds.
    pub min_heartbeat_secs: u32,
    /// Longest allowed wait, seconds; not below the shortest.
    pub max_heartbeat_secs: u32,
    /// How long a waiting device is left alone after a change; nothing where it is told at once.
    pub latency: Duration,
    /// Most folders a Ping or Sync may name.
    pub max_folders: usize,
    /// Largest window of a collection.
    pub max_window: usize,
    /// Window of a request that names none.
    pub default_window: usize,
    /// Bytes of item content after which an answer takes no further item.
    pub max_window_bytes: u64,
}

impl Settings {
    fn resolve(scopes: &Scopes<'_>) -> Self {
        let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let max_heartbeat_secs = scopes.number(&PING_MAX_HEARTBEAT);
        let max_window = size(scopes.number(&SYNC_MAX_WINDOW));
        Self {
            min_heartbeat_secs: scopes.number(&PING_MIN_HEARTBEAT).min(max_heartbeat_secs),
            max_heartbeat_secs,
            latency: if scopes.flag(&USE_INSTANT_NOTIFICATIONS) {
                Duration::ZERO
            } else {
                Duration::from_secs(scopes.number(&NOTIFICATIONS_LATENCY).into())
            },
            max_folders: size(scopes.number(&PING_MAX_FOLDERS)),
            max_window,
            default_window: size(scopes.number(&SYNC_DEFAULT_WINDOW)).min(max_window),
            max_window_bytes: u64::from(scopes.number(&SYNC_MAX_BYTES)),
        }
    }
}

impl Context {
    /// The settings that hold for this account now.
    pub fn settings(&self) -> Settings {
        self.read_settings(Settings::resolve)
    }

    /// Reads something from the values that hold for this account now.
    pub fn read_settings<T>(&self, read: impl FnOnce(&Scopes<'_>) -> T) -> T {
        let snapshot = self.services.policy.current();
        match snapshot.account(self.account) {
            Some(account) => read(&gates::scopes(&snapshot, account)),
            // Removed in the middle of a request: the defaults serve for the rest of it.
            None => read(&Scopes { global: Some(snapshot.config()), ..Scopes::default() }),
        }
    }
}
