//! Failed logins, counted per user name and address, so that guessing is slow and a phone with an old password does
//! not lock its owner out elsewhere.

use std::net::IpAddr;

use moka::{ops::compute::Op, sync::Cache};
use syncledger_domain::event::Timestamp;

/// How many failures are borne.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FailureLimit {
    /// Failures within one window; then nothing is checked until the window is over. 0 switches the limit off.
    pub failures: u32,
    /// Length of a window, seconds, from the first failure on.
    pub window_secs: u32,
}

impl Default for FailureLimit {
    fn default() -> Self {
        Self { failures: 10, window_secs: 300 }
    }
}

/// Most pairs remembered; beyond that the ones least used are forgotten.
const MAX_PAIRS: u64 = 100_000;

type Pair = (String, IpAddr);

#[derive(Clone, Copy)]
struct Window {
    began: Timestamp,
    failures: u32,
}

/// The counters. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Limiter {
    limit: FailureLimit,
    windows: Cache<Pair, Window>,
}

impl Limiter {
    pub(crate) fn new(limit: FailureLimit) -> Self {
        let longest = std::time::Duration::from_secs(u64::from(limit.window_secs) * 2 + 1);
        let windows = Cache::builder().max_capacity(MAX_PAIRS).time_to_live(longest).build();
        Self { limit, windows }
    }

    /// Counts an attempt as failed until [`Self::forgive`] says otherwise, so that guesses made at the same time count,
    /// too. `Err` holds the seconds until the next attempt is looked at.
    pub(crate) fn attempt(&self, user: &str, address: IpAddr, now: Timestamp) -> Result<(), u32> {
        if self.limit.failures == 0 {
            return Ok(());
        }
        let mut refused = None;
        self.windows.entry(pair(user, address)).and_compute_with(|entry| {
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

    /// The attempt was no failure of the user: the backend did not answer.
    pub(crate) fn forgive(&self, user: &str, address: IpAddr) {
        self.windows.entry(pair(user, address)).and_compute_with(|entry| {
            entry.map(moka::Entry::into_value).map_or(Op::Nop, |window| {
                Op::Put(Window { failures: window.failures.saturating_sub(1), ..window })
            })
        });
    }

    /// The user is who they say: earlier failures were slips.
    pub(crate) fn forget(&self, user: &str, address: IpAddr) {
        self.windows.invalidate(&pair(user, address));
    }

    fn left(&self, window: Window, now: Timestamp) -> u32 {
        let ends = window.began.plus_seconds(self.limit.window_secs.into()).seconds();
        u32::try_from(ends.saturating_sub(now.seconds())).unwrap_or(0).min(self.limit.window_secs)
    }
}

fn pair(user: &str, address: IpAddr) -> Pair {
    (user.trim().to_lowercase(), address)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V6(std::net::Ipv6Addr::LOCALHOST);
    const NOON: Timestamp = Timestamp(1_714_564_800_000_000);

    fn exhausted() -> Limiter {
        let limiter = Limiter::new(FailureLimit { failures: 3, window_secs: 60 });
        for _ in 0..3 {
            assert_eq!(limiter.attempt("alice", HERE, NOON), Ok(()));
        }
        limiter
    }

    #[test]
    fn after_so_many_failures_nothing_is_looked_at_until_the_window_is_over() {
        let limiter = exhausted();
        assert_eq!(limiter.attempt("ALICE ", HERE, NOON.plus_seconds(20)), Err(40));
        assert_eq!(limiter.attempt("alice", HERE, NOON.plus_seconds(60)), Ok(()));
    }

    #[test]
    fn others_and_other_addresses_are_not_affected() {
        let limiter = exhausted();
        assert_eq!(limiter.attempt("bob", HERE, NOON), Ok(()));
        assert_eq!(limiter.attempt("alice", THERE, NOON), Ok(()));
    }

    #[test]
    fn success_forgets_and_a_backend_that_is_down_is_nobodys_failure() {
        let limiter = exhausted();
        limiter.forgive("alice", HERE);
        assert_eq!(limiter.attempt("alice", HERE, NOON), Ok(()));
        assert!(limiter.attempt("alice", HERE, NOON).is_err());
        limiter.forget("alice", HERE);
        assert_eq!(limiter.attempt("alice", HERE, NOON), Ok(()));
    }

    #[test]
    fn a_limit_of_nought_is_none() {
        let limiter = Limiter::new(FailureLimit { failures: 0, window_secs: 60 });
        assert!((0..100).all(|_| limiter.attempt("alice", HERE, NOON).is_ok()));
    }
}
