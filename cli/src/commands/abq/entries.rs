//! `abq set|allow|block|delete`.

use clap::Args;
use serde_json::json;
use syncledger_commands::{CommandError, Executed, abq_allow, abq_block, abq_delete, abq_set};
use syncledger_domain::{
    abq::{DeviceControl, DeviceStatus, Key, Refusal},
    event::Timestamp,
};

use super::{
    targets,
    words::{Expiry, word},
};
use crate::{codes, commands::account, node::Node, output, refusal::Refused};

/// `abq allow` and `abq block`
#[derive(Debug, Args)]
pub(crate) struct Settle {
    /// The device's id.
    device: String,
    /// For this account alone (address or id).
    #[arg(long)]
    account: Option<String>,
    #[command(flatten)]
    expiry: Expiry,
}

impl Settle {
    pub(super) async fn allow(&self, node: &Node, json: bool) -> anyhow::Result<()> {
        let (key, until) = self.read(node).await?;
        let done = abq_allow::run(&node.repository, &node.admin(), &key, until).await;
        self.tell(&key, DeviceStatus::Allowed, until, done, json)
    }

    pub(super) async fn block(&self, node: &Node, json: bool) -> anyhow::Result<()> {
        let (key, until) = self.read(node).await?;
        let done = abq_block::run(&node.repository, &node.admin(), &key, until).await;
        self.tell(&key, DeviceStatus::Blocked, until, done, json)
    }

    async fn read(&self, node: &Node) -> anyhow::Result<(Key, Option<Timestamp>)> {
        let key = key(node, &self.device, self.account.as_deref()).await?;
        Ok((key, self.expiry.at(node.repository.clock().now())?))
    }

    fn tell(
        &self,
        key: &Key,
        status: DeviceStatus,
        until: Option<Timestamp>,
        done: Result<Executed<DeviceControl>, CommandError<Refusal>>,
        json: bool,
    ) -> anyhow::Result<()> {
        let account = self.account.as_deref();
        let done = done.map_err(|error| by_name(error, key, account))?;
        tell(key, account, (status, until), &done, json)
    }
}

/// A refusal that calls the account as whoever asked called it, and not by its id.
fn by_name(error: CommandError<Refusal>, key: &Key, account: Option<&str>) -> anyhow::Error {
    let named = Key { account: None, ..key.clone() };
    match (&error, account) {
        (CommandError::Refused(refusal), Some(account)) => {
            let told = refusal.to_string().replace(&key.to_string(), &format!("{named}/{account}"));
            let error = anyhow::Error::from(error);
            Refused::new(codes::of(&error), told).into()
        }
        _ => error.into(),
    }
}

pub(super) async fn set(
    node: &Node,
    device: &str,
    status: &str,
    account: Option<&str>,
    expiry: &Expiry,
    json: bool,
) -> anyhow::Result<()> {
    let key = key(node, device, account).await?;
    let status = word(status)?;
    let until = expiry.at(node.repository.clock().now())?;
    let done = abq_set::run(&node.repository, &node.admin(), &key, status, until).await?;
    tell(&key, account, (status, until), &done, json)
}

async fn key(node: &Node, device: &str, account: Option<&str>) -> anyhow::Result<Key> {
    let device = word(device)?;
    let account = match account {
        Some(text) => Some(account::find(node, text).await?),
        None => None,
    };
    Ok(Key { device, account })
}

fn tell(
    key: &Key,
    account: Option<&str>,
    (status, until): (DeviceStatus, Option<Timestamp>),
    done: &Executed<DeviceControl>,
    json: bool,
) -> anyhow::Result<()> {
    let changed = done.appended.is_some();
    let of = account.map(|account| format!(" of {account}")).unwrap_or_default();
    let until_words = until.map(|until| format!(" until {until}")).unwrap_or_default();
    let is = if changed { "is" } else { "was already" };
    output::done(
        json,
        &format!("device {}{of} {is} {status}{until_words}", key.device),
        json!({
            "device_id": key.device.as_str(),
            "account": key.account.map(|account| account.to_string()),
            "status": status.as_str(),
            "until": until.map(|until| until.to_string()),
            "changed": changed,
        }),
    )
}

pub(super) async fn delete(
    node: &Node,
    device: &str,
    account: Option<&str>,
    json: bool,
) -> anyhow::Result<()> {
    let device = word(device)?;
    let id = match account {
        Some(text) => Some(targets::account_of_entry(node, text).await?),
        None => None,
    };
    let key = Key { device, account: id };
    let deleted = abq_delete::run(&node.repository, &node.admin(), &key).await;
    let deleted = deleted.map_err(|error| by_name(error, &key, account))?;
    output::done(
        json,
        &format!(
            "{} {} of device {} deleted",
            deleted.entries,
            if deleted.entries == 1 { "entry" } else { "entries" },
            key.device
        ),
        json!({
            "device_id": key.device.as_str(),
            "account": id.map(|account| account.to_string()),
            "deleted": deleted.entries,
        }),
    )
}
