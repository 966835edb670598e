//! What a careful client cannot accept.

use serde::{Deserialize, Serialize};

use crate::wire::Command;

/// Something in an answer that the protocol does not allow, or that makes a real client misbehave.
///
/// `collection` and `server_id` are ids, never content.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[expect(missing_docs, reason = "the fields are ids and counts that the texts explain")]
pub enum Anomaly {
    /// A Change of an item the phone was never given.
    #[error("collection {collection}: Change of {server_id}, which the phone does not know")]
    ChangeOfUnknownItem { collection: String, server_id: String },
    /// A Delete or `SoftDelete`, likewise.
    #[error("collection {collection}: Delete of {server_id}, which the phone does not know")]
    DeleteOfUnknownItem { collection: String, server_id: String },
    /// A Change in which every property is as the phone already has it: an echo.
    #[error("collection {collection}: Change of {server_id} says nothing new")]
    ChangeWithoutNews { collection: String, server_id: String },
    /// One item twice in an answer's Commands.
    #[error("collection {collection}: {server_id} occurs twice in one answer")]
    ItemTwice { collection: String, server_id: String },
    /// A command without its mandatory `ServerId` or `ApplicationData`.
    #[error("collection {collection}: a command lacks {what}")]
    CommandLacks { collection: String, what: String },
    /// `MoreAvailable` together with the key of the request: old clients take it for a loop.
    #[error("collection {collection}: MoreAvailable, but the key {key} has not moved")]
    MoreAvailableWithoutNewKey { collection: String, key: String },
    /// Commands, or accepted client changes, under the key of the request.
    #[error("collection {collection}: changes, but the key {key} has not moved")]
    ChangesWithoutNewKey { collection: String, key: String },
    /// Commands or `MoreAvailable` in the answer to key 0.
    #[error("collection {collection}: the answer to key 0 holds more than a key")]
    ContentWithKeyZero { collection: String },
    /// `MoreAvailable` and nothing else.
    #[error("collection {collection}: MoreAvailable without a single change")]
    MoreAvailableWithoutChanges { collection: String },
    /// Server changes although `GetChanges` was 0.
    #[error("collection {collection}: changes nobody asked for")]
    UnaskedChanges { collection: String },
    /// Status 1 without a key, or with key 0.
    #[error("collection {collection}: success without a usable SyncKey")]
    NoKey { collection: String },
    /// A Collection without Status.
    #[error("collection {collection}: no Status")]
    NoStatus { collection: String },
    /// Status 3 to key 0.
    #[error("collection {collection}: key 0 was refused")]
    KeyZeroRefused { collection: String },
    /// A Collection that was not asked for, or without an id.
    #[error("an answer for collection {collection:?}, which was not asked for")]
    UnaskedCollection { collection: String },
    /// A collection asked for with key 0 is not in the answer.
    #[error("collection {collection}: no answer to key 0")]
    NoAnswerToKeyZero { collection: String },
    /// More commands than the window allows.
    #[error("collection {collection}: {commands} commands in a window of {window}")]
    WindowExceeded { collection: String, commands: usize, window: u16 },
    /// An Add or Fetch of the client without a reply.
    #[error("collection {collection}: no reply to {what} {id}")]
    NoReply { collection: String, what: String, id: String },
    /// A reply to nothing the client sent.
    #[error("collection {collection}: a reply to {what} {id}, which was not sent")]
    UnaskedReply { collection: String, what: String, id: String },
    /// Text with characters that make clients drop the whole answer.
    #[error("collection {collection}: {server_id} has forbidden characters in {property}")]
    ForbiddenCharacters { collection: String, server_id: String, property: String },
    /// A body longer than its `TruncationSize`.
    #[error("collection {collection}: {server_id} has a body of {bytes} bytes, {allowed} were asked for")]
    BodyTooLong { collection: String, server_id: String, bytes: u64, allowed: u32 },
    /// A body without Type, or truncated without `EstimatedDataSize`.
    #[error("collection {collection}: {server_id} has a body without {what}")]
    BodyLacks { collection: String, server_id: String, what: String },
    /// The hierarchy names a folder the phone does not know, or a parent nobody has told.
    #[error("hierarchy: {what} {folder}, which the phone does not know")]
    UnknownFolder { what: String, folder: String },
    /// A folder without id, name or type.
    #[error("hierarchy: a folder lacks {what}")]
    FolderLacks { what: String },
    /// Changes of the hierarchy under the key of the request.
    #[error("hierarchy: changes, but the key {key} has not moved")]
    HierarchyKeyNotMoved { key: String },
    /// Count is not the number of entries.
    #[error("hierarchy: Count is {said}, but there are {found} changes")]
    WrongCount { said: u32, found: u32 },
    /// A Ping told of news that the next Sync did not deliver: the loop that empties batteries.
    #[error("collection {collection}: Ping told of news, Sync brought none")]
    PingWithoutNews { collection: String },
    /// A Ping named a folder that was not asked for.
    #[error("Ping names folder {folder:?}, which was not asked for")]
    UnaskedPingFolder { folder: String },
    /// Anything else that does not fit a command's answer.
    #[error("{command}: {what}")]
    Odd { command: Command, what: String },
}
