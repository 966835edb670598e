//! Failed logins, counted within windows of time, so that guessing is slow.
//!
//! They are counted twice: per account and client address, so that a phone with an old password does not lock its owner
//! out elsewhere, and per client address alone, so that whoever tries one name after the other is slowed down as well.

use std::{hash::Hash, net::IpAddr};

use moka::{ops::compute::Op, sync::Cache};
use syncledger_domain::event::Timestamp;

use crate::http::peer;

/// How many failures are borne.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FailureLimit {
    /// Failures within one window; then nothing is checked until the window is over. 0 switches the limit off.
    pub failures: u32,
    /// Length of a window, seconds, from the first failure on.
    pub window_secs: u32,
}

impl FailureLimit {
    /// Of one account from one address.
    pub const PAIR: Self = Self { failures: 10, window_secs: 300 };
    /// Of everybody at one address: a whole company may stand behind it, some of its phones with old passwords.
    pub const ADDRESS: Self = Self { failures: 1000, window_secs: 300 };
}

/// Most windows remembered by one limiter; beyond that the ones least used are forgotten.
const MAX_WINDOWS: u64 = 100_000;

#[derive(Clone, Copy)]
struct Window {
    began: Timestamp,
    failures: u32,
}

/// Counters of failures by whatever they are counted by. Cheap to clone.
#[derive(Clone)]
struct Limiter<K> {
    limit: FailureLimit,
    windows: Cache<K, Window>,
}

impl<K: Hash + Eq + Clone + Send + Sync + 'static> Limiter<K> {
    fn new(limit: FailureLimit) -> Self {
        let longest = std::time::Duration::from_secs(u64::from(limit.window_secs) * 2 + 1);
        let windows = Cache::builder().max_capacity(MAX_WINDOWS).time_to_live(longest).build();
        Self { limit, windows }
    }

    /// Counts an attempt as failed until [`Self::forgive`] says otherwise, so that guesses made at the same time count,
    /// too. `Err` holds the seconds until the next attempt is looked at.
    fn attempt(&self, key: &K, now: Timestamp) -> Result<(), u32> {
        if self.limit.failures == 0 {
            return Ok(());
        }
        let mut refused = None;
        self.windows.entry_by_ref(key).and_compute_with(|entry| {
            let running = entry.map(moka::Entry::into_value).filter(|window| self.left(*window, now) > 0);
            let window = running.unwrap_or(Window { began: now, failures: 0 });
            if window.failures >= self.limit.failures {
                refused = Some(self.left(window, now));
                return Op::Nop;
            }
            Op::Put(Window { failures: window.failures + 1, ..window })
        });
        refused.map_or(Ok(()), Err)
    }

    /// The attempt was no failure after all.
    fn forgive(&self, key: &K) {
        self.windows.entry_by_ref(key).and_compute_with(|entry| {
            entry.map(moka::Entry::into_value).map_or(Op::Nop, |window| {
                Op::Put(Window { failures: window.failures.saturating_sub(1), ..window })
            })
        });
    }

    fn left(&self, window: Window, now: Timestamp) -> u32 {
        let ends = window.began.plus_seconds(self.limit.window_secs.into()).seconds();
        u32::try_from(ends.saturating_sub(now.seconds())).unwrap_or(0).min(self.limit.window_secs)
    }
}

/// Why an attempt is not looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct TooMany {
    /// Whose failures.
    pub(super) of: &'static str,
    /// Seconds until the next attempt is looked at.
    pub(super) after_secs: u32,
}

/// Who tries to log in, and from where.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Guesser {
    /// The address the user name leads to, so that another spelling of it is no other user; where it leads nowhere, the
    /// name itself.
    pub(super) user: String,
    /// The client, forwarded by a proxy or not.
    pub(super) address: IpAddr,
}

/// Both counters.
pub(super) struct Failures {
    pairs: Limiter<Guesser>,
    addresses: Limiter<IpAddr>,
}

impl Failures {
    pub(super) fn new(pair: FailureLimit, address: FailureLimit) -> Self {
        Self { pairs: Limiter::new(pair), addresses: Limiter::new(address) }
    }

    /// Counts an attempt as failed until [`Self::forgive`] or [`Self::forget`] say otherwise.
    pub(super) fn attempt(&self, who: &Guesser, now: Timestamp) -> Result<(), TooMany> {
        let too_many = |of| move |after_secs| TooMany { of, after_secs };
        self.pairs.attempt(who, now).map_err(too_many("of this user from this address"))?;
        let site = peer::site(who.address);
        self.addresses.attempt(&site, now).map_err(too_many("from this address")).inspect_err(|_| {
            self.pairs.forgive(who);
        })
    }

    /// The attempt was no failure of the user: what checks did not answer.
    pub(super) fn forgive(&self, who: &Guesser) {
        self.pairs.forgive(who);
        self.addresses.forgive(&peer::site(who.address));
    }

    /// The user is who they say: their earlier failures were slips. Those of others at the same address stay.
    pub(super) fn forget(&self, who: &Guesser) {
        self.pairs.windows.invalidate(who);
        self.addresses.forgive(&peer::site(who.address));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "127.0.0.1";
    const THERE: &str = "::1";
    const NOON: Timestamp = Timestamp(1_714_564_800_000_000);
    const NONE: FailureLimit = FailureLimit { failures: 0, window_secs: 60 };

    fn who(user: &str, address: &str) -> Guesser {
        Guesser { user: user.to_owned(), address: address.parse().unwrap() }
    }

    fn exhausted() -> Failures {
        let failures = Failures::new(FailureLimit { failures: 3, window_secs: 60 }, NONE);
        for _ in 0..3 {
            assert_eq!(failures.attempt(&who("alice", HERE), NOON), Ok(()));
        }
        failures
    }

    #[test]
    fn after_so_many_failures_nothing_is_looked_at_until_the_window_is_over() {
        let (failures, alice) = (exhausted(), who("alice", HERE));
        let refused = failures.attempt(&alice, NOON.plus_seconds(20)).unwrap_err();
        assert_eq!(refused, TooMany { of: "of this user from this address", after_secs: 40 });
        assert_eq!(failures.attempt(&alice, NOON.plus_seconds(60)), Ok(()));
    }

    #[test]
    fn others_and_other_addresses_are_not_affected() {
        let failures = exhausted();
        assert_eq!(failures.attempt(&who("bob", HERE), NOON), Ok(()));
        assert_eq!(failures.attempt(&who("alice", THERE), NOON), Ok(()));
    }

    #[test]
    fn success_forgets_and_a_backend_that_is_down_is_nobodys_failure() {
        let (failures, alice) = (exhausted(), who("alice", HERE));
        failures.forgive(&alice);
        assert_eq!(failures.attempt(&alice, NOON), Ok(()));
        assert!(failures.attempt(&alice, NOON).is_err());
        failures.forget(&alice);
        assert_eq!(failures.attempt(&alice, NOON), Ok(()));
    }

    #[test]
    fn a_limit_of_nought_is_none() {
        let failures = Failures::new(NONE, NONE);
        assert!((0..100).all(|_| failures.attempt(&who("alice", HERE), NOON).is_ok()));
    }

    #[test]
    fn one_name_after_the_other_from_one_address_is_too_many_names() {
        let failures = Failures::new(FailureLimit::PAIR, FailureLimit { failures: 5, window_secs: 60 });
        for number in 0..5 {
            assert_eq!(failures.attempt(&who(&format!("user{number}"), "2001:db8::1"), NOON), Ok(()));
        }
        let refused = failures.attempt(&who("user9", "2001:db8::ffff"), NOON).unwrap_err();
        assert_eq!(
            refused,
            TooMany { of: "from this address", after_secs: 60 },
            "one site has many addresses"
        );
        assert_eq!(failures.attempt(&who("user9", "2001:db8:0:1::1"), NOON), Ok(()));
    }

    #[test]
    fn a_success_gives_back_no_failure_but_its_own() {
        let failures = Failures::new(FailureLimit::PAIR, FailureLimit { failures: 2, window_secs: 60 });
        assert_eq!(failures.attempt(&who("bob", HERE), NOON), Ok(()));
        for _ in 0..10 {
            assert_eq!(failures.attempt(&who("alice", HERE), NOON), Ok(()));
            failures.forget(&who("alice", HERE));
        }
        assert_eq!(failures.attempt(&who("carol", HERE), NOON), Ok(()));
        assert!(failures.attempt(&who("alice", HERE), NOON).is_err(), "bob's and carol's failures stand");
    }
}
