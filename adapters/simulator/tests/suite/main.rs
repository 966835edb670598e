//! The phone against servers that say what they are told to say, on real sockets.

#![expect(clippy::unwrap_used, reason = "what breaks in a helper stops its test")]

mod canned;
mod commands;
mod conversation;
mod faults;
mod garbage;
mod mailbox;
mod negotiation;
mod tls;
mod wire;
