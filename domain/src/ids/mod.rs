//! Newtypes for every id and token the protocol and the log pass around.
//!
//! Constructors check; afterwards nobody re-checks. The texts of the errors are meant for people: they name the
//! field, the value and what is allowed.

mod account;
mod device;
mod item;
mod node;
mod version;

pub use account::{AccountId, Address, CosId, DomainName};
pub use device::{DeviceId, DeviceType, PolicyKey, ShownDeviceId};
pub use item::{ClientId, CollectionId, FolderId, ItemId, ServerId, SyncKey};
pub use node::NodeName;
pub use version::ProtocolVersion;

/// A value that does not have the form its type asks for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} '{value}' is not valid: {allowed}")]
pub struct InvalidId {
    /// What the value was meant to be, in the peer's words.
    pub field: &'static str,
    /// The value as it came, cut to 80 characters.
    pub value: String,
    /// What would have been accepted.
    pub allowed: &'static str,
}

impl InvalidId {
    pub(crate) fn new(field: &'static str, value: &str, allowed: &'static str) -> Self {
        Self { field, value: value.chars().take(80).collect(), allowed }
    }
}
