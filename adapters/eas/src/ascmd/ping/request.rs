//! From the WBXML tree, and what is remembered, to the parameters of a Ping.

use std::collections::BTreeSet;

use syncledger_domain::ids::FolderId;
use syncledger_wbxml::{Element, pages::ping as p};

use super::response::PingAnswer;
use crate::{ascmd::number_text, settings::Settings};

/// What a Ping names; each part that is missing is the remembered one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PingRequest {
    heartbeat_secs: Option<i64>,
    /// `None` inside for an id this server never gave out.
    folders: Option<Vec<Option<FolderId>>>,
}

/// Complete parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameters {
    pub(super) heartbeat_secs: u32,
    pub(super) folders: Vec<FolderId>,
}

impl Parameters {
    /// Whether they mean the same; the order of the folders means nothing.
    pub(super) fn stands_for(&self, other: &Self) -> bool {
        let folders = |parameters: &Self| parameters.folders.iter().copied().collect::<BTreeSet<_>>();
        self.heartbeat_secs == other.heartbeat_secs && folders(self) == folders(other)
    }
}

/// Reads a request with a body. The error is for the log; the answer is Status 4.
pub(super) fn parse(root: &Element) -> Result<PingRequest, String> {
    let heartbeat_secs = match number_text(root, p::HEARTBEAT_INTERVAL) {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| format!("HeartbeatInterval is '{text}'"))?),
    };
    let folders = match root.child(p::FOLDERS) {
        None => None,
        Some(folders) => Some(parse_folders(folders)?),
    };
    Ok(PingRequest { heartbeat_secs, folders })
}

fn parse_folders(folders: &Element) -> Result<Vec<Option<FolderId>>, String> {
    let mut ids = Vec::new();
    let mut seen = Vec::new();
    for folder in folders.children_with(p::FOLDER) {
        let id = folder.child(p::ID).and_then(Element::text_content).ok_or("Folder without Id")?;
        if id.is_empty() || id.len() > 64 {
            return Err(format!(
                "Id '{}' is not 1 to 64 characters",
                id.chars().take(80).collect::<String>()
            ));
        }
        ids.push(id.parse().ok());
        seen.push(id.into_owned());
    }
    if ids.is_empty() {
        return Err("Folders without Folder".to_owned());
    }
    seen.sort_unstable();
    match seen.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("Id '{}' occurs twice", pair[0])),
        None => Ok(ids),
    }
}

impl PingRequest {
    /// Completes and checks the parameters.
    pub(super) fn complete(
        self,
        remembered: Option<&Parameters>,
        settings: &Settings,
    ) -> Result<Parameters, PingAnswer> {
        let heartbeat = match (self.heartbeat_secs, remembered) {
            (Some(secs), _) => secs,
            (None, Some(remembered)) => i64::from(remembered.heartbeat_secs),
            (None, None) => return Err(PingAnswer::ParametersMissing),
        };
        let folders = match (self.folders, remembered) {
            (Some(folders), _) => {
                if folders.len() > settings.max_folders {
                    return Err(PingAnswer::TooManyFolders(settings.max_folders));
                }
                folders.into_iter().collect::<Option<Vec<_>>>().ok_or(PingAnswer::HierarchyChanged)?
            }
            (None, Some(remembered)) => remembered.folders.clone(),
            (None, None) => return Err(PingAnswer::ParametersMissing),
        };
        let (lowest, highest) = (settings.min_heartbeat_secs, settings.max_heartbeat_secs);
        let nearest = heartbeat.clamp(i64::from(lowest), i64::from(highest));
        match u32::try_from(nearest) {
            Ok(secs) if nearest == heartbeat => Ok(Parameters { heartbeat_secs: secs, folders }),
            other => Err(PingAnswer::HeartbeatOutOfRange(other.unwrap_or(highest))),
        }
    }
}
