//! What is true: aggregates, their events, value types, and the ports through which the rest of the house
//! reaches the world.
//!
//! Everything here is pure. There is no runtime, no SQL, no HTTP, no clock and no randomness: time and random
//! values arrive as arguments, and IO stands behind the traits of [`ports`].
//!
//! An aggregate is a module with a state, its events, a total `evolve` and a refusing `decide`. The stored
//! names of all events are listed once, by hand, in [`event::catalogue`].

pub mod abq;
pub mod abq_messages;
pub mod anti_dos;
pub mod codes;
pub mod config;
pub mod device;
pub mod directory;
pub mod eas_filter;
pub mod event;
pub mod folders;
pub mod ids;
pub mod loggers;
pub mod notices;
pub mod policy;
pub mod ports;
pub mod services;
pub mod sync_state;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use event::{Aggregate, Event, StoredEvent};
