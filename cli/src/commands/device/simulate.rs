//! Under construction.
use clap::Args;

use crate::config::Config;

/// Under construction.
#[derive(Debug, Args)]
pub(crate) struct Simulate {}

impl Simulate {
    pub(super) async fn run(self, _config: &Config, _json: bool) -> anyhow::Result<()> {
        anyhow::bail!("under construction")
    }
}
