//! What the front records of devices: that they exist, what is new about them, and that they are alive.

use std::{
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use moka::sync::Cache;
use syncledger_commands::{CommandError, Issuer, record_device_seen, register_device};
use syncledger_domain::{
    config::{
        Scopes,
        registry::{DEVICE_SEEN_INTERVAL, MAX_DEVICES_PER_ACCOUNT},
    },
    device::{DeviceSeen, Introduction, Refusal},
    event::Timestamp,
    ids::{AccountId, DeviceId},
};

use super::gates;
use crate::{
    answer::{CommonStatus, Failure},
    services::Services,
};

/// Most devices whose counters and introductions are remembered; one takes some 300 bytes.
const MAX_DEVICES: u64 = 100_000;
/// How long to wait for the snapshot to show a new device.
const PATIENCE: Duration = Duration::from_secs(5);
/// Shortest time between two records of what is new about a device, seconds: one that changes its version or its
/// `User-Agent` from request to request must not fill the log.
const CHANGE_INTERVAL: i64 = 3600;

/// Shortest time between two signs of life of a device that does nothing but wait, seconds: its log hardly grows, and it is
/// not taken for one nobody uses any more.
const WAITING_INTERVAL: i64 = 86_400;

type Key = (AccountId, DeviceId);

/// The front's memory of devices. What it forgets costs a look into the log, or the counts since the last sign of life.
pub(super) struct Devices {
    introduced: Cache<Key, Introduced>,
    /// Held while a device of the account is registered, so that they are counted one after the other.
    registering: Cache<AccountId, Arc<tokio::sync::Mutex<()>>>,
    counters: Cache<Key, Arc<Mutex<Counters>>>,
}

#[derive(Clone)]
struct Introduced {
    /// What the log knows of the device.
    told: Introduction,
    /// When something new about it was recorded last.
    changed: Option<Timestamp>,
}

struct Counters {
    since: Timestamp,
    seen: DeviceSeen,
}

impl Devices {
    pub(super) fn new() -> Self {
        Self { introduced: bounded(), registering: bounded(), counters: bounded() }
    }

    /// Registers a device that makes its first request, and records what is new about one that is known, at most once an
    /// hour: what is newest then. The snapshot shows it afterwards. Devices that only test the connection leave no trace.
    ///
    /// # Errors
    /// When the account has as many devices as it may have, or the log cannot be read or written.
    pub(super) async fn introduce(
        &self,
        services: &Services,
        issuer: &Issuer,
        account: AccountId,
        id: &DeviceId,
        told: Introduction,
    ) -> Result<(), Failure> {
        if id.is_connection_test() {
            return Ok(());
        }
        if let Some(known) = services.policy.current().device(account, id) {
            let as_registered = known.protocol_version == told.protocol_version
                && known.user_agent == told.user_agent
                && known.shown() == told.shown;
            if as_registered || !self.is_news(services, account, id, &told) {
                return Ok(());
            }
            return self.record(services, issuer, account, id, told).await;
        }
        let registering = self.registering.get_with(account, Arc::default);
        let _one_at_a_time = registering.lock().await;
        has_room(services, account, id)?;
        self.record(services, issuer, account, id, told).await
    }

    /// Whether something about a known device is new and may be recorded.
    fn is_news(&self, services: &Services, account: AccountId, id: &DeviceId, told: &Introduction) -> bool {
        let Some(known) = self.introduced.get(&(account, id.clone())) else { return true };
        let now = services.repository.clock().now();
        known.told != *told && known.changed.is_none_or(|at| now >= at.plus_seconds(CHANGE_INTERVAL))
    }

    async fn record(
        &self,
        services: &Services,
        issuer: &Issuer,
        account: AccountId,
        id: &DeviceId,
        told: Introduction,
    ) -> Result<(), Failure> {
        let was_known = services.policy.current().device(account, id).is_some();
        let executed =
            register_device::run(&services.repository, issuer, account, id, &told).await.map_err(failure)?;
        if let Some(appended) = executed.appended
            && !services.policy.wait_for(appended.last_position, PATIENCE).await
        {
            return Err(Failure::retry_later("policy snapshot lags behind the registration"));
        }
        let key = (account, id.clone());
        let before = self.introduced.get(&key).and_then(|known| known.changed);
        let has_changed = was_known && executed.appended.is_some();
        let changed = if has_changed { Some(services.repository.clock().now()) } else { before };
        self.introduced.insert(key, Introduced { told, changed });
        Ok(())
    }

    /// Counts a request. Returns the counters when a sign of life is due: the interval is over, a longer one if this request
    /// was nothing but waiting.
    pub(super) fn count(
        &self,
        services: &Services,
        account: AccountId,
        id: &DeviceId,
        bytes: (usize, usize),
        only_waited: bool,
    ) -> Option<DeviceSeen> {
        let policy = services.policy.current();
        if id.is_connection_test() || policy.device(account, id).is_none() {
            return None;
        }
        let interval =
            Scopes { global: Some(policy.config()), ..Scopes::default() }.number(&DEVICE_SEEN_INTERVAL);
        let now = services.repository.clock().now();
        let fresh = || Arc::new(Mutex::new(Counters { since: now, seen: DeviceSeen::default() }));
        let counters = self.counters.get_with((account, id.clone()), fresh);
        let mut counters = counters.lock().unwrap_or_else(PoisonError::into_inner);
        counters.seen.requests += 1;
        counters.seen.bytes_in += bytes.0 as u64;
        counters.seen.bytes_out += bytes.1 as u64;
        let due = if only_waited { WAITING_INTERVAL.max(interval.into()) } else { interval.into() };
        if now < counters.since.plus_seconds(due) {
            return None;
        }
        counters.since = now;
        Some(std::mem::take(&mut counters.seen))
    }

    /// Records a sign of life. A failure is logged and costs the counts.
    pub(super) async fn record_seen(services: &Services, issuer: &Issuer, key: Key, seen: DeviceSeen) {
        match record_device_seen::run(&services.repository, issuer, key.0, &key.1, seen).await {
            Ok(_) | Err(CommandError::Refused(Refusal::NotRegistered)) => {}
            Err(error) => tracing::warn!(%error, "sign of life not recorded"),
        }
    }
}

/// Whether the account may have one device more. Whoever knows a password could otherwise fill the log with devices.
fn has_room(services: &Services, account: AccountId, id: &DeviceId) -> Result<(), Failure> {
    let snapshot = services.policy.current();
    let Some(policy) = snapshot.account(account).filter(|_| snapshot.device(account, id).is_none()) else {
        return Ok(());
    };
    let most = gates::scopes(&snapshot, policy).number(&MAX_DEVICES_PER_ACCOUNT);
    if snapshot.devices_of(account).len() < most as usize {
        return Ok(());
    }
    let reason = format!("the account has {most} devices, as many as it may have");
    Err(Failure::status(CommonStatus::MaximumDevicesReached, reason))
}

fn bounded<K: Hash + Eq + Send + Sync + 'static, V: Clone + Send + Sync + 'static>() -> Cache<K, V> {
    Cache::builder().max_capacity(MAX_DEVICES).build()
}

/// What a client hears when a command about its device fails.
pub(crate) fn failure(error: CommandError<Refusal>) -> Failure {
    match error {
        CommandError::Refused(refusal @ (Refusal::NotRegistered | Refusal::ConnectionTest(_))) => {
            // Removed between gate and command: the next request registers it anew.
            Failure::retry_later(refusal.to_string())
        }
        CommandError::Refused(
            refusal @ (Refusal::StalePolicyKey
            | Refusal::AlreadySubmitted(_)
            | Refusal::NotProvisionable
            | Refusal::AccountOnlyUnsupported(_)
            | Refusal::WipeDone
            | Refusal::NoWipePending),
        ) => Failure::status(CommonStatus::ServerError, refusal.to_string()),
        CommandError::Busy(_) | CommandError::Log(_) => Failure::retry_later(error.to_string()),
        CommandError::Unreadable { .. } => Failure::status(CommonStatus::ServerError, error.to_string()),
    }
}
