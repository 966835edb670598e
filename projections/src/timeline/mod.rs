//! The timeline as a view: what happened, one entry per event, for `audit timeline`.
//!
//! Rows: `<account>/<position>` for everything that concerns an account, `global/<position>` for the rest; positions
//! have 20 digits. Events this build does not understand are listed all the same, without details.

mod summary;

use std::collections::VecDeque;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use syncledger_domain::{
    Event,
    abq::AbqEvent,
    event::{Actor, CorrelationId, Position, Revision, StreamCategory, StreamId, Timestamp},
    ids::{AccountId, CollectionId, DeviceId},
    loggers::LoggersEvent,
    ports::views::ViewStore,
};

use crate::{
    ProjectionError,
    projection::{LogEntry, Projection, Rows, View, read_row},
};

/// The view.
pub const VIEW: View = View { name: "timeline", layout: 2, stored: "timeline-2" };

/// Rows read at a time.
const PAGE: usize = 1000;

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// Its place in the log.
    pub position: Position,
    /// When.
    pub at: Timestamp,
    /// Its stream.
    pub stream: StreamId,
    /// Its place in the stream.
    pub revision: Revision,
    /// Whose; `None` in the global section.
    pub account: Option<AccountId>,
    /// Which device, where it concerns one.
    pub device: Option<DeviceId>,
    /// Which collection, where it concerns one.
    pub collection: Option<CollectionId>,
    /// Stored name of the event.
    pub kind: String,
    /// Who caused it.
    pub actor: Actor,
    /// The request or call it belongs to.
    pub correlation_id: CorrelationId,
    /// What it says, by name, in the order to print. Never a secret or content.
    pub fields: Vec<Field>,
    /// Whether this build understood the event; if not, there are no fields.
    pub understood: bool,
}

/// A named detail.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Field {
    /// kebab-case.
    pub name: String,
    /// As text.
    pub value: String,
}

impl TimelineEntry {
    /// The fields on one line: `name=value name=value`.
    pub fn summary(&self) -> String {
        let fields: Vec<_> =
            self.fields.iter().map(|field| format!("{}={}", field.name, field.value)).collect();
        fields.join(" ")
    }
}

/// What an event says, by name, in the order to print. Never a secret or content.
pub fn describe(event: &Event) -> Vec<Field> {
    summary::fields(event)
}

/// Whom an event of the Device Control List is about: an entry names its device, and that of a couple its account.
fn abq_subject(event: Option<&Event>) -> (Option<AccountId>, Option<DeviceId>, Option<CollectionId>) {
    match event {
        Some(Event::Abq(AbqEvent::StatusSet(set))) => (set.account, Some(set.device.canonical()), None),
        Some(Event::Abq(AbqEvent::StatusDeleted(deleted))) => {
            (deleted.account, Some(deleted.device.canonical()), None)
        }
        _ => (None, None, None),
    }
}

/// Whose requests a logger writes down.
fn logged_account(event: Option<&Event>) -> Option<AccountId> {
    match event {
        Some(Event::Loggers(LoggersEvent::Added(added))) => Some(added.account),
        _ => None,
    }
}

/// The projection.
pub struct Timeline;

#[async_trait]
impl Projection for Timeline {
    fn view(&self) -> View {
        VIEW
    }

    async fn fold(&mut self, entry: &LogEntry, rows: &mut Rows<'_>) -> Result<(), ProjectionError> {
        let (account, device, collection) = match entry.category.clone() {
            StreamCategory::Account(account) | StreamCategory::Folders(account) => {
                (Some(account), None, None)
            }
            StreamCategory::Device(account, device) => (Some(account), Some(device), None),
            StreamCategory::Sync(account, device, collection) => {
                (Some(account), Some(device), Some(collection))
            }
            StreamCategory::Abq => abq_subject(entry.event.as_ref()),
            StreamCategory::Loggers => (logged_account(entry.event.as_ref()), None, None),
            StreamCategory::Domain(_)
            | StreamCategory::Cos(_)
            | StreamCategory::Config
            | StreamCategory::EasFilters
            | StreamCategory::AbqMessages
            | StreamCategory::Services
            | StreamCategory::Notices
            | StreamCategory::Log
            | StreamCategory::Other => (None, None, None),
        };
        let recorded = &entry.recorded;
        let row = TimelineEntry {
            position: recorded.position,
            at: recorded.recorded_at,
            stream: recorded.stream.clone(),
            revision: recorded.revision,
            account,
            device,
            collection,
            kind: recorded.event_type.clone(),
            actor: recorded.actor.clone(),
            correlation_id: recorded.correlation_id,
            fields: entry.event.as_ref().map(summary::fields).unwrap_or_default(),
            understood: entry.event.is_some(),
        };
        rows.put_aside(format!("{}{:020}", prefix(account), recorded.position.0), &row);
        Ok(())
    }
}

fn prefix(account: Option<AccountId>) -> String {
    account.map_or_else(|| "global/".to_owned(), |account| format!("{account}/"))
}

/// What to look for. The default is everything of the global section.
#[derive(Clone, Debug, Default)]
pub struct TimelineQuery {
    /// Of which account; `None` is the global section: domains, classes of service, configuration, seals.
    pub account: Option<AccountId>,
    /// Only what concerns this device (not the account's own events).
    pub device: Option<DeviceId>,
    /// Only what concerns this collection.
    pub collection: Option<CollectionId>,
    /// Recorded at or after.
    pub from: Option<Timestamp>,
    /// Recorded before.
    pub until: Option<Timestamp>,
    /// Stored event names; empty lets all in.
    pub kinds: Vec<String>,
    /// Only of one request or call.
    pub correlation_id: Option<CorrelationId>,
    /// Only entries behind this position.
    pub after: Option<Position>,
    /// Most entries to return; `None` is no limit.
    pub limit: Option<usize>,
    /// With a limit: the newest matches instead of the oldest.
    pub newest: bool,
}

impl TimelineQuery {
    fn admits(&self, entry: &TimelineEntry) -> bool {
        self.device.as_ref().is_none_or(|device| entry.device.as_ref() == Some(device))
            && self.collection.is_none_or(|collection| entry.collection == Some(collection))
            && self.from.is_none_or(|from| entry.at >= from)
            && self.until.is_none_or(|until| entry.at < until)
            && (self.kinds.is_empty() || self.kinds.contains(&entry.kind))
            && self.correlation_id.is_none_or(|id| entry.correlation_id == id)
    }

    /// The matching entries, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn run(&self, store: &dyn ViewStore) -> Result<Vec<TimelineEntry>, ProjectionError> {
        let prefix = prefix(self.account);
        let limit = self.limit.unwrap_or(usize::MAX);
        let mut after = self.after.map(|position| format!("{prefix}{:020}", position.0));
        let mut found = VecDeque::new();
        loop {
            let page = store.scan(VIEW.stored, &prefix, after.as_deref(), PAGE).await?;
            let complete = page.len() < PAGE;
            for row in &page {
                let entry: Option<TimelineEntry> = read_row(VIEW.stored, &row.key, Some(&row.value))?;
                found.extend(entry.filter(|entry| self.admits(entry)));
                if found.len() > limit && self.newest {
                    found.pop_front();
                } else if found.len() >= limit && !self.newest {
                    found.truncate(limit);
                    return Ok(found.into());
                }
            }
            match page.into_iter().next_back() {
                Some(last) if !complete => after = Some(last.key),
                _ => return Ok(found.into()),
            }
        }
    }
}
