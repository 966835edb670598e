//! `account create|list|set|remove`.

mod lookup;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use syncledger_commands::{
    clear_password, create_account, create_domain, disable_account, enable_account, remove_account,
    set_account_cos, set_password,
};
use syncledger_domain::ids::{AccountId, Address, CosId, DeviceId};
use syncledger_projections::directory::{self, AccountRow};

use super::attributes::{self, Assignment};
use crate::{config::Config, node::Node, output, password};

pub(crate) use lookup::{find, find_ever, find_row};

/// Create, list, change and remove accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum Account {
    /// Create an account.
    Create(Create),
    /// List accounts.
    List {
        /// Also those that were removed.
        #[arg(long)]
        all: bool,
    },
    /// Change an account: password, class of service, attributes, whether it may be used.
    Set(Set),
    /// Remove an account with its devices; its address may be given to another one.
    ///
    /// For an account that was removed before, devices that are still there are removed.
    Remove {
        /// Address or id.
        account: String,
    },
}

/// `account create`
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Primary address; its domain is created when it is new.
    address: Address,
    /// Class of service.
    #[arg(long)]
    cos: Option<CosId>,
    #[command(flatten)]
    password: PasswordArgs,
}

/// `account set`
#[derive(Debug, Args)]
pub(crate) struct Set {
    /// Address or id.
    account: String,
    /// Class of service.
    #[arg(long)]
    cos: Option<CosId>,
    #[command(flatten)]
    password: PasswordArgs,
    /// Take the local password away: the mail server checks.
    #[arg(long, conflicts_with_all = ["password", "password_file"])]
    no_password: bool,
    /// The account may not be used until enabled again; with a reason for people.
    #[arg(long, value_name = "REASON", num_args = 0..=1, default_missing_value = "", conflicts_with = "enable")]
    disable: Option<String>,
    /// The account may be used again.
    #[arg(long)]
    enable: bool,
    /// Attributes, `name=value`; `name=` forgets a value. `syncledger config attributes` lists them.
    #[arg(value_name = "NAME=VALUE")]
    attributes: Vec<Assignment>,
}

/// Where a password comes from.
#[derive(Debug, Args)]
pub(crate) struct PasswordArgs {
    /// Local password, asked for when no value follows. Better by file: a command line can be read by others.
    #[arg(long, num_args = 0..=1, default_missing_value = "")]
    password: Option<String>,
    /// File whose first line is the local password.
    #[arg(long, value_name = "FILE", conflicts_with = "password")]
    password_file: Option<PathBuf>,
}

impl PasswordArgs {
    fn read(&self) -> anyhow::Result<Option<String>> {
        match (&self.password, &self.password_file) {
            (None, None) => Ok(None),
            (Some(empty), _) if empty.is_empty() => password::ask().map(Some),
            (Some(given), _) => Ok(Some(given.clone())),
            (None, Some(file)) => password::first_line(file).map(Some),
        }
    }
}

impl Account {
    pub(crate) async fn run(self, config: &Config, json: bool) -> anyhow::Result<()> {
        match self {
            Self::Create(create) => create.run(config, json).await,
            Self::List { all } => list(config, all, json).await,
            Self::Set(set) => set.run(config, json).await,
            Self::Remove { account } => remove(config, &account, json).await,
        }
    }
}

impl Create {
    async fn run(self, config: &Config, json: bool) -> anyhow::Result<()> {
        let secret = self.password.read()?;
        let node = Node::open_or_create(config).await?;
        let id = create(&node, &self.address, self.cos.as_ref(), secret.as_deref()).await?;
        output::done(
            json,
            &format!("account {} created with id {id}", self.address),
            serde_json::json!({ "account": id.to_string(), "address": self.address.as_str() }),
        )
    }
}

/// Creates an account, and its domain when that is new.
pub(crate) async fn create(
    node: &Node,
    address: &Address,
    cos: Option<&CosId>,
    secret: Option<&str>,
) -> anyhow::Result<AccountId> {
    let issuer = node.admin();
    let domain = address.domain();
    match create_domain::run(&node.repository, &issuer, &domain).await {
        Ok(_) | Err(syncledger_commands::CommandError::Refused(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let (id, _) = create_account::run(&node.repository, &issuer, address, cos).await?;
    if let Some(secret) = secret {
        let hash = password::hash(secret)?;
        set_password::run(&node.repository, &issuer, id, &hash).await?;
    }
    Ok(id)
}

impl Set {
    async fn run(self, config: &Config, json: bool) -> anyhow::Result<()> {
        let secret = self.password.read()?;
        let node = Node::open(config).await?;
        let id = find(&node, &self.account).await?;
        self.change(&node, id, secret).await.with_context(|| format!("account '{}'", self.account))?;
        output::done(
            json,
            &format!("{} changed", self.account),
            serde_json::json!({ "account": id.to_string() }),
        )
    }

    async fn change(&self, node: &Node, id: AccountId, secret: Option<String>) -> anyhow::Result<()> {
        let issuer = node.admin();
        let repository = &node.repository;
        let target = syncledger_commands::AttributeTarget::Account(id);
        attributes::assign(node, &issuer, &target, &self.attributes).await?;
        if let Some(cos) = &self.cos {
            set_account_cos::run(repository, &issuer, id, cos).await?;
        }
        if let Some(secret) = secret {
            set_password::run(repository, &issuer, id, &password::hash(&secret)?).await?;
        }
        if self.no_password {
            clear_password::run(repository, &issuer, id).await?;
        }
        if let Some(reason) = &self.disable {
            disable_account::run(repository, &issuer, id, reason).await?;
        }
        if self.enable {
            enable_account::run(repository, &issuer, id).await?;
        }
        Ok(())
    }
}

async fn remove(config: &Config, account: &str, json: bool) -> anyhow::Result<()> {
    let node = Node::open(config).await?;
    let id = match find_ever(&node, account).await {
        Ok(row) => row.id,
        // The address of one that was removed is nobody's; the id follows from it.
        Err(unknown) => match account.parse::<Address>().map(|address| AccountId::for_address(&address)) {
            Ok(id) if directory::account(&*node.view_store(), id).await?.is_some() => id,
            _ => return Err(unknown),
        },
    };
    let removed = remove_account::run(&node.repository, &node.admin(), id).await?;
    let devices: Vec<&str> = removed.devices.iter().map(DeviceId::as_str).collect();
    let what = if removed.newly { "removed" } else { "was removed before" };
    output::done(
        json,
        &format!("{account} {what}; devices removed with it now: {}", devices.len()),
        serde_json::json!({ "account": id.to_string(), "newly": removed.newly, "devices": devices }),
    )
}

async fn list(config: &Config, all: bool, json: bool) -> anyhow::Result<()> {
    let node = Node::open(config).await?;
    node.catch_up().await?;
    let accounts = directory::accounts(&*node.view_store()).await?;
    let listed: Vec<serde_json::Value> =
        accounts.iter().filter(|account| all || account.removed_at.is_none()).map(as_json).collect();
    output::rows(json, ["ADDRESS", "ACCOUNT", "COS", "PASSWORD", "STATUS"], &listed, |row| {
        ["address", "account", "cos", "password", "status"]
            .map(|name| row[name].as_str().unwrap_or("-").to_owned())
    })
}

fn as_json(account: &AccountRow) -> serde_json::Value {
    let removed = account.removed_at.is_some();
    let status = match &account.disabled {
        _ if removed => "removed",
        Some(_) => "disabled",
        None => "active",
    };
    let password = if account.password_hash.is_some() { "local" } else { "backend" };
    serde_json::json!({
        "address": account.address.as_str(),
        "account": account.id.to_string(),
        "cos": account.cos.as_str(),
        "password": (!removed).then_some(password),
        "status": status,
        "disabled": account.disabled,
        "removed_at": account.removed_at.map(|at| at.to_string()),
        "attributes": account.attributes.0,
    })
}

#[cfg(test)]
mod tests {
    use syncledger_commands::register_device;
    use syncledger_domain::{
        device::Introduction, event::StreamId, ids::DeviceType, ports::event_log::EventLog as _,
    };

    use super::*;

    const ALICE: &str = "alice@example.com";

    async fn world(place: &tempfile::TempDir) -> (Config, Node, AccountId) {
        let config = Config { dir: place.path().join("data"), ..Config::default() };
        let node = Node::open_or_create(&config).await.unwrap();
        let id = create(&node, &ALICE.parse().unwrap(), None, Some("secret")).await.unwrap();
        (config, node, id)
    }

    async fn rows(node: &Node) -> Vec<serde_json::Value> {
        node.catch_up().await.unwrap();
        directory::accounts(&*node.view_store()).await.unwrap().iter().map(as_json).collect()
    }

    #[tokio::test]
    async fn a_removed_account_is_shown_as_removed_and_cannot_be_changed() {
        let place = tempfile::tempdir().unwrap();
        let (config, node, id) = world(&place).await;
        assert_eq!(rows(&node).await[0]["status"], "active");
        remove(&config, ALICE, true).await.unwrap();
        let row = rows(&node).await.remove(0);
        assert_eq!(row["status"], "removed");
        assert!(row["removed_at"].is_string(), "{row}");
        let refused = find(&node, &id.to_string()).await.unwrap_err().to_string();
        assert!(refused.contains(&id.to_string()) && refused.contains("was removed"), "{refused}");
    }

    #[tokio::test]
    async fn a_removal_is_finished_by_address_though_nobody_holds_it_any_more() {
        let place = tempfile::tempdir().unwrap();
        let (config, node, id) = world(&place).await;
        remove(&config, ALICE, true).await.unwrap();
        let late = DeviceId::new("late").unwrap();
        let introduction = Introduction {
            shown: (&late).into(),
            device_type: DeviceType::new("phone").unwrap(),
            user_agent: String::new(),
            protocol_version: None,
        };
        register_device::run(&node.repository, &node.admin(), id, &late, &introduction).await.unwrap();
        remove(&config, ALICE, true).await.unwrap();
        let stream = StreamId::device(id, &late);
        let events = node.log.read_stream(&stream, syncledger_domain::event::Revision(0), 10).await.unwrap();
        assert_eq!(events.last().unwrap().event_type, "device-removed");
        assert!(remove(&config, "nobody@example.com", true).await.is_err());
    }
}
