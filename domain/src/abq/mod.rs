//! Allow, block, quarantine: which devices may sync.

mod mode;

pub use mode::{AbqMode, DeviceStatus};
