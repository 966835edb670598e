//! Under construction.
use clap::Subcommand;

use crate::config::Config as NodeConfig;

/// Under construction.
#[derive(Debug, Subcommand)]
pub(crate) enum Device {
    /// Under construction.
    Nothing,
}

impl Device {
    pub(crate) async fn run(self, _config: &NodeConfig, _json: bool) -> anyhow::Result<()> {
        anyhow::bail!("under construction")
    }
}
