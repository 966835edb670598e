//! Read models: folds over the log and the queries they answer.
//!
//! Two kinds live here. *Views* ([`directory`], [`devices`], [`sync_states`], [`timeline`]) are rows in a
//! [`ViewStore`](syncledger_domain::ports::views::ViewStore) with a checkpoint each, kept up by a [`Runner`]; before
//! it has caught up, a view shows the state at its checkpoint. The *policy snapshot* ([`policy_snapshot`]) is held in
//! memory, so that no I/O decides whether a device may come in.
//!
//! Views hold what the log says and nothing else: no clock, no randomness. Dropped and built anew they are the same
//! byte for byte ([`compare`] proves it), and times in them are those of the events.

pub mod compare;
pub mod devices;
pub mod directory;
mod error;
#[cfg(test)]
mod fixtures;
pub mod memory_views;
pub mod policy_snapshot;
pub mod projection;
pub mod runner;
pub mod standing;
pub mod sync_states;
pub mod timeline;
#[cfg(test)]
mod views_tests;

pub use error::ProjectionError;
pub use memory_views::MemoryViews;
pub use policy_snapshot::{PasswordHash, PolicySnapshot, PolicySnapshots};
pub use runner::{LiveViews, Progress, Runner, VIEWS};
pub use standing::Standing;
