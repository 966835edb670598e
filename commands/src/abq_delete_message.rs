//! Deletes a dummy message.

use syncledger_domain::{
    abq_messages::{self, MessageKind, MessageLocale, MessageScope, Messages, Refusal},
    event::StreamId,
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Deletes a message.
///
/// # Errors
/// [`Refusal::NoSuchMessage`], [`Refusal::DefaultNeeded`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    scope: &MessageScope,
    kind: MessageKind,
    locale: &MessageLocale,
) -> Result<Executed<Messages>, CommandError<Refusal>> {
    let decide = |messages: &Messages| abq_messages::delete(messages, scope, kind, locale);
    repository.execute(issuer, &StreamId::abq_messages(), decide).await
}
