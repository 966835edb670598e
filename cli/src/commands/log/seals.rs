//! `log verify` and `log seal`.
//!
//! Both print a seal in the form `<up_to>:<streams>:<root>`: whoever notes it where the log cannot reach finds out later
//! that the log's end was cut off, which the log by itself cannot show.

use anyhow::Context as _;
use syncledger_commands::{seal_log, verify_log};
use syncledger_domain::{
    event::{
        StreamId,
        seal::{LogSealed, Seals},
    },
    ports::event_log::EventLog,
};

use crate::{config::Config, node::Node, output, progress};

pub(super) async fn verify(log: &dyn EventLog, noted: Option<&LogSealed>, json: bool) -> anyhow::Result<()> {
    let bar = progress::bar(json, "events");
    let mut show = |progress: verify_log::Progress| {
        bar.set_length(progress.until.0);
        bar.set_position(progress.done.0);
    };
    let verified = verify_log::run(log, noted, &mut show).await;
    bar.finish_and_clear();
    let verified = verified.context("the log does not verify")?;
    let last_seal = verified.last_seal.as_ref().map(LogSealed::note);
    let fits = if noted.is_some() { "; it fits the seal given" } else { "" };
    let note = match &last_seal {
        Some(seal) => format!("last seal {seal}"),
        None => "no seal yet".to_owned(),
    };
    output::done(
        json,
        &format!(
            "the log is whole: {} events in {} streams, {} seals, last position {}{fits}; {note}",
            verified.events, verified.streams, verified.seals, verified.last
        ),
        serde_json::json!({
            "events": verified.events,
            "streams": verified.streams,
            "seals": verified.seals,
            "last_position": verified.last.0,
            "last_seal": last_seal,
            "fits_seal": noted.map(LogSealed::note),
        }),
    )
}

/// Seals what there is to seal. With nothing new the last seal is told again: it can still be noted.
pub(super) async fn seal(config: &Config, json: bool) -> anyhow::Result<()> {
    let node = Node::open(config).await?;
    let sealed = seal_log::run(&node.repository, &node.admin()).await?;
    let new = sealed.is_some();
    let seal = match sealed {
        Some(seal) => Some(seal),
        None => node.repository.load::<Seals>(&StreamId::log()).await?.state.last,
    };
    let Some(seal) = seal else {
        return output::done(
            json,
            "there is nothing to seal",
            serde_json::json!({ "new": false, "seal": null }),
        );
    };
    let what = if new { "sealed" } else { "nothing was appended since the last seal, which has" };
    output::done(
        json,
        &format!(
            "{what} {} streams up to position {}; note elsewhere, for `syncledger log verify --seal`: {}",
            seal.streams,
            seal.up_to,
            seal.note()
        ),
        serde_json::json!({
            "new": new,
            "seal": seal.note(),
            "up_to": seal.up_to.0,
            "streams": seal.streams,
            "root": seal.root.to_string(),
        }),
    )
}
