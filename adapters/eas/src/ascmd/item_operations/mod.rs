//! ItemOperations: fetches items and attachments, empties folders (MS-ASCMD, "ItemOperations").
//!
//! Operations are executed in their order, each with its own Status; a mailbox that is down ends the whole request with
//! 503, which is safe to repeat. Fetching marks nothing as read and moves no key. Of a message larger than the node's
//! limit the first bytes are shown and no attachment is served; once an answer holds about that much, the fetches left
//! end with Status 11, so that no answer takes more memory than two such messages. There is no document library, no
//! conversation is moved as such, and subfolders are not removed.

mod plan;
mod request;
mod response;
mod status;
#[cfg(test)]
mod tests;

use futures_util::StreamExt;
use syncledger_domain::{
    ids::{FolderId, ItemId, ServerId},
    ports::mailbox::{FetchPart, Fetched, MailboxError},
    sync_state::CollectionOptions,
};
use syncledger_wbxml::{Tag, pages::item_operations as o};

use request::{Action, Operation};
use response::{Found, Response};
use status::{OperationStatus, of_mailbox};

use crate::{
    answer::{Answer, Failure},
    classes::{self, AttachmentContent},
    context::{Context, RequestBody, World},
    items::{self, Envelope},
    news::Watched,
};

/// Items deleted at a time.
const BATCH: usize = 500;

/// Answers an ItemOperations.
///
/// # Errors
/// Common failures; 503 when the mailbox is down.
pub async fn handle(context: &Context, body: RequestBody) -> Result<Answer, Failure> {
    let root = body.document(o::ITEM_OPERATIONS)?;
    let mut response = Response::new(context.parameters.accept_multipart);
    let operations = match request::parse(&root, context.version) {
        Ok(operations) => operations,
        Err(status) => {
            tracing::info!(eas.status = status.value(), "ItemOperations refused");
            return Ok(response.refuse(status));
        }
    };
    // What the request may still fetch, bytes.
    let mut room = u64::from(context.services.limits.max_message_bytes);
    for operation in operations {
        let outcome = execute(context, &operation, &mut room).await?;
        if let Err(status) = &outcome {
            tracing::info!(eas.operation = %operation.tag, eas.status = status.value(), "operation failed");
        }
        response.push(&operation, outcome);
    }
    Ok(response.finish())
}

type Outcome = Result<Found, OperationStatus>;

async fn execute(context: &Context, operation: &Operation, room: &mut u64) -> Result<Outcome, Failure> {
    let action = match &operation.action {
        Ok(action) => action,
        Err(status) => return Ok(Err(*status)),
    };
    match action {
        // The one message there can be read, and that is all.
        Action::Empty { .. } if context.world == World::Dummy => Ok(Err(OperationStatus::NotFound)),
        Action::Attachment { .. } if context.world == World::Dummy => {
            Ok(Err(OperationStatus::InvalidAttachment))
        }
        Action::Empty { folder, with_subfolders } => empty(context, *folder, *with_subfolders).await,
        Action::Item { .. } | Action::Attachment { .. } if *room == 0 => Ok(Err(OperationStatus::TooMuch)),
        Action::Item { server_id, options, schema } => item(context, server_id, options, schema, room).await,
        Action::Attachment { server_id, part, range } => {
            let content = attachment(context, server_id, part, room).await?;
            Ok(content.map(|content| Found::Attachment { content, range: *range }))
        }
    }
}

async fn item(
    context: &Context,
    server_id: &ServerId,
    options: &CollectionOptions,
    schema: &[Tag],
    room: &mut u64,
) -> Result<Outcome, Failure> {
    let Some(folder) = resolve(context, server_id.folder).await? else {
        return Ok(Err(OperationStatus::NotFound));
    };
    let wanted = std::slice::from_ref(&server_id.item);
    let part = FetchPart::Prefix(context.services.limits.max_message_bytes);
    let rendered = items::render(context, &folder, wanted, Some(options), part, Envelope::Properties).await;
    let rendered = match rendered {
        Ok(mut rendered) => rendered.remove(&server_id.item),
        Err(error) => return of_mailbox(error).map(Err),
    };
    let Some(rendered) = rendered else { return Ok(Err(OperationStatus::NotFound)) };
    *room = room.saturating_sub(u64::from(rendered.size));
    let mut properties = rendered.data;
    response::restrict(&mut properties, schema);
    Ok(Ok(Found::Item { class: items::class_name(folder.class), properties }))
}

async fn attachment(
    context: &Context,
    server_id: &ServerId,
    part: &str,
    room: &mut u64,
) -> Result<Result<AttachmentContent, OperationStatus>, Failure> {
    let Some(folder) = resolve(context, server_id.folder).await? else {
        return Ok(Err(OperationStatus::InvalidAttachment));
    };
    let message = match fetch(context, &folder, &server_id.item).await {
        Ok(Some(message)) => message,
        Ok(None) | Err(MailboxError::NoSuchFolder(_) | MailboxError::NoSuchItem(_)) => {
            return Ok(Err(OperationStatus::InvalidAttachment));
        }
        Err(error) => return of_mailbox(error).map(Err),
    };
    if u64::from(message.size) > u64::from(context.services.limits.max_message_bytes) {
        return Ok(Err(OperationStatus::TooMuch));
    }
    *room = room.saturating_sub(u64::from(message.size));
    let part = part.to_owned();
    // Decoding takes milliseconds: not on a thread that serves other requests.
    let decoded = tokio::task::spawn_blocking(move || classes::attachment(&message.content, &part)).await;
    Ok(decoded.ok().flatten().ok_or(OperationStatus::InvalidAttachment))
}

async fn fetch(context: &Context, folder: &Watched, item: &ItemId) -> Result<Option<Fetched>, MailboxError> {
    let Some(key) = &folder.key else { return Ok(None) };
    let part = FetchPart::Prefix(context.services.limits.max_message_bytes);
    let mut stream = context.mailbox.fetch(key, std::slice::from_ref(item), part).await?;
    stream.next().await.transpose()
}

/// Deletes what is in the folder now, in batches; what is delivered meanwhile stays. The device learns of it by Sync.
async fn empty(context: &Context, folder: FolderId, with_subfolders: bool) -> Result<Outcome, Failure> {
    let map = context.folder_map().await?;
    let Some(watched) = resolve(context, folder).await? else { return Ok(Err(OperationStatus::NotFound)) };
    let status = match delete_all(context, &watched).await {
        Ok(status) => status,
        Err(error) => of_mailbox(error)?,
    };
    match status {
        // The folders inside stay, and the answer says that not all was done.
        OperationStatus::Success if with_subfolders && plan::has_subfolders(&map.state, folder) => {
            Ok(Err(OperationStatus::Partial))
        }
        OperationStatus::Success => Ok(Ok(Found::Nothing)),
        failed => Ok(Err(failed)),
    }
}

async fn delete_all(context: &Context, folder: &Watched) -> Result<OperationStatus, MailboxError> {
    let Some(key) = &folder.key else { return Ok(OperationStatus::Success) };
    let index = context.mailbox.index(key, None).await?;
    let (mut done, mut error) = (0, None);
    for batch in index.entries.chunks(BATCH) {
        let ids: Vec<ItemId> = batch.iter().map(|entry| entry.id.clone()).collect();
        for result in context.mailbox.delete(key, &ids).await? {
            match result {
                Ok(()) | Err(MailboxError::NoSuchItem(_)) => done += 1,
                Err(down @ (MailboxError::Unavailable(_) | MailboxError::Unauthenticated)) => {
                    return Err(down);
                }
                Err(refused) => error = Some(refused),
            }
        }
    }
    Ok(plan::emptied(done, index.entries.len(), error.as_ref()))
}

async fn resolve(context: &Context, folder: FolderId) -> Result<Option<Watched>, Failure> {
    let map = context.folder_map().await?;
    Ok(Watched::of(context.world, &map.state, folder))
}
