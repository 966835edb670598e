//! The ports: what the house needs of the world, as traits. Each has one contract suite that every backend passes.

pub mod clock;
pub mod event_log;
pub mod mailbox;
pub mod transport;
pub mod views;
