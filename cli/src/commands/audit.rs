//! `audit timeline|explain|syncstate`: what a device was told, when and why, from the log.

mod explain;
mod syncstate;
mod timeline;

use std::{collections::BTreeMap, str::FromStr};

use clap::Subcommand;
use syncledger_domain::{
    event::{Position, StreamId, Timestamp},
    folders::FolderMap,
    ids::{AccountId, CollectionId, FolderId},
};
use syncledger_projections::sync_states::Moment;

use crate::{config::Config, node::Node};

/// Show what devices were told, who let them in or kept them out, when and why.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// What happened to an account or a device, event by event.
    Timeline(timeline::Timeline),
    /// Who let a device in or kept it out, when and why, and what it got.
    Explain(explain::Explain),
    /// What a device knew of its collections at some moment, and what was offered but not confirmed.
    Syncstate(syncstate::Syncstate),
}

impl Audit {
    pub(crate) async fn run(self, config: &Config, json: bool) -> anyhow::Result<()> {
        let node = Node::open(config).await?;
        match self {
            Self::Timeline(timeline) => timeline.run(&node, json).await,
            Self::Explain(explain) => explain.run(&node, json).await,
            Self::Syncstate(syncstate) => syncstate.run(&node, json).await,
        }
    }
}

/// A moment on the command line: a position of the log, or a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At(pub(crate) Moment);

impl FromStr for At {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(position) = text.parse() {
            return Ok(Self(Moment::Position(Position(position))));
        }
        time(text).map(|time| Self(Moment::Time(time)))
    }
}

/// A time on the command line: RFC 3339, or local date and time without a zone taken as UTC, or a date.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    let utc = jiff::tz::TimeZone::UTC;
    let parsed = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let moment = text
            .parse::<jiff::civil::DateTime>()
            .or_else(|_| text.parse::<jiff::civil::Date>().map(|date| date.at(0, 0, 0, 0)));
        moment.ok()?.to_zoned(utc).ok().map(|zoned| zoned.timestamp())
    });
    parsed.map(|time| Timestamp(time.as_microsecond())).ok_or_else(|| {
        format!(
            "time '{text}' is not valid: allowed are 2026-05-01T09:12:33Z, 2026-05-01T09:12 (UTC) and 2026-05-01"
        )
    })
}

/// Names of an account's folders, gone ones included.
pub(crate) async fn folder_names(
    node: &Node,
    account: AccountId,
) -> anyhow::Result<BTreeMap<FolderId, String>> {
    let map = node.repository.load::<FolderMap>(&StreamId::folders(account)).await?;
    Ok(map.state.folders.iter().map(|(id, mapped)| (*id, mapped.folder.name.clone())).collect())
}

/// A collection for people.
pub(crate) fn collection_name(names: &BTreeMap<FolderId, String>, collection: CollectionId) -> String {
    match collection {
        CollectionId::Hierarchy => "folder hierarchy".to_owned(),
        CollectionId::Folder(FolderId::OUTBOX) => "Outbox".to_owned(),
        CollectionId::Folder(id) => names.get(&id).cloned().unwrap_or_else(|| "?".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_positions_or_times() {
        assert_eq!("17".parse::<At>().unwrap().0, Moment::Position(Position(17)));
        let noon = Moment::Time(Timestamp(1_777_636_800_000_000));
        for text in ["2026-05-01T12:00:00Z", "2026-05-01T12:00", "2026-05-01T14:00:00+02:00"] {
            assert_eq!(text.parse::<At>().unwrap().0, noon, "{text}");
        }
        for bad in ["", "yesterday", "2026-13-01", "-1"] {
            assert!(bad.parse::<At>().unwrap_err().contains("allowed"), "{bad}");
        }
    }
}
