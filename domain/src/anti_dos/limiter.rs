//! Sliding windows and jails of many keys, in bounded memory.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::Hash;

use super::{Evidence, Settings};

/// What becomes of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Judgement {
    /// It goes on.
    Pass,
    /// It is dropped.
    Drop {
        /// When the jail ends, on the caller's clock.
        until_ms: u64,
        /// Why, at the one request that started the jail; what is recorded and told to administrators, once.
        newly_jailed: Option<Evidence>,
    },
}

/// When requests came, and who is in jail.
///
/// Times are milliseconds of a clock that does not run backwards; one that does by mistake makes requests look younger,
/// never older. A key is forgotten when nothing came from it for a window. When there are more keys than there is room
/// for, the one that has been silent longest is forgotten, or the jail that ends first: a limiter that is full lets
/// somebody through rather than lock somebody out.
#[derive(Debug)]
pub struct Limiter<K> {
    max_keys: usize,
    windows: HashMap<K, Window>,
    /// Keys of `windows` by their newest stamp, the longest silent first.
    by_age: BTreeMap<(u64, u64), K>,
    jails: HashMap<K, u64>,
    /// Keys of `jails`, the first to end first.
    by_end: BTreeMap<(u64, u64), K>,
    jail_numbers: HashMap<K, u64>,
    /// Tells keys of the same moment apart.
    counter: u64,
}

#[derive(Debug)]
struct Window {
    stamps: VecDeque<u64>,
    age: (u64, u64),
}

impl<K: Clone + Eq + Hash> Limiter<K> {
    /// With room for so many keys, and as many jails.
    pub fn new(max_keys: usize) -> Self {
        Self {
            max_keys: max_keys.max(1),
            windows: HashMap::new(),
            by_age: BTreeMap::new(),
            jails: HashMap::new(),
            by_end: BTreeMap::new(),
            jail_numbers: HashMap::new(),
            counter: 0,
        }
    }

    /// Judges a request that comes now. A long poll is asked about once, when it arrives.
    pub fn judge(&mut self, key: &K, now_ms: u64, settings: &Settings) -> Judgement {
        if !settings.counts() {
            self.clear();
            return Judgement::Pass;
        }
        self.forget_idle(now_ms, settings.window_ms);
        if let Some(until_ms) = self.jails.get(key).copied() {
            if now_ms < until_ms {
                // Neither recorded nor prolonging the jail.
                return Judgement::Drop { until_ms, newly_jailed: None };
            }
            self.release(key);
        }
        let max = settings.max_requests;
        let mut stamps = self.take_window(key);
        // After a change of settings: the newest count.
        while stamps.len() > usize::try_from(max).unwrap_or(usize::MAX) {
            stamps.pop_front();
        }
        let full = stamps.len() == usize::try_from(max).unwrap_or(usize::MAX);
        let span_ms = stamps.front().map_or(0, |oldest| now_ms.saturating_sub(*oldest));
        if full && span_ms < settings.window_ms {
            let until_ms = now_ms.saturating_add(settings.jail_ms);
            self.jail(key, until_ms);
            let requests = max.saturating_add(1);
            let evidence = Evidence { requests, span_ms, window_ms: settings.window_ms };
            return Judgement::Drop { until_ms, newly_jailed: Some(evidence) };
        }
        if full {
            stamps.pop_front();
        }
        stamps.push_back(now_ms);
        self.put_window(key, stamps, now_ms);
        Judgement::Pass
    }

    /// Puts a key into jail: at the start of a node for those the log knows of, or because another node did.
    pub fn jail(&mut self, key: &K, until_ms: u64) {
        self.take_window(key);
        self.release(key);
        if self.jails.len() >= self.max_keys
            && let Some((_, first)) = self.by_end.first_key_value()
        {
            let first = first.clone();
            self.release(&first);
        }
        self.counter += 1;
        self.jails.insert(key.clone(), until_ms);
        self.jail_numbers.insert(key.clone(), self.counter);
        self.by_end.insert((until_ms, self.counter), key.clone());
    }

    /// Lets a key out of jail. Whether it was in.
    pub fn release(&mut self, key: &K) -> bool {
        let (until, number) = (self.jails.remove(key), self.jail_numbers.remove(key));
        if let (Some(until), Some(number)) = (until, number) {
            self.by_end.remove(&(until, number));
        }
        until.is_some()
    }

    /// Forgets all counters and jails: the service is restarted.
    pub fn clear(&mut self) {
        self.windows.clear();
        self.by_age.clear();
        self.jails.clear();
        self.jail_numbers.clear();
        self.by_end.clear();
    }

    /// When a key's jail ends, if it is in jail now.
    pub fn jailed_until(&self, key: &K, now_ms: u64) -> Option<u64> {
        self.jails.get(key).copied().filter(|until| now_ms < *until)
    }

    /// Number of keys remembered, in jail or not.
    pub fn len(&self) -> usize {
        self.windows.len() + self.jails.len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn take_window(&mut self, key: &K) -> VecDeque<u64> {
        let Some(window) = self.windows.remove(key) else { return VecDeque::new() };
        self.by_age.remove(&window.age);
        window.stamps
    }

    fn put_window(&mut self, key: &K, stamps: VecDeque<u64>, now_ms: u64) {
        if self.windows.len() >= self.max_keys
            && let Some((_, silent)) = self.by_age.pop_first()
        {
            self.windows.remove(&silent);
        }
        self.counter += 1;
        let age = (now_ms, self.counter);
        self.by_age.insert(age, key.clone());
        self.windows.insert(key.clone(), Window { stamps, age });
    }

    /// At most a few at a time, so that no request pays for all.
    fn forget_idle(&mut self, now_ms: u64, window_ms: u64) {
        for _ in 0..4 {
            if let Some(((newest, _), _)) = self.by_age.first_key_value()
                && now_ms.saturating_sub(*newest) >= window_ms
                && let Some((_, idle)) = self.by_age.pop_first()
            {
                self.windows.remove(&idle);
            }
            if let Some(((until, _), _)) = self.by_end.first_key_value()
                && *until <= now_ms
                && let Some((_, free)) = self.by_end.pop_first()
            {
                self.jails.remove(&free);
                self.jail_numbers.remove(&free);
            }
        }
    }
}
