//! Read models: folds over the log and the queries they answer.
//!
//! Two kinds live here. *Views* (directory, devices, timeline, sync states) are rows in a
//! [`ViewStore`](syncledger_domain::ports::views::ViewStore) with a checkpoint each. The *policy snapshot*
//! ([`policy_snapshot`]) is held in memory, so that no I/O decides whether a device may come in.

pub mod policy_snapshot;

pub use policy_snapshot::{PolicySnapshot, PolicySnapshots};
