//! `logger add|list|remove`: what the devices of one account say and are told, in a file of its own.

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use syncledger_commands::{add_logger, remove_logger};
use syncledger_domain::{
    codes,
    event::StreamId,
    loggers::{Draft, Level, LoggerAdded, LoggerEnd, LoggerId, Loggers},
};
use syncledger_eas::loggers::PlaceError;
use syncledger_projections::directory;

use super::{abq::Expiry, account};
use crate::{config::Config, node::Node, output, refusal::Refused};

/// Write what the devices of an account say and are told to a file.
///
/// A running server writes to the file from the next request on, until the logger is removed or its time is over, through
/// restarts. From level debug on the file holds the content of mail, but never a password.
#[derive(Debug, Subcommand)]
pub(crate) enum Logger {
    /// Write what the devices of an account say and are told to a file.
    Add(Add),
    /// List the loggers there are.
    List,
    /// End a logger, or all of them; files stay.
    Remove {
        /// Its number, as `logger list` shows it.
        #[arg(required_unless_present = "all")]
        id: Option<LoggerId>,
        /// All of them.
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
}

/// `logger add`
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Address or id of the account.
    account: String,
    /// How much: crit, err, warn, info (a line for each request), debug (documents, too) or trace (headers and bytes,
    /// too).
    level: Level,
    /// The file, in the log directory; it is appended to.
    file: PathBuf,
    /// Most items of a folder in one answer while the logger runs, 1 to 512. With 1 the file shows which item hurts a
    /// device.
    #[arg(long, value_name = "N")]
    window_size: Option<u32>,
    #[command(flatten)]
    expiry: Expiry,
}

impl Logger {
    pub(crate) async fn run(self, config: &Config, json: bool) -> anyhow::Result<()> {
        let node = Node::open(config).await?;
        match self {
            Self::Add(add) => add.run(&node, config, json).await,
            Self::List => list(&node, json).await,
            Self::Remove { id: Some(id), .. } => remove(&node, id, json).await,
            Self::Remove { id: None, .. } => remove_all(&node, json).await,
        }
    }
}

impl Add {
    async fn run(self, node: &Node, config: &Config, json: bool) -> anyhow::Result<()> {
        let account = account::find(node, &self.account).await?;
        let until = self.expiry.at(node.repository.clock().now())?;
        let file = config.log_place().probe(&self.file).map_err(|error| unwritable(&error))?;
        let file = file.to_string_lossy().into_owned();
        let (level, window_size) = (self.level, self.window_size);
        let draft = Draft { account, level, file, window_size, until };
        let done = add_logger::run(&node.repository, &node.admin(), &draft).await?;
        let id = LoggerId(done.state.last_id);
        let Some(added) = done.state.list.get(&id) else {
            anyhow::bail!("logger {id} was removed while it was added");
        };
        let row = row(added, Some(&self.account));
        output::done(json, &format!("logger {id} added: {}", text(&row["description"])), row)
    }
}

fn unwritable(error: &PlaceError) -> Refused {
    Refused::new(codes::FILE_UNWRITABLE, error.to_string())
}

async fn list(node: &Node, json: bool) -> anyhow::Result<()> {
    node.catch_up().await?;
    let now = node.repository.clock().now();
    let loggers = node.repository.load::<Loggers>(&StreamId::loggers()).await?.state;
    let mut rows = Vec::new();
    for logger in loggers.list.values().filter(|logger| logger.until.is_none_or(|until| now < until)) {
        let account = directory::account(&*node.view_store(), logger.account).await?;
        rows.push(row(logger, account.map(|account| account.address.to_string()).as_deref()));
    }
    output::rows(json, ["ID", "LEVEL", "NAME", "DESCRIPTION", "REMOVE COMMAND"], &rows, |row| {
        ["id", "level", "name", "description", "remove_command"].map(|name| text(&row[name]))
    })
}

/// A logger for people and programs; the account is named as given, or by its id.
fn row(logger: &LoggerAdded, account: Option<&str>) -> Value {
    let level = logger.level.as_str();
    let id = logger.account.to_string();
    let items = logger.window_size.map(|items| match items {
        1 => ", at most 1 item of a folder in an answer".to_owned(),
        _ => format!(", at most {items} items of a folder in an answer"),
    });
    let until = logger.until.map(|until| format!(", until {until}"));
    let words = format!(
        "account {}, level {level}, file {}{}{}",
        account.unwrap_or(&id),
        logger.file,
        items.unwrap_or_default(),
        until.unwrap_or_default()
    );
    json!({
        "id": logger.id.0,
        "level": level.to_ascii_uppercase(),
        "name": "AccountLogger",
        "description": words,
        "remove_command": format!("syncledger logger remove {}", logger.id),
        "account": id,
        "address": account.filter(|account| account.contains('@')),
        "file": logger.file,
        "window_size": logger.window_size,
        "until": logger.until.map(|until| until.to_string()),
    })
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

async fn remove(node: &Node, id: LoggerId, json: bool) -> anyhow::Result<()> {
    remove_logger::run(&node.repository, &node.admin(), id, LoggerEnd::Removed).await?;
    output::done(json, &format!("logger {id} removed; its file stays"), json!({ "id": id.0 }))
}

async fn remove_all(node: &Node, json: bool) -> anyhow::Result<()> {
    let ended = remove_logger::run_all(&node.repository, &node.admin()).await?;
    let ids: Vec<u32> = ended.iter().map(|id| id.0).collect();
    output::done(json, &format!("loggers removed: {}; their files stay", ids.len()), json!({ "ids": ids }))
}
