//! The EAS commands, one file each: the request tree, the answer as a type, and the method of [`crate::Phone`].
//! MS-ASCMD, MS-ASPROV.

pub mod folder_sync;
pub mod get_item_estimate;
pub mod item_operations;
pub mod move_items;
pub mod options;
pub mod ping;
pub mod provision;
pub mod send_mail;
pub mod settings;
pub mod sync;
