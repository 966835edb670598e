//! The query line in its two forms (MS-ASHTTP, "Request-URI"): plain `name=value` pairs, and one base64 blob that
//! also carries version and policy key. Both give the same [`Query`].

mod blob;
mod plain;
#[cfg(test)]
mod tests;

use syncledger_domain::ids::{DeviceId, DeviceType, ProtocolVersion, ShownDeviceId};

use super::verb::Verb;
use crate::context::Parameters;

/// What the query line says. Values that are missing or have an impossible form are errors with a text for the log:
/// what a client hears about them depends on its protocol version, which may stand in a header.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Query {
    /// What is asked for; `None` when there is no `Cmd`.
    pub verb: Option<Verb>,
    /// In the plain form the version and the key stand in headers.
    pub blob: Option<Blob>,
    /// As the user typed it; for comparison and logs only, the credentials decide.
    pub user: Option<String>,
    /// Canonical, the same in both forms.
    pub device_id: Result<DeviceId, String>,
    /// As the device writes it; `None` where that cannot be told: there is no valid one, or it came as bytes that are no
    /// text.
    pub shown_id: Option<ShownDeviceId>,
    /// As the device names its kind.
    pub device_type: Result<DeviceType, String>,
    /// Parameters of the command.
    pub parameters: Parameters,
}

/// What only the base64 form carries. It wins over the headers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blob {
    /// An error names a number nobody ever published.
    pub version: Result<ProtocolVersion, String>,
    /// `None` when the field is empty; 0 means "never provisioned".
    pub policy_key: Option<u32>,
}

/// A query that is in neither form.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum QueryError {
    /// There is none.
    #[error("no query")]
    Missing,
    /// Neither `Cmd=…` nor base64.
    #[error("query is neither plain (no Cmd) nor base64")]
    NotBase64,
    /// The blob ends inside a field.
    #[error("base64 query ends inside its {0}")]
    Truncated(&'static str),
    /// The policy key's length is neither 0 nor 4.
    #[error("policy key of {0} bytes in base64 query")]
    PolicyKeyLength(u8),
}

/// Reads a query line, without its `?`.
///
/// # Errors
/// [`QueryError`]; both forms take unknown parameters without complaint.
pub fn parse(query: &str) -> Result<Query, QueryError> {
    if query.is_empty() {
        return Err(QueryError::Missing);
    }
    let pairs = plain::pairs(query);
    if pairs.iter().any(|(name, _)| name.eq_ignore_ascii_case("Cmd")) {
        return Ok(plain::read(&pairs));
    }
    match blob::read(query) {
        // A plain query without Cmd, as some clients send with OPTIONS.
        Err(QueryError::NotBase64) if pairs.iter().any(|(name, _)| name.eq_ignore_ascii_case("DeviceId")) => {
            Ok(plain::read(&pairs))
        }
        read => read,
    }
}

/// Undoes `%XX`. A plus stays a plus: a user name may hold one, and no other value needs a space. What is not an
/// escape stays as it is.
fn unescape(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        let digits = hex.filter(|pair| pair.bytes().all(|b| b.is_ascii_hexdigit()));
        match (bytes[at], digits.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

/// UTF-8, or Latin-1 where it is not.
pub(super) fn utf8_or_latin1(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}
