//! `cos create|list|set`.

use clap::Subcommand;
use syncledger_commands::{AttributeTarget, create_cos};
use syncledger_domain::ids::CosId;
use syncledger_projections::directory;

use super::attributes::{self, Assignment};
use crate::{config::Config, node::Node, output};

/// Create, list and change classes of service.
#[derive(Debug, Subcommand)]
pub(crate) enum Cos {
    /// Create a class of service.
    Create {
        /// Its name.
        name: CosId,
    },
    /// List classes of service.
    List,
    /// Set attributes for all accounts of a class.
    Set {
        /// Its name.
        name: CosId,
        /// Attributes, `name=value`; `name=` forgets a value.
        #[arg(value_name = "NAME=VALUE", required = true)]
        attributes: Vec<Assignment>,
    },
}

impl Cos {
    pub(crate) async fn run(self, config: &Config, json: bool) -> anyhow::Result<()> {
        match self {
            Self::Create { name } => {
                let node = Node::open_or_create(config).await?;
                create_cos::run(&node.repository, &node.admin(), &name).await?;
                output::done(
                    json,
                    &format!("class of service {name} created"),
                    serde_json::json!({ "cos": name.as_str() }),
                )
            }
            Self::List => {
                let node = Node::open(config).await?;
                node.catch_up().await?;
                attributes::list_scopes(json, &directory::cos_list(&*node.view_store()).await?)
            }
            Self::Set { name, attributes } => {
                let node = Node::open(config).await?;
                let target = AttributeTarget::Cos(name.clone());
                attributes::assign(&node, &node.admin(), &target, &attributes).await?;
                output::done(
                    json,
                    &format!("class of service {name} changed"),
                    serde_json::json!({ "cos": name.as_str() }),
                )
            }
        }
    }
}
