//! `config check|attributes|set|info`.

mod check;
mod master_user;

use anyhow::Context as _;
use clap::Subcommand;
use syncledger_commands::AttributeTarget;
use syncledger_domain::config::{Scopes, registry};
use syncledger_projections::directory;

use super::attributes::{self, Assignment};
use crate::{config::Config as NodeConfig, node::Node, output};

/// The node's configuration file, and attributes set at run time.
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Check the configuration file and what it names, without starting the server.
    Check,
    /// List every attribute with scopes, default and meaning.
    Attributes,
    /// Set attributes for the whole installation.
    Set {
        /// Attributes, `name=value`; `name=` forgets a value.
        #[arg(value_name = "NAME=VALUE", required = true)]
        attributes: Vec<Assignment>,
    },
    /// Show the attributes that hold for an account (or for nobody in particular), and where each comes from.
    Info {
        /// Address or id of an account.
        account: Option<String>,
    },
}

impl Config {
    pub(crate) async fn run(self, config: &NodeConfig, json: bool) -> anyhow::Result<()> {
        match self {
            Self::Check => check::run(config, json).await,
            Self::Attributes => list_attributes(json),
            Self::Set { attributes } => {
                let node = Node::open_or_create(config).await?;
                attributes::assign(&node, &node.admin(), &AttributeTarget::Global, &attributes).await?;
                output::done(json, "installation changed", serde_json::json!({}))
            }
            Self::Info { account } => info(config, account.as_deref(), json).await,
        }
    }
}

fn list_attributes(json: bool) -> anyhow::Result<()> {
    let rows: Vec<serde_json::Value> = registry::all()
        .filter(|attribute| attributes::is_obeyed(attribute))
        .map(|attribute| {
            let scopes: Vec<String> = attribute.scopes.iter().map(ToString::to_string).collect();
            serde_json::json!({
                "name": attribute.name,
                "aliases": attribute.aliases,
                "scopes": scopes,
                "default": attribute.default,
                "meaning": attribute.meaning,
            })
        })
        .collect();
    output::rows(json, ["NAME", "SCOPES", "DEFAULT", "MEANING"], &rows, |row| {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let scopes: Vec<&str> =
            row["scopes"].as_array().into_iter().flatten().filter_map(|s| s.as_str()).collect();
        [text("name"), scopes.join(" "), text("default"), text("meaning")]
    })
}

async fn info(config: &NodeConfig, account: Option<&str>, json: bool) -> anyhow::Result<()> {
    let node = Node::open(config).await?;
    node.catch_up().await?;
    let views = node.view_store();
    let account = match account {
        None => None,
        Some(text) => {
            let id = super::account::find(&node, text).await?;
            Some(directory::account(&*views, id).await?.context("the account has just been removed")?)
        }
    };
    let cos = match &account {
        Some(account) => directory::cos(&*views, &account.cos).await?,
        None => None,
    };
    let domain = match &account {
        Some(account) => directory::domain(&*views, &account.address.domain()).await?,
        None => None,
    };
    let global = directory::config(&*views).await?;
    let scopes = Scopes {
        account: account.as_ref().map(|account| &account.attributes),
        cos: cos.as_ref().map(|scope| &scope.attributes),
        domain: domain.as_ref().map(|scope| &scope.attributes),
        global: global.as_ref().map(|scope| &scope.attributes),
    };
    let rows: Vec<serde_json::Value> = registry::all()
        .filter(|attribute| attributes::is_obeyed(attribute))
        .map(|attribute| {
            let (value, origin) = scopes.resolve(attribute);
            serde_json::json!({
                "name": attribute.name,
                "value": value.to_string(),
                "from": origin.to_string(),
            })
        })
        .collect();
    output::rows(json, ["NAME", "VALUE", "FROM"], &rows, |row| {
        ["name", "value", "from"].map(|name| row[name].as_str().unwrap_or_default().to_owned())
    })
}
