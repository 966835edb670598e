//! Between the rooms and the classes: items fetched from the mailbox, in the form of their class.
//!
//! The rooms do not know classes and the classes do no IO. A new class is an arm in each function here.

use std::collections::HashMap;

use futures_util::StreamExt;
use syncledger_domain::{
    ids::{Address, ItemId, ProtocolVersion, ServerId},
    ports::mailbox::{
        FetchPart, Fetched, Fingerprint, FolderClass, FolderIndex, FolderRole, IndexEntry, ItemChange,
        MailFlags, MailboxError,
    },
    sync_state::CollectionOptions,
};
use syncledger_wbxml::Element;

use crate::{
    classes::{
        BodyWish, ItemError, MailItem, application_data, flag_change, parse_client_change, properties,
        unreadable,
    },
    context::Context,
    news::{self, Watched, concerns_folder},
    policy_limits::BodyLimits,
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

/// How bodies are wished by a set of options, as far as the policy lets them.
pub fn body_wish(
    version: ProtocolVersion,
    options: Option<&CollectionOptions>,
    limits: BodyLimits,
) -> BodyWish {
    let mut options = options.cloned().unwrap_or_default();
    if let Some(part) = &mut options.body_part_preference {
        limits.apply_to(part);
    }
    // Who asks for a BodyPart alone gets no other body.
    if options.body_part_preference.is_none() || !options.body_preferences.is_empty() {
        limits.apply(&mut options.body_preferences);
    }
    BodyWish {
        version,
        preferences: options.body_preferences,
        body_part: options.body_part_preference,
        mime_support: options.mime_support,
        mime_truncation: options.mime_truncation,
    }
}

/// Fetches the items of a window in one round trip and renders them. Messages beyond the node's limit are fetched in
/// part. Items that are gone are left out; one that is there and cannot be fetched is rendered as a stand-in, so that it
/// does not stop its folder.
///
/// # Errors
/// Those of the mailbox that concern more than one item.
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
    let mut rendered = HashMap::new();
    for (items, part) in [(whole, FetchPart::Full), (huge, FetchPart::Prefix(limit))] {
        if items.is_empty() {
            continue;
        }
        let items: Vec<ItemId> = items.into_iter().cloned().collect();
        let fetched = fetch(context, folder, &items, part).await?;
        if let Some(error) = &fetched.ended_by {
            tracing::warn!(eas.collection = %folder.folder, reason = %error, "a window was fetched in part");
        }
        let job = Job::new(context, folder, options, Envelope::ApplicationData).await;
        rendered.extend(job.render_all(fetched.items).await?);
    }
    let missing: Vec<ItemId> = wanted.iter().filter(|item| !rendered.contains_key(*item)).cloned().collect();
    if !missing.is_empty() {
        rendered.extend(one_by_one(context, folder, missing, options).await?);
    }
    Ok(rendered)
}

/// Items that did not come with their window: those that a fresh index still lists are fetched singly, and what does
/// not come then either gets its stand-in.
async fn one_by_one(
    context: &Context,
    folder: &Watched,
    missing: Vec<ItemId>,
    options: Option<&CollectionOptions>,
) -> Result<HashMap<ItemId, Rendered>, MailboxError> {
    let limit = context.services.limits.max_message_bytes;
    let index = news::index(context, folder.key.as_ref()).await?;
    let job = Job::new(context, folder, options, Envelope::ApplicationData).await;
    let mut rendered = HashMap::new();
    for item in missing {
        let Some(entry) = index.get(&item) else { continue };
        let part = if entry.size > limit { FetchPart::Prefix(limit) } else { FetchPart::Full };
        let fetched = fetch(context, folder, std::slice::from_ref(&item), part).await?;
        let found = job.clone().render_all(fetched.items).await.ok().and_then(|mut one| one.remove(&item));
        let one = found.unwrap_or_else(|| {
            let reason = fetched.ended_by.map_or_else(|| "left out".to_owned(), |error| error.to_string());
            tracing::warn!(
                eas.collection = %folder.folder, %item, reason, "an item cannot be read: a stand-in is sent"
            );
            job.stand_in(entry)
        });
        rendered.insert(item, one);
    }
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
    let fetched = fetch(context, folder, wanted, part).await?;
    if let Some(error) = fetched.ended_by {
        return Err(error);
    }
    Job::new(context, folder, options, envelope).await.render_all(fetched.items).await
}

/// What a fetch brought.
#[derive(Default)]
struct Fetch {
    items: Vec<Fetched>,
    /// The trouble with an item that ended it early.
    ended_by: Option<MailboxError>,
}

/// Fetches items, as far as it goes.
async fn fetch(
    context: &Context,
    folder: &Watched,
    wanted: &[ItemId],
    part: FetchPart,
) -> Result<Fetch, MailboxError> {
    let Some(key) = folder.key.as_ref().filter(|_| !wanted.is_empty()) else { return Ok(Fetch::default()) };
    let mut stream = match context.mailbox.fetch(key, wanted, part).await {
        Ok(stream) => stream,
        // Some backends refuse a whole window for the sake of one item.
        Err(error @ (MailboxError::Refused(_) | MailboxError::NoSuchItem(_))) => {
            return Ok(Fetch { items: Vec::new(), ended_by: Some(error) });
        }
        Err(error) => return Err(error),
    };
    let mut items = Vec::with_capacity(wanted.len());
    while let Some(item) = stream.next().await {
        match item {
            Ok(item) => items.push(item),
            Err(error @ MailboxError::NoSuchFolder(_)) => return Err(error),
            Err(error) if !concerns_folder(&error) => return Err(error),
            Err(error) => return Ok(Fetch { items, ended_by: Some(error) }),
        }
    }
    Ok(Fetch { items, ended_by: None })
}

async fn is_drafts(context: &Context, folder: &Watched) -> bool {
    match context.folder_map().await {
        Ok(map) => {
            map.state.present(folder.folder).is_some_and(|folder| folder.role == Some(FolderRole::Drafts))
        }
        Err(_) => false,
    }
}

#[derive(Clone)]
struct Job {
    folder: Watched,
    is_draft: bool,
    own: Vec<Address>,
    wish: BodyWish,
    envelope: Envelope,
}

impl Job {
    async fn new(
        context: &Context,
        folder: &Watched,
        options: Option<&CollectionOptions>,
        envelope: Envelope,
    ) -> Self {
        Self {
            folder: folder.clone(),
            is_draft: is_drafts(context, folder).await,
            own: vec![context.address.clone()],
            wish: body_wish(context.version, options, context.read_settings(BodyLimits::of)),
            envelope,
        }
    }

    /// Conversions take milliseconds per message: not on a thread that serves other requests.
    async fn render_all(self, fetched: Vec<Fetched>) -> Result<HashMap<ItemId, Rendered>, MailboxError> {
        let all = move || fetched.iter().map(|item| (item.id.clone(), self.render(item))).collect();
        let rendered = tokio::task::spawn_blocking(all).await;
        rendered.map_err(|error| MailboxError::Refused(format!("conversion failed: {error}")))
    }

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

    /// An item of which nothing is known but its line in the index.
    fn stand_in(&self, entry: &IndexEntry) -> Rendered {
        let flags = MailFlags::from_fingerprint(entry.fingerprint);
        let mail = MailItem::parse(b"", entry.date, flags, entry.size, &self.own).as_draft(self.is_draft);
        Rendered { fingerprint: entry.fingerprint, size: 0, data: unreadable(&mail) }
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
