//! The EAS commands the phone can send, and their parameters. MS-ASHTTP, "Command Codes", "Command Parameters".

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

/// An EAS command, and OPTIONS.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the protocol's own names")]
pub enum Command {
    /// Not a POST: versions and commands are asked for.
    Options,
    Sync,
    SendMail,
    SmartForward,
    SmartReply,
    GetAttachment,
    FolderSync,
    FolderCreate,
    FolderDelete,
    FolderUpdate,
    MoveItems,
    GetItemEstimate,
    MeetingResponse,
    Search,
    Settings,
    Ping,
    ItemOperations,
    Provision,
    ResolveRecipients,
    ValidateCert,
    Find,
}

impl Command {
    /// As in `Cmd=`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Options => "OPTIONS",
            Self::Sync => "Sync",
            Self::SendMail => "SendMail",
            Self::SmartForward => "SmartForward",
            Self::SmartReply => "SmartReply",
            Self::GetAttachment => "GetAttachment",
            Self::FolderSync => "FolderSync",
            Self::FolderCreate => "FolderCreate",
            Self::FolderDelete => "FolderDelete",
            Self::FolderUpdate => "FolderUpdate",
            Self::MoveItems => "MoveItems",
            Self::GetItemEstimate => "GetItemEstimate",
            Self::MeetingResponse => "MeetingResponse",
            Self::Search => "Search",
            Self::Settings => "Settings",
            Self::Ping => "Ping",
            Self::ItemOperations => "ItemOperations",
            Self::Provision => "Provision",
            Self::ResolveRecipients => "ResolveRecipients",
            Self::ValidateCert => "ValidateCert",
            Self::Find => "Find",
        }
    }

    /// As in the base64 query; OPTIONS has none.
    pub(crate) const fn code(self) -> Option<u8> {
        Some(match self {
            Self::Options => return None,
            Self::Sync => 0,
            Self::SendMail => 1,
            Self::SmartForward => 2,
            Self::SmartReply => 3,
            Self::GetAttachment => 4,
            Self::FolderSync => 9,
            Self::FolderCreate => 10,
            Self::FolderDelete => 11,
            Self::FolderUpdate => 12,
            Self::MoveItems => 13,
            Self::GetItemEstimate => 14,
            Self::MeetingResponse => 15,
            Self::Search => 16,
            Self::Settings => 17,
            Self::Ping => 18,
            Self::ItemOperations => 19,
            Self::Provision => 20,
            Self::ResolveRecipients => 21,
            Self::ValidateCert => 22,
            Self::Find => 23,
        })
    }

    /// Whether the policy key goes along. MS-ASHTTP, "X-MS-PolicyKey": all but these.
    pub(crate) const fn sends_policy_key(self) -> bool {
        !matches!(self, Self::Options | Self::Ping)
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A parameter of the query.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the protocol's own names")]
pub enum Param {
    AttachmentName(String),
    CollectionId(String),
    ItemId(String),
    LongId(String),
    Occurrence(String),
    /// The copy goes to the Sent folder (up to 12.1).
    SaveInSent,
    /// The answer may be multipart; a header in the plain form.
    AcceptMultiPart,
}

/// What goes along with a command besides its body.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Params {
    /// Parameters of the query.
    pub query: Vec<Param>,
    /// Content type of the body; `None` is `application/vnd.ms-sync.wbxml`.
    pub content_type: Option<&'static str>,
    /// How long to wait for the answer; `None` is [`crate::Timeouts::answer`].
    pub timeout: Option<Duration>,
}

impl Params {
    /// For a command that waits up to `heartbeat` at the server.
    pub fn waiting(heartbeat: Duration, grace: Duration) -> Self {
        Self { timeout: Some(heartbeat + grace), ..Self::default() }
    }
}
