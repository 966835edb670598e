//! Allow, block, quarantine: which devices may sync.

mod mode;
mod pattern;

pub use mode::{AbqMode, DeviceStatus};
pub use pattern::{MAX_CHARS, MAX_STEPS, Pattern, PatternError, RuleOutcome};
