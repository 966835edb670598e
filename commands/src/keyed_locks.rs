//! Locks by key within this process: one request at a time for a collection, a message, whatever must not be done twice
//! at once. Between nodes the expected revision decides.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::OwnedMutexGuard;

/// One lock per key, kept only while somebody holds or awaits it. Clones share them.
pub struct KeyedLocks<K> {
    locks: Arc<Mutex<Locks<K>>>,
}

struct Locks<K> {
    by_key: HashMap<K, Weak<tokio::sync::Mutex<()>>>,
    sweep_at: usize,
}

impl<K: Eq + Hash> KeyedLocks<K> {
    /// Waits for the turn of a key; the turn ends with the guard. First come, first served.
    pub async fn lock(&self, key: K) -> OwnedMutexGuard<()> {
        self.lock_of(key).lock_owned().await
    }

    fn lock_of(&self, key: K) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        if locks.by_key.len() > locks.sweep_at {
            locks.by_key.retain(|_, lock| lock.strong_count() > 0);
            locks.sweep_at = 2 * locks.by_key.len() + 1024;
        }
        if let Some(lock) = locks.by_key.get(&key).and_then(Weak::upgrade) {
            return lock;
        }
        let lock = Arc::default();
        locks.by_key.insert(key, Arc::downgrade(&lock));
        lock
    }
}

impl<K> Default for KeyedLocks<K> {
    fn default() -> Self {
        let locks = Locks { by_key: HashMap::new(), sweep_at: 1024 };
        Self { locks: Arc::new(Mutex::new(locks)) }
    }
}

impl<K> Clone for KeyedLocks<K> {
    fn clone(&self) -> Self {
        Self { locks: Arc::clone(&self.locks) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn is_free(turn: impl Future<Output = OwnedMutexGuard<()>>) -> bool {
        tokio::select! {
            biased;
            _ = turn => true,
            () = std::future::ready(()) => false,
        }
    }

    #[tokio::test]
    async fn a_key_has_one_holder_and_keys_do_not_wait_for_each_other() {
        let locks = KeyedLocks::default();
        let held = locks.lock("a").await;
        assert!(!is_free(locks.lock("a")).await);
        assert!(is_free(locks.clone().lock("b")).await);
        drop(held);
        assert!(is_free(locks.lock("a")).await);
    }

    #[tokio::test]
    async fn what_nobody_holds_takes_no_memory_for_long() {
        let locks = KeyedLocks::default();
        let held = locks.lock(0).await;
        for key in 1..5000 {
            drop(locks.lock(key).await);
        }
        assert!(locks.locks.lock().unwrap().by_key.len() < 1100);
        assert!(!is_free(locks.lock(0)).await, "the lock held is still the lock");
        drop(held);
    }
}
