//! Commands: the intents of devices and administrators, each in one file: load the aggregate, let the domain decide,
//! append the events. The EAS endpoint, the jobs and the admin CLI all change state through here and nowhere else.
//!
//! "Command" here is the CQRS word; a verb of the protocol (Sync, Ping, …) is an *EAS command* and lives in the EAS
//! adapter.
//!
//! Every command is a module with one function, `run`, that takes the repository and the issuer first.

pub mod acknowledge_policy;
pub mod change_device_info;
pub mod clear_attribute;
pub mod clear_password;
pub mod create_account;
pub mod create_cos;
pub mod create_domain;
pub mod disable_account;
pub mod enable_account;
pub mod observe_folders;
pub mod offer_policy;
pub mod record_device_seen;
pub mod record_moves;
pub mod register_device;
pub mod register_items;
pub mod remove_account;
pub mod remove_device;
pub mod reset_sync_state;
pub mod seal_log;
pub mod set_account_cos;
pub mod set_attribute;
pub mod set_password;
pub mod set_ping_parameters;
pub mod submit_message;
pub mod verify_log;

mod cached;
mod devices;
mod folder_maps;
mod issuer;
mod keyed_locks;
mod repository;
mod sync_states;
#[cfg(test)]
mod tests;

pub use acknowledge_policy::Acknowledged;
pub use devices::Devices;
pub use folder_maps::FolderMaps;
pub use issuer::Issuer;
pub use keyed_locks::KeyedLocks;
pub use repository::{CommandError, Executed, Loaded, Repository};
pub use set_attribute::AttributeTarget;
pub use sync_states::{Collection, NoSnapshots, Overtaken, SnapshotSource, SyncStates};
