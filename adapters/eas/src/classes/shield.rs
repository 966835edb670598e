//! The one place where a panic over foreign mail ends.
//!
//! The parsers below this module promise not to panic, and are tested for it; this is for the day they are wrong. The
//! stack cannot overflow here: nothing recurses deeper than `mime::MAX_DEPTH`.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`; `None` if it panicked. What `work` borrows mutably must not be used after that.
pub(super) fn contain<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_panic_is_contained() {
        assert_eq!(super::contain(|| [1, 2, 3].iter().map(|n| 6 / (n - 2)).sum::<i32>()), None);
        assert_eq!(super::contain(|| 1), Some(1));
    }
}
