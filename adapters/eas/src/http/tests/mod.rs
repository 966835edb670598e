//! The router as a phone meets it.

mod control;
mod login;
mod logs;
mod mobile_passwords;
mod policy;
mod recheck;
mod requests;
mod rooms;
mod socket;
pub(crate) mod world;
