//! Configuration attributes: what administrators change at run time, by scope.
//!
//! Values are text on the log; [`registry`] knows the type, scopes and default of each attribute. An attribute of a
//! domain, class of service or account is an event of that stream, a global one of the stream `config`.

mod attribute;
mod decide;
mod event;
mod list;
pub mod registry;
mod retention;
mod scope;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use attribute::{Attribute, FromValue, Kind, Setting, Value};
pub use decide::{AttributeError, clear_attribute, clear_value, set_attribute, set_value};
pub use event::{AttributeCleared, AttributeSet, ConfigEvent};
pub use list::ListOf;
pub use retention::Retention;
pub use scope::{Origin, Scope, Scopes};

use crate::Aggregate;

/// Attributes set at one place, by canonical name.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Attributes(pub BTreeMap<String, String>);

impl Attributes {
    /// Takes over a set value.
    pub fn set(&mut self, event: &AttributeSet) {
        self.0.insert(event.name.clone(), event.value.clone());
    }

    /// Forgets a value.
    pub fn clear(&mut self, event: &AttributeCleared) {
        self.0.remove(&event.name);
    }

    /// The value set here.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// The global configuration.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Config {
    /// Global values.
    pub attributes: Attributes,
}

impl Aggregate for Config {
    type Event = ConfigEvent;

    fn evolve(&mut self, event: &ConfigEvent) {
        match event {
            ConfigEvent::Set(set) => self.attributes.set(set),
            ConfigEvent::Cleared(cleared) => self.attributes.clear(cleared),
        }
    }
}
