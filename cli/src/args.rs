//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::commands::{account, audit, config_check, cos, demo, device, domain, log, serve, views};

/// Exchange ActiveSync for any IMAP, CalDAV and CardDAV mail system, with a ledger.
///
/// Every subcommand but `demo` works on the data directory named by --dir, or on the node described by the file named
/// by --config; with neither, on the directory `syncledger-data`. Exit codes: 0 done, 1 refused or failed, 64 usage
/// error.
#[derive(Debug, Parser)]
#[command(name = "syncledger", version, propagate_version = true)]
pub(crate) struct Args {
    /// Data directory of an embedded node: ledger.db, views.db, mail/, and syncledger.toml if there is one.
    #[arg(long, global = true, value_name = "DIR", env = "SYNCLEDGER_DIR", conflicts_with = "config")]
    pub(crate) dir: Option<PathBuf>,
    /// Configuration file of the node.
    #[arg(long, global = true, value_name = "FILE", env = "SYNCLEDGER_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Print JSON for programs instead of tables for people.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve devices until told to stop.
    Serve(serve::Serve),
    // Its documentation is its own, so that --help shows all of it.
    Demo(demo::Demo),
    /// Check the configuration.
    #[command(subcommand)]
    Config(config_check::Config),
    /// Create, list and change accounts.
    #[command(subcommand)]
    Account(account::Account),
    /// Create, list and change mail domains.
    #[command(subcommand)]
    Domain(domain::Domain),
    /// Create, list and change classes of service.
    #[command(subcommand)]
    Cos(cos::Cos),
    /// List, inspect, reset, remove and simulate devices.
    #[command(subcommand)]
    Device(device::Device),
    /// Show what devices were told, when and why.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Verify, follow, export and import the event log.
    #[command(subcommand)]
    Log(log::Log),
    /// Rebuild the views from the log.
    #[command(subcommand)]
    Views(views::Views),
}
