//! `device list|info|remove|reset|suspend|resume|wipe|cancel-wipe|purge|simulate`.

mod orders;
mod purge;
mod reset;
mod row;
mod show;
mod simulate;
#[cfg(test)]
mod tests;

use clap::Subcommand;
use syncledger_domain::{
    codes,
    ids::{AccountId, DeviceId},
};
use syncledger_projections::devices::{self, DeviceRow};

use crate::{config::Config, node::Node, refusal::Refused};

/// List, suspend, wipe, reset, remove, purge and simulate devices.
#[derive(Debug, Subcommand)]
pub(crate) enum Device {
    /// List devices: all, or those of one account.
    ///
    /// What is listed is what the log knows. Whether a request of the device is open right now only the node it hangs at
    /// knows: `online` is null.
    List {
        /// Address or id of an account.
        account: Option<String>,
    },
    /// Show everything known about a device.
    ///
    /// That is what the log knows. Whether a request of the device is open right now only the node it hangs at knows:
    /// `online` is null.
    Info(Named),
    /// Forget a device with its sync states; it may register again.
    Remove(Named),
    /// Drop a device's sync states: its next connection synchronises from the beginning.
    Reset(reset::Reset),
    /// Stop a device from synchronising until it is resumed; its sync states stay.
    Suspend(Named),
    /// Let suspended devices synchronise again; they provision anew and go on where they were.
    Resume {
        /// Address or id of the account.
        account: String,
        /// The device's id; all suspended devices of the account when absent.
        device: Option<DeviceId>,
    },
    /// Order a device to erase itself at its next connection; nothing happens without --confirm.
    Wipe(orders::Wipe),
    /// Take back the order to a device to erase itself, as long as it has not obeyed.
    CancelWipe(Named),
    /// Remove the devices nobody has used for a long time, and those of accounts that are gone.
    Purge(purge::Purge),
    // Its documentation is its own, so that --help shows all of it.
    Simulate(simulate::Simulate),
}

/// A device of an account.
#[derive(Debug, clap::Args)]
pub(crate) struct Named {
    /// Address or id of the account.
    account: String,
    /// The device's id.
    device: DeviceId,
}

impl Named {
    async fn find(&self, node: &Node) -> anyhow::Result<DeviceRow> {
        let id = super::account::find(node, &self.account).await?;
        known(node, id, &self.account, &self.device).await
    }
}

impl Device {
    pub(crate) async fn run(self, config: &Config, json: bool) -> anyhow::Result<()> {
        if let Self::Simulate(simulate) = self {
            return simulate.run(config, json).await;
        }
        let node = Node::open(config).await?;
        node.catch_up().await?;
        match self {
            Self::List { account } => show::list(&node, account.as_deref(), json).await,
            Self::Info(named) => show::info(&node, &named.account, &named.device, json).await,
            Self::Remove(named) => orders::remove(&node, &named, json).await,
            Self::Reset(reset) => reset.run(&node, json).await,
            Self::Suspend(named) => orders::suspend(&node, &named, json).await,
            Self::Resume { account, device } => orders::resume(&node, &account, device.as_ref(), json).await,
            Self::Wipe(wipe) => wipe.run(&node, json).await,
            Self::CancelWipe(named) => orders::cancel_wipe(&node, &named, json).await,
            Self::Purge(purge) => purge.run(&node, json).await,
            Self::Simulate(_) => Ok(()),
        }
    }
}

/// The device of an account that has this id.
///
/// # Errors
/// [`Refused`] under `NO_SUCH_DEVICE`, or a failure of the views.
pub(crate) async fn known(
    node: &Node,
    id: AccountId,
    account: &str,
    device: &DeviceId,
) -> anyhow::Result<DeviceRow> {
    let row = devices::device(&*node.view_store(), id, device).await?;
    row.ok_or_else(|| {
        Refused::new(
            codes::NO_SUCH_DEVICE,
            format!(
                "device '{device}' of {account} does not exist; `syncledger device list {account}` shows those that do"
            ),
        )
        .into()
    })
}

/// All devices of an account, or the one of this id.
async fn one_or_all(
    node: &Node,
    id: AccountId,
    account: &str,
    device: Option<&DeviceId>,
) -> anyhow::Result<Vec<DeviceRow>> {
    Ok(match device {
        Some(device) => vec![known(node, id, account, device).await?],
        None => devices::list(&*node.view_store(), Some(id)).await?,
    })
}

/// The ids as the devices write them.
fn shown(rows: &[DeviceRow]) -> Vec<&str> {
    rows.iter().map(DeviceRow::shown).collect()
}

/// `1 device`, `2 devices`
pub(crate) fn counted(devices: usize) -> String {
    if devices == 1 { "1 device".to_owned() } else { format!("{devices} devices") }
}

/// What programs are told of an account and some of its devices.
fn named_facts(account: AccountId, rows: &[DeviceRow]) -> serde_json::Value {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    serde_json::json!({ "account": account.to_string(), "devices": ids, "shown": shown(rows) })
}
