//! Ids of the directory: accounts, addresses, domains and classes of service.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::InvalidId;

/// Stable identity of an account; survives renames of its address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountId(pub Uuid);

/// Namespace of the ids of [`AccountId::for_address`]; never changes.
const ADDRESS_NAMESPACE: Uuid = Uuid::from_u128(0x8d0c_6a0e_41f7_4c0b_9a57_5be2_c1f0_3d76);

impl AccountId {
    /// The id an account created under this address gets (RFC 9562, "UUID Version 5"): two creations of one address meet
    /// in one stream, and the second is refused there.
    pub fn for_address(address: &Address) -> Self {
        Self(Uuid::new_v5(&ADDRESS_NAMESPACE, address.as_str().as_bytes()))
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountId({self})")
    }
}

impl FromStr for AccountId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Uuid::try_parse(text).map(Self).map_err(|_| {
            InvalidId::new("account id", text, "a UUID such as 0193b2c4-6f1e-7c3a-9d5b-2f4e6a8c0d1e")
        })
    }
}

/// A mail address in canonical (lower-case) form, `local@domain`; 3..=254 bytes (RFC 5321, "Size Limits").
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address(String);

impl Address {
    /// Checks and canonicalises an address.
    ///
    /// # Errors
    /// When there is not exactly one local part and one domain, or white space or control characters occur.
    pub fn new(text: &str) -> Result<Self, InvalidId> {
        let refuse = || InvalidId::new("address", text, "local@domain, at most 254 bytes, without spaces");
        let (local, domain) = text.rsplit_once('@').ok_or_else(refuse)?;
        let plain = |c: char| {
            !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | '"' | ',' | ';' | '/' | '\\')
        };
        if local.is_empty()
            || local.len() > 64
            || text.len() > 254
            || !local.chars().all(|c| plain(c) && c != '@')
        {
            return Err(refuse());
        }
        let domain = DomainName::new(domain).map_err(|_| refuse())?;
        Ok(Self(format!("{}@{domain}", local.to_lowercase())))
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`.
    pub fn local(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// The part after the `@`.
    pub fn domain(&self) -> DomainName {
        DomainName(self.0.rsplit_once('@').map_or(String::new(), |(_, domain)| domain.to_owned()))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.0)
    }
}

impl FromStr for Address {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::new(text)
    }
}

/// A mail domain in lower case, 1..=253 bytes.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct DomainName(String);

impl DomainName {
    /// Checks and canonicalises a domain name.
    ///
    /// # Errors
    /// When it is empty, too long, or a label has other characters than letters, digits, `-` and `_`.
    pub fn new(text: &str) -> Result<Self, InvalidId> {
        let label = |l: &str| {
            !l.is_empty() && l.len() <= 63 && l.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
        };
        let name = text.to_lowercase();
        if name.is_empty() || name.len() > 253 || !name.split('.').all(label) {
            return Err(InvalidId::new(
                "domain",
                text,
                "dot-separated labels of letters, digits and hyphens",
            ));
        }
        Ok(Self(name))
    }

    /// The name, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for DomainName {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::new(text)
    }
}

/// A class of service: a named set of settings accounts inherit. 1..=64 of letters, digits, `-`, `_` and `.`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct CosId(String);

impl CosId {
    /// The class every account belongs to that names no other.
    pub const DEFAULT: &'static str = "default";

    /// Checks a class-of-service name; names compare without regard to case.
    ///
    /// # Errors
    /// When it is empty, too long or has other characters.
    pub fn new(text: &str) -> Result<Self, InvalidId> {
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if text.is_empty() || text.len() > 64 || !text.chars().all(good) {
            return Err(InvalidId::new("cos", text, "1 to 64 letters, digits, '-', '_' or '.'"));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for CosId {
    fn default() -> Self {
        Self(Self::DEFAULT.to_owned())
    }
}

impl fmt::Display for CosId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CosId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_in_lower_case() {
        assert_eq!(Address::new("Alice@Example.COM").unwrap(), Address::new("alice@example.com").unwrap());
    }

    #[test]
    fn the_id_of_an_address_never_changes_and_does_not_depend_on_case() {
        let id = AccountId::for_address(&Address::new("Alice@Example.com").unwrap());
        assert_eq!(id.to_string(), "aa5ddf2c-35ba-5f78-b204-da84b5b9f67a");
        assert_ne!(id, AccountId::for_address(&Address::new("bob@example.com").unwrap()));
    }

    #[test]
    fn addresses_that_could_escape_a_path_or_header_are_refused() {
        for bad in ["", "a", "@b", "a@", "a b@c", "a@b c", "a@@b", "../x@y\n", "a/b@c", "<a@b>", "a@b/../c"] {
            assert!(Address::new(bad).is_err(), "{bad:?} was accepted");
        }
    }
}
