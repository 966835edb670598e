//! Faults on demand.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Which faults are still to come.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    failures: AtomicUsize,
    lose_answer: AtomicBool,
}

/// What shall become of an append.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// It is tried.
    Try,
    /// It fails without a trace.
    Fail,
}

impl Faults {
    pub(crate) fn fail_next(&self, n: usize) {
        self.failures.store(n, Ordering::SeqCst);
    }

    pub(crate) fn lose_next(&self) {
        self.lose_answer.store(true, Ordering::SeqCst);
    }

    pub(crate) fn next_verdict(&self) -> Verdict {
        let one_less = |left: usize| left.checked_sub(1);
        match self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less) {
            Ok(_) => Verdict::Fail,
            Err(_) => Verdict::Try,
        }
    }

    /// Asked once after every append that succeeded.
    pub(crate) fn answer_is_lost(&self) -> bool {
        self.lose_answer.swap(false, Ordering::SeqCst)
    }
}
