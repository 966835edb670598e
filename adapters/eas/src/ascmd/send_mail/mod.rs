//! SendMail: sends a message and keeps a copy (MS-ASCMD, "SendMail").
//!
//! Send, record, copy, in that order. A repetition with the same ClientId is recognised by the record and answered with
//! 118, after making sure of the copy; a crash between sending and recording can send twice, which receivers recognise
//! by the Message-ID, as it is derived from the ClientId. Success is an empty 200; 503 while the mail server is down.

mod request;
#[cfg(test)]
mod tests;

use syncledger_commands::{CommandError, submit_message};
use syncledger_domain::{
    device::{Device, MessageSubmitted, Refusal},
    event::StreamId,
    ports::{
        mailbox::{FolderClass, FolderRole, MailFlags, MailboxError, NewItem, Origin},
        transport::{Outgoing, SendError},
    },
};

use request::SendRequest;

use crate::{
    answer::{Answer, CommonStatus, Failure},
    classes::outgoing::{self, OutgoingError, Prepared, Sender},
    context::{Context, RequestBody},
};

/// Answers a SendMail.
///
/// # Errors
/// Every failure is a common one: the Status stands in the root element, or in the HTTP code before 14.0.
pub async fn handle(context: &Context, body: RequestBody) -> Result<Answer, Failure> {
    let request = request::parse(context, body)?;
    let prepared = prepare(context, &request)?;
    if was_sent(context, &request).await? {
        keep_copy(context, &request, &prepared).await;
        return Err(Failure::status(CommonStatus::MessagePreviouslySent, "the ClientId was seen before"));
    }
    let outgoing = Outgoing {
        from: prepared.from.clone(),
        recipients: prepared.recipients.clone(),
        message: prepared.message.clone(),
    };
    context.transport.send(outgoing).await.map_err(send_failure)?;
    record(context, &request, &prepared).await?;
    keep_copy(context, &request, &prepared).await;
    Ok(Answer::Empty)
}

fn prepare(context: &Context, request: &SendRequest) -> Result<Prepared, Failure> {
    let id = format!("{}/{}/{}", context.account, context.device, request.client_id);
    let now = context.services.repository.clock().now();
    let sender = Sender { address: &context.address, aliases: &[], id: &id, now };
    outgoing::prepare(&request.mime, &sender).map_err(|error| {
        let status = match error {
            OutgoingError::NoRecipients => CommonStatus::MessageHasNoRecipient,
            OutgoingError::Unparseable => CommonStatus::InvalidMime,
            OutgoingError::BadRecipient(_) => CommonStatus::MessageRecipientUnresolved,
            OutgoingError::TooManyRecipients => CommonStatus::SendQuotaExceeded,
        };
        // The recipients themselves stay out of the log.
        Failure::status(status, format!("{status:?}"))
    })
}

fn send_failure(error: SendError) -> Failure {
    match error {
        SendError::Unavailable(reason) => Failure::retry_later(reason),
        SendError::RecipientRefused(_) => {
            Failure::status(CommonStatus::MessageRecipientUnresolved, "the mail server refused a recipient")
        }
        SendError::Refused(_) => {
            Failure::status(CommonStatus::MailSubmissionFailed, "the mail server refused the message")
        }
        SendError::TooLarge(_) => {
            Failure::status(CommonStatus::AttachmentIsTooLarge, "the mail server finds the message too large")
        }
    }
}

async fn was_sent(context: &Context, request: &SendRequest) -> Result<bool, Failure> {
    let stream = StreamId::device(context.account, &context.device);
    let device = context.services.repository.load::<Device>(&stream).await?;
    Ok(device.state.submitted.contains(&request.client_id))
}

async fn record(context: &Context, request: &SendRequest, prepared: &Prepared) -> Result<(), Failure> {
    let size = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let message = MessageSubmitted {
        client_id: request.client_id.clone(),
        recipients: size(prepared.recipients.len()),
        size: size(prepared.message.len()),
        save_in_sent: request.save_in_sent,
    };
    let repository = &context.services.repository;
    match submit_message::run(repository, &context.issuer, context.account, &context.device, &message).await {
        // Two requests with one ClientId at once: both were sent, and say so. A device that only tests the connection
        // has no stream.
        Ok(_) | Err(CommandError::Refused(Refusal::AlreadySubmitted(_) | Refusal::NotRegistered)) => Ok(()),
        Err(error) => Err(Failure::retry_later(error.to_string())),
    }
}

/// The copy in Sent Items. The message has left, so a copy that cannot be kept is no failure of the request.
async fn keep_copy(context: &Context, request: &SendRequest, prepared: &Prepared) {
    if request.save_in_sent
        && let Err(error) = try_keep_copy(context, request, prepared).await
    {
        tracing::warn!(reason = %error, "no copy of a sent message could be kept");
    }
}

async fn try_keep_copy(
    context: &Context,
    request: &SendRequest,
    prepared: &Prepared,
) -> Result<(), MailboxError> {
    let unavailable = |error: Failure| MailboxError::Unavailable(error.to_string());
    let role = |map: &syncledger_domain::folders::FolderMap| {
        map.with_role(FolderClass::Mail, FolderRole::Sent).map(|folder| folder.key.clone())
    };
    let loaded = context.services.folder_maps.load(context.account).await;
    let known = loaded.map_err(|error| unavailable(error.into()))?;
    let key = if let Some(key) = role(&known.state) {
        key
    } else {
        // A device may send before it ever asked for folders.
        let observed = super::folder_sync::observe(context).await.map_err(unavailable)?;
        role(&observed.state).ok_or(MailboxError::Unsupported("a folder for sent messages"))?
    };
    let item = NewItem {
        origin: Origin { device: context.device.clone(), client_id: request.client_id.clone() },
        content: prepared.copy.clone(),
        flags: MailFlags { read: true, ..MailFlags::default() },
        date: context.services.repository.clock().now(),
    };
    context.mailbox.create(&key, item).await.map(drop)
}
