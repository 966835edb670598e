//! What passwords for single services are called, and which services there are.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::ids::InvalidId;

/// Letters and digits nobody takes for one another: no `0 O 1 l I o`, and 32 of them, so that five random bits are one.
pub(super) const READABLE: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// The name of a password for single services, five letters or digits; unique in its account. Case counts.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct CredentialId(String);

impl CredentialId {
    /// Letters and digits of an id.
    pub const LEN: usize = 5;

    /// Checks an id.
    ///
    /// # Errors
    /// When it is not five ASCII letters or digits.
    pub fn new(text: &str) -> Result<Self, InvalidId> {
        if text.len() != Self::LEN || !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(InvalidId {
                field: "password id",
                value: text.chars().take(80).collect(),
                allowed: "five letters or digits",
            });
        }
        Ok(Self(text.to_owned()))
    }

    /// An id from random bytes.
    pub fn from_random(random: [u8; Self::LEN]) -> Self {
        Self(random.map(readable).iter().collect())
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Five of the byte's bits as a letter or digit.
pub(super) fn readable(byte: u8) -> char {
    char::from(READABLE[usize::from(byte & 31)])
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for CredentialId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::new(text)
    }
}

/// A service a password may open. This server itself knows [`Service::Eas`], which also opens Autodiscover and the LDAP
/// address book; the others are kept for those who ask the directory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Service {
    /// Exchange ActiveSync.
    Eas,
    /// A vendor's own app, set up by QR code.
    MobileApp,
    /// `CalDAV` and `CardDAV`.
    Dav,
    /// IMAP.
    Imap,
    /// POP3.
    Pop3,
    /// SMTP submission.
    Smtp,
    /// The web client.
    WebUi,
    /// The administrators' web client.
    WebAdminUi,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Eas,
        Self::MobileApp,
        Self::Dav,
        Self::Imap,
        Self::Pop3,
        Self::Smtp,
        Self::WebUi,
        Self::WebAdminUi,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eas => "EAS",
            Self::MobileApp => "MobileApp",
            Self::Dav => "Dav",
            Self::Imap => "IMAP",
            Self::Pop3 => "POP3",
            Self::Smtp => "SMTP",
            Self::WebUi => "WebUI",
            Self::WebAdminUi => "WebAdminUI",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Service {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let found = Self::ALL.into_iter().find(|service| service.as_str().eq_ignore_ascii_case(text.trim()));
        found.ok_or_else(|| InvalidId {
            field: "service",
            value: text.chars().take(80).collect(),
            allowed: "EAS, MobileApp, Dav, IMAP, POP3, SMTP, WebUI or WebAdminUI",
        })
    }
}
