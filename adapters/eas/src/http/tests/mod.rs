//! The router as a phone meets it.

mod control;
mod loggers;
mod login;
mod logs;
mod mobile_passwords;
mod policy;
mod policy_change;
mod recheck;
mod requests;
mod rooms;
mod socket;
mod wipe;
pub(crate) mod world;
