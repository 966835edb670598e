//! Creates a domain.

use syncledger_domain::{
    directory::{self, Domain, Refusal},
    event::StreamId,
    ids::DomainName,
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Creates a domain.
///
/// # Errors
/// [`Refusal::DomainExists`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    name: &DomainName,
) -> Result<Executed<Domain>, CommandError<Refusal>> {
    let decide = |domain: &Domain| directory::create_domain(domain, name.clone());
    repository.execute(issuer, &StreamId::domain(name), decide).await
}
