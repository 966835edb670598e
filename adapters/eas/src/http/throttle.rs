//! The filter against devices that ask too often (`domain::anti_dos`), for the requests of this node.
//!
//! Jails of devices are on the log: they outlive the node, count on every node, and end when an administrator says so.
//! In memory stand the counters, the jails of requests without a device id, and a jail between the request that caused
//! it and the moment the log shows it.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use syncledger_commands::{Issuer, jail_device};
use syncledger_domain::{
    anti_dos::{Evidence, Judgement, Key, Limiter, Settings, remaining, retry_after_secs},
    config::Scopes,
    device::DeviceJailed,
    event::Timestamp,
    ids::DeviceId,
    services::Service,
};

use super::refusal::Refusal;
use crate::services::Services;

/// Most devices counted at once.
const MAX_KEYS: usize = 200_000;
/// How long a jail lasts that could not be recorded, milliseconds: nobody can release it.
const UNRECORDED_MS: u64 = 60_000;
/// How long to wait for the snapshot to show a jail.
const PATIENCE: Duration = Duration::from_secs(5);

/// Counters and short-lived jails.
pub(super) struct Throttle {
    limiter: Mutex<Limiter<Key>>,
    begun: Instant,
    /// How often the service had been restarted when the counters were last cleared.
    restarts: AtomicU64,
}

impl From<Dropped> for Refusal {
    fn from(dropped: Dropped) -> Self {
        Self::Throttled { after_secs: dropped.after_secs }
    }
}

/// A request that is dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Dropped {
    /// Seconds after which it may come again.
    pub(super) after_secs: u32,
}

impl Throttle {
    pub(super) fn new() -> Self {
        Self {
            limiter: Mutex::new(Limiter::new(MAX_KEYS)),
            begun: Instant::now(),
            restarts: AtomicU64::new(0),
        }
    }

    /// Judges a request of an account, by a device if it names one.
    pub(super) async fn judge(&self, services: &Services, issuer: &Issuer, key: Key) -> Result<(), Dropped> {
        let snapshot = services.policy.current();
        let settings =
            Settings::from_scopes(&Scopes { global: Some(snapshot.config()), ..Scopes::default() });
        let enabled = settings.enabled && services.runs(&snapshot, Service::AntiDos);
        let settings = Settings { enabled, ..settings };
        let restarts = snapshot.services().restarts(&services.node, Service::AntiDos);
        if self.restarts.swap(restarts, Ordering::Relaxed) != restarts {
            self.limiter().clear();
        }
        let now = services.repository.clock().now();
        if settings.enabled && settings.max_requests > 0 {
            let known = key.device.as_ref().and_then(|device| snapshot.device(key.account, device));
            if let Some(jail) = known.and_then(|device| device.standing.jailed_at(now)) {
                let millis = remaining(jail.jailed.until, now).unwrap_or_default();
                return Err(dropped(millis, 0));
            }
        }
        let now_ms = self.now_ms();
        let judgement = self.limiter().judge(&key, now_ms, &settings);
        match judgement {
            Judgement::Pass => Ok(()),
            Judgement::Drop { until_ms, newly_jailed } => {
                if let (Some(evidence), Some(device)) = (newly_jailed, &key.device) {
                    let until = Timestamp(now.0.saturating_add(micros(settings.jail_ms)));
                    self.record(services, issuer, &key, device, until, evidence).await;
                } else if let Some(evidence) = newly_jailed {
                    tracing::warn!(account = %key.account, requests = evidence.requests, "requests without a device id are dropped for a while");
                }
                Err(dropped(until_ms, now_ms))
            }
        }
    }

    /// Hands a jail over to the log. Where that fails it goes on in memory.
    async fn record(
        &self,
        services: &Services,
        issuer: &Issuer,
        key: &Key,
        device: &DeviceId,
        until: Timestamp,
        evidence: Evidence,
    ) {
        let jailed = DeviceJailed { until, evidence };
        match jail_device::run(&services.repository, issuer, key.account, device, jailed).await {
            Ok(executed) => {
                if let Some(appended) = executed.appended {
                    services.policy.wait_for(appended.last_position, PATIENCE).await;
                }
                // From here on the log alone says whether it is in jail: it can be released there.
                self.limiter().release(key);
            }
            Err(error) => {
                tracing::warn!(%error, "a jail could not be recorded");
                let until = self.now_ms().saturating_add(UNRECORDED_MS);
                self.limiter().jail(key, until);
            }
        }
    }

    /// Milliseconds of a clock that does not run backwards.
    fn now_ms(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn limiter(&self) -> MutexGuard<'_, Limiter<Key>> {
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn micros(millis: u64) -> i64 {
    i64::try_from(millis.saturating_mul(1000)).unwrap_or(i64::MAX)
}

fn dropped(until_ms: u64, now_ms: u64) -> Dropped {
    Dropped { after_secs: u32::try_from(retry_after_secs(until_ms, now_ms)).unwrap_or(u32::MAX) }
}
