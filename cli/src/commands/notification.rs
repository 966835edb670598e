//! `notification list`: what the server wants its administrators to know.

#[cfg(test)]
mod tests;

use clap::Subcommand;
use serde_json::Value;
use syncledger_domain::{
    StoredEvent as _, codes,
    event::{Revision, StreamId},
    ids::NodeName,
    notices::{NOTICES_KEPT, NoticesEvent},
};

use crate::{
    config::Config,
    node::Node,
    output::{self, say},
    refusal::Refused,
};

/// Events read at a time.
const PAGE: usize = 500;

/// List what the server wants its administrators to know.
#[derive(Debug, Subcommand)]
pub(crate) enum Notification {
    /// List the youngest notices, or show one.
    List {
        /// Number of a notice: its whole text is shown.
        #[arg(allow_negative_numbers = true)]
        id: Option<String>,
    },
}

impl Notification {
    pub(crate) async fn run(self, config: &Config, json: bool) -> anyhow::Result<()> {
        let Self::List { id } = self;
        let id = id.as_deref().map(number).transpose()?;
        let node = Node::open(config).await?;
        let mut rows = rows(&node, id).await?;
        let Some(id) = id else { return print(&rows, json) };
        let Some(row) = rows.pop() else {
            let message =
                format!("notice {id} does not exist: `syncledger notification list` lists those there are");
            return Err(Refused::new(codes::NO_SUCH_ENTRY, message).into());
        };
        if json {
            return output::value(&[row]);
        }
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        say!(
            "{} {} {} {}\n{}\n\n{}",
            row["id"],
            text("date"),
            text("server"),
            text("type"),
            text("subject"),
            text("text")
        );
        Ok(())
    }
}

fn number(text: &str) -> Result<u64, Refused> {
    text.trim().parse().ok().filter(|id| *id > 0).ok_or_else(|| {
        let shown: String = text.chars().take(80).collect();
        let message = format!("notice '{shown}' is not valid: allowed is a whole number from 1");
        Refused::new(codes::INVALID_VALUE, message)
    })
}

fn print(rows: &[Value], json: bool) -> anyhow::Result<()> {
    output::rows(json, ["ID", "DATE", "SERVER", "TYPE", "SUBJECT"], rows, |row| {
        ["id", "date", "server", "type", "subject"].map(|name| match &row[name] {
            Value::Number(number) => number.to_string(),
            other => other.as_str().unwrap_or_default().to_owned(),
        })
    })
}

/// The notice with a number, or the youngest, oldest first.
async fn rows(node: &Node, wanted: Option<u64>) -> anyhow::Result<Vec<Value>> {
    let (mut rows, mut from) = (Vec::new(), Revision(0));
    loop {
        let page = node.repository.log().read_stream(&StreamId::notices(), from, PAGE).await?;
        for recorded in &page {
            from = recorded.revision.next();
            let event = NoticesEvent::decode(&recorded.event_type, recorded.version, &recorded.payload)?;
            let NoticesEvent::Raised(notice) = event else { continue };
            if wanted.is_none_or(|id| id == notice.id) {
                rows.push(serde_json::json!({
                    "id": notice.id,
                    "server": notice.node.as_ref().map(NodeName::as_str),
                    "date": recorded.recorded_at.to_string(),
                    "type": notice.severity.to_string(),
                    "subject": notice.subject,
                    "text": notice.text,
                }));
            }
        }
        rows.drain(..rows.len().saturating_sub(NOTICES_KEPT));
        if page.len() < PAGE {
            return Ok(rows);
        }
    }
}
