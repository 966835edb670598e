//! Under construction.
use std::path::PathBuf;

use clap::Args;

/// Under construction.
#[derive(Debug, Args)]
pub(crate) struct Demo {}

impl Demo {
    pub(crate) async fn run(self, _dir: Option<PathBuf>, _json: bool) -> anyhow::Result<()> {
        anyhow::bail!("under construction")
    }
}
