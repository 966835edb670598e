//! What a node does beside answering requests: each job in a file of its own.
//!
//! A job is a loop of rounds ([`run::Job`]). A round looks at the policy snapshot and at the clock, does what is due, and
//! says when it wants to look again; what it has done stands in the log, so that a restart, or another node, goes on where
//! it was. Nothing is done twice because two nodes do it: they decide on the same stream, and the log lets one of them
//! append. A new job is a file here and a line in [`start`].

mod abq;
mod digest;
mod jails;
mod letter;
mod outbox;
mod recipients;
mod retention;
mod run;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use syncledger_commands::{Issuer, Repository, start_node};
use syncledger_domain::{
    config::{Scopes, registry::ABQ_ENABLED_AT_STARTUP},
    event::{Actor, CorrelationId, Timestamp},
    ports::views::ViewStore,
    services::Service,
};
use syncledger_eas::services::Services;
use syncledger_projections::PolicySnapshot;
use tokio::task::JoinSet;

use crate::config::Notifications;

/// How long a node waits at its start until it sees its own first event.
const PATIENCE: Duration = Duration::from_secs(10);

/// What jobs work with.
pub(crate) struct Context {
    /// What requests share, too.
    services: Arc<Services>,
    /// The views.
    views: Arc<dyn ViewStore>,
    /// Whom to write to.
    notifications: Notifications,
    /// Numbers of the mails this process wrote and nobody else is to send.
    written: Mutex<BTreeSet<u64>>,
}

impl Context {
    /// Of a node.
    pub(crate) fn new(
        services: Arc<Services>,
        views: Arc<dyn ViewStore>,
        notifications: Notifications,
    ) -> Self {
        Self { services, views, notifications, written: Mutex::default() }
    }

    /// Takes note that this process wrote a mail.
    fn wrote(&self, number: u64) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).insert(number);
    }

    /// Whether it did.
    fn has_written(&self, number: u64) -> bool {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).contains(&number)
    }

    fn repository(&self) -> &Repository {
        &self.services.repository
    }

    fn now(&self) -> Timestamp {
        self.repository().clock().now()
    }

    /// A job, for one round.
    fn issuer(&self, job: &str) -> Issuer {
        let correlation_id = CorrelationId(self.repository().randomness().uuid_v7(self.now()));
        Issuer { actor: Actor::Job(job.to_owned()), correlation_id }
    }
}

/// The values of the installation.
fn global(snapshot: &PolicySnapshot) -> Scopes<'_> {
    Scopes { global: Some(snapshot.config()), ..Scopes::default() }
}

/// Records that the node starts, and does what must be done before the first device asks: those known before there was a
/// Device Control List are let in.
///
/// # Errors
/// When the log cannot be written.
pub(crate) async fn before_serving(context: &Context) -> anyhow::Result<()> {
    let services = &context.services;
    let abq_starts = global(&services.policy.current()).flag(&ABQ_ENABLED_AT_STARTUP);
    let kept: &[Service] = if abq_starts { &[] } else { &[Service::Abq] };
    let started =
        start_node::run(context.repository(), &context.issuer("start"), &services.node, kept).await?;
    if let Some(appended) = started.appended
        && !services.policy.wait_for(appended.last_position, PATIENCE).await
    {
        tracing::warn!("the policy snapshot has not seen this node's start yet");
    }
    if let Err(error) = abq::seed_once(context).await {
        tracing::error!(%error, "the Device Control List could not be seeded; it is tried again");
    }
    Ok(())
}

/// Starts all jobs. They end when the node shuts down.
pub(crate) fn start(context: &Arc<Context>, tasks: &mut JoinSet<()>) {
    tasks.spawn(run::run(abq::Abq::new(context.now()), Arc::clone(context)));
    tasks.spawn(run::run(digest::Digest::default(), Arc::clone(context)));
    tasks.spawn(run::run(jails::Jails::default(), Arc::clone(context)));
    tasks.spawn(run::run(outbox::Outbox::default(), Arc::clone(context)));
    tasks.spawn(run::run(retention::Purge, Arc::clone(context)));
}
