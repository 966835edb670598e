//! Commands: the intents of devices and administrators, each in one file: load the aggregate, let the domain decide,
//! append the events. The EAS endpoint, the jobs and the admin CLI all change state through here and nowhere else.
//!
//! "Command" here is the CQRS word; a verb of the protocol (Sync, Ping, …) is an *EAS command* and lives in the EAS
//! adapter.

mod folder_maps;
mod issuer;
mod repository;
mod sync_states;

pub use folder_maps::FolderMaps;
pub use issuer::Issuer;
pub use repository::{CommandError, Executed, Loaded, Repository};
pub use sync_states::{Collection, NoSnapshots, Overtaken, SnapshotSource, SyncStates};
