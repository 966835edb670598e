//! Tells administrators when filters leave some client no protocol version at all.

use std::time::Duration;

use moka::sync::Cache;
use syncledger_commands::{Issuer, raise_notice};
use syncledger_domain::{
    eas_filter::{FilterUid, Pool},
    event::Actor,
    notices::Severity,
};

use crate::services::Services;

/// How long this node does not ask again whether a filter was told of.
const AGAIN: Duration = Duration::from_hours(1);

/// The filters this node has told of.
pub(super) struct Emptied {
    told: Cache<FilterUid, ()>,
}

impl Emptied {
    pub(super) fn new() -> Self {
        Self { told: Cache::builder().max_capacity(1000).time_to_live(AGAIN).build() }
    }

    /// Raises a notice, once for a filter, when a pool is empty because of it.
    pub(super) async fn look(&self, services: &Services, issuer: &Issuer, pool: &Pool, user_agent: &str) {
        let Some(step) = pool.emptied_by().filter(|step| !self.told.contains_key(&step.uid)) else { return };
        self.told.insert(step.uid, ());
        let subject = format!("filter {} leaves no protocol version", step.uid);
        let text = format!(
            "Filter {} at position {} left no version for a client that calls itself '{}'. It was refused.",
            step.uid, step.position, user_agent
        );
        let issuer = Issuer { actor: Actor::Job("filters".to_owned()), ..issuer.clone() };
        let node = Some(&services.node);
        let raised =
            raise_notice::run_once(&services.repository, &issuer, Severity::Warning, node, &subject, &text);
        if let Err(error) = raised.await {
            tracing::warn!(%error, "a notice could not be raised");
        }
    }
}
