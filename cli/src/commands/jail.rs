//! `jail list|release`: devices that asked too often and are dropped for a while.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, hash_map::Entry};

use clap::Subcommand;
use syncledger_commands::{CommandError, release_device};
use syncledger_domain::{
    codes,
    device::{Refusal, ReleaseCause},
    ids::{AccountId, DeviceId},
};
use syncledger_projections::{
    devices::{self, DeviceRow},
    directory,
};

use super::{account, device};
use crate::{config::Config, node::Node, output, refusal::Refused};

/// List devices that asked too often, and let them out of jail.
#[derive(Debug, Subcommand)]
pub(crate) enum Jail {
    /// List the devices that are in jail now, with why and until when.
    List,
    /// Let a device out before its time is over, or all of them.
    Release {
        /// Address or id of the account.
        #[arg(requires = "device", required_unless_present = "all")]
        account: Option<String>,
        /// The device's id.
        device: Option<DeviceId>,
        /// All devices of all accounts.
        #[arg(long, conflicts_with = "account")]
        all: bool,
    },
}

impl Jail {
    pub(crate) async fn run(self, config: &Config, json: bool) -> anyhow::Result<()> {
        let node = Node::open(config).await?;
        node.catch_up().await?;
        match self {
            Self::List => list(&node, json).await,
            Self::Release { account: Some(account), device: Some(device), .. } => {
                release(&node, &account, &device, json).await
            }
            Self::Release { all: true, .. } => release_all(&node, json).await,
            Self::Release { .. } => {
                Err(Refused::new(codes::USAGE, "allowed is an account with a device, or --all").into())
            }
        }
    }
}

/// Those in jail now, those that get out first before the others.
async fn jailed(node: &Node) -> anyhow::Result<Vec<DeviceRow>> {
    let now = node.repository.clock().now();
    let mut rows = devices::list(&*node.view_store(), None).await?;
    rows.retain(|row| row.standing.jailed_at(now).is_some());
    rows.sort_by_key(|row| row.standing.jail.map(|jail| jail.jailed.until));
    Ok(rows)
}

async fn list(node: &Node, json: bool) -> anyhow::Result<()> {
    let views = node.view_store();
    let mut addresses: HashMap<AccountId, Option<String>> = HashMap::new();
    let mut rows = Vec::new();
    for row in jailed(node).await? {
        let Some(jail) = row.standing.jail else { continue };
        if let Entry::Vacant(unknown) = addresses.entry(row.account) {
            let account = directory::account(&*views, row.account).await?;
            unknown.insert(account.map(|account| account.address.to_string()));
        }
        let evidence = jail.jailed.evidence;
        rows.push(serde_json::json!({
            "account": row.account.to_string(),
            "address": addresses.get(&row.account),
            "device": row.id.as_str(),
            "shown": row.shown(),
            "since": jail.since.to_string(),
            "until": jail.jailed.until.to_string(),
            "requests": evidence.requests,
            "span_ms": evidence.span_ms,
            "window_ms": evidence.window_ms,
            "evidence": format!(
                "{} requests in {} ms; {} are allowed in {} ms",
                evidence.requests,
                evidence.span_ms,
                evidence.requests.saturating_sub(1),
                evidence.window_ms
            ),
        }));
    }
    output::rows(json, ["ACCOUNT", "DEVICE", "SINCE", "UNTIL", "EVIDENCE"], &rows, |row| {
        ["address", "shown", "since", "until", "evidence"]
            .map(|name| row[name].as_str().unwrap_or("-").to_owned())
    })
}

async fn release(node: &Node, account: &str, device: &DeviceId, json: bool) -> anyhow::Result<()> {
    let id = account::find(node, account).await?;
    let row = device::known(node, id, account, device).await?;
    let released = free(node, &row, ReleaseCause::Administrator).await?;
    let what = if released { "released" } else { "was not in jail" };
    output::done(
        json,
        &format!("device {} of {account} {what}", row.shown()),
        serde_json::json!({
            "account": id.to_string(), "device": row.id.as_str(), "shown": row.shown(), "changed": released,
        }),
    )
}

async fn release_all(node: &Node, json: bool) -> anyhow::Result<()> {
    let freed = free_all(node, ReleaseCause::Administrator).await?;
    let released: Vec<serde_json::Value> = freed
        .iter()
        .map(|row| {
            serde_json::json!({
                "account": row.account.to_string(), "device": row.id.as_str(), "shown": row.shown(),
            })
        })
        .collect();
    let sentence = format!("{} released", device::counted(released.len()));
    output::done(json, &sentence, serde_json::json!({ "count": released.len(), "devices": released }))
}

/// Lets all devices out of jail that are in it by the views, which must have caught up; those that were let out.
pub(super) async fn free_all(node: &Node, cause: ReleaseCause) -> anyhow::Result<Vec<DeviceRow>> {
    let mut freed = Vec::new();
    for row in jailed(node).await? {
        if free(node, &row, cause).await? {
            freed.push(row);
        }
    }
    Ok(freed)
}

/// Lets a device out; one that was removed meanwhile is in no jail.
async fn free(node: &Node, row: &DeviceRow, cause: ReleaseCause) -> anyhow::Result<bool> {
    let issuer = node.admin();
    match release_device::run(&node.repository, &issuer, row.account, &row.id, cause).await {
        Ok(done) => Ok(done.appended.is_some()),
        Err(CommandError::Refused(Refusal::NotRegistered)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
