//! `device list|info`: what the devices view says.

use syncledger_domain::ids::DeviceId;
use syncledger_projections::{
    devices::{self, DeviceRow, PolicyState},
    directory, sync_states,
};

use super::known;
use crate::{
    commands::{account, audit},
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
    let mut rows = Vec::new();
    for device in devices::list(&*views, only).await? {
        let address =
            directory::account(&*views, device.account).await?.map(|account| account.address.to_string());
        rows.push(as_json(&device, address.as_deref()));
    }
    output::rows(
        json,
        ["ACCOUNT", "DEVICE", "TYPE", "VERSION", "POLICY", "LAST SYNC", "LAST SEEN"],
        &rows,
        |row| {
            ["address", "device", "type", "protocol_version", "policy", "last_sync", "last_seen"]
                .map(|name| row[name].as_str().unwrap_or("-").to_owned())
        },
    )
}

fn as_json(device: &DeviceRow, address: Option<&str>) -> serde_json::Value {
    let policy = match device.policy_state() {
        PolicyState::None => "none".to_owned(),
        PolicyState::Offered => "offered".to_owned(),
        PolicyState::Acknowledged(status) => format!("acknowledged ({status})"),
        PolicyState::Renewing => "renewing".to_owned(),
    };
    let info = &device.info;
    let counters = &device.counters;
    serde_json::json!({
        "account": device.account.to_string(),
        "address": address,
        "device": device.id.as_str(),
        "type": device.device_type.as_str(),
        "user_agent": device.user_agent,
        "protocol_version": device.protocol_version.map(|version| version.to_string()),
        "policy": policy,
        "model": info.model,
        "imei": info.imei,
        "friendly_name": info.friendly_name,
        "os": info.os,
        "os_language": info.os_language,
        "phone_number": info.phone_number,
        "mobile_operator": info.mobile_operator,
        "first_seen": device.first_seen.to_string(),
        "last_seen": device.last_seen.to_string(),
        "last_sync": device.last_sync.map(|time| time.to_string()),
        "last_reset": device.last_reset.as_ref().map(|(time, cause)| serde_json::json!({
            "at": time.to_string(), "cause": cause,
        })),
        "requests": counters.requests,
        "bytes_in": counters.bytes_in,
        "bytes_out": counters.bytes_out,
        "answers": counters.answers,
        "items_told": counters.items_told,
        "moves": counters.moves,
        "messages_sent": counters.messages_sent,
    })
}

/// Prints everything known about a device.
pub(super) async fn info(node: &Node, account: &str, device: &DeviceId, json: bool) -> anyhow::Result<()> {
    let id = account::find(node, account).await?;
    let row = known(node, id, account, device).await?;
    let views = node.view_store();
    let address = directory::account(&*views, id).await?.map(|account| account.address.to_string());
    let names = audit::folder_names(node, id).await?;
    let collections: Vec<serde_json::Value> = sync_states::collections(&*views, id, &row.id)
        .await?
        .iter()
        .map(|state| {
            serde_json::json!({
                "collection": state.collection.to_string(),
                "name": audit::collection_name(&names, state.collection),
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
    let mut object = as_json(&row, address.as_deref());
    if json {
        object["collections"] = collections.into();
        return output::value(&object);
    }
    let fields = object.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    for (name, value) in fields {
        say!("{name:<18} {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned));
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
