//! `domain create|list|set`.

use clap::Subcommand;
use syncledger_commands::{AttributeTarget, create_domain};
use syncledger_domain::ids::DomainName;
use syncledger_projections::directory;

use super::attributes::{self, Assignment};
use crate::{config::Config, node::Node, output};

/// Create, list and change mail domains.
#[derive(Debug, Subcommand)]
pub(crate) enum Domain {
    /// Create a domain.
    Create {
        /// Its name.
        name: DomainName,
    },
    /// List domains.
    List,
    /// Set attributes for all accounts of a domain.
    Set {
        /// Its name.
        name: DomainName,
        /// Attributes, `name=value`; `name=` forgets a value.
        #[arg(value_name = "NAME=VALUE", required = true)]
        attributes: Vec<Assignment>,
    },
}

impl Domain {
    pub(crate) async fn run(self, config: &Config, json: bool) -> anyhow::Result<()> {
        match self {
            Self::Create { name } => {
                let node = Node::open_or_create(config).await?;
                create_domain::run(&node.repository, &node.admin(), &name).await?;
                output::done(
                    json,
                    &format!("domain {name} created"),
                    serde_json::json!({ "domain": name.as_str() }),
                )
            }
            Self::List => {
                let node = Node::open(config).await?;
                node.catch_up().await?;
                attributes::list_scopes(json, &directory::domains(&*node.view_store()).await?)
            }
            Self::Set { name, attributes } => {
                let node = Node::open(config).await?;
                let target = AttributeTarget::Domain(name.clone());
                attributes::assign(&node, &node.admin(), &target, &attributes).await?;
                output::done(
                    json,
                    &format!("domain {name} changed"),
                    serde_json::json!({ "domain": name.as_str() }),
                )
            }
        }
    }
}
