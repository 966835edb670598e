//! What every backend of a port promises: one module per port, one function per promise.

pub mod event_log;
pub mod mailbox;
pub mod views;
