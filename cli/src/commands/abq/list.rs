//! `abq list`.

use std::collections::HashSet;

use serde_json::{Value, json};
use syncledger_domain::{
    abq::{AbqMode, CompiledRules, Decision, DeviceStatus},
    event::Timestamp,
    ids::{AccountId, DeviceId},
};
use syncledger_projections::devices;

use super::{
    history::Recorded,
    known::{self, KnownPair},
    modes::Modes,
    seed,
    service::Orders,
    targets::Accounts,
    words::word,
};
use crate::{commands::account, node::Node, output};

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
            let id = account::find(node, text).await?;
            let used = devices::list(&*node.view_store(), Some(id)).await?;
            Some((id, used.into_iter().map(|row| row.id).collect()))
        }
    };
    Ok(Wanted { status, account })
}

/// The entries that count now, by device, a device's own before those of its accounts; then the devices that were turned
/// away only because the mode is Strict and nobody judged them.
pub(super) async fn rows(node: &Node, wanted: &Wanted) -> anyhow::Result<Vec<Value>> {
    let recorded = Recorded::load(node).await?;
    let accounts = Accounts::load(node).await?;
    let now = node.repository.clock().now();
    let mut rows = entries(&recorded, &accounts, wanted, now);
    rows.extend(turned_away(node, &recorded, &accounts, wanted, now).await?);
    Ok(rows)
}

fn entries(recorded: &Recorded, accounts: &Accounts, wanted: &Wanted, now: Timestamp) -> Vec<Value> {
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
                "until": entry.until.map(|at| at.to_string()),
                "origin": entry.origin.to_string(),
                "set_by": set_by.map(|by| by.actor.to_string()),
                "set_at": set_by.map(|by| by.at.to_string()),
            }));
        }
    }
    rows
}

/// These have no entry: a later change to Permissive must not leave devices blocked that nobody ever judged. They are
/// here as long as their last verdict was so, and by now neither the mode is another one, nor the service stopped, nor
/// anything said about them by an entry or a rule.
async fn turned_away(
    node: &Node,
    recorded: &Recorded,
    accounts: &Accounts,
    wanted: &Wanted,
    now: Timestamp,
) -> anyhow::Result<Vec<Value>> {
    let blocked = Decision::Block.to_string();
    let rules = CompiledRules::new(&recorded.control.rules);
    let mut rows = Vec::new();
    let modes = Modes::load(node).await?;
    if !modes.fail_closed() && !Orders::load(node).await?.running(&modes).anywhere {
        return Ok(rows);
    }
    for row in devices::list(&*node.view_store(), None).await? {
        let judged = row.standing.access.as_ref().filter(|judged| judged.verdict.verdict == blocked);
        let (Some(judged), Some(account)) = (judged, accounts.live(row.account)) else { continue };
        let known = KnownPair {
            device: known::written(&row),
            account: row.account,
            domain: account.address.domain(),
        };
        if !wanted.includes(&row.id, Some(row.account), DeviceStatus::Blocked)
            || modes.of(account).0 != AbqMode::Strict
            || seed::is_listed(&recorded.control, &rules, &known, now)
        {
            continue;
        }
        rows.push(json!({
            "device_id": format!("{}/{}", known.device, account.address),
            "account": row.account.to_string(),
            "status": DeviceStatus::Blocked.as_str(),
            "until": null,
            "origin": "mode",
            "set_by": null,
            "set_at": judged.since.to_string(),
        }));
    }
    Ok(rows)
}
