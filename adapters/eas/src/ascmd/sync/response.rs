//! From outcomes to the WBXML tree.

use syncledger_domain::ids::ProtocolVersion;
use syncledger_wbxml::{Element, pages::air_sync as a};

use super::{
    collection::{CollectionOutcome, Reply},
    status::SyncStatus,
};

/// An answer that concerns the whole request.
pub(super) fn global(status: SyncStatus, limit: Option<u32>) -> Element {
    let sync = Element::new(a::SYNC).with(Element::text(a::STATUS, status.value().to_string()));
    match limit {
        Some(limit) => sync.with(Element::text(a::LIMIT, limit.to_string())),
        None => sync,
    }
}

/// An answer by collections; those with nothing to say are left out.
pub(super) fn document(version: ProtocolVersion, outcomes: &[CollectionOutcome]) -> Element {
    let collections = outcomes.iter().filter(|outcome| outcome.has_something_to_say());
    Element::new(a::SYNC)
        .with(Element::new(a::COLLECTIONS).with_all(collections.map(|outcome| collection(version, outcome))))
}

fn collection(version: ProtocolVersion, outcome: &CollectionOutcome) -> Element {
    let mut element = Element::new(a::COLLECTION);
    if !version.reports_errors_in_body()
        && let Some(class) = outcome.class
    {
        element.push(Element::text(a::CLASS, class));
    }
    element.push(Element::text(a::SYNC_KEY, outcome.sync_key.clone()));
    element.push(Element::text(a::COLLECTION_ID, outcome.collection_id.clone()));
    element.push(Element::text(a::STATUS, outcome.status.value().to_string()));
    // Clients take either place of MoreAvailable as long as it stands before Commands.
    if !outcome.replies.is_empty() {
        element.push(Element::new(a::RESPONSES).with_all(outcome.replies.iter().map(reply)));
    }
    if outcome.more_available {
        element.push(Element::new(a::MORE_AVAILABLE));
    }
    if !outcome.commands.is_empty() {
        element.push(Element::new(a::COMMANDS).with_all(outcome.commands.iter().cloned()));
    }
    element
}

fn reply(reply: &Reply) -> Element {
    let (tag, client_id, server_id, status, data) = match reply {
        Reply::Add { client_id, server_id, status } => {
            (a::ADD, Some(client_id.as_str()), server_id.clone(), status, None)
        }
        Reply::Change { server_id, status } => (a::CHANGE, None, Some(server_id.clone()), status, None),
        Reply::Delete { server_id, status } => (a::DELETE, None, Some(server_id.clone()), status, None),
        Reply::Fetch { server_id, status, data } => {
            (a::FETCH, None, Some(server_id.clone()), status, data.clone())
        }
    };
    let mut element = Element::new(tag);
    if let Some(client_id) = client_id {
        element.push(Element::text(a::CLIENT_ID, client_id));
    }
    if let Some(server_id) = server_id {
        element.push(Element::text(a::SERVER_ID, server_id));
    }
    element.push(Element::text(a::STATUS, status.to_string()));
    if let Some(data) = data {
        element.push(data);
    }
    element
}
