//! `abq …`: which devices may sync: the Device Control List, the rules, the messages of devices that may not.
//!
//! Words are taken as text and read here, not by clap: each refusal has its stable code.

mod considered;
mod entries;
mod explain;
mod history;
mod import;
mod interval;
mod known;
mod list;
mod message;
mod modes;
mod resolved;
mod rule;
pub(crate) mod seed;
mod service;
mod simulate;
mod targets;
#[cfg(test)]
mod tests;
mod words;

use std::path::PathBuf;

use clap::Subcommand;

pub(crate) use words::Expiry;

use crate::{config::Config, input_file, node::Node};

/// Which devices may sync: the Device Control List, rules, messages.
#[derive(Debug, Subcommand)]
pub(crate) enum Abq {
    /// List the entries of devices, and of devices for single accounts (`device/account`).
    List {
        /// Only entries of this status: Allowed, Blocked or Quarantined.
        #[arg(long)]
        status: Option<String>,
        /// Only what concerns this account (address or id): its own entries, and those of the devices it uses.
        #[arg(long)]
        account: Option<String>,
    },
    /// Give a device, known or not, a status.
    Set {
        /// The device's id.
        device: String,
        /// Allowed, Blocked or Quarantined.
        status: String,
        /// For this account alone (address or id).
        #[arg(long)]
        account: Option<String>,
        #[command(flatten)]
        expiry: Expiry,
    },
    /// Let a device in that is in quarantine.
    Allow(entries::Settle),
    /// Block a device that is in quarantine.
    Block(entries::Settle),
    /// Delete a device's entry and those of all its accounts; with an account, that one entry.
    Delete {
        /// The device's id.
        device: String,
        /// The account of the entry (address or id).
        #[arg(long)]
        account: Option<String>,
    },
    /// Give all devices of a file a status: one `device` or `device/account` per line.
    ///
    /// Blanks, a comma or semicolon at a line's end, empty lines and lines that begin with `#` are skipped. Bad lines are
    /// reported and left out; the others take effect.
    Import {
        /// The file: UTF-8 text.
        #[arg(value_parser = input_file::path())]
        file: PathBuf,
        /// Allowed, Blocked or Quarantined.
        status: String,
        #[command(flatten)]
        expiry: Expiry,
    },
    /// Let in all known devices nothing is said about.
    Seed,
    /// Rules on device ids.
    #[command(subcommand)]
    Rule(rule::Rule),
    /// Set the time between two mails about devices in quarantine: 45m, 6h, 1d; 0 is never.
    NotificationInterval {
        /// A number with m, h or d; one minute to 31 days, or 0.
        interval: String,
    },
    /// Show what would be decided about a device, and by what.
    Explain {
        /// Address or id of the account.
        account: String,
        /// The device's id; of one that never came, as it would write it: rules tell cases apart.
        device: String,
        /// As if this mode held: Permissive, Interactive, Strict or Disabled.
        #[arg(long)]
        mode: Option<String>,
    },
    /// Show whose verdict would change, and change nothing.
    Simulate(simulate::Simulate),
    /// The messages devices show that may not sync.
    #[command(subcommand)]
    Message(message::Message),
}

impl Abq {
    pub(crate) async fn run(self, config: &Config, json: bool) -> anyhow::Result<()> {
        // What needs no node is answered without one.
        if let Self::Rule(rule::Rule::Test { regex, devices }) = &self {
            return rule::test(regex, devices, json);
        }
        let node = Node::open(config).await?;
        node.catch_up().await?;
        match self {
            Self::List { status, account } => {
                list::run(&node, status.as_deref(), account.as_deref(), json).await
            }
            Self::Set { device, status, account, expiry } => {
                entries::set(&node, &device, &status, account.as_deref(), &expiry, json).await
            }
            Self::Allow(settle) => settle.allow(&node, json).await,
            Self::Block(settle) => settle.block(&node, json).await,
            Self::Delete { device, account } => {
                entries::delete(&node, &device, account.as_deref(), json).await
            }
            Self::Import { file, status, expiry } => import::run(&node, &file, &status, &expiry, json).await,
            Self::Seed => seed::run(&node, json).await,
            Self::Rule(rule) => rule.run(&node, json).await,
            Self::NotificationInterval { interval } => interval::run(&node, &interval, json).await,
            Self::Explain { account, device, mode } => {
                explain::run(&node, &account, &device, mode.as_deref(), json).await
            }
            Self::Simulate(simulate) => simulate.run(&node, json).await,
            Self::Message(message) => message.run(&node, json).await,
        }
    }
}
