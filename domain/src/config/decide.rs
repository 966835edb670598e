//! Decisions about attributes, for the global configuration and for whatever else holds some.

use crate::codes;

use super::{AttributeCleared, AttributeSet, Attributes, Config, ConfigEvent, Scope, registry};

/// Why an attribute cannot be set, cleared or read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AttributeError {
    /// There is none of this name.
    #[error("attribute '{name}' is not known{}", did_you_mean(*suggestion))]
    Unknown {
        /// The name given.
        name: String,
        /// A name that is nearly the same.
        suggestion: Option<&'static str>,
    },
    /// It may be set, but not here.
    #[error("attribute '{name}' cannot be set at scope {scope}: allowed is {allowed}")]
    NotAtScope {
        /// Canonical name.
        name: &'static str,
        /// Where it was to be set.
        scope: Scope,
        /// Where it may be set.
        allowed: String,
    },
    /// The value is none of this attribute.
    #[error("attribute '{name}' cannot be '{value}': allowed is {allowed}")]
    BadValue {
        /// Canonical name.
        name: &'static str,
        /// The value given, cut to 80 characters.
        value: String,
        /// What would be accepted.
        allowed: String,
    },
}

impl AttributeError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => codes::NO_SUCH_ATTRIBUTE,
            Self::NotAtScope { .. } => codes::INVALID_SCOPE,
            Self::BadValue { .. } => codes::INVALID_VALUE,
        }
    }
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map(|name| format!("; did you mean '{name}'?")).unwrap_or_default()
}

/// Sets a value at a place, in canonical form. `None` when it is set so already.
///
/// # Errors
/// [`AttributeError`].
pub fn set_value(
    attributes: &Attributes,
    scope: Scope,
    name: &str,
    value: &str,
) -> Result<Option<AttributeSet>, AttributeError> {
    let attribute = registry::find(name)?;
    attribute.must_be_allowed_at(scope)?;
    let value = attribute.parse(value)?.to_string();
    let unchanged = attributes.get(attribute.name) == Some(value.as_str());
    Ok((!unchanged).then(|| AttributeSet { name: attribute.name.to_owned(), value }))
}

/// Forgets a value at a place. `None` when none is set there. A value under a name the registry has dropped since can
/// be forgotten by exactly that name.
///
/// # Errors
/// [`AttributeError::Unknown`].
pub fn clear_value(attributes: &Attributes, name: &str) -> Result<Option<AttributeCleared>, AttributeError> {
    let name = match registry::find(name) {
        Ok(attribute) => attribute.name,
        Err(_) if attributes.get(name).is_some() => name,
        Err(unknown) => return Err(unknown),
    };
    Ok(attributes.get(name).map(|_| AttributeCleared { name: name.to_owned() }))
}

/// Sets a global value.
///
/// # Errors
/// [`AttributeError`].
pub fn set_attribute(config: &Config, name: &str, value: &str) -> Result<Vec<ConfigEvent>, AttributeError> {
    let set = set_value(&config.attributes, Scope::Global, name, value)?;
    Ok(set.map(ConfigEvent::Set).into_iter().collect())
}

/// Forgets a global value.
///
/// # Errors
/// [`AttributeError::Unknown`].
pub fn clear_attribute(config: &Config, name: &str) -> Result<Vec<ConfigEvent>, AttributeError> {
    let cleared = clear_value(&config.attributes, name)?;
    Ok(cleared.map(ConfigEvent::Cleared).into_iter().collect())
}
