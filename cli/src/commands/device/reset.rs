//! `device reset`: one device of an account, or all of them, from the beginning.

use clap::Args;
use syncledger_commands::reset_sync_state;
use syncledger_domain::ids::DeviceId;

use super::one_or_all;
use crate::{commands::account, node::Node, output};

/// `device reset`
#[derive(Debug, Args)]
pub(crate) struct Reset {
    /// Address or id of the account.
    account: String,
    /// The device's id; all devices of the account when absent.
    device: Option<DeviceId>,
    /// Why, for the log.
    #[arg(long, default_value = "reset by an administrator")]
    cause: String,
}

impl Reset {
    pub(super) async fn run(self, node: &Node, json: bool) -> anyhow::Result<()> {
        let id = account::find(node, &self.account).await?;
        let targets = one_or_all(node, id, &self.account, self.device.as_ref()).await?;
        let issuer = node.admin();
        for device in &targets {
            reset_sync_state::run(&node.repository, &issuer, id, device, &self.cause).await?;
        }
        let names: Vec<&str> = targets.iter().map(DeviceId::as_str).collect();
        output::done(
            json,
            &format!("{} device(s) of {} start anew: {}", names.len(), self.account, names.join(", ")),
            serde_json::json!({ "account": id.to_string(), "devices": names }),
        )
    }
}
