//! From what a device knows and what the mailbox holds to what the device is told.

use crate::{
    ids::ItemId,
    ports::mailbox::{Fingerprint, FolderIndex, IndexEntry},
};

use super::{Delta, Known, SyncState};

/// Which items of a folder belong to the collection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    /// Items dated before this moment (seconds since 1970) are outside; `None` lets all in.
    pub not_before: Option<i64>,
}

impl Filter {
    fn admits(self, entry: &IndexEntry) -> bool {
        self.not_before.is_none_or(|moment| entry.date >= moment)
    }
}

/// How much one answer may tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Operations, at least 1.
    pub window: usize,
    /// Sum of the sizes of added items in bytes; one item is always allowed.
    pub bytes: u64,
}

/// What to tell now.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Planned {
    /// The operations.
    pub delta: Delta,
    /// Operations beyond the limits; 0 means the device is up to date after this.
    pub remaining: usize,
}

/// Compares what a device knows with the index of the folder and plans the next window: removals, then changes, then
/// additions, newest first.
///
/// Ping, GetItemEstimate and Sync all measure by this one function, so that nothing is announced that is not
/// delivered. Items that `skipped` holds in their present state are not offered. Takes time linear in both sizes.
pub fn plan(known: &Known, skipped: &Known, index: &FolderIndex, filter: Filter, limits: Limits) -> Planned {
    let mut found = Differences::default();
    let mut entries = index.entries.iter().peekable();
    for (item, fingerprint) in known {
        while let Some(entry) = entries.next_if(|entry| entry.id < *item) {
            found.only_in_mailbox(entry, skipped, filter);
        }
        match entries.next_if(|entry| entry.id == *item) {
            None => found.delta.removes.push(item.clone()),
            Some(entry) => found.in_both(entry, *fingerprint, skipped, filter),
        }
    }
    for entry in entries {
        found.only_in_mailbox(entry, skipped, filter);
    }
    found.cut(limits)
}

#[derive(Default)]
struct Differences<'a> {
    delta: Delta,
    adds: Vec<&'a IndexEntry>,
}

impl<'a> Differences<'a> {
    fn only_in_mailbox(&mut self, entry: &'a IndexEntry, skipped: &Known, filter: Filter) {
        if filter.admits(entry) && !is_skipped(skipped, &entry.id, entry.fingerprint) {
            self.adds.push(entry);
        }
    }

    fn in_both(&mut self, entry: &IndexEntry, known: Fingerprint, skipped: &Known, filter: Filter) {
        if !filter.admits(entry) {
            self.delta.soft_removes.push(entry.id.clone());
        } else if entry.fingerprint != known && !is_skipped(skipped, &entry.id, entry.fingerprint) {
            self.delta.changes.push((entry.id.clone(), entry.fingerprint));
        }
    }

    fn cut(mut self, limits: Limits) -> Planned {
        let total = self.delta.len() + self.adds.len();
        let mut room = limits.window.max(1);
        let mut take = |length: usize| {
            let taken = length.min(room);
            room -= taken;
            taken
        };
        self.delta.removes.truncate(take(self.delta.removes.len()));
        self.delta.soft_removes.truncate(take(self.delta.soft_removes.len()));
        self.delta.changes.truncate(take(self.delta.changes.len()));
        self.adds.sort_unstable_by(|a, b| b.date.cmp(&a.date).then_with(|| a.id.cmp(&b.id)));
        let mut bytes = 0_u64;
        for (count, entry) in self.adds.iter().take(room).enumerate() {
            bytes = bytes.saturating_add(u64::from(entry.size));
            if bytes > limits.bytes && count > 0 {
                break;
            }
            self.delta.adds.push((entry.id.clone(), entry.fingerprint));
        }
        Planned { remaining: total - self.delta.len(), delta: self.delta }
    }
}

fn is_skipped(skipped: &Known, item: &ItemId, fingerprint: Fingerprint) -> bool {
    skipped.get(item) == Some(&fingerprint)
}

impl SyncState {
    /// How many operations worth waking a device for it is behind, measured against the last answer it was given.
    ///
    /// Items that merely grew too old for the filter do not count: they leave with the next Sync, and a whole house of
    /// phones need not wake for them at midnight.
    pub fn news(&self, index: &FolderIndex, filter: Filter) -> usize {
        let everything = Limits { window: usize::MAX, bytes: u64::MAX };
        let delta = plan(&self.given(), &self.skipped, index, filter, everything).delta;
        delta.len() - delta.soft_removes.len()
    }
}
