//! The system's clock and randomness: the one place that reads them.

use std::time::{SystemTime, UNIX_EPOCH};

use syncledger_domain::{
    event::Timestamp,
    ports::clock::{Clock, Randomness},
};

/// The system's wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter that reads the system clock")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// The system's source of randomness.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SystemRandomness;

impl Randomness for SystemRandomness {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter that reads the system's randomness")]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer)
            .expect("the operating system gives random bytes; without them no key is safe");
    }
}
