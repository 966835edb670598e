//! Protocol versions.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::InvalidId;

/// A protocol version as `major * 10 + minor`, the form of the base64 query (MS-ASHTTP, "Protocol Version").
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProtocolVersion(u8);

impl ProtocolVersion {
    /// 2.5, known and not served.
    pub const V2_5: Self = Self(25);
    /// 12.0, known and not served.
    pub const V12_0: Self = Self(120);
    /// 12.1
    pub const V12_1: Self = Self(121);
    /// 14.0
    pub const V14_0: Self = Self(140);
    /// 14.1
    pub const V14_1: Self = Self(141);
    /// 16.0
    pub const V16_0: Self = Self(160);
    /// 16.1
    pub const V16_1: Self = Self(161);

    /// Every version this server can speak, ascending (Android takes the last one it knows).
    pub const SERVED: [Self; 5] = [Self::V12_1, Self::V14_0, Self::V14_1, Self::V16_0, Self::V16_1];

    /// From the byte of the base64 query.
    ///
    /// # Errors
    /// When no such version was ever published.
    pub fn from_number(number: u8) -> Result<Self, InvalidId> {
        match number {
            10 | 20 | 21 | 25 | 120 | 121 | 140 | 141 | 160 | 161 => Ok(Self(number)),
            _ => Err(InvalidId::new("protocol version", &number.to_string(), "121, 140, 141, 160 or 161")),
        }
    }

    /// `major * 10 + minor`.
    pub fn number(self) -> u8 {
        self.0
    }

    /// From 14.0 on most errors travel as Status inside an HTTP 200 (MS-ASHTTP, "HTTP Status Codes").
    pub fn reports_errors_in_body(self) -> bool {
        self >= Self::V14_0
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

impl fmt::Debug for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProtocolVersion({self})")
    }
}

impl FromStr for ProtocolVersion {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let refuse = || InvalidId::new("protocol version", text, "12.1, 14.0, 14.1, 16.0 or 16.1");
        let (major, minor) = text.trim().split_once('.').ok_or_else(refuse)?;
        let number = |part: &str| part.parse::<u8>().map_err(|_| refuse());
        let number = number(major)?
            .checked_mul(10)
            .and_then(|m| m.checked_add(number(minor).ok()?))
            .ok_or_else(refuse)?;
        Self::from_number(number).map_err(|_| refuse())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_read_back_as_written() {
        for version in ProtocolVersion::SERVED {
            assert_eq!(version.to_string().parse::<ProtocolVersion>().unwrap(), version);
            assert_eq!(ProtocolVersion::from_number(version.number()).unwrap(), version);
        }
        for bad in ["", "14", "14.2", "999.9", "25.7", "-1.0", "14.1.0"] {
            assert!(bad.parse::<ProtocolVersion>().is_err(), "{bad:?} was accepted");
        }
    }
}
