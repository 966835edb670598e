//! Who the phone is and how it speaks.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

/// A protocol version the phone speaks. MS-ASHTTP, "MS-ASProtocolVersion".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Version {
    /// 12.1: MIME uploads, provisioning by HTTP 449.
    #[serde(rename = "12.1")]
    V12_1,
    /// 14.0: `ComposeMail`, `HeartbeatInterval`, statuses above 100.
    #[serde(rename = "14.0")]
    V14_0,
    /// 14.1: device information within Provision.
    #[serde(rename = "14.1")]
    V14_1,
    /// 16.0: drafts, calendar deltas.
    #[serde(rename = "16.0")]
    V16_0,
    /// 16.1: account-only wipe, Find.
    #[serde(rename = "16.1")]
    V16_1,
}

impl Version {
    /// All, ascending.
    pub const ALL: [Self; 5] = [Self::V12_1, Self::V14_0, Self::V14_1, Self::V16_0, Self::V16_1];

    /// As in the header: `14.1`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V12_1 => "12.1",
            Self::V14_0 => "14.0",
            Self::V14_1 => "14.1",
            Self::V16_0 => "16.0",
            Self::V16_1 => "16.1",
        }
    }

    /// As in the base64 query: version × 10. MS-ASHTTP, "Base64 Encoded Query Value".
    pub const fn byte(self) -> u8 {
        match self {
            Self::V12_1 => 121,
            Self::V14_0 => 140,
            Self::V14_1 => 141,
            Self::V16_0 => 160,
            Self::V16_1 => 161,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not one of the versions the phone speaks.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0:?} is none of the protocol versions 12.1, 14.0, 14.1, 16.0, 16.1")]
pub struct UnknownVersion(pub String);

impl FromStr for Version {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        Self::ALL
            .into_iter()
            .find(|version| version.as_str() == text)
            .ok_or_else(|| UnknownVersion(text.to_owned()))
    }
}

/// Which version to speak.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum VersionChoice {
    /// The highest one that both sides know, by OPTIONS.
    #[default]
    Highest,
    /// This one; OPTIONS is not needed for it.
    Fixed(Version),
}

/// How the command line is written into the URI. MS-ASHTTP, "Request-URI".
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum QueryForm {
    /// `Cmd=Sync&User=…`; version and policy key in headers.
    #[default]
    Plain,
    /// All of it packed in base64.
    Base64,
}

/// Whose certificates are accepted with `https`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Trust {
    /// The system's roots.
    #[default]
    System,
    /// The system's roots and those of this PEM text.
    SystemAnd(Vec<u8>),
    /// Any certificate at all. For tests only.
    Anything,
}

/// A password; `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// The secret itself, for the Authorization header.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Password {
    fn from(secret: T) -> Self {
        Self(secret.into())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Which form of bodies to ask for. MS-ASAIRS, "`BodyPreference`".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BodyChoice {
    /// 1 plain text, 2 HTML, 4 MIME.
    pub kind: u8,
    /// Bytes of the body; `None` is all of it.
    pub truncation_size: Option<u32>,
}

impl BodyChoice {
    /// The whole message as MIME.
    pub const WHOLE_MIME: Self = Self { kind: 4, truncation_size: None };
}

/// How long to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeouts {
    /// For the connection, TLS included.
    pub connect: Duration,
    /// For the answer to a command that does not wait.
    pub answer: Duration,
    /// Beyond the heartbeat, for the answer to one that does.
    pub grace: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            answer: Duration::from_mins(1),
            grace: Duration::from_secs(15),
        }
    }
}

/// What to do when an answer does not come, or is 503: the identical request again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Repeat {
    /// How often to repeat; 0 hands the failure to the caller, whose next call makes the same request.
    pub times: u32,
    /// Pause before each.
    pub pause: Duration,
    /// Upper bound for the pause a server asks for with `Retry-After`.
    pub longest_pause: Duration,
}

impl Default for Repeat {
    fn default() -> Self {
        Self { times: 2, pause: Duration::from_millis(200), longest_pause: Duration::from_secs(5) }
    }
}

/// What the phone says about itself. MS-ASCMD, "`DeviceInformation` (Settings)".
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the elements' own names, and free text all of them")]
pub struct DeviceInformation {
    pub model: String,
    pub friendly_name: String,
    pub os: String,
    pub os_language: String,
}

impl Default for DeviceInformation {
    fn default() -> Self {
        Self {
            model: "Simulated".to_owned(),
            friendly_name: "Simulated phone".to_owned(),
            os: "Simulator 1".to_owned(),
            os_language: "en-US".to_owned(),
        }
    }
}

/// Everything about a phone that is not learnt from the server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PhoneConfig {
    /// `http://host[:port]` or `https://…`; a path replaces `/Microsoft-Server-ActiveSync`.
    pub base_url: String,
    /// User name as typed into the account form.
    pub user: String,
    /// Its password.
    pub password: Password,
    /// `DeviceId`: 1–32 letters and digits.
    pub device_id: String,
    /// `DeviceType`.
    pub device_type: String,
    /// `User-Agent` header.
    pub user_agent: String,
    /// What Provision or Settings says about the device.
    pub device_information: DeviceInformation,
    /// Protocol version.
    pub version: VersionChoice,
    /// Form of the query.
    pub query: QueryForm,
    /// MS-LCID in the base64 query.
    pub locale: u16,
    /// Whether answers may be compressed.
    pub gzip: bool,
    /// Whether request bodies are compressed.
    pub gzip_requests: bool,
    /// `WindowSize`, 1–512.
    pub window_size: u16,
    /// `FilterType`; `None` leaves it out (no limit).
    pub filter_type: Option<u8>,
    /// Body to ask for with each item; `None` asks for nothing in particular.
    pub body: Option<BodyChoice>,
    /// Whether body texts are kept in the store, or only their sizes and fingerprints.
    pub keep_bodies: bool,
    /// Prefix of `ClientId`s, at most 20 characters. They count up from one within a phone's memory, so a new phone with the same
    /// `device_id` needs another prefix.
    pub client_id_prefix: String,
    /// Whom to trust with TLS.
    pub trust: Trust,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// When an answer is lost.
    pub repeat: Repeat,
    /// Bound on one answer, compressed and uncompressed.
    pub max_answer_bytes: usize,
    /// Bound on requests for one folder's windows in a row, against a server that never ends.
    pub max_rounds: u32,
}

impl PhoneConfig {
    /// A phone with usual settings: highest version, plain query, gzip, windows of 100, HTML up to 200 000 bytes.
    pub fn new(base_url: impl Into<String>, user: impl Into<String>, password: impl Into<Password>) -> Self {
        Self {
            base_url: base_url.into(),
            user: user.into(),
            password: password.into(),
            device_id: "simulated1".to_owned(),
            device_type: "SimPhone".to_owned(),
            user_agent: "syncledger-simulator/0.1".to_owned(),
            device_information: DeviceInformation::default(),
            version: VersionChoice::default(),
            query: QueryForm::default(),
            locale: 0x0409,
            gzip: true,
            gzip_requests: false,
            window_size: 100,
            filter_type: None,
            body: Some(BodyChoice { kind: 2, truncation_size: Some(200_000) }),
            keep_bodies: false,
            client_id_prefix: "sim".to_owned(),
            trust: Trust::default(),
            timeouts: Timeouts::default(),
            repeat: Repeat::default(),
            max_answer_bytes: 64 << 20,
            max_rounds: 10_000,
        }
    }

    /// The same with another `DeviceId`.
    #[must_use]
    pub fn device_id(mut self, device_id: impl Into<String>) -> Self {
        self.device_id = device_id.into();
        self
    }

    /// The same with this protocol version, without negotiation.
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        self.version = VersionChoice::Fixed(version);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_read_back_and_others_are_refused() {
        for version in Version::ALL {
            assert_eq!(version.as_str().parse(), Ok(version));
        }
        assert_eq!("2.5".parse::<Version>(), Err(UnknownVersion("2.5".to_owned())));
    }

    #[test]
    fn debug_does_not_show_the_password() {
        let config = PhoneConfig::new("http://127.0.0.1:1", "alice@example.com", "hunter2");
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
