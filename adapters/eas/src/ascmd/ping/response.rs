//! How a Ping can end, and its encoding (MS-ASCMD, "Status (Ping)").

use syncledger_domain::ids::FolderId;
use syncledger_wbxml::{Element, pages::ping as p};

use crate::answer::Answer;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PingAnswer {
    TimeOver,
    News(Vec<FolderId>),
    ParametersMissing,
    Malformed,
    /// With the nearest allowed value, seconds.
    HeartbeatOutOfRange(u32),
    /// With the most that are allowed.
    TooManyFolders(usize),
    HierarchyChanged,
}

impl From<PingAnswer> for Answer {
    fn from(answer: PingAnswer) -> Self {
        let (status, more) = match answer {
            PingAnswer::TimeOver => (1, None),
            PingAnswer::News(folders) => {
                let folders = folders.iter().map(|id| Element::text(p::FOLDER, id.to_string()));
                (2, Some(Element::new(p::FOLDERS).with_all(folders)))
            }
            PingAnswer::ParametersMissing => (3, None),
            PingAnswer::Malformed => (4, None),
            PingAnswer::HeartbeatOutOfRange(nearest) => {
                (5, Some(Element::text(p::HEARTBEAT_INTERVAL, nearest.to_string())))
            }
            PingAnswer::TooManyFolders(most) => (6, Some(Element::text(p::MAX_FOLDERS, most.to_string()))),
            PingAnswer::HierarchyChanged => (7, None),
        };
        let ping = Element::new(p::PING).with(Element::text(p::STATUS, status.to_string()));
        Answer::Wbxml(match more {
            Some(more) => ping.with(more),
            None => ping,
        })
    }
}
