//! Forgets an attribute set globally or for a domain, a class of service or an account.

use syncledger_domain::{
    config,
    directory::{self, Account, Cos, Domain, Refusal},
    event::StreamId,
    ports::event_log::Appended,
};

use crate::{AttributeTarget, CommandError, Issuer, Repository};

/// Forgets an attribute. `None` when none was set.
///
/// # Errors
/// [`Refusal::Attribute`] for an unknown name; [`Refusal::NoSuchDomain`] and its like; or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    target: &AttributeTarget,
    name: &str,
) -> Result<Option<Appended>, CommandError<Refusal>> {
    match target {
        AttributeTarget::Global => {
            let decide = |config: &config::Config| Ok(config::clear_attribute(config, name)?);
            repository.execute(issuer, &StreamId::config(), decide).await.map(|done| done.appended)
        }
        AttributeTarget::Domain(of) => {
            let decide = |domain: &Domain| directory::clear_domain_attribute(domain, of, name);
            repository.execute(issuer, &StreamId::domain(of), decide).await.map(|done| done.appended)
        }
        AttributeTarget::Cos(of) => {
            let decide = |cos: &Cos| directory::clear_cos_attribute(cos, of, name);
            repository.execute(issuer, &StreamId::cos(of), decide).await.map(|done| done.appended)
        }
        AttributeTarget::Account(of) => {
            let decide = |account: &Account| directory::clear_account_attribute(account, name);
            repository.execute(issuer, &StreamId::account(*of), decide).await.map(|done| done.appended)
        }
    }
}
