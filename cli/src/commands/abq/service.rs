//! Whether the service `abq` runs: while it is stopped nobody judges.

use syncledger_domain::{
    abq::AbqMode,
    event::StreamId,
    services::{Facts, Service, Services},
};

use super::modes::Modes;
use crate::node::Node;

/// The orders there are.
pub(super) struct Orders(Services);

/// Where it runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Running {
    /// Whether it runs anywhere; before any node has served, whether it would.
    pub(super) anywhere: bool,
    /// Nodes it does not run on: what they answer is another matter.
    pub(super) stopped_on: Vec<String>,
}

impl Orders {
    /// Folds the stream.
    pub(super) async fn load(node: &Node) -> anyhow::Result<Self> {
        Ok(Self(node.repository.load::<Services>(&StreamId::services()).await?.state))
    }

    /// Where it runs under these modes.
    pub(super) fn running(&self, modes: &Modes) -> Running {
        // That of the installation decides about the service: an account with a mode of its own needs it to run.
        let abq_disabled = modes.of_installation() == AbqMode::Disabled;
        let facts = Facts { abq_disabled, anti_dos_enabled: false };
        let runs = |node: &&_| self.0.runs(node, Service::Abq, facts);
        let stopped = self.0.nodes.keys().filter(|node| !runs(node));
        let stopped_on: Vec<String> = stopped.map(ToString::to_string).collect();
        let anywhere = if self.0.nodes.is_empty() {
            !abq_disabled && modes.starts_with_the_server()
        } else {
            stopped_on.len() < self.0.nodes.len()
        };
        Running { anywhere, stopped_on }
    }
}
