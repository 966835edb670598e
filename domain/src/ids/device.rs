//! Ids a device brings along.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::InvalidId;

/// A device's id in canonical form: lower-case ASCII letters, digits, `-`, `_` or `.`; 1..=128 characters.
///
/// The document allows 1–32 letters and digits, real clients send longer ones and ones with hyphens; ids compare
/// without regard to case (MS-ASHTTP, "DeviceId"). In the base64 query the id is a byte string: bytes that are
/// ASCII letters and digits throughout are that text, all others are written as hex, so that one device has one
/// id whichever query form it uses.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DeviceId(String);

impl DeviceId {
    /// Canonical form of an id from the plain query.
    ///
    /// # Errors
    /// When it is empty, longer than 128 characters or has characters that cannot stand in a stream name.
    pub fn new(text: &str) -> Result<Self, InvalidId> {
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if text.is_empty() || text.len() > 128 || !text.chars().all(good) {
            return Err(InvalidId::new("DeviceId", text, "1 to 128 letters, digits, '-', '_' or '.'"));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// Canonical form of an id from the base64 query.
    ///
    /// # Errors
    /// When there is no byte.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidId> {
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                Self::new(text)
            }
            _ => {
                let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
                Self::new(&bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect::<String>())
            }
        }
    }

    /// What comes before every id in order; none itself, only the start of a range.
    pub(crate) const fn first() -> Self {
        Self(String::new())
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the id some clients use to test a connection during set-up (Samsung Email and Android's
    /// Exchange app send `validate`): such a device must leave no trace.
    pub fn is_connection_test(&self) -> bool {
        self.0 == "validate"
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceId({})", self.0)
    }
}

impl FromStr for DeviceId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::new(text)
    }
}

/// A device's id with the letters' case as somebody wrote it: the device in its request, or an administrator. For
/// showing, and for rules that tell cases apart; whatever compares devices compares their [`DeviceId`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct ShownDeviceId(String);

impl ShownDeviceId {
    /// Checks an id.
    ///
    /// # Errors
    /// As [`DeviceId::new`].
    pub fn new(text: &str) -> Result<Self, InvalidId> {
        DeviceId::new(text).map(|_| Self(text.to_owned()))
    }

    /// The id of a base64 query where it is text. `None` where it is written as hex ([`DeviceId::from_bytes`]): the same
    /// device may write those digits otherwise in a plain query.
    pub fn from_text_bytes(bytes: &[u8]) -> Option<Self> {
        let id = DeviceId::from_bytes(bytes).ok()?;
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.eq_ignore_ascii_case(id.as_str()))?;
        Some(Self(text.to_owned()))
    }

    /// The id it stands for.
    pub fn canonical(&self) -> DeviceId {
        DeviceId(self.0.to_ascii_lowercase())
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&DeviceId> for ShownDeviceId {
    fn from(id: &DeviceId) -> Self {
        Self(id.0.clone())
    }
}

impl fmt::Display for ShownDeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ShownDeviceId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::new(text)
    }
}

/// The kind of device as it names itself (`iPhone`, `SP`, `Android`, …); printable, 1..=64 characters.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct DeviceType(String);

impl DeviceType {
    /// Checks a device type.
    ///
    /// # Errors
    /// When it is empty, longer than 64 characters or not printable.
    pub fn new(text: &str) -> Result<Self, InvalidId> {
        if text.is_empty() || text.chars().count() > 64 || text.chars().any(char::is_control) {
            return Err(InvalidId::new("DeviceType", text, "1 to 64 printable characters"));
        }
        Ok(Self(text.to_owned()))
    }

    /// As the device sent it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeviceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A policy key: the device's proof that it acknowledged the current policy. Unsigned 32-bit, never 0
/// (MS-ASPROV, "PolicyKey").
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct PolicyKey(u32);

impl PolicyKey {
    /// `None` for 0, which on the wire means "never provisioned".
    pub fn new(value: u32) -> Option<Self> {
        (value != 0).then_some(Self(value))
    }

    /// The number on the wire.
    pub fn value(self) -> u32 {
        self.0
    }
}

impl fmt::Display for PolicyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_device_has_one_id_in_both_query_forms() {
        let plain = DeviceId::new("androidC1234567890").unwrap();
        assert_eq!(DeviceId::from_bytes(b"androidc1234567890").unwrap(), plain);
        let guid = [0x9a, 0x00, 0xff, 0x10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        assert_eq!(
            DeviceId::from_bytes(&guid).unwrap(),
            DeviceId::new("9A00FF100102030405060708090A0B0C").unwrap()
        );
    }

    #[test]
    fn an_id_is_shown_as_written_and_compared_in_canonical_form() {
        let shown = ShownDeviceId::new("ApplF17XX").unwrap();
        assert_eq!(shown.to_string(), "ApplF17XX");
        assert_eq!(shown.canonical(), DeviceId::new("APPLF17xx").unwrap());
        assert!(ShownDeviceId::new("a/b").is_err());
    }

    #[test]
    fn ids_that_could_not_name_a_stream_are_refused() {
        for bad in ["", " ", "a/b", "a\0", &"x".repeat(129)] {
            assert!(DeviceId::new(bad).is_err(), "{bad:?} was accepted");
        }
        assert!(DeviceId::from_bytes(&[]).is_err());
    }
}
