//! `service list|start|stop|restart`: which parts of the server run on which node.
//!
//! Orders are to nodes that run now; a node that starts again goes by its configuration. A running node obeys as soon as it
//! has read the order in the log. The service abq is one for all nodes: an order about it is for all, whatever node is
//! named.

#[cfg(test)]
mod tests;

use clap::{Args, Subcommand};
use syncledger_commands::switch_service;
use syncledger_domain::{
    abq::AbqMode,
    codes,
    config::registry::{ABQ_MODE, ANTI_DOS_ENABLED},
    device::ReleaseCause,
    event::StreamId,
    ids::NodeName,
    services::{Facts, Order, Service as Name, Services},
};

use super::{device, jail, places::Places};
use crate::{config::Config, node::Node, output, refusal::Refused};

/// There is nothing to order.
const NOBODY: &str = "no node has ever served: `syncledger serve` starts one";

/// List, start and stop parts of the server.
#[derive(Debug, Subcommand)]
pub(crate) enum Service {
    /// List the services of this node, whether they run, and why one cannot start.
    List {
        #[command(flatten)]
        nodes: Nodes,
    },
    /// Start a service.
    Start(Switch),
    /// Stop a service: until it is started, or the node is.
    Stop(Switch),
    /// Stop a service and start it again. Restarting anti-dos lets all devices out of jail.
    Restart(Switch),
}

/// What to do it with.
#[derive(Debug, Args)]
pub(crate) struct Switch {
    /// module, activesync-services, autodiscover, abq-services, ldap-address-book or anti-dos.
    name: String,
    #[command(flatten)]
    nodes: Nodes,
}

/// Where.
#[derive(Debug, Args)]
pub(crate) struct Nodes {
    /// On this node instead of the one of the configuration.
    #[arg(long, value_name = "NAME")]
    node: Option<NodeName>,
    /// On all nodes.
    #[arg(long, conflicts_with = "node")]
    all_nodes: bool,
}

impl Service {
    pub(crate) async fn run(self, config: &Config, json: bool) -> anyhow::Result<()> {
        let node = Node::open(config).await?;
        node.catch_up().await?;
        let own = config.node_name();
        match self {
            Self::List { nodes } => list(&node, &nodes, own, json).await,
            Self::Start(switch) => switch.run(&node, own, Order::Start, json).await,
            Self::Stop(switch) => switch.run(&node, own, Order::Stop, json).await,
            Self::Restart(switch) => switch.run(&node, own, Order::Restart, json).await,
        }
    }
}

impl Nodes {
    /// The node that is meant; `None` for all.
    fn chosen(&self, services: &Services, own: NodeName) -> Result<Option<NodeName>, Refused> {
        let refused = |message: String| Err(Refused::new(codes::NO_SUCH_SERVER, message));
        if self.all_nodes {
            return Ok(None);
        }
        let known: Vec<&str> = services.nodes.keys().map(NodeName::as_str).collect();
        if known.is_empty() {
            return refused(NOBODY.to_owned());
        }
        let chosen = self.node.clone().unwrap_or(own);
        if services.nodes.contains_key(&chosen) {
            return Ok(Some(chosen));
        }
        let known = known.join(", ");
        refused(format!(
            "node '{chosen}' has never served: allowed are --node with one of {known}, and --all-nodes"
        ))
    }
}

async fn load(node: &Node) -> anyhow::Result<Services> {
    Ok(node.repository.load::<Services>(&StreamId::services()).await?.state)
}

/// What decides, besides orders, whether services run.
async fn facts(node: &Node) -> anyhow::Result<Facts> {
    let places = Places::of_installation(node).await?;
    let scopes = places.scopes();
    Ok(Facts {
        abq_disabled: scopes.read(&ABQ_MODE) == AbqMode::Disabled,
        anti_dos_enabled: scopes.flag(&ANTI_DOS_ENABLED),
    })
}

async fn list(node: &Node, nodes: &Nodes, own: NodeName, json: bool) -> anyhow::Result<()> {
    let (services, facts) = (load(node).await?, facts(node).await?);
    let chosen = nodes.chosen(&services, own)?;
    let wanted = services.nodes.keys().filter(|name| chosen.as_ref().is_none_or(|chosen| chosen == *name));
    let rows: Vec<serde_json::Value> = wanted
        .flat_map(|node| Name::ALL.map(|service| (node, service)))
        .map(|(node, service)| {
            let state = services.state(node, service, facts);
            let mut row = serde_json::json!({
                "node": node.as_str(),
                "name": service.as_str(),
                "running": state.running,
                "could_start": state.could_start,
                "could_stop": state.could_stop,
            });
            if let Some(reason) = state.hindered {
                row["could_not_start_because"] = reason.into();
            }
            row
        })
        .collect();
    let headings = ["NODE", "SERVICE", "RUNNING", "COULD START", "COULD STOP", "COULD NOT START BECAUSE"];
    output::rows(json, headings, &rows, |row| {
        let cell = |name: &str| match &row[name] {
            serde_json::Value::Bool(true) => "yes".to_owned(),
            serde_json::Value::Bool(false) => "no".to_owned(),
            text => text.as_str().unwrap_or_default().to_owned(),
        };
        ["node", "name", "running", "could_start", "could_stop", "could_not_start_because"].map(cell)
    })
}

impl Switch {
    async fn run(self, node: &Node, own: NodeName, order: Order, json: bool) -> anyhow::Result<()> {
        let service: Name = self
            .name
            .parse()
            .map_err(|unknown| Refused::new(codes::NO_SUCH_SERVICE, format!("{unknown}")))?;
        let services = load(node).await?;
        let chosen = self.nodes.chosen(&services, own)?;
        if services.nodes.is_empty() {
            return Err(Refused::new(codes::NO_SUCH_SERVER, NOBODY).into());
        }
        let issuer = node.admin();
        let facts = facts(node).await?;
        let done =
            switch_service::run(&node.repository, &issuer, service, order, chosen.as_ref(), facts).await?;
        let released = match (service, order) {
            (Name::AntiDos, Order::Restart) => {
                Some(jail::free_all(node, ReleaseCause::ServiceRestart).await?.len())
            }
            _ => None,
        };
        let changed = done.appended.is_some();
        // Abq judges on all nodes or on none.
        let place = chosen.as_ref().filter(|_| service != Name::Abq);
        let place = place.map_or_else(|| "all nodes".to_owned(), |node| format!("node {node}"));
        let verb = match (order, changed) {
            (Order::Start, true) => "started",
            (Order::Start, false) => "runs already",
            (Order::Stop, true) => "stopped",
            (Order::Stop, false) => "is stopped already",
            (Order::Restart, _) => "restarted",
        };
        let mut sentence = format!("service {service} {verb} on {place}");
        let mut told = serde_json::json!({
            "service": service.as_str(),
            "node": chosen.as_ref().map(NodeName::as_str),
            "changed": changed,
        });
        if let Some(released) = released {
            sentence = format!("{sentence}; let out of jail: {}", device::counted(released));
            told["released"] = released.into();
        }
        output::done(json, &sentence, told)
    }
}
