//! One file per subcommand, noun then verb. A subcommand issues the same commands as everybody else; it has no back
//! door into a database.

pub(crate) mod abq;
pub(crate) mod account;
pub(crate) mod attributes;
pub(crate) mod audit;
pub(crate) mod config_check;
mod conversation;
pub(crate) mod cos;
pub(crate) mod credential;
pub(crate) mod demo;
pub(crate) mod device;
pub(crate) mod domain;
pub(crate) mod filter;
pub(crate) mod folder;
pub(crate) mod jail;
pub(crate) mod log;
pub(crate) mod logger;
pub(crate) mod notification;
mod places;
pub(crate) mod policy;
pub(crate) mod serve;
pub(crate) mod service;
pub(crate) mod views;
#[cfg(test)]
pub(crate) mod workbench;

use crate::{
    args::{Args, Command, Place},
    config::Config,
};

/// Runs one subcommand.
pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let json = args.json;
    if let Command::Demo(demo) = args.command {
        if args.config.is_some() {
            anyhow::bail!(
                "--config: the demo needs no configuration; name a data directory by --dir, or use `syncledger serve`"
            );
        }
        let dir = args.dir.or_else(|| std::env::var_os("SYNCLEDGER_DIR").map(Into::into));
        return demo.run(dir, json).await;
    }
    let config = config_of(&args)?;
    match args.command {
        Command::Demo(_) => Ok(()),
        Command::Serve(serve) => serve.run(config).await,
        Command::Config(command) => command.run(&config, json).await,
        Command::Abq(command) => command.run(&config, json).await,
        Command::Account(command) => command.run(&config, json).await,
        Command::Domain(command) => command.run(&config, json).await,
        Command::Cos(command) => command.run(&config, json).await,
        Command::Credential(command) => command.run(&config, json).await,
        Command::Device(command) => command.run(&config, json).await,
        Command::Filter(command) => command.run(&config, json).await,
        Command::Folder(command) => command.run(&config, json).await,
        Command::Jail(command) => command.run(&config, json).await,
        Command::Notification(command) => command.run(&config, json).await,
        Command::Policy(command) => command.run(&config, json).await,
        Command::Service(command) => command.run(&config, json).await,
        Command::Audit(command) => command.run(&config, json).await,
        Command::Log(command) => command.run(&config, json).await,
        Command::Logger(command) => command.run(&config, json).await,
        Command::Views(command) => command.run(&config, json).await,
    }
}

/// The configuration of the node a call is about.
pub(crate) fn config_of(args: &Args) -> anyhow::Result<Config> {
    match args.place(|name| std::env::var_os(name))? {
        Place::Config(file) => Config::load(Some(&file), None),
        Place::Dir(dir) => Config::load(None, Some(&dir)),
        Place::Default => Config::load(None, None),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[tokio::test]
    async fn the_demo_takes_no_configuration() {
        let args = Args::try_parse_from(["syncledger", "--config", "nowhere.toml", "demo"]).unwrap();
        let refused = run(args).await.unwrap_err().to_string();
        assert!(refused.contains("--config"), "{refused}");
    }
}
