//! Copies a dummy message to another language.

use syncledger_domain::{
    abq_messages::{self, MessageKind, MessageLocale, MessageScope, Messages, Refusal},
    event::StreamId,
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Makes the message of one language that of another, too, whatever that was.
///
/// # Errors
/// [`Refusal::NoSuchMessage`], [`Refusal::NoDefaultMessage`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    scope: &MessageScope,
    kind: MessageKind,
    (from, to): (&MessageLocale, &MessageLocale),
) -> Result<Executed<Messages>, CommandError<Refusal>> {
    let decide = |messages: &Messages| abq_messages::duplicate(messages, scope, kind, from, to);
    repository.execute(issuer, &StreamId::abq_messages(), decide).await
}
