//! `device list|info|remove|reset|simulate`.

mod simulate;

use anyhow::bail;
use clap::Subcommand;
use syncledger_commands::{remove_device, reset_sync_state};
use syncledger_domain::ids::{AccountId, DeviceId};
use syncledger_projections::{
    devices::{self, DeviceRow, PolicyState},
    directory, sync_states,
};

use super::account;
use crate::{
    config::Config,
    node::Node,
    output::{self, say},
};

/// Devices.
#[derive(Debug, Subcommand)]
pub(crate) enum Device {
    /// List devices: all, or those of one account.
    List {
        /// Address or id of an account.
        account: Option<String>,
    },
    /// Show everything known about a device.
    Info {
        /// Address or id of the account.
        account: String,
        /// The device's id.
        device: DeviceId,
    },
    /// Forget a device with its sync states; it may register again.
    Remove {
        /// Address or id of the account.
        account: String,
        /// The device's id.
        device: DeviceId,
    },
    /// Drop a device's sync states: its next connection synchronises from the beginning.
    Reset {
        /// Address or id of the account.
        account: String,
        /// The device's id; all devices of the account when absent.
        device: Option<DeviceId>,
        /// Why, for the log.
        #[arg(long, default_value = "reset by an administrator")]
        cause: String,
    },
    // Its documentation is its own, so that --help shows all of it.
    Simulate(simulate::Simulate),
}

impl Device {
    pub(crate) async fn run(self, config: &Config, json: bool) -> anyhow::Result<()> {
        if let Self::Simulate(simulate) = self {
            return simulate.run(config, json).await;
        }
        let node = Node::open(config).await?;
        node.catch_up().await?;
        match self {
            Self::List { account } => list(&node, account.as_deref(), json).await,
            Self::Info { account, device } => info(&node, &account, &device, json).await,
            Self::Remove { account, device } => {
                let id = account::find(&node, &account).await?;
                known(&node, id, &account, &device).await?;
                remove_device::run(&node.repository, &node.admin(), id, &device).await?;
                output::done(
                    json,
                    &format!("device {device} of {account} removed"),
                    serde_json::json!({ "account": id.to_string(), "device": device.as_str() }),
                )
            }
            Self::Reset { account, device, cause } => reset(&node, &account, device, &cause, json).await,
            Self::Simulate(_) => Ok(()),
        }
    }
}

async fn known(node: &Node, id: AccountId, account: &str, device: &DeviceId) -> anyhow::Result<DeviceRow> {
    match devices::device(&*node.view_store(), id, device).await? {
        Some(row) => Ok(row),
        None => bail!(
            "device '{device}' of {account} does not exist; `syncledger device list {account}` shows those that do"
        ),
    }
}

async fn list(node: &Node, account: Option<&str>, json: bool) -> anyhow::Result<()> {
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

async fn info(node: &Node, account: &str, device: &DeviceId, json: bool) -> anyhow::Result<()> {
    let id = account::find(node, account).await?;
    let row = known(node, id, account, device).await?;
    let views = node.view_store();
    let address = directory::account(&*views, id).await?.map(|account| account.address.to_string());
    let names = super::audit::folder_names(node, id).await?;
    let collections: Vec<serde_json::Value> = sync_states::collections(&*views, id, device)
        .await?
        .iter()
        .map(|state| {
            serde_json::json!({
                "collection": state.collection.to_string(),
                "name": super::audit::collection_name(&names, state.collection),
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

async fn reset(
    node: &Node,
    account: &str,
    device: Option<DeviceId>,
    cause: &str,
    json: bool,
) -> anyhow::Result<()> {
    let id = account::find(node, account).await?;
    let targets = match device {
        Some(device) => {
            known(node, id, account, &device).await?;
            vec![device]
        }
        None => devices::list(&*node.view_store(), Some(id)).await?.into_iter().map(|row| row.id).collect(),
    };
    let issuer = node.admin();
    for device in &targets {
        reset_sync_state::run(&node.repository, &issuer, id, device, cause).await?;
    }
    let names: Vec<&str> = targets.iter().map(DeviceId::as_str).collect();
    output::done(
        json,
        &format!("{} device(s) of {account} start anew: {}", names.len(), names.join(", ")),
        serde_json::json!({ "account": id.to_string(), "devices": names }),
    )
}
