//! SendMail: sends a message and keeps a copy (MS-ASCMD, "SendMail").
//!
//! Send, record, copy, in that order. A repetition with the same ClientId is recognised by the record and answered with
//! 118, after making sure of the copy; one that comes while the message is being sent waits for its end. A crash between
//! sending and recording can send twice, which receivers recognise by the Message-ID, as it is derived from the ClientId.
//! Success is an empty 200; 503 while the mail server is down, and never once the message has left.

mod request;
#[cfg(test)]
mod tests;

use std::time::Duration;

use syncledger_commands::{CommandError, submit_message};
use syncledger_domain::{
    device::{Device, MessageSubmitted},
    event::Timestamp,
    ids::ClientId,
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
    let turn = (context.account, context.device.clone(), request.client_id.clone());
    let _turn = context.services.sending.lock(turn).await;
    let now = context.services.repository.clock().now();
    let device = context.services.devices.load(context.account, &context.device).await?;
    let prepared = prepare(context, &request, &device.state, now)?;
    if device.state.has_submitted(&request.client_id, request.recognition, now) {
        keep_copy(context, &request, &prepared).await;
        return Err(Failure::status(CommonStatus::MessagePreviouslySent, "the ClientId was seen before"));
    }
    let outgoing = Outgoing {
        from: prepared.message.from.clone(),
        recipients: prepared.message.recipients.clone(),
        message: prepared.message.message.clone(),
    };
    context.transport.send(outgoing).await.map_err(send_failure)?;
    record(context, &request, &prepared, now).await;
    keep_copy(context, &request, &prepared).await;
    Ok(Answer::Empty)
}

/// A message and what tells it from all others of the device.
struct Ready {
    message: Prepared,
    id: ClientId,
}

fn prepare(
    context: &Context,
    request: &SendRequest,
    device: &Device,
    now: Timestamp,
) -> Result<Ready, Failure> {
    let id = identity(request, device, now);
    let global = format!("{}/{}/{id}", context.account, context.device);
    let sender = Sender { address: &context.address, aliases: &[], id: &global, now };
    let message = outgoing::prepare(&request.mime, &sender).map_err(|error| {
        let status = match error {
            OutgoingError::NoRecipients => CommonStatus::MessageHasNoRecipient,
            OutgoingError::Unparseable => CommonStatus::InvalidMime,
            OutgoingError::BadRecipient(_) => CommonStatus::MessageRecipientUnresolved,
            OutgoingError::TooManyRecipients => CommonStatus::SendQuotaExceeded,
        };
        // The recipients themselves stay out of the log.
        Failure::status(status, format!("{status:?}"))
    })?;
    Ok(Ready { message, id })
}

/// What Message-ID and copy are known by. The same words sent again, later and on purpose, are another message; a
/// repetition of either is the same.
fn identity(request: &SendRequest, device: &Device, now: Timestamp) -> ClientId {
    let SendRequest { client_id, recognition, .. } = request;
    let earlier = device.last_other_submission(client_id, *recognition, now);
    let told_apart = earlier.and_then(|earlier| ClientId::new(&format!("{client_id}-{}", earlier.0)).ok());
    told_apart.unwrap_or_else(|| client_id.clone())
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

/// How often and how soon recording is tried again.
const RETRIES: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_millis(1500),
    Duration::from_secs(4),
];

/// The message has left, so a log that cannot be written is no failure of the request: "later" would send it twice.
async fn record(context: &Context, request: &SendRequest, ready: &Ready, at: Timestamp) {
    let size = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let message = MessageSubmitted {
        client_id: request.client_id.clone(),
        recipients: size(ready.message.recipients.len()),
        size: size(ready.message.message.len()),
        save_in_sent: request.save_in_sent,
        at,
    };
    let (repository, issuer) = (&context.services.repository, &context.issuer);
    let (account, device) = (context.account, &context.device);
    let mut retries = RETRIES.into_iter();
    loop {
        let by = request.recognition;
        match submit_message::run(repository, issuer, account, device, &message, by).await {
            // Two nodes asked at once: both sent it, and say so. A device that only tests the connection has no stream.
            Ok(_) | Err(CommandError::Refused(_)) => return,
            Err(error) => {
                let Some(delay) = retries.next() else {
                    tracing::error!(reason = %error, "a message has left and could not be recorded");
                    return;
                };
                tokio::time::sleep(delay).await;
            }
        }
    }
}

/// The copy in Sent Items. The message has left, so a copy that cannot be kept is no failure of the request.
async fn keep_copy(context: &Context, request: &SendRequest, ready: &Ready) {
    if request.save_in_sent
        && let Err(error) = try_keep_copy(context, ready).await
    {
        tracing::warn!(reason = %error, "no copy of a sent message could be kept");
    }
}

async fn try_keep_copy(context: &Context, ready: &Ready) -> Result<(), MailboxError> {
    let unavailable = |error: Failure| MailboxError::Unavailable(error.to_string());
    let role = |map: &syncledger_domain::folders::FolderMap| {
        map.with_role(FolderClass::Mail, FolderRole::Sent).map(|folder| folder.key.clone())
    };
    let loaded = context.folder_map().await;
    let known = loaded.map_err(|error| unavailable(error.into()))?;
    let key = if let Some(key) = role(&known.state) {
        key
    } else {
        // A device may send before it ever asked for folders.
        let observed = super::folder_sync::observe(context).await.map_err(unavailable)?;
        role(&observed.state).ok_or(MailboxError::Unsupported("a folder for sent messages"))?
    };
    let item = NewItem {
        origin: Origin { device: context.device.clone(), client_id: ready.id.clone() },
        content: ready.message.copy.clone(),
        flags: MailFlags { read: true, ..MailFlags::default() },
        date: context.services.repository.clock().now(),
    };
    context.mailbox.create(&key, item).await.map(drop)
}
