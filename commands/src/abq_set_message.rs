//! Makes or changes a dummy message.

use syncledger_domain::{
    abq_messages::{self, Fields, MessageKind, MessageLocale, MessageScope, Messages, Refusal},
    event::StreamId,
};

use crate::{CommandError, Executed, Issuer, Repository, abq_targets};

/// Sets the given fields of a message; an empty text forgets one.
///
/// # Errors
/// [`Refusal::NoDefaultMessage`], [`Refusal::BadField`], [`Refusal::NothingGiven`], [`Refusal::NoSuchDomain`], or a
/// failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    scope: &MessageScope,
    (kind, locale): (MessageKind, &MessageLocale),
    fields: &Fields,
) -> Result<Executed<Messages>, CommandError<Refusal>> {
    if let MessageScope::Domain(name) = scope {
        abq_targets::domain_must_exist(repository, name, Refusal::NoSuchDomain).await?;
    }
    let decide = |messages: &Messages| abq_messages::set(messages, scope, kind, locale, fields.clone());
    repository.execute(issuer, &StreamId::abq_messages(), decide).await
}
