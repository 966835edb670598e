//! Events of account loggers.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    event::{Timestamp, stored_events},
    ids::{AccountId, InvalidId},
};

/// Number of a logger; it grows and is never given again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct LoggerId(pub u32);

impl fmt::Display for LoggerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for LoggerId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        text.trim().parse().map(Self).map_err(|_| InvalidId::new("logger", text, "a number such as 7"))
    }
}

/// How much a logger writes; each level includes those before it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Level {
    /// Failures of the server itself.
    Crit,
    /// Failures.
    Err,
    /// Refused and odd requests, too.
    Warn,
    /// One line for every request, too.
    Info,
    /// Decoded documents, too.
    Debug,
    /// Headers and raw bytes, too.
    Trace,
}

impl Level {
    /// All of them, from the least to the most.
    pub const ALL: [Self; 6] = [Self::Crit, Self::Err, Self::Warn, Self::Info, Self::Debug, Self::Trace];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crit => "crit",
            Self::Err => "err",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Level {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let found = Self::ALL.into_iter().find(|level| level.as_str().eq_ignore_ascii_case(text.trim()));
        found.ok_or_else(|| InvalidId::new("level", text, "trace, debug, info, warn, err or crit"))
    }
}

/// A logger was set up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LoggerAdded {
    /// Its number.
    pub id: LoggerId,
    /// Whose requests it writes down.
    pub account: AccountId,
    /// How much.
    pub level: Level,
    /// Where to, an absolute path.
    pub file: String,
    /// Most items of a collection in one answer to any device of the account while it runs.
    pub window_size: Option<u32>,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
}

/// Why a logger ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum LoggerEnd {
    /// An administrator ended it.
    Removed,
    /// Its time was over.
    Expired,
    /// Its file could not be written.
    Unwritable(String),
}

/// A logger ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LoggerRemoved {
    /// Which.
    pub id: LoggerId,
    /// Why.
    pub cause: LoggerEnd,
}

stored_events! {
    /// What can happen to account loggers.
    pub enum LoggersEvent {
        /// One was set up.
        "logger-added" 1 => Added(LoggerAdded);
        /// One ended.
        "logger-removed" 1 => Removed(LoggerRemoved);
    }
}
