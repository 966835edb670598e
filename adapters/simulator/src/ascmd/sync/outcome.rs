//! What a Sync brought.

use std::time::Duration;

use crate::store::{ClientCommand, Item};

/// What one request brought.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SyncOutcome {
    /// Status of the whole, where there is one.
    pub status: Option<u32>,
    /// Limit, with Status 14 and 15.
    pub limit: Option<u32>,
    /// Whether the answer had no body: nothing new anywhere.
    pub empty: bool,
    /// Collections in the answer, and those that were asked something and stayed silent.
    pub collections: Vec<CollectionOutcome>,
    /// Bytes of the request, HTTP head included.
    pub bytes_out: u64,
    /// Bytes of the answer, likewise.
    pub bytes_in: u64,
    /// From first byte to last.
    pub duration: Duration,
}

impl SyncOutcome {
    /// That of one collection.
    pub fn collection(&self, id: &str) -> Option<&CollectionOutcome> {
        self.collections.iter().find(|collection| collection.id == id)
    }
}

/// What it brought for one collection. Ids are `ServerId`s, in the answer's order.
#[derive(Clone, PartialEq, Debug, Default)]
#[expect(missing_docs, reason = "as the names say")]
pub struct CollectionOutcome {
    pub id: String,
    /// 1, or why not; 0 if the server did not say.
    pub status: u32,
    pub key_before: String,
    /// The same as before unless the answer was accepted.
    pub key_after: String,
    pub more_available: bool,
    pub added: Vec<String>,
    pub changed: Vec<String>,
    pub deleted: Vec<String>,
    pub soft_deleted: Vec<String>,
    /// Verdicts on the user's changes.
    pub replies: Vec<Replied>,
    pub fetched: Vec<Fetched>,
}

impl CollectionOutcome {
    pub(crate) fn new(id: &str, key: &str, status: u32) -> Self {
        Self {
            id: id.to_owned(),
            status,
            key_before: key.to_owned(),
            key_after: key.to_owned(),
            ..Self::default()
        }
    }

    /// Server changes that were applied.
    pub fn changes(&self) -> usize {
        self.added.len() + self.changed.len() + self.deleted.len() + self.soft_deleted.len()
    }

    /// Whether the key is a new one.
    pub fn key_moved(&self) -> bool {
        self.key_before != self.key_after
    }
}

/// The verdict on a change of the user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replied {
    /// The change.
    pub command: ClientCommand,
    /// The item; of an Add, the id it was given.
    pub server_id: Option<String>,
    /// 1, or why not. MS-ASCMD, "Status (Sync)".
    pub status: u32,
}

/// An item fetched within a Sync.
#[derive(Clone, PartialEq, Debug)]
pub struct Fetched {
    /// The item.
    pub server_id: String,
    /// 1, or why not.
    pub status: u32,
    /// The item with its body's text.
    pub item: Option<Item>,
}
