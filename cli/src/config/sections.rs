//! Smaller sections.

use anyhow::anyhow;
use serde::Deserialize;
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
