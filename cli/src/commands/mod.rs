//! One file per subcommand, noun then verb. A subcommand issues the same commands as everybody else; it has no back
//! door into a database.

pub(crate) mod account;
mod attributes;
pub(crate) mod audit;
pub(crate) mod config_check;
mod conversation;
pub(crate) mod cos;
pub(crate) mod demo;
pub(crate) mod device;
pub(crate) mod domain;
pub(crate) mod log;
pub(crate) mod serve;
pub(crate) mod views;

use crate::{
    args::{Args, Command},
    config::Config,
};

/// Runs one subcommand.
pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let json = args.json;
    if let Command::Demo(demo) = args.command {
        return demo.run(args.dir, json).await;
    }
    let config = Config::load(args.config.as_deref(), args.dir.as_deref())?;
    match args.command {
        Command::Demo(_) => Ok(()),
        Command::Serve(serve) => serve.run(config).await,
        Command::Config(command) => command.run(&config, json).await,
        Command::Account(command) => command.run(&config, json).await,
        Command::Domain(command) => command.run(&config, json).await,
        Command::Cos(command) => command.run(&config, json).await,
        Command::Device(command) => command.run(&config, json).await,
        Command::Audit(command) => command.run(&config, json).await,
        Command::Log(command) => command.run(&config, json).await,
        Command::Views(command) => command.run(&config, json).await,
    }
}
