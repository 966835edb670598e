//! Smaller sections.

use std::{fmt, path::PathBuf, str::FromStr};

use anyhow::anyhow;
use serde::{Deserialize, Deserializer};
use syncledger_domain::ids::{Address, NodeName};
use tracing_subscriber::EnvFilter;

/// Says what to log, whatever the file says.
const FILTER_VARIABLE: &str = "SYNCLEDGER_LOG";

/// How logins are checked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LoginSection {
    /// Domain of user names without one.
    pub(crate) default_domain: Option<String>,
    /// Seconds a checked login is remembered (as a keyed digest, never the password); 0 checks every request.
    pub(crate) remember_seconds: u32,
}

impl Default for LoginSection {
    fn default() -> Self {
        Self { default_domain: None, remember_seconds: 300 }
    }
}

/// Bounds of memory and sizes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// Memory for folder indexes, megabytes.
    pub(crate) index_cache_mb: usize,
    /// Memory for sync states, megabytes.
    pub(crate) state_cache_mb: u64,
    /// Largest request body, megabytes.
    pub(crate) max_request_mb: usize,
    /// Messages beyond this are synchronised in part, megabytes.
    pub(crate) max_message_mb: u32,
    /// Connections at a time, of everybody; each waiting device has one. 0 is no limit.
    pub(crate) max_connections: usize,
    /// Connections at a time of one IPv4 address, or one IPv6 network of 64 bits. Generous, because a company or the cloud
    /// of a mail app can stand behind one; trusted proxies are not counted. 0 is no limit.
    pub(crate) max_connections_per_address: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            index_cache_mb: 256,
            state_cache_mb: 256,
            max_request_mb: 64,
            max_message_mb: 32,
            max_connections: 20_000,
            max_connections_per_address: 5_000,
        }
    }
}

/// Log output.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LogSection {
    /// `text` or `json`.
    pub(crate) format: LogFormat,
    /// What to log, as `info` or `info,syncledger_eas=debug`; the environment variable `SYNCLEDGER_LOG` wins.
    pub(crate) filter: String,
}

impl Default for LogSection {
    fn default() -> Self {
        Self { format: LogFormat::default(), filter: "info".to_owned() }
    }
}

impl LogSection {
    /// What to log: the environment variable `SYNCLEDGER_LOG`, else `filter`.
    ///
    /// # Errors
    /// When the one that counts is none.
    pub(crate) fn filter(&self) -> anyhow::Result<EnvFilter> {
        let environment = std::env::var(FILTER_VARIABLE).ok().filter(|text| !text.is_empty());
        let (name, text) = match &environment {
            Some(text) => (FILTER_VARIABLE, text),
            None => ("log.filter", &self.filter),
        };
        EnvFilter::try_new(text).map_err(|error| {
            anyhow!("{name} is '{text}': allowed is a level (error, warn, info, debug, trace), or several as `info,syncledger_eas=debug` ({error})")
        })
    }
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    #[default]
    Text,
    Json,
}

/// Files of account loggers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LogsSection {
    /// The directory they lie in; without one, `logs` in the data directory. It is made when it is missing.
    pub(crate) dir: Option<PathBuf>,
    /// Whether they may lie elsewhere, too: anywhere the server may write, its own data excepted.
    pub(crate) allow_any_path: bool,
}

/// Seals of the event log.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Seal {
    /// Minutes between two seals; none is made while nothing was appended. 0 never seals.
    pub(crate) interval_minutes: u32,
}

impl Default for Seal {
    fn default() -> Self {
        Self { interval_minutes: 60 }
    }
}

/// Mail to administrators. To whom it goes is the attribute `notificationRecipients`; this is for where that is not set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Notifications {
    /// Gets the mail when no recipient is set; without one, the postmaster of the first domain does.
    #[serde(deserialize_with = "checked")]
    pub(crate) administrator: Option<Address>,
    /// Whom the mail is from; without one, its first recipient.
    #[serde(deserialize_with = "checked")]
    pub(crate) sender: Option<Address>,
}

/// A text that has to have the form its type asks for.
pub(super) fn checked<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

/// The host's name as the name of a node: what a node's name cannot have becomes `-`.
pub(super) fn host_name() -> NodeName {
    let read = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    node_of_host(&read)
}

fn node_of_host(host: &str) -> NodeName {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let cleaned: String = host.trim().chars().map(|c| if good(c) { c } else { '-' }).take(64).collect();
    NodeName::new(&cleaned)
        .or_else(|_| NodeName::new("localhost"))
        .expect("localhost has the form of a node's name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_host_name_makes_a_node_name() {
        for (host, node) in [
            ("Mail1.example.com\n", "mail1.example.com"),
            ("", "localhost"),
            ("  \n", "localhost"),
            ("käse box", "k-se-box"),
        ] {
            assert_eq!(node_of_host(host).as_str(), node, "{host}");
        }
        assert_eq!(node_of_host(&"x".repeat(300)).as_str().len(), 64);
    }
}
