//! Starts, stops and restarts services.

use syncledger_domain::{
    event::StreamId,
    ids::NodeName,
    services::{self, Facts, Order, Refusal, Service, Services},
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Orders a service on a node, or on all nodes there are. Appends nothing where it is so already.
///
/// # Errors
/// [`Refusal`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    service: Service,
    order: Order,
    node: Option<&NodeName>,
    facts: Facts,
) -> Result<Executed<Services>, CommandError<Refusal>> {
    let decide = |state: &Services| services::switch(state, service, order, node, facts);
    repository.execute(issuer, &StreamId::services(), decide).await
}
