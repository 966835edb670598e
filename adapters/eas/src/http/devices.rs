//! What the front records of devices: that they exist, what is new about them, and that they are alive.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use moka::sync::Cache;
use syncledger_commands::{CommandError, Issuer, record_device_seen, register_device};
use syncledger_domain::{
    config::{Scopes, registry::DEVICE_SEEN_INTERVAL},
    device::{DeviceSeen, Introduction, Refusal},
    event::Timestamp,
    ids::{AccountId, DeviceId},
};

use crate::{
    answer::{CommonStatus, Failure},
    services::Services,
};

/// Most devices whose counters and introductions are remembered; one takes some 300 bytes.
const MAX_DEVICES: u64 = 100_000;
/// How long to wait for the snapshot to show a new device.
const PATIENCE: Duration = Duration::from_secs(5);

type Key = (AccountId, DeviceId);

/// The front's memory of devices. What it forgets costs a look into the log, or the counts since the last sign of life.
pub(super) struct Devices {
    introduced: Cache<Key, Introduction>,
    counters: Cache<Key, Arc<Mutex<Counters>>>,
}

struct Counters {
    since: Timestamp,
    seen: DeviceSeen,
}

impl Devices {
    pub(super) fn new() -> Self {
        Self { introduced: bounded(), counters: bounded() }
    }

    /// Registers a device that makes its first request, and records what is new about one that is known. The snapshot
    /// shows it afterwards. Devices that only test the connection leave no trace.
    ///
    /// # Errors
    /// When the log cannot be read or written.
    pub(super) async fn introduce(
        &self,
        services: &Services,
        issuer: &Issuer,
        account: AccountId,
        id: &DeviceId,
        told: Introduction,
    ) -> Result<(), Failure> {
        if id.is_connection_test() || self.nothing_new(services, account, id, &told) {
            return Ok(());
        }
        let executed =
            register_device::run(&services.repository, issuer, account, id, &told).await.map_err(failure)?;
        if let Some(appended) = executed.appended
            && !services.policy.wait_for(appended.last_position, PATIENCE).await
        {
            return Err(Failure::retry_later("policy snapshot lags behind the registration"));
        }
        self.introduced.insert((account, id.clone()), told);
        Ok(())
    }

    fn nothing_new(
        &self,
        services: &Services,
        account: AccountId,
        id: &DeviceId,
        told: &Introduction,
    ) -> bool {
        let policy = services.policy.current();
        policy.device(account, id).is_some_and(|device| {
            let as_registered =
                device.protocol_version == told.protocol_version && device.user_agent == told.user_agent;
            as_registered || self.introduced.get(&(account, id.clone())).is_some_and(|known| known == *told)
        })
    }

    /// Counts a request. Returns the counters when a sign of life is due: the interval is over, and this request was
    /// more than waiting, so that an idle device's log does not grow.
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
        if only_waited || now < counters.since.plus_seconds(interval.into()) {
            return None;
        }
        counters.since = now;
        Some(std::mem::take(&mut counters.seen))
    }

    /// Records a sign of life. A failure is logged and costs the counts.
    pub(super) async fn record_seen(services: &Services, issuer: &Issuer, key: Key, seen: DeviceSeen) {
        match record_device_seen::run(&services.repository, issuer, key.0, &key.1, seen).await {
            Ok(_) | Err(CommandError::Refused(Refusal::NotRegistered)) => {}
            Err(error) => tracing::warn!(device.id = %key.1, %error, "sign of life not recorded"),
        }
    }
}

fn bounded<V: Clone + Send + Sync + 'static>() -> Cache<Key, V> {
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
