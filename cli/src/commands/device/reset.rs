//! `device reset`: one device of an account, or all of them, from the beginning.

use clap::Args;
use syncledger_commands::reset_sync_state;
use syncledger_domain::ids::DeviceId;

use super::{counted, named_facts, one_or_all, shown};
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
            reset_sync_state::run(&node.repository, &issuer, id, &device.id, &self.cause).await?;
        }
        let (count, anew) = (counted(targets.len()), if targets.len() == 1 { "starts" } else { "start" });
        let names = shown(&targets).join(", ");
        let sentence = if targets.is_empty() {
            format!("{} has no device", self.account)
        } else {
            format!("{count} of {} {anew} anew: {names}", self.account)
        };
        output::done(json, &sentence, named_facts(id, &targets))
    }
}
