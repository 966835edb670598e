//! `filter add|list|delete|move|preset|explain|simulate`: which protocol versions clients are offered.

mod change;
mod draft;
mod explain;
mod list;
mod simulate;
#[cfg(test)]
mod tests;

use clap::Subcommand;

pub(crate) use self::list::{load, offered, texts};

use crate::{config::Config, node::Node};

/// Choose which protocol versions clients are offered.
///
/// The versions the server speaks run through the list of filters from the first to the last; each that matches rewrites
/// them, and a blocking one that matches ends the run.
#[derive(Debug, Subcommand)]
pub(crate) enum Filter {
    /// Add a filter, at the end unless a position is given.
    Add(change::Add),
    /// List the filters in the order they are asked.
    List,
    /// Delete a filter; later ones move up by one.
    Delete {
        /// Its position (0), or its uid (f7).
        id: String,
    },
    /// Move a filter so that it ends at a position.
    Move {
        /// Its position (0), or its uid (f7).
        from: String,
        /// Where it ends; past the end is the end.
        to: String,
    },
    /// Replace the list by one to start from.
    Preset {
        /// default (everybody up to 16.1) or classic (Outlook 14.0, Samsung 2.5, everybody else up to 14.1).
        name: String,
    },
    /// Show what each filter does to the versions an account is offered.
    Explain(explain::Explain),
    /// Show which of the known devices would be offered other versions by another list; nothing is changed.
    Simulate(simulate::Simulate),
}

impl Filter {
    pub(crate) async fn run(self, config: &Config, json: bool) -> anyhow::Result<()> {
        let node = Node::open(config).await?;
        node.catch_up().await?;
        match self {
            Self::Add(add) => add.run(&node).await?.print(json),
            Self::List => list::run(&node, json).await,
            Self::Delete { id } => change::delete(&node, &id).await?.print(json),
            Self::Move { from, to } => change::move_to(&node, &from, &to).await?.print(json),
            Self::Preset { name } => change::preset(&node, &name).await?.print(json),
            Self::Explain(explain) => explain.run(&node).await?.print(json),
            Self::Simulate(simulate) => simulate.run(&node).await?.print(json),
        }
    }
}
