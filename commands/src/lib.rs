//! Commands: the intents of devices and administrators, each in one file: load the aggregate, let the domain decide,
//! append the events. The EAS endpoint, the jobs and the admin CLI all change state through here and nowhere else.
//!
//! "Command" here is the CQRS word; a verb of the protocol (Sync, Ping, …) is an *EAS command* and lives in the EAS
//! adapter.

mod issuer;
mod repository;

pub use issuer::Issuer;
pub use repository::{CommandError, Executed, Loaded, Repository};
