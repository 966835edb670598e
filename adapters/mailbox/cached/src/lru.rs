//! The kept indexes: within a bound of bytes, the least recently used go first.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use syncledger_domain::ports::mailbox::FolderIndex;

use crate::Key;

pub(crate) struct Lru {
    bound: usize,
    bytes: usize,
    evicted: u64,
    clock: u64,
    entries: HashMap<Key, Entry>,
    /// Keys by the tick of their last use, oldest first.
    by_use: BTreeMap<u64, Key>,
}

struct Entry {
    index: Arc<FolderIndex>,
    bytes: usize,
    used: u64,
}

impl Lru {
    pub(crate) fn new(bound: usize) -> Self {
        Self { bound, bytes: 0, evicted: 0, clock: 0, entries: HashMap::new(), by_use: BTreeMap::new() }
    }

    pub(crate) fn get(&mut self, key: &Key) -> Option<Arc<FolderIndex>> {
        self.clock += 1;
        let entry = self.entries.get_mut(key)?;
        if let Some(key) = self.by_use.remove(&entry.used) {
            self.by_use.insert(self.clock, key);
        }
        entry.used = self.clock;
        Some(Arc::clone(&entry.index))
    }

    /// Keeps an index in place of an earlier one of the same folder, if it fits at all.
    pub(crate) fn put(&mut self, key: &Key, index: &Arc<FolderIndex>) {
        let unchanged = self.entries.get(key).is_some_and(|entry| Arc::ptr_eq(&entry.index, index));
        if unchanged {
            return;
        }
        self.remove(key);
        let bytes = index.memory() + cost_of(key);
        if bytes > self.bound {
            return;
        }
        while self.bytes + bytes > self.bound {
            let Some((_, oldest)) = self.by_use.pop_first() else { break };
            self.forget(&oldest);
            self.evicted += 1;
        }
        self.clock += 1;
        self.bytes += bytes;
        self.by_use.insert(self.clock, key.clone());
        self.entries.insert(key.clone(), Entry { index: Arc::clone(index), bytes, used: self.clock });
    }

    pub(crate) fn remove(&mut self, key: &Key) {
        if let Some(used) = self.forget(key) {
            self.by_use.remove(&used);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn evicted(&self) -> u64 {
        self.evicted
    }

    fn forget(&mut self, key: &Key) -> Option<u64> {
        let entry = self.entries.remove(key)?;
        self.bytes -= entry.bytes;
        Some(entry.used)
    }
}

/// What the cache itself needs for an entry: its key twice and the tables' rows. Without it, ten thousand empty
/// folders would cost nothing by the books.
fn cost_of(key: &Key) -> usize {
    2 * (size_of::<Key>() + key.0.as_str().len() + key.1.0.len()) + size_of::<Entry>() + size_of::<u64>()
}

#[cfg(test)]
mod tests {
    use syncledger_domain::{
        ids::{Address, ItemId},
        ports::mailbox::{BackendKey, Fingerprint, IndexEntry},
    };

    use super::*;

    fn key(name: &str) -> Key {
        (Address::new("alice@example.com").unwrap(), BackendKey(name.to_owned()))
    }

    fn index(items: usize) -> Arc<FolderIndex> {
        let entry = |n: usize| IndexEntry {
            id: ItemId::new(&n.to_string()).unwrap(),
            fingerprint: Fingerprint(0),
            date: 0,
            size: 0,
        };
        Arc::new(FolderIndex { entries: (0..items).map(entry).collect(), token: "t".into() })
    }

    fn cost(items: usize) -> usize {
        index(items).memory() + cost_of(&key("a"))
    }

    #[test]
    fn the_least_recently_used_goes_first_and_the_books_balance() {
        let mut lru = Lru::new(3 * cost(10));
        for name in ["a", "b", "c"] {
            lru.put(&key(name), &index(10));
        }
        assert_eq!((lru.len(), lru.bytes()), (3, 3 * cost(10)));
        assert!(lru.get(&key("a")).is_some());
        lru.put(&key("d"), &index(10));
        assert!(lru.get(&key("b")).is_none());
        assert!(["a", "c", "d"].iter().all(|name| lru.get(&key(name)).is_some()));
        assert_eq!((lru.len(), lru.bytes(), lru.evicted()), (3, 3 * cost(10), 1));
    }

    #[test]
    fn a_new_index_of_the_same_folder_replaces_the_old() {
        let mut lru = Lru::new(100 * cost(10));
        lru.put(&key("a"), &index(10));
        lru.put(&key("a"), &index(20));
        assert_eq!((lru.len(), lru.bytes(), lru.by_use.len()), (1, cost(20), 1));
        lru.remove(&key("a"));
        assert_eq!((lru.len(), lru.bytes(), lru.by_use.len()), (0, 0, 0));
    }

    #[test]
    fn an_index_larger_than_the_bound_is_not_kept_and_drops_the_stale_one_only() {
        let mut lru = Lru::new(2 * cost(10));
        lru.put(&key("a"), &index(10));
        lru.put(&key("b"), &index(10));
        lru.put(&key("a"), &index(1000));
        assert!(lru.get(&key("a")).is_none());
        assert!(lru.get(&key("b")).is_some());
        assert_eq!(lru.bytes(), cost(10));
    }
}
