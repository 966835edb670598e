//! The command line.

use std::{ffi::OsString, path::PathBuf};

use anyhow::bail;
use clap::{Parser, Subcommand};

use crate::commands::{
    abq, account, audit, config_check, cos, credential, demo, device, domain, filter, folder, jail, log,
    logger, notification, policy, serve, service, views,
};

/// Exchange ActiveSync for any IMAP/SMTP mail system or a directory of Maildirs, with a ledger.
///
/// Mail only: `CalDAV` and `CardDAV` are not there yet. Every subcommand but `demo` works on the data directory named by
/// --dir, or on the node described by the file named by --config; without either, on what the environment variable
/// `SYNCLEDGER_DIR` or `SYNCLEDGER_CONFIG` names; with nothing, on the directory `syncledger-data`. Exit codes: 0 done,
/// 1 refused or failed, 64 usage error.
///
/// Commands as other servers spell them (`mobile …`, `config get global …`, `prov …`, `auth credential …`) are understood
/// as well: `syncledger help mobile` lists them. Without a subcommand, or with `-`, one command a line is read from
/// standard input.
#[derive(Debug, Parser)]
#[command(name = "syncledger", version, propagate_version = true)]
pub(crate) struct Args {
    /// Data directory of an embedded node: ledger.db, views.db, mail/, and syncledger.toml if there is one.
    #[arg(long, global = true, value_name = "DIR", conflicts_with = "config")]
    pub(crate) dir: Option<PathBuf>,
    /// Configuration file of the node.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print JSON for programs instead of tables for people.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do. Each subcommand is documented at its own type: a comment here would take the place of all of it in --help.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Serve(serve::Serve),
    Demo(demo::Demo),
    #[command(subcommand)]
    Config(config_check::Config),
    #[command(subcommand)]
    Abq(abq::Abq),
    #[command(subcommand)]
    Account(account::Account),
    #[command(subcommand)]
    Domain(domain::Domain),
    #[command(subcommand)]
    Cos(cos::Cos),
    #[command(subcommand)]
    Credential(credential::Credential),
    #[command(subcommand)]
    Device(device::Device),
    #[command(subcommand)]
    Filter(filter::Filter),
    #[command(subcommand)]
    Folder(folder::Folder),
    #[command(subcommand)]
    Jail(jail::Jail),
    #[command(subcommand)]
    Notification(notification::Notification),
    #[command(subcommand)]
    Policy(policy::Policy),
    #[command(subcommand)]
    Service(service::Service),
    #[command(subcommand)]
    Audit(audit::Audit),
    #[command(subcommand)]
    Log(log::Log),
    #[command(subcommand)]
    Logger(logger::Logger),
    #[command(subcommand)]
    Views(views::Views),
}

/// Which node a call is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// The one in this data directory.
    Dir(PathBuf),
    /// The one described by this file.
    Config(PathBuf),
    /// Nothing was said.
    Default,
}

impl Args {
    /// What was said on the command line, else in the environment (`variable` reads it). What is said here and now counts
    /// more than what was set some time for all calls.
    ///
    /// # Errors
    /// When the environment names two places.
    pub(crate) fn place(&self, variable: impl Fn(&str) -> Option<OsString>) -> anyhow::Result<Place> {
        if let Some(dir) = &self.dir {
            return Ok(Place::Dir(dir.clone()));
        }
        if let Some(file) = &self.config {
            return Ok(Place::Config(file.clone()));
        }
        let named = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        match (named("SYNCLEDGER_DIR"), named("SYNCLEDGER_CONFIG")) {
            (Some(_), Some(_)) => {
                bail!(
                    "SYNCLEDGER_DIR and SYNCLEDGER_CONFIG are both set: allowed is one of them, or say --dir or --config"
                )
            }
            (Some(dir), None) => Ok(Place::Dir(dir)),
            (None, Some(file)) => Ok(Place::Config(file)),
            (None, None) => Ok(Place::Default),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(flags: &[&str], environment: &[(&str, &str)]) -> anyhow::Result<Place> {
        let words = ["syncledger"].into_iter().chain(flags.iter().copied()).chain(["device", "list"]);
        let args = Args::try_parse_from(words)?;
        args.place(|name| environment.iter().find(|(set, _)| *set == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn help_has_the_whole_documentation_of_each_subcommand() {
        use clap::CommandFactory as _;

        let mut command = Args::command();
        command.build();
        let help = |name: &str| {
            let mut command = command.find_subcommand(name).unwrap().clone();
            command.render_long_help().to_string().split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let said = [
            ("serve", "Serve devices until told to stop"),
            ("demo", "nothing is left behind but the directory"),
            ("config", "Check the configuration file; show and set attributes"),
            ("abq", "Which devices may sync: the Device Control List, rules, messages"),
            ("account", "Create, list, change and remove accounts"),
            ("domain", "Create, list and change mail domains"),
            ("cos", "Create, list and change classes of service"),
            ("credential", "imap.master_user"),
            ("device", "List, suspend, wipe, reset, remove, purge and simulate devices"),
            ("filter", "a blocking one that matches ends the run"),
            ("folder", "as its devices have seen them"),
            ("jail", "List devices that asked too often, and let them out of jail"),
            ("notification", "List what the server wants its administrators to know"),
            ("policy", "makes the devices concerned provision anew"),
            ("service", "List, start and stop parts of the server"),
            ("audit", "Show what devices were told, who let them in or kept them out, when and why"),
            ("log", "Verify, follow, export, import and seal the event log"),
            ("logger", "From level debug on the file holds the content of mail"),
            ("views", "which can be dropped and made again at any time"),
        ];
        for (name, sentence) in said {
            let help = help(name);
            assert!(help.contains(sentence), "{name}: {help}");
        }
        let all: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        let told: Vec<&str> = said.iter().map(|(name, _)| *name).chain(["help"]).collect();
        assert_eq!(all, told, "each of them is looked at");
    }

    #[test]
    fn a_flag_counts_more_than_the_environment() {
        let (dir, file) = (("SYNCLEDGER_DIR", "d"), ("SYNCLEDGER_CONFIG", "c"));
        let config = |name: &str| Place::Config(name.into());
        let data = |name: &str| Place::Dir(name.into());
        assert_eq!(place(&["--config", "x"], &[dir]).unwrap(), config("x"));
        assert_eq!(place(&["--dir", "x"], &[file]).unwrap(), data("x"));
        assert_eq!(place(&["--dir", "x"], &[dir, file]).unwrap(), data("x"));
        assert_eq!(place(&[], &[dir]).unwrap(), data("d"));
        assert_eq!(place(&[], &[file, ("SYNCLEDGER_DIR", "")]).unwrap(), config("c"));
        assert_eq!(place(&[], &[]).unwrap(), Place::Default);
        assert!(place(&[], &[dir, file]).is_err());
        assert!(place(&["--dir", "x", "--config", "y"], &[]).is_err());
    }
}
