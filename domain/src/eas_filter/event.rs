//! Events of the list of filters.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::Rule;
use crate::{
    event::stored_events,
    ids::{InvalidId, ProtocolVersion},
};

/// The stable name of a filter, `f1`, `f2`, …; never given to another one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct FilterUid(pub u32);

impl FilterUid {
    pub(super) fn invalid(text: &str) -> InvalidId {
        let value = text.chars().take(80).collect();
        InvalidId { field: "filter", value, allowed: "a position such as 0, or a uid such as f7" }
    }
}

impl fmt::Display for FilterUid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "f{}", self.0)
    }
}

impl FromStr for FilterUid {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let digits =
            text.strip_prefix(['f', 'F']).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
        digits.and_then(|digits| digits.parse().ok()).map(Self).ok_or_else(|| Self::invalid(text))
    }
}

/// What a matching filter does to the pool of versions. Nothing a filter does brings in a version the server does not
/// speak.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Mode {
    /// The filter's versions replace the pool, whatever the filters before did.
    Fixed,
    /// Versions above the greatest of the filter's go.
    Limit,
    /// The filter's versions come in.
    Add,
    /// The filter's versions go.
    Subtract,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Fixed, Self::Limit, Self::Add, Self::Subtract];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Limit => "limit",
            Self::Add => "add",
            Self::Subtract => "subtract",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Mode {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let found = Self::ALL.into_iter().find(|mode| mode.as_str().eq_ignore_ascii_case(text.trim()));
        found.ok_or_else(|| InvalidId {
            field: "mode",
            value: text.chars().take(80).collect(),
            allowed: "fixed, limit, add or subtract",
        })
    }
}

/// A filter came into the list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FilterAdded {
    /// Its stable name.
    pub uid: FilterUid,
    /// Whom it is about.
    pub rule: Rule,
    /// What it does.
    pub mode: Mode,
    /// With which versions, ascending.
    pub versions: Vec<ProtocolVersion>,
    /// Whether a match ends the run.
    pub blocking: bool,
    /// Its position; past the end is the end.
    pub at: u32,
}

/// A filter stands elsewhere in the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FilterMoved {
    /// Which.
    pub uid: FilterUid,
    /// Its position once it is taken out of the list and put in again; past the end is the end.
    pub to: u32,
}

/// A filter left the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FilterDeleted {
    /// Which.
    pub uid: FilterUid,
}

stored_events! {
    /// What can happen to the list of filters.
    pub enum FiltersEvent {
        /// One came in.
        "filter-added" 1 => Added(FilterAdded);
        /// One stands elsewhere.
        "filter-moved" 1 => Moved(FilterMoved);
        /// One left.
        "filter-deleted" 1 => Deleted(FilterDeleted);
    }
}
