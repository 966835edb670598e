//! From the WBXML tree to a [`SyncRequest`]; every defect has its Status.

use std::time::Duration;

use syncledger_domain::{
    ids::{ClientId, ProtocolVersion},
    sync_state::CollectionOptions,
};
use syncledger_wbxml::{Element, pages::air_sync as a};

use super::{
    options::{self, asks_for_other_parts_than_html},
    status::SyncStatus,
};
use crate::ascmd::number_text;

/// A Sync request, checked as far as that goes without knowing any state.
#[derive(Clone, Debug, PartialEq)]
pub struct SyncRequest {
    /// In the order of the request.
    pub collections: Vec<CollectionRequest>,
    /// How long the answer may be held back when there is nothing to say.
    pub wait: Option<Duration>,
    /// Most server operations in the whole answer.
    pub window: Option<usize>,
    /// Collections not named are those of the last full request.
    pub partial: bool,
}

/// One collection of the request.
#[derive(Clone, Debug, PartialEq)]
pub struct CollectionRequest {
    /// As sent: an invalid key is a matter of this collection alone.
    pub sync_key: String,
    /// As sent, likewise.
    pub collection_id: String,
    /// Class, where a version before 14.0 names it.
    pub class: Option<String>,
    /// Deletions move to Deleted Items; the default.
    pub deletes_as_moves: bool,
    /// Whether server changes are wanted.
    pub get_changes: bool,
    /// Most server operations for this collection.
    pub window: usize,
    /// New sticky options.
    pub options: Option<CollectionOptions>,
    /// What the client did.
    pub commands: Vec<ClientCommand>,
}

/// An operation of the client.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientCommand {
    /// Create.
    Add {
        /// The client's id for it.
        client_id: ClientId,
        /// Class, where it differs from the folder's (SMS).
        class: Option<String>,
        /// The item.
        data: Element,
    },
    /// Change.
    Change {
        /// As sent.
        server_id: String,
        /// The properties.
        data: Element,
    },
    /// Delete.
    Delete {
        /// As sent.
        server_id: String,
    },
    /// Send the whole item.
    Fetch {
        /// As sent.
        server_id: String,
    },
}

/// Why the whole request is answered with a Status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Defect {
    /// What to answer.
    pub status: SyncStatus,
    /// The nearest allowed value, with 14 and 15.
    pub limit: Option<u32>,
    /// For the log.
    pub reason: String,
}

impl Defect {
    /// An empty or partial request that nothing completes.
    pub(super) fn incomplete(reason: &str) -> Self {
        Self { status: SyncStatus::RequestIncomplete, limit: None, reason: reason.to_owned() }
    }
}

/// Bounds a request must keep.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Seconds.
    pub min_heartbeat_secs: u32,
    /// Seconds.
    pub max_heartbeat_secs: u32,
    /// Collections in one request.
    pub max_collections: usize,
    /// Largest window.
    pub max_window: usize,
    /// Window of requests that name none.
    pub default_window: usize,
}

/// Client operations one request may carry (MS-ASCMD, "Limiting Size of Command Requests").
const MAX_CLIENT_COMMANDS: usize = 200;

fn protocol_error(reason: impl Into<String>) -> Defect {
    Defect { status: SyncStatus::ProtocolError, limit: None, reason: reason.into() }
}

/// Reads a request.
///
/// # Errors
/// [`Defect`] for what concerns the whole request.
pub(super) fn parse(
    root: &Element,
    version: ProtocolVersion,
    bounds: &Bounds,
) -> Result<SyncRequest, Defect> {
    let wait = parse_wait(root, version, bounds)?;
    let window = window_size(root, bounds)?;
    let collections = match root.child(a::COLLECTIONS) {
        Some(collections) => collections
            .children_with(a::COLLECTION)
            .map(|collection| parse_collection(collection, version, bounds))
            .collect::<Result<Vec<_>, _>>()?,
        None => Vec::new(),
    };
    let partial = root.child(a::PARTIAL).is_some();
    if collections.is_empty() && !(partial && root.elements().count() > 1) {
        return Err(protocol_error("no collections"));
    }
    if collections.len() > bounds.max_collections {
        return Err(Defect {
            status: SyncStatus::TooManyCollections,
            limit: u32::try_from(bounds.max_collections).ok(),
            reason: format!("{} collections", collections.len()),
        });
    }
    let commands: usize = collections.iter().map(|collection| collection.commands.len()).sum();
    if commands > MAX_CLIENT_COMMANDS {
        return Err(protocol_error(format!("{commands} client commands, at most {MAX_CLIENT_COMMANDS}")));
    }
    let mut ids: Vec<_> = collections.iter().map(|c| c.collection_id.as_str()).collect();
    ids.sort_unstable();
    if ids.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(protocol_error("a collection is named twice"));
    }
    Ok(SyncRequest { collections, wait, window, partial })
}

fn parse_wait(root: &Element, version: ProtocolVersion, bounds: &Bounds) -> Result<Option<Duration>, Defect> {
    let (wait, heartbeat) = (number_text(root, a::WAIT), number_text(root, a::HEARTBEAT_INTERVAL));
    let (text, unit, what) = match (wait, heartbeat) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err(protocol_error("both Wait and HeartbeatInterval")),
        (Some(wait), None) => (wait, 60, "Wait"),
        (None, Some(heartbeat)) if version.reports_errors_in_body() => (heartbeat, 1, "HeartbeatInterval"),
        (None, Some(_)) => return Err(protocol_error("HeartbeatInterval before version 14.0")),
    };
    let value: i64 = text.parse().map_err(|_| protocol_error(format!("{what} is '{text}'")))?;
    // Wait counts minutes, 1..=59; HeartbeatInterval seconds. Both stay within what the node allows.
    let lowest = i64::from(bounds.min_heartbeat_secs.div_ceil(unit)).max(1);
    let highest = i64::from(bounds.max_heartbeat_secs / unit).max(lowest);
    if (lowest..=highest).contains(&value) {
        return Ok(Some(Duration::from_secs(u64::from(unit) * value.unsigned_abs())));
    }
    let nearest = value.clamp(lowest, highest);
    Err(Defect {
        status: SyncStatus::WaitOutOfRange,
        limit: u32::try_from(nearest).ok(),
        reason: format!("{what} {value}, allowed {lowest} to {highest}"),
    })
}

fn window_size(parent: &Element, bounds: &Bounds) -> Result<Option<usize>, Defect> {
    let Some(text) = number_text(parent, a::WINDOW_SIZE) else { return Ok(None) };
    let value: u32 = text.parse().map_err(|_| protocol_error(format!("WindowSize is '{text}'")))?;
    let value = usize::try_from(value).unwrap_or(usize::MAX);
    Ok(Some(if value == 0 { bounds.max_window } else { value.min(bounds.max_window) }))
}

fn parse_collection(
    element: &Element,
    version: ProtocolVersion,
    bounds: &Bounds,
) -> Result<CollectionRequest, Defect> {
    let text_of = |tag, name: &str| -> Result<Option<String>, Defect> {
        match element.child(tag) {
            None => Ok(None),
            Some(child) => child
                .text_content()
                .map(|text| Some(text.into_owned()))
                .ok_or_else(|| protocol_error(format!("{name} is not text"))),
        }
    };
    let required = |text: Option<String>, name: &str| {
        text.filter(|text| !text.is_empty() && text.len() <= 64)
            .ok_or_else(|| protocol_error(format!("{name} is missing or not 1 to 64 characters")))
    };
    let sync_key = required(text_of(a::SYNC_KEY, "SyncKey")?, "SyncKey")?;
    let collection_id = required(text_of(a::COLLECTION_ID, "CollectionId")?, "CollectionId")?;
    let starts = sync_key == "0";
    let window = window_size(element, bounds)?.unwrap_or(bounds.default_window);
    let options = options::parse(element, version).map_err(protocol_error)?;
    if asks_for_other_parts_than_html(options.as_ref()) {
        return Err(Defect {
            status: SyncStatus::BodyPartTypeNotSupported,
            limit: None,
            reason: "BodyPartPreference of another Type than 2".to_owned(),
        });
    }
    let commands = match element.child(a::COMMANDS) {
        Some(commands) => commands.elements().map(parse_command).collect::<Result<Vec<_>, _>>()?,
        None => Vec::new(),
    };
    Ok(CollectionRequest {
        get_changes: boolean(element, a::GET_CHANGES)?.unwrap_or(!starts),
        deletes_as_moves: boolean(element, a::DELETES_AS_MOVES)?.unwrap_or(true),
        class: text_of(a::CLASS, "Class")?,
        options,
        sync_key,
        collection_id,
        window,
        commands,
    })
}

/// A present but empty boolean means true (MS-ASDTYPE, "boolean").
fn boolean(parent: &Element, tag: syncledger_wbxml::Tag) -> Result<Option<bool>, Defect> {
    match parent.child(tag).map(Element::text_content) {
        None => Ok(None),
        Some(Some(text)) if text.is_empty() || text == "1" => Ok(Some(true)),
        Some(Some(text)) if text == "0" => Ok(Some(false)),
        Some(other) => Err(protocol_error(format!("{tag} is {other:?}, allowed 0 or 1"))),
    }
}

fn parse_command(element: &Element) -> Result<ClientCommand, Defect> {
    let server_id = || {
        element
            .child(a::SERVER_ID)
            .and_then(Element::text_content)
            .filter(|text| !text.is_empty())
            .map(std::borrow::Cow::into_owned)
            .ok_or_else(|| protocol_error(format!("{} without ServerId", element.tag)))
    };
    let data = || {
        element
            .child(a::APPLICATION_DATA)
            .cloned()
            .ok_or_else(|| protocol_error(format!("{} without ApplicationData", element.tag)))
    };
    match element.tag {
        a::ADD => {
            let text = element.child(a::CLIENT_ID).and_then(Element::text_content).unwrap_or_default();
            let client_id = ClientId::new(&text).map_err(|error| protocol_error(error.to_string()))?;
            let class =
                element.child(a::CLASS).and_then(Element::text_content).map(std::borrow::Cow::into_owned);
            Ok(ClientCommand::Add { client_id, class, data: data()? })
        }
        a::CHANGE => Ok(ClientCommand::Change { server_id: server_id()?, data: data()? }),
        a::DELETE => Ok(ClientCommand::Delete { server_id: server_id()? }),
        a::FETCH => Ok(ClientCommand::Fetch { server_id: server_id()? }),
        other => Err(protocol_error(format!("{other} is no client command"))),
    }
}
