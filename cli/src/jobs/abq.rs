//! The Device Control List over time: it is seeded when its service first runs, and who waits hears when an entry that
//! lets it in, or keeps it out, has expired.

use syncledger_commands::{SeedCause, abq_seed};
use syncledger_domain::{abq::KnownDevice, event::Timestamp, services::Service};

use super::{
    Context,
    run::{Job, Wait, between},
};

/// The job.
pub(super) struct Abq {
    /// Who waits has heard of what expired up to here.
    heard: Timestamp,
}

impl Abq {
    /// Nobody waits on a node that starts: only what expires from now on matters.
    pub(super) fn new(now: Timestamp) -> Self {
        Self { heard: now }
    }
}

impl Job for Abq {
    const NAME: &'static str = "abq";

    async fn round(&mut self, context: &Context) -> anyhow::Result<Wait> {
        seed_once(context).await?;
        let policy = &context.services.policy;
        let (snapshot, now) = (policy.current(), context.now());
        let list = &snapshot.abq().state.list;
        for (device, account) in list.expiring(self.heard, now) {
            policy.wake(device, account);
        }
        self.heard = now;
        let next = list.next_expiry(now).map(|at| between(now, at));
        Ok(next.map_or_else(Wait::change, Wait::change_within))
    }
}

/// Lets the known devices in when the service runs for the first time; afterwards never again.
pub(super) async fn seed_once(context: &Context) -> anyhow::Result<()> {
    let services = &context.services;
    let snapshot = services.policy.current();
    if snapshot.abq().state.seeded || !services.runs(&snapshot, Service::Abq) {
        return Ok(());
    }
    let known: Vec<KnownDevice> = snapshot
        .devices()
        .filter_map(|(account, device)| {
            let domain = snapshot.account(account)?.address.domain();
            Some(KnownDevice { device: device.shown(), domain })
        })
        .collect();
    let issuer = context.issuer(Abq::NAME);
    let seeded = abq_seed::run(context.repository(), &issuer, &known, SeedCause::ServiceStart).await?;
    if let Some(appended) = seeded.appended {
        tracing::info!(
            devices = seeded.added,
            "devices known before there was a Device Control List are let in"
        );
        services.policy.wait_for(appended.last_position, super::PATIENCE).await;
    }
    Ok(())
}
