//! Records that a node begins to serve.

use std::convert::Infallible;

use syncledger_domain::{
    event::StreamId,
    ids::NodeName,
    services::{NodeStarted, Service, Services, ServicesEvent},
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Records the start of a node, with the services its configuration keeps from starting.
///
/// # Errors
/// A failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    node: &NodeName,
    stopped: &[Service],
) -> Result<Executed<Services>, CommandError<Infallible>> {
    let started = || NodeStarted { node: node.clone(), stopped: stopped.to_vec() };
    let decide = |_: &Services| Ok(vec![ServicesEvent::NodeStarted(started())]);
    repository.execute(issuer, &StreamId::services(), decide).await
}
