//! `views rebuild|verify|status`.

use clap::Subcommand;
use syncledger_domain::{codes, ports::event_log::EventLog};
use syncledger_projections::{Runner, VIEWS, compare};

use crate::{
    config::Config,
    node::{self, Node},
    output, progress,
    refusal::Refused,
};

/// Rebuild and verify the views, and show how far they are.
///
/// Views are tables made from the log, which can be dropped and made again at any time.
#[derive(Debug, Subcommand)]
pub(crate) enum Views {
    /// Drop views and build them from the log.
    Rebuild {
        /// Which; all when none is named. `views status` lists them.
        views: Vec<String>,
    },
    /// Build all views anew in memory and compare them with the stored ones, byte for byte. Stop the server before.
    Verify,
    /// Show how far each view is.
    Status,
}

impl Views {
    pub(crate) async fn run(self, config: &Config, json: bool) -> anyhow::Result<()> {
        match self {
            Self::Rebuild { views } => {
                node::must_have_ledger(config)?;
                rebuild(&Node::open_to_serve(config).await?, &views, json).await
            }
            Self::Verify => verify(&Node::open(config).await?, json).await,
            Self::Status => status(&Node::open(config).await?, json).await,
        }
    }
}

async fn rebuild(node: &Node, views: &[String], json: bool) -> anyhow::Result<()> {
    let bar = progress::bar(json, "events");
    let mut runner = Runner::only(node.event_log(), node.view_store(), views)
        .map_err(|unknown| Refused::new(codes::INVALID_VALUE, unknown.to_string()))?;
    let show = |progress: syncledger_projections::Progress| {
        bar.set_length(progress.until.0);
        bar.set_position(progress.reached.0);
    };
    let reached = runner.rebuild(show).await;
    bar.finish_and_clear();
    let reached = reached?;
    output::done(
        json,
        &format!("views rebuilt up to position {}", reached.reached),
        serde_json::json!({ "position": reached.reached.0, "skipped_events": reached.skipped }),
    )
}

async fn verify(node: &Node, json: bool) -> anyhow::Result<()> {
    const SHOWN: usize = 10;
    let head = node.log.head().await?;
    let differences = compare::with_rebuilt(node.event_log(), node.view_store(), head, SHOWN).await?;
    if differences.is_empty() {
        return output::done(
            json,
            &format!("the views are what the log says, up to position {head}"),
            serde_json::json!({ "position": head.0 }),
        );
    }
    let rows: Vec<String> = differences
        .iter()
        .map(|difference| format!("view {} row {}", difference.view, difference.key))
        .collect();
    anyhow::bail!(
        "the views differ from the log: {}; `syncledger views rebuild` makes them anew",
        rows.join(", ")
    )
}

async fn status(node: &Node, json: bool) -> anyhow::Result<()> {
    let head = node.log.head().await?;
    let store = node.view_store();
    let mut rows = Vec::new();
    for view in VIEWS {
        let checkpoint = store.checkpoint(view.stored).await?;
        rows.push(serde_json::json!({
            "view": view.name,
            "layout": view.layout,
            "position": checkpoint.0,
            "behind": head.0.saturating_sub(checkpoint.0),
        }));
    }
    output::rows(json, ["VIEW", "LAYOUT", "POSITION", "BEHIND"], &rows, |row| {
        ["view", "layout", "position", "behind"]
            .map(|name| row[name].as_str().map_or_else(|| row[name].to_string(), str::to_owned))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A running server may have the file open: only who makes the views anew may move it away.
    #[tokio::test]
    async fn views_that_cannot_be_read_are_replaced_by_a_rebuild_and_reported_by_everything_else() {
        let place = tempfile::tempdir().unwrap();
        let config = Config { dir: place.path().join("data"), ..Config::default() };
        let node = Node::open_or_create(&config).await.unwrap();
        node.log.close().await;
        // What its write-ahead log still held would be read instead of the garbage.
        std::sync::Arc::into_inner(node.views).unwrap().close().await;
        let garbage = "no database, but long enough to be taken for the header of one ".repeat(20);
        std::fs::write(config.views(), &garbage).unwrap();

        let refused = Views::Status.run(&config, true).await.unwrap_err();
        assert!(format!("{refused:#}").contains("views rebuild"), "{refused:#}");
        assert_eq!(std::fs::read_to_string(config.views()).unwrap(), garbage);

        Views::Rebuild { views: Vec::new() }.run(&config, true).await.unwrap();
        Views::Status.run(&config, true).await.unwrap();
        let aside = config.views().with_extension("db.replaced-1");
        assert_eq!(std::fs::read_to_string(aside).unwrap(), garbage);
    }
}
