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
    /// Whether everything was told since the start; until then, an item that is not here may still come.
    pub complete: bool,
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
            complete: false,
            pinged: false,
        }
    }
}

impl Collection {
    /// Whether it was started.
    pub fn is_primed(&self) -> bool {
        self.key != KEY_ZERO
    }

    /// Whether changes can go to the server now.
    pub fn has_changes(&self) -> bool {
        !self.in_flight.is_empty() || self.queue.iter().any(|change| self.may_go(change))
    }

    /// Changes to send now: those that were never answered, as they were, or else those that wait, at most `limit`.
    pub(crate) fn take_off(&mut self, limit: usize) -> Vec<ClientCommand> {
        if self.in_flight.is_empty() {
            for change in std::mem::take(&mut self.queue) {
                if self.in_flight.len() < limit && self.may_go(&change) {
                    self.in_flight.push(change);
                } else {
                    self.queue.push(change);
                }
            }
        }
        self.in_flight.clone()
    }

    /// After a start from zero, an item may not be touched before it has come again: a server may take the touch for
    /// a proof that the phone has it.
    fn may_go(&self, change: &ClientCommand) -> bool {
        change.server_id().is_none_or(|id| self.complete || self.items.contains_key(id))
    }

    /// Back to the beginning: items are forgotten, changes of the user are not.
    pub(crate) fn restart(&mut self) {
        let mut queue = std::mem::take(&mut self.in_flight);
        queue.append(&mut self.queue);
        *self = Self { queue, ..Self::default() };
    }
}
