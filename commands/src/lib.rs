//! Commands: the intents of devices and administrators, each in one file: load the aggregate, let the domain decide,
//! append the events. The EAS endpoint, the jobs and the admin CLI all change state through here and nowhere else.
//!
//! "Command" here is the CQRS word; a verb of the protocol (Sync, Ping, …) is an *EAS command* and lives in the EAS
//! adapter.
//!
//! Every command is a module with one function, `run`, that takes the repository and the issuer first.

pub mod abq_allow;
pub mod abq_block;
pub mod abq_delete;
pub mod abq_delete_message;
pub mod abq_delete_rule;
pub mod abq_duplicate_message;
pub mod abq_import;
pub mod abq_init_messages;
pub mod abq_quarantine;
pub mod abq_seed;
pub mod abq_set;
pub mod abq_set_message;
pub mod abq_set_rule;
pub mod acknowledge_policy;
pub mod acknowledge_wipe;
pub mod add_logger;
pub mod add_mobile_password;
pub mod admin_mail;
pub mod cancel_wipe;
pub mod change_device_info;
pub mod clear_attribute;
pub mod clear_password;
pub mod create_account;
pub mod create_cos;
pub mod create_domain;
pub mod delete_mobile_password;
pub mod disable_account;
pub mod enable_account;
pub mod filter_add;
pub mod filter_delete;
pub mod filter_move;
pub mod filter_preset;
pub mod jail_device;
pub mod judge_access;
pub mod mark_dummy_message;
pub mod mark_wipe_sent;
pub mod observe_folders;
pub mod offer_policy;
pub mod purge_devices;
pub mod raise_notice;
pub mod record_device_seen;
pub mod record_moves;
pub mod register_device;
pub mod register_items;
pub mod release_device;
pub mod remove_account;
pub mod remove_device;
pub mod remove_logger;
pub mod request_wipe;
pub mod reset_sync_state;
pub mod resume_device;
pub mod seal_log;
pub mod set_account_cos;
pub mod set_attribute;
pub mod set_folder_sync;
pub mod set_password;
pub mod set_ping_parameters;
pub mod start_node;
pub mod submit_message;
pub mod suspend_device;
pub mod switch_service;
pub mod tell_administrators;
pub mod update_mobile_password;
pub mod verify_log;

mod abq_batches;
mod abq_targets;
mod cached;
mod devices;
mod folder_maps;
mod issuer;
mod keyed_locks;
mod repository;
mod sync_states;
#[cfg(test)]
mod tests;

pub use abq_delete::DeletedEntries;
pub use abq_import::ImportedFile;
pub use abq_seed::{SeedCause, SeededList};
pub use acknowledge_policy::Acknowledged;
pub use add_mobile_password::{AddedPassword, NewPassword};
pub use devices::Devices;
pub use folder_maps::FolderMaps;
pub use issuer::Issuer;
pub use keyed_locks::KeyedLocks;
pub use purge_devices::Purged;
pub use repository::{CommandError, Executed, Loaded, Repository};
pub use set_attribute::AttributeTarget;
pub use sync_states::{Collection, NoSnapshots, Overtaken, SnapshotSource, SyncStates};
