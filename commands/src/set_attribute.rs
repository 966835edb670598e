//! Sets an attribute, globally or for a domain, a class of service or an account.

use syncledger_domain::{
    config,
    directory::{self, Account, Cos, Domain, Refusal},
    event::StreamId,
    ids::{AccountId, CosId, DomainName},
    ports::event_log::Appended,
};

use crate::{CommandError, Issuer, Repository};

/// What an attribute is set for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AttributeTarget {
    /// The whole installation.
    Global,
    /// A domain.
    Domain(DomainName),
    /// A class of service.
    Cos(CosId),
    /// An account.
    Account(AccountId),
}

/// Sets an attribute. `None` when it was set so already.
///
/// # Errors
/// [`Refusal::Attribute`] for an unknown name, a value or a scope that is not allowed; [`Refusal::NoSuchDomain`] and its
/// like; or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    target: &AttributeTarget,
    name: &str,
    value: &str,
) -> Result<Option<Appended>, CommandError<Refusal>> {
    match target {
        AttributeTarget::Global => {
            let decide = |config: &config::Config| Ok(config::set_attribute(config, name, value)?);
            repository.execute(issuer, &StreamId::config(), decide).await.map(|done| done.appended)
        }
        AttributeTarget::Domain(of) => {
            let decide = |domain: &Domain| directory::set_domain_attribute(domain, of, name, value);
            repository.execute(issuer, &StreamId::domain(of), decide).await.map(|done| done.appended)
        }
        AttributeTarget::Cos(of) => {
            let decide = |cos: &Cos| directory::set_cos_attribute(cos, of, name, value);
            repository.execute(issuer, &StreamId::cos(of), decide).await.map(|done| done.appended)
        }
        AttributeTarget::Account(of) => {
            let decide = |account: &Account| directory::set_account_attribute(account, name, value);
            repository.execute(issuer, &StreamId::account(*of), decide).await.map(|done| done.appended)
        }
    }
}
