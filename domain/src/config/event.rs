//! Events of attributes, used by every stream that holds some.

use serde::{Deserialize, Serialize};

use crate::event::stored_events;

/// A value was set.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AttributeSet {
    /// Canonical name.
    pub name: String,
    /// The value as text, already checked against the attribute's type.
    pub value: String,
}

/// A value was forgotten: the default, or an outer scope's value, holds again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AttributeCleared {
    /// Canonical name.
    pub name: String,
}

stored_events! {
    /// What can happen to the global configuration.
    pub enum ConfigEvent {
        /// A global value was set.
        "attribute-set" 1 => Set(AttributeSet);
        /// A global value was forgotten.
        "attribute-cleared" 1 => Cleared(AttributeCleared);
    }
}
