//! Whether the service `abq` runs: while it is stopped nobody judges.

use syncledger_domain::{
    abq::AbqMode,
    event::StreamId,
    services::{Facts, Services},
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
    /// The nodes there are, where it does not: it is one for all of them.
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
        let anywhere = if self.0.nodes.is_empty() {
            !abq_disabled && modes.starts_with_the_server()
        } else {
            self.0.judges(facts)
        };
        let nodes = self.0.nodes.keys().filter(|_| !anywhere);
        Running { anywhere, stopped_on: nodes.map(ToString::to_string).collect() }
    }
}
