//! Between the rooms and the classes: items fetched from the mailbox, in the form of their class.
//!
//! The rooms do not know classes and the classes do no IO. A new class is an arm in each function here.

use std::collections::HashMap;

use futures_util::StreamExt;
use syncledger_domain::{
    ids::{Address, ItemId, ProtocolVersion, ServerId},
    ports::mailbox::{
        FetchPart, Fetched, Fingerprint, FolderClass, FolderIndex, FolderRole, ItemChange, MailFlags,
        MailboxError,
    },
    sync_state::CollectionOptions,
};
use syncledger_wbxml::Element;

use crate::{
    classes::{
        BodyWish, ItemError, MailItem, application_data, flag_change, parse_client_change, properties,
    },
    context::Context,
    news::Watched,
};

/// An item in the form of its class.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// Its state at the moment of the fetch.
    pub fingerprint: Fingerprint,
    /// Bytes fetched for it.
    pub size: u32,
    /// `ApplicationData` or `Properties`.
    pub data: Element,
}

/// What the element around an item's properties is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Envelope {
    /// `AirSync:ApplicationData`
    ApplicationData,
    /// `ItemOperations:Properties`
    Properties,
}

/// The name of a class on the wire (MS-ASCMD, "Class").
pub fn class_name(class: FolderClass) -> &'static str {
    match class {
        FolderClass::Mail => "Email",
        FolderClass::Calendar => "Calendar",
        FolderClass::Contacts => "Contacts",
        FolderClass::Tasks => "Tasks",
        FolderClass::Notes => "Notes",
    }
}

/// How bodies are wished by a set of options.
pub fn body_wish(version: ProtocolVersion, options: Option<&CollectionOptions>) -> BodyWish {
    let options = options.cloned().unwrap_or_default();
    BodyWish {
        version,
        preferences: options.body_preferences,
        body_part: options.body_part_preference,
        mime_support: options.mime_support,
        mime_truncation: options.mime_truncation,
    }
}

/// Fetches the items of a window in one round trip and renders them. Messages beyond the node's limit are fetched in
/// part. Items that are gone are left out.
///
/// # Errors
/// Those of the mailbox.
pub async fn render_window(
    context: &Context,
    folder: &Watched,
    index: &FolderIndex,
    wanted: &[ItemId],
    options: Option<&CollectionOptions>,
) -> Result<HashMap<ItemId, Rendered>, MailboxError> {
    let limit = context.services.limits.max_message_bytes;
    let is_huge = |item: &&ItemId| index.get(item).is_some_and(|entry| entry.size > limit);
    let (huge, whole): (Vec<&ItemId>, Vec<&ItemId>) = wanted.iter().partition(is_huge);
    let owned = |items: Vec<&ItemId>| items.into_iter().cloned().collect::<Vec<_>>();
    let envelope = Envelope::ApplicationData;
    let mut rendered = render(context, folder, &owned(whole), options, FetchPart::Full, envelope).await?;
    rendered
        .extend(render(context, folder, &owned(huge), options, FetchPart::Prefix(limit), envelope).await?);
    Ok(rendered)
}

/// Fetches items and renders them. Items that are gone are left out.
///
/// # Errors
/// Those of the mailbox.
pub async fn render(
    context: &Context,
    folder: &Watched,
    wanted: &[ItemId],
    options: Option<&CollectionOptions>,
    part: FetchPart,
    envelope: Envelope,
) -> Result<HashMap<ItemId, Rendered>, MailboxError> {
    let Some(key) = folder.key.as_ref().filter(|_| !wanted.is_empty()) else { return Ok(HashMap::new()) };
    let mut stream = context.mailbox.fetch(key, wanted, part).await?;
    let mut fetched = Vec::with_capacity(wanted.len());
    while let Some(item) = stream.next().await {
        fetched.push(item?);
    }
    let job = Job {
        folder: folder.clone(),
        is_draft: is_drafts(context, folder).await,
        own: vec![context.address.clone()],
        wish: body_wish(context.version, options),
        envelope,
    };
    // Conversions take milliseconds per message: not on a thread that serves other requests.
    tokio::task::spawn_blocking(move || {
        fetched.iter().map(|item| (item.id.clone(), job.render(item))).collect()
    })
    .await
    // The error's own text may quote the message.
    .map_err(|error| MailboxError::Refused(format!("conversion failed (panic: {})", error.is_panic())))
}

async fn is_drafts(context: &Context, folder: &Watched) -> bool {
    match context.services.folder_maps.load(context.account).await {
        Ok(map) => {
            map.state.present(folder.folder).is_some_and(|folder| folder.role == Some(FolderRole::Drafts))
        }
        Err(_) => false,
    }
}

struct Job {
    folder: Watched,
    is_draft: bool,
    own: Vec<Address>,
    wish: BodyWish,
    envelope: Envelope,
}

impl Job {
    fn render(&self, item: &Fetched) -> Rendered {
        let server_id = ServerId { folder: self.folder.folder, item: item.id.clone() };
        let flags = MailFlags::from_fingerprint(item.fingerprint);
        let mail =
            MailItem::parse(&item.content, item.date, flags, item.size, &self.own).as_draft(self.is_draft);
        let data = match self.envelope {
            Envelope::ApplicationData => application_data(&mail, &server_id, &self.wish),
            Envelope::Properties => properties(&mail, &server_id, &self.wish),
        };
        let size = u32::try_from(item.content.len()).unwrap_or(u32::MAX);
        Rendered { fingerprint: item.fingerprint, size, data }
    }
}

/// What a client's Change means to the mailbox.
///
/// # Errors
/// [`ItemError`] when the class does not allow it.
pub fn parse_change(
    class: FolderClass,
    data: &Element,
    version: ProtocolVersion,
) -> Result<ItemChange, ItemError> {
    match class {
        FolderClass::Mail => parse_client_change(data, version).map(ItemChange::Flags),
        FolderClass::Calendar | FolderClass::Contacts | FolderClass::Tasks | FolderClass::Notes => {
            Err(ItemError::Invalid { element: data.tag, defect: "items of this class cannot be changed" })
        }
    }
}

/// The `ApplicationData` of a Change that takes a device from one state of an item to another. A device that holds
/// something unknown is told everything; where a version cannot express the difference it is told what it knows
/// already, so that its key moves on.
pub fn change(
    class: FolderClass,
    before: Fingerprint,
    now: Fingerprint,
    version: ProtocolVersion,
) -> Element {
    match class {
        FolderClass::Mail
        | FolderClass::Calendar
        | FolderClass::Contacts
        | FolderClass::Tasks
        | FolderClass::Notes => {
            let now = MailFlags::from_fingerprint(now);
            let opposite = MailFlags {
                read: !now.read,
                flagged: !now.flagged,
                answered: !now.answered,
                forwarded: !now.forwarded,
            };
            let before =
                if before == Fingerprint::DIFFERENT { opposite } else { MailFlags::from_fingerprint(before) };
            flag_change(before, now, version)
                .or_else(|| flag_change(MailFlags { read: !now.read, ..now }, now, version))
                .unwrap_or_else(|| Element::new(syncledger_wbxml::pages::air_sync::APPLICATION_DATA))
        }
    }
}
