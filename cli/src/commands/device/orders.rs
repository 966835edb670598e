//! Orders to a device: remove, suspend, resume, wipe, cancel-wipe.

use clap::Args;
use syncledger_commands::{
    CommandError, Executed, cancel_wipe as cancel, remove_device, request_wipe, resume_device, suspend_device,
};
use syncledger_domain::{
    codes,
    device::{self, Device},
    event::StreamId,
    ids::DeviceId,
};
use syncledger_projections::devices::DeviceRow;

use super::{Named, counted, named_facts, one_or_all, shown};
use crate::{commands::account, node::Node, output, refusal::Refused};

/// `device wipe`
#[derive(Debug, Args)]
pub(crate) struct Wipe {
    #[command(flatten)]
    named: Named,
    /// Do it: what is erased cannot be had back.
    #[arg(long)]
    confirm: bool,
    /// Erase the account's data alone; devices understand that from protocol version 16.1 on.
    #[arg(long)]
    account_only: bool,
}

pub(super) async fn remove(node: &Node, named: &Named, json: bool) -> anyhow::Result<()> {
    let row = named.find(node).await?;
    remove_device::run(&node.repository, &node.admin(), row.account, &row.id).await?;
    told(json, named, &row, "removed", serde_json::json!({}))
}

pub(super) async fn suspend(node: &Node, named: &Named, json: bool) -> anyhow::Result<()> {
    let row = named.find(node).await?;
    let done = suspend_device::run(&node.repository, &node.admin(), row.account, &row.id).await?;
    let what = if changed(&done) { "suspended" } else { "was suspended before" };
    told(json, named, &row, what, serde_json::json!({ "changed": changed(&done) }))
}

pub(super) async fn resume(
    node: &Node,
    account: &str,
    device: Option<&DeviceId>,
    json: bool,
) -> anyhow::Result<()> {
    let id = account::find(node, account).await?;
    let mut rows = one_or_all(node, id, account, device).await?;
    let targets: Vec<DeviceId> = rows.iter().map(|row| row.id.clone()).collect();
    let resumed = resume_device::run_all(&node.repository, &node.admin(), id, &targets).await?;
    rows.retain(|row| resumed.contains(&row.id));
    let sentence = if rows.is_empty() {
        format!("no device of {account} was suspended")
    } else {
        format!("{} of {account} resumed: {}", counted(rows.len()), shown(&rows).join(", "))
    };
    let mut facts = named_facts(id, &rows);
    facts["count"] = rows.len().into();
    output::done(json, &sentence, facts)
}

impl Wipe {
    pub(super) async fn run(self, node: &Node, json: bool) -> anyhow::Result<()> {
        let row = self.named.find(node).await?;
        if !self.confirm {
            return Err(self.explained(node, &row).await?.into());
        }
        let (account, account_only) = (row.account, self.account_only);
        let done = request_wipe::run(&node.repository, &node.admin(), account, &row.id, account_only).await?;
        let what = match (changed(&done), account_only) {
            (false, _) => "was ordered so before and has not answered yet",
            (true, false) => "is ordered to erase itself at its next connection",
            (true, true) => "is ordered to erase the account's data at its next connection",
        };
        let facts = serde_json::json!({ "changed": changed(&done), "account_only": account_only });
        told(json, &self.named, &row, what, facts)
    }

    /// What would be done. That it cannot be is told before anybody is asked whether it should.
    async fn explained(&self, node: &Node, row: &DeviceRow) -> anyhow::Result<Refused> {
        let stream = StreamId::device(row.account, &row.id);
        let device = node.repository.load::<Device>(&stream).await?.state;
        device::request_wipe(&device, self.account_only).map_err(CommandError::Refused)?;
        let what = if self.account_only {
            "the account's data on the device would be erased"
        } else {
            "the device would be reset to its factory settings: everything on it, private data included, would be erased"
        };
        let message = format!(
            "device {} ({}, last seen {}) of {}: {what} at its next connection. Nothing has been done; --confirm does it",
            row.shown(),
            row.device_type.as_str(),
            row.last_seen,
            self.named.account
        );
        Ok(Refused::new(codes::CONFIRMATION_REQUIRED, message))
    }
}

pub(super) async fn cancel_wipe(node: &Node, named: &Named, json: bool) -> anyhow::Result<()> {
    let row = named.find(node).await?;
    let done = cancel::run(&node.repository, &node.admin(), row.account, &row.id).await?;
    let what =
        if changed(&done) { "need not erase anything any more" } else { "had no order to erase anything" };
    told(json, named, &row, what, serde_json::json!({ "changed": changed(&done) }))
}

fn changed(done: &Executed<Device>) -> bool {
    done.appended.is_some()
}

fn told(
    json: bool,
    named: &Named,
    row: &DeviceRow,
    what: &str,
    mut facts: serde_json::Value,
) -> anyhow::Result<()> {
    facts["account"] = row.account.to_string().into();
    facts["device"] = row.id.as_str().into();
    facts["shown"] = row.shown().into();
    output::done(json, &format!("device {} of {} {what}", row.shown(), named.account), facts)
}
