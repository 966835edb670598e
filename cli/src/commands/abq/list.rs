//! `abq list`.

use std::collections::HashSet;

use serde_json::{Value, json};
use syncledger_domain::{
    abq::DeviceStatus,
    event::Timestamp,
    ids::{AccountId, DeviceId},
};
use syncledger_projections::devices;

use super::{
    history::Recorded,
    targets::{self, Accounts},
    words::word,
};
use crate::{node::Node, output};

/// Which entries are wanted.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) status: Option<DeviceStatus>,
    /// An account with the devices it uses.
    pub(super) account: Option<(AccountId, HashSet<DeviceId>)>,
}

impl Wanted {
    fn includes(&self, device: &DeviceId, account: Option<AccountId>, status: DeviceStatus) -> bool {
        let of_account = self.account.as_ref().is_none_or(|(wanted, used)| match account {
            Some(account) => account == *wanted,
            None => used.contains(device),
        });
        of_account && self.status.is_none_or(|wanted| wanted == status)
    }
}

pub(super) async fn run(
    node: &Node,
    status: Option<&str>,
    account: Option<&str>,
    json: bool,
) -> anyhow::Result<()> {
    let wanted = wanted(node, status, account).await?;
    let rows = rows(node, &wanted).await?;
    output::rows(json, ["DEVICE", "STATUS", "UNTIL", "ORIGIN", "SET BY", "SET AT"], &rows, |row| {
        ["device_id", "status", "until", "origin", "set_by", "set_at"]
            .map(|name| row[name].as_str().unwrap_or("-").to_owned())
    })
}

pub(super) async fn wanted(
    node: &Node,
    status: Option<&str>,
    account: Option<&str>,
) -> anyhow::Result<Wanted> {
    let status = status.map(word).transpose()?;
    let account = match account {
        None => None,
        Some(text) => {
            let id = targets::account(node, text).await?.id;
            let used = devices::list(&*node.view_store(), Some(id)).await?;
            Some((id, used.into_iter().map(|row| row.id).collect()))
        }
    };
    Ok(Wanted { status, account })
}

/// The entries that count now, by device; a device's own before those of its accounts.
pub(super) async fn rows(node: &Node, wanted: &Wanted) -> anyhow::Result<Vec<Value>> {
    let recorded = Recorded::load(node).await?;
    let accounts = Accounts::load(node).await?;
    let now = node.repository.clock().now();
    let text = |at: Timestamp| at.to_string();
    let mut rows = Vec::new();
    for (device, listed) in recorded.control.list.devices() {
        let own = listed.device.iter().map(|entry| (None, entry));
        let couples = listed.accounts.iter().map(|(account, entry)| (Some(*account), entry));
        for (account, entry) in own.chain(couples) {
            if !entry.counts_at(now) || !wanted.includes(device, account, entry.status) {
                continue;
            }
            let couple = account.map(|account| format!("/{}", accounts.shown(account)));
            let set_by = recorded.set_by(device, account);
            rows.push(json!({
                "device_id": format!("{}{}", listed.shown, couple.unwrap_or_default()),
                "account": account.map(|account| account.to_string()),
                "status": entry.status.as_str(),
                "until": entry.until.map(text),
                "origin": entry.origin.to_string(),
                "set_by": set_by.map(|by| by.actor.to_string()),
                "set_at": set_by.map(|by| text(by.at)),
            }));
        }
    }
    Ok(rows)
}
