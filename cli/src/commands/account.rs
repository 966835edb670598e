//! `account create|list|set`.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use syncledger_commands::{
    clear_password, create_account, create_domain, disable_account, enable_account, remove_account,
    set_account_cos, set_password,
};
use syncledger_domain::ids::{AccountId, Address, CosId};
use syncledger_projections::directory;

use super::attributes::{self, Assignment};
use crate::{config::Config, node::Node, output, password};

/// Accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum Account {
    /// Create an account.
    Create(Create),
    /// List accounts.
    List,
    /// Change an account: password, class of service, attributes, whether it may be used.
    Set(Set),
    /// Remove an account; its address may be given to another one.
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
            Self::List => list(config, json).await,
            Self::Set(set) => set.run(config, json).await,
            Self::Remove { account } => {
                let node = Node::open(config).await?;
                let id = find(&node, &account).await?;
                remove_account::run(&node.repository, &node.admin(), id).await?;
                output::done(
                    json,
                    &format!("{account} removed"),
                    serde_json::json!({ "account": id.to_string() }),
                )
            }
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
        let issuer = node.admin();
        let repository = &node.repository;
        attributes::assign(
            &node,
            &issuer,
            &syncledger_commands::AttributeTarget::Account(id),
            &self.attributes,
        )
        .await?;
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
        output::done(
            json,
            &format!("{} changed", self.account),
            serde_json::json!({ "account": id.to_string() }),
        )
    }
}

async fn list(config: &Config, json: bool) -> anyhow::Result<()> {
    let node = Node::open(config).await?;
    node.catch_up().await?;
    let accounts = directory::accounts(&*node.view_store()).await?;
    let listed: Vec<serde_json::Value> = accounts
        .iter()
        .map(|account| {
            serde_json::json!({
                "address": account.address.as_str(),
                "account": account.id.to_string(),
                "cos": account.cos.as_str(),
                "password": if account.password_hash.is_some() { "local" } else { "backend" },
                "disabled": account.disabled,
                "attributes": account.attributes.0,
            })
        })
        .collect();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    output::rows(json, ["ADDRESS", "ACCOUNT", "COS", "PASSWORD", "STATUS"], &listed, |row| {
        let status = if row["disabled"].is_null() { "active".to_owned() } else { "disabled".to_owned() };
        [text(&row["address"]), text(&row["account"]), text(&row["cos"]), text(&row["password"]), status]
    })
}

/// The account behind an address or id.
pub(crate) async fn find(node: &Node, text: &str) -> anyhow::Result<AccountId> {
    node.catch_up().await?;
    let views = node.view_store();
    if let Ok(id) = text.parse::<AccountId>()
        && directory::account(&*views, id).await?.is_some()
    {
        return Ok(id);
    }
    let address: Address =
        text.parse().with_context(|| format!("account '{text}': allowed are an address or an id"))?;
    match directory::account_by_address(&*views, &address).await? {
        Some(account) => Ok(account.id),
        None => bail!("account '{text}' does not exist; `syncledger account list` shows those that do"),
    }
}
