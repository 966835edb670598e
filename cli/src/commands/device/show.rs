//! `device list|info`: what the devices view says.

use syncledger_domain::{
    config::registry::EAS_VERSIONS,
    ids::{CollectionId, DeviceId},
    ports::mailbox::FolderClass,
};
use syncledger_projections::{
    devices,
    sync_states::{self, SyncStateRow},
};

use super::{known, row};
use crate::{
    commands::{account, audit, filter, folder, places::Everyone},
    node::Node,
    output::{self, say},
};

/// Prints the devices of all accounts, or of one.
pub(super) async fn list(node: &Node, account: Option<&str>, json: bool) -> anyhow::Result<()> {
    let only = match account {
        Some(text) => Some(account::find(node, text).await?),
        None => None,
    };
    let views = node.view_store();
    let everyone = match only {
        Some(id) => Everyone::only(node, id).await?,
        None => Everyone::read(node).await?,
    };
    let now = node.repository.clock().now();
    let mut rows = Vec::new();
    for device in devices::list(&*views, only).await? {
        let scopes = everyone.account(device.account).map(|account| (account, everyone.scopes(account)));
        rows.push(row::object(&device, scopes.as_ref().map(|(account, scopes)| (*account, scopes)), now));
    }
    let headings =
        ["ACCOUNT", "DEVICE", "TYPE", "VERSION", "POLICY", "STATUS", "STANDING", "LAST SYNC", "LAST SEEN"];
    output::rows(json, headings, &rows, |row| {
        let names = [
            "address",
            "shown",
            "type",
            "protocol_version",
            "policy",
            "status",
            "standing",
            "last_sync",
            "last_seen",
        ];
        names.map(|name| match &row[name] {
            _ if name == "standing" => row::standing(row),
            serde_json::Value::Number(number) => number.to_string(),
            other => other.as_str().unwrap_or("-").to_owned(),
        })
    })
}

/// Prints everything known about a device.
pub(super) async fn info(node: &Node, account: &str, device: &DeviceId, json: bool) -> anyhow::Result<()> {
    let id = account::find(node, account).await?;
    let row = known(node, id, account, device).await?;
    let views = node.view_store();
    let everyone = Everyone::only(node, id).await?;
    let names = audit::folder_names(node, id).await?;
    let states = sync_states::collections(&*views, id, &row.id).await?;
    let collections: Vec<serde_json::Value> = states
        .iter()
        .map(|state| {
            serde_json::json!({
                "collection": state.collection.to_string(),
                "name": audit::collection_name(&names, state.collection),
                "class": state.class.map(folder::class),
                "active": state.active,
                "generation": state.generation,
                "confirmed_key": state.confirmed_key().map(|key| key.to_string()),
                "offered_key": state.offered_key().map(|key| key.to_string()),
                "known": state.known,
                "known_if_arrived": state.known_if_arrived,
                "lost_answers": state.lost_answers,
                "skipped": state.skipped.iter().map(|(item, _)| item.as_str()).collect::<Vec<_>>(),
                "changed_at": state.changed_at.to_string(),
            })
        })
        .collect();
    let scopes = everyone.account(id).map(|account| (account, everyone.scopes(account)));
    let owner = scopes.as_ref().map(|(account, scopes)| (*account, scopes));
    let mut object = row::object(&row, owner, node.repository.clock().now());
    count_items(&mut object, &states);
    if let Some((account, scopes)) = owner {
        let offered =
            filter::offered(&scopes.versions(&EAS_VERSIONS), account, &row, &filter::load(node).await?);
        object["offered_versions"] = filter::texts(&offered).into();
    }
    if json {
        object["collections"] = collections.into();
        return output::value(&object);
    }
    let fields = object.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    for (name, value) in fields {
        say!("{name:<23} {}", in_words(value));
    }
    say!("");
    output::rows(
        false,
        ["COLLECTION", "NAME", "CONFIRMED", "OFFERED", "KNOWN", "IF ARRIVED", "LOST"],
        &collections,
        |row| {
            [
                "collection",
                "name",
                "confirmed_key",
                "offered_key",
                "known",
                "known_if_arrived",
                "lost_answers",
            ]
            .map(|name| match &row[name] {
                serde_json::Value::Null => "-".to_owned(),
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            })
        },
    )
}

/// A value for people: lists and objects as their values, with commas between them.
fn in_words(value: &serde_json::Value) -> String {
    use serde_json::Value::{Array, Object, String};
    match value {
        String(text) => text.clone(),
        Array(list) => list.iter().map(in_words).collect::<Vec<_>>().join(", "),
        Object(fields) => fields.values().map(in_words).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// What the device holds, by class, as far as it has proven to have arrived.
fn count_items(object: &mut serde_json::Value, states: &[SyncStateRow]) {
    let held = |wanted: FolderClass| -> u64 {
        let of_class = |state: &&SyncStateRow| state.active && state.class == Some(wanted);
        states.iter().filter(of_class).map(|state| state.known).sum()
    };
    for (name, class) in [
        ("emails", FolderClass::Mail),
        ("contacts", FolderClass::Contacts),
        ("events", FolderClass::Calendar),
        ("tasks", FolderClass::Tasks),
    ] {
        object[name] = held(class).into();
    }
    let hierarchy = states.iter().find(|state| state.collection == CollectionId::Hierarchy && state.active);
    object["remote_folders"] = hierarchy.map_or(0, |state| state.known).into();
    object["bad_items"] = states.iter().map(|state| state.skipped.len()).sum::<usize>().into();
}
