//! Where attributes are set, and which of the values set at several places holds.

use std::{fmt, str::FromStr};

use super::{Attribute, AttributeError, Attributes, Setting, Value, attribute::FromValue, registry};
use crate::ids::{InvalidId, ProtocolVersion};

/// A place where attributes can be set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Scope {
    /// The whole installation.
    Global,
    /// A mail domain.
    Domain,
    /// A class of service.
    Cos,
    /// One account.
    Account,
}

impl Scope {
    const ALL: [Self; 4] = [Self::Global, Self::Domain, Self::Cos, Self::Account];
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Global => "global",
            Self::Domain => "domain",
            Self::Cos => "cos",
            Self::Account => "account",
        })
    }
}

impl FromStr for Scope {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let found = Self::ALL.into_iter().find(|scope| scope.to_string().eq_ignore_ascii_case(text));
        found.ok_or_else(|| InvalidId {
            field: "scope",
            value: text.chars().take(80).collect(),
            allowed: "global, domain, cos or account",
        })
    }
}

/// Where a value that holds comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// Set there.
    Set(Scope),
    /// Set nowhere: the registry's default.
    Default,
}

/// `account`, `cos`, `domain`, `global` or `default`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set(scope) => scope.fmt(f),
            Self::Default => f.write_str("default"),
        }
    }
}

/// The values set at the places an account is under.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scopes<'a> {
    /// Its own.
    pub account: Option<&'a Attributes>,
    /// Those of its class of service.
    pub cos: Option<&'a Attributes>,
    /// Those of its domain.
    pub domain: Option<&'a Attributes>,
    /// Those of the installation.
    pub global: Option<&'a Attributes>,
}

impl Scopes<'_> {
    /// The value that holds: the account's, else its class of service's, else its domain's, else the global one, else
    /// the default. A value at a scope where the attribute may not be set, or one that is not valid (any more), counts
    /// as not set: yesterday's log always loads.
    pub fn resolve(&self, attribute: &Attribute) -> (Value, Origin) {
        let places = [
            (Scope::Account, self.account),
            (Scope::Cos, self.cos),
            (Scope::Domain, self.domain),
            (Scope::Global, self.global),
        ];
        let set = places
            .into_iter()
            .filter(|(scope, _)| attribute.scopes.contains(scope))
            .find_map(|(scope, place)| Some((scope, attribute.parse(place?.get(attribute.name)?).ok()?)));
        if let Some((scope, value)) = set {
            return (value, Origin::Set(scope));
        }
        let default = attribute.parse(attribute.default);
        (default.unwrap_or_else(|_| Value::Text(attribute.default.to_owned())), Origin::Default)
    }

    /// The value that holds, of an attribute given by name.
    ///
    /// # Errors
    /// [`AttributeError::Unknown`].
    pub fn resolve_name(&self, name: &str) -> Result<(Value, Origin), AttributeError> {
        registry::find(name).map(|attribute| self.resolve(attribute))
    }

    /// The value that holds of a yes-or-no attribute.
    pub fn flag(&self, setting: &Setting<bool>) -> bool {
        self.read(setting)
    }

    /// The value that holds of a number, or of a duration in seconds.
    pub fn number(&self, setting: &Setting<u32>) -> u32 {
        self.read(setting)
    }

    /// The value that holds of a list of protocol versions, ascending.
    pub fn versions(&self, setting: &Setting<Vec<ProtocolVersion>>) -> Vec<ProtocolVersion> {
        self.read(setting)
    }

    /// The value that holds, as the type of its row.
    pub fn read<T: FromValue>(&self, setting: &Setting<T>) -> T {
        // That each row's kind fits its type is tested with the registry.
        T::from_value(self.resolve(setting).0).unwrap_or_default()
    }
}
