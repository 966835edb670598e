//! One collection: its key, its items, and changes on their way to the server.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{ClientCommand, Item, KEY_ZERO};

/// What the phone holds of a folder.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Collection {
    /// `SyncKey` of the last answer; "0" to start.
    pub key: String,
    /// Items by `ServerId`.
    pub items: BTreeMap<String, Item>,
    /// Changes by the user that were not sent yet.
    pub queue: Vec<ClientCommand>,
    /// Changes that were sent and not answered. Until they are, every request repeats them, and only them.
    pub in_flight: Vec<ClientCommand>,
    /// Ids that left by `MoveItems`: the server may delete them, too.
    pub moved_away: BTreeSet<String>,
    /// Whether a Ping has told of news since the last Sync.
    pub pinged: bool,
}

impl Default for Collection {
    fn default() -> Self {
        Self {
            key: KEY_ZERO.to_owned(),
            items: BTreeMap::new(),
            queue: Vec::new(),
            in_flight: Vec::new(),
            moved_away: BTreeSet::new(),
            pinged: false,
        }
    }
}

impl Collection {
    /// Whether it was started.
    pub fn is_primed(&self) -> bool {
        self.key != KEY_ZERO
    }

    /// Whether changes wait for the server.
    pub fn has_changes(&self) -> bool {
        !(self.queue.is_empty() && self.in_flight.is_empty())
    }

    /// Changes to send now: those that were never answered, as they were, or else those that wait, at most `limit`.
    pub(crate) fn take_off(&mut self, limit: usize) -> Vec<ClientCommand> {
        if self.in_flight.is_empty() {
            let now = self.queue.len().min(limit);
            self.in_flight = self.queue.drain(..now).collect();
        }
        self.in_flight.clone()
    }

    /// Back to the beginning: items are forgotten, changes of the user are not.
    pub(crate) fn restart(&mut self) {
        let mut queue = std::mem::take(&mut self.in_flight);
        queue.append(&mut self.queue);
        *self = Self { queue, ..Self::default() };
    }
}
