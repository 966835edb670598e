//! `audit explain <account> <device>`: who let this device in or kept it out, when, why, and what it got.
//!
//! All of it is read from the log itself, up to the moment asked about, so that an answer about last month is the one
//! that could have been given last month.

mod answer;
mod past;
mod say;
#[cfg(test)]
mod tests;

use clap::Args;
use syncledger_domain::ids::ShownDeviceId;
use syncledger_projections::sync_states::Moment;

use self::past::Past;
use super::At;
use crate::{commands::account, node::Node, output, refusal::Refused};

/// `audit explain`
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Address or id of the account.
    account: String,
    /// The device's id.
    device: ShownDeviceId,
    /// As it was then: a position of the log, or a time.
    #[arg(long, value_name = "TIME|POSITION")]
    at: Option<At>,
}

impl Explain {
    pub(super) async fn run(self, node: &Node, json: bool) -> anyhow::Result<()> {
        node.catch_up().await?;
        let account = account::find_ever(node, &self.account).await?.id;
        let now = node.repository.clock().now();
        let moment = self.at.map_or(Moment::Now, |at| at.0);
        let mut past = Past::new(account, &self.device);
        past.read(&node.repository, moment).await?;
        if !past.heard {
            let message = format!("device {} of {} was never heard of", self.device, self.account);
            return Err(Refused::new(syncledger_domain::codes::NO_SUCH_DEVICE, message).into());
        }
        let as_of = match moment {
            Moment::Time(time) => time,
            Moment::Position(_) => past.last.unwrap_or(now),
            Moment::Now => now,
        };
        let answer = past.answer(as_of);
        if json {
            return output::value(&answer.as_json());
        }
        answer.tell()
    }
}
