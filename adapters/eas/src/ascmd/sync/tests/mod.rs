//! Tests of the room: every way a Sync can end, asked as a phone asks.

mod client_changes;
mod faults;
mod keys;
mod options;
mod policy_limits;
mod properties;
mod remembered;
mod waiting;
mod windows;
