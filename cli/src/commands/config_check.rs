//! `config check|attributes|describe|set|get|unset|dump|info`.

mod check;
mod describe;
mod master_user;
#[cfg(test)]
mod tests;
mod values;

use clap::Subcommand;
use syncledger_domain::config::{Scopes, registry};
use syncledger_projections::directory;

use super::attributes::Assignment;
use crate::{config::Config as NodeConfig, node::Node, output};
use values::At;

/// Check the configuration file; show and set attributes.
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Check the configuration file and what it names, without starting the server.
    Check,
    /// List every attribute with scopes, default and meaning.
    Attributes,
    /// Explain an attribute: type, what is allowed, where it may be set, default, what obeys it.
    Describe {
        /// Its name, here or elsewhere.
        name: String,
    },
    /// Set attributes for the whole installation, or at a place.
    Set {
        #[command(flatten)]
        at: At,
        /// Attributes, `name=value`; `name=` forgets a value.
        #[arg(value_name = "NAME=VALUE", required = true)]
        attributes: Vec<Assignment>,
    },
    /// Show the value of an attribute that holds for the installation, or at a place, and where it comes from.
    Get {
        #[command(flatten)]
        at: At,
        /// Its name.
        name: String,
    },
    /// Forget values set for the installation, or at a place; the inherited ones show again.
    Unset {
        #[command(flatten)]
        at: At,
        /// Names of attributes.
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Show all attributes that may be set for the installation, or at a place.
    Dump {
        #[command(flatten)]
        at: At,
        /// Only those that are set there.
        #[arg(long)]
        no_inherited: bool,
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
            Self::Attributes => describe::list(json),
            Self::Describe { name } => describe::one(&name, json),
            Self::Set { at, attributes } => values::set(config, &at, &attributes, json).await,
            Self::Get { at, name } => values::get(config, &at, &name, json).await,
            Self::Unset { at, names } => values::unset(config, &at, &names, json).await,
            Self::Dump { at, no_inherited } => values::dump(config, &at, no_inherited, json).await,
            Self::Info { account } => info(config, account.as_deref(), json).await,
        }
    }
}

async fn info(config: &NodeConfig, account: Option<&str>, json: bool) -> anyhow::Result<()> {
    let node = Node::open(config).await?;
    node.catch_up().await?;
    let views = node.view_store();
    let account = match account {
        None => None,
        Some(text) => Some(super::account::find_row(&node, text).await?),
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
