//! The words of device control: modes and statuses.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    config::{FromValue, Value},
    ids::InvalidId,
};

/// What happens to devices the lists and rules do not settle: the attribute `abqMode`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum AbqMode {
    /// Everything may sync that is not blocked.
    #[default]
    Permissive,
    /// What nobody judged yet waits in quarantine.
    Interactive,
    /// Only what is allowed may sync.
    Strict,
    /// Nothing is judged.
    Disabled,
}

impl AbqMode {
    /// Every mode.
    pub const ALL: [Self; 4] = [Self::Permissive, Self::Interactive, Self::Strict, Self::Disabled];
    /// Their names.
    pub const NAMES: &'static [&'static str] = &["Permissive", "Interactive", "Strict", "Disabled"];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permissive => "Permissive",
            Self::Interactive => "Interactive",
            Self::Strict => "Strict",
            Self::Disabled => "Disabled",
        }
    }
}

impl fmt::Display for AbqMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for AbqMode {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let found = Self::ALL.into_iter().find(|mode| mode.as_str().eq_ignore_ascii_case(text));
        found.ok_or_else(|| InvalidId::new("mode", text, "Permissive, Interactive, Strict or Disabled"))
    }
}

impl FromValue for AbqMode {
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Text(text) = value { text.parse().ok() } else { None }
    }
}

/// What an entry of the Device Control List, or a rule, says of a device.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum DeviceStatus {
    /// May sync.
    Allowed,
    /// May not.
    Blocked,
    /// Somebody has yet to decide.
    Quarantined,
}

impl DeviceStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Allowed, Self::Blocked, Self::Quarantined];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "Allowed",
            Self::Blocked => "Blocked",
            Self::Quarantined => "Quarantined",
        }
    }
}

impl fmt::Display for DeviceStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for DeviceStatus {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let found = Self::ALL.into_iter().find(|status| status.as_str().eq_ignore_ascii_case(text));
        found.ok_or_else(|| InvalidId::new("status", text, "Allowed, Blocked or Quarantined"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Attributes, Origin, Scope, Scopes, registry};

    #[test]
    fn words_are_read_in_any_case_and_written_in_one() {
        for (mode, name) in AbqMode::ALL.into_iter().zip(AbqMode::NAMES) {
            assert_eq!(&mode.to_string(), name);
            assert_eq!(name.to_uppercase().parse::<AbqMode>(), Ok(mode));
        }
        for status in DeviceStatus::ALL {
            assert_eq!(status.to_string().to_lowercase().parse::<DeviceStatus>(), Ok(status));
        }
        let refused = "allow".parse::<DeviceStatus>().unwrap_err();
        assert_eq!(refused.to_string(), "status 'allow' is not valid: Allowed, Blocked or Quarantined");
    }

    #[test]
    fn the_mode_is_an_attribute_of_account_class_and_installation() {
        let attributes =
            |mode: &str| Attributes([("abqMode".to_owned(), mode.to_owned())].into_iter().collect());
        let (global, domain, cos) = (attributes("Strict"), attributes("Disabled"), attributes("Interactive"));
        let mut scopes = Scopes { global: Some(&global), domain: Some(&domain), ..Scopes::default() };
        assert_eq!(scopes.read(&registry::ABQ_MODE), AbqMode::Strict, "a domain has no mode");
        scopes.cos = Some(&cos);
        assert_eq!(scopes.read(&registry::ABQ_MODE), AbqMode::Interactive);
        assert_eq!(scopes.resolve(&registry::ABQ_MODE).1, Origin::Set(Scope::Cos));
        assert_eq!(Scopes::default().read(&registry::ABQ_MODE), AbqMode::Permissive);
    }
}
