//! Filters on protocol versions: which versions a client is offered, by its `User-Agent`, its account and its domain.
//!
//! One ordered list for the whole installation. The versions the server speaks run through it from the first filter to
//! the last; each filter whose rule matches rewrites the pool, and a blocking one that matches ends the run. Pure
//! functions all the way: [`pool`] answers every OPTIONS and every POST, and its steps are what `explain` prints.
//!
//! A new kind of rule is a variant of [`Condition`] (at the end: filters are stored), an arm in `matches`, and a row in
//! the parser.

mod decide;
mod event;
mod pool;
mod presets;
#[cfg(test)]
mod properties;
mod rule;
#[cfg(test)]
mod tests;
mod text;
mod versions;

pub use decide::{Draft, MAX_FILTERS, Refusal, add, apply_preset, delete, move_to};
pub use event::{FilterAdded, FilterDeleted, FilterMoved, FilterUid, FiltersEvent, Mode};
pub use pool::{Client, Pool, Step, Warning, pool, warnings};
pub use presets::Preset;
pub use rule::{AccountName, Condition, Rule, RuleError};
pub use text::{Needle, Pattern};
pub use versions::parse_versions;

use crate::{Aggregate, ids::ProtocolVersion};

/// A filter of the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filter {
    /// Its stable name, whatever its position.
    pub uid: FilterUid,
    /// Whom it is about.
    pub rule: Rule,
    /// What it does to the pool.
    pub mode: Mode,
    /// The versions it does that with, ascending.
    pub versions: Vec<ProtocolVersion>,
    /// Whether a match ends the run.
    pub blocking: bool,
}

/// The list of filters, in the order they are asked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filters {
    /// From the first to the last; the position is the number administrators see.
    pub list: Vec<Filter>,
    /// Number of the youngest filter there ever was.
    pub last_uid: u32,
}

impl Filters {
    /// Where a filter stands that is named by its position or by its uid.
    pub fn position(&self, name: FilterRef) -> Option<usize> {
        match name {
            FilterRef::Position(position) => (position < self.list.len()).then_some(position),
            FilterRef::Uid(uid) => self.list.iter().position(|filter| filter.uid == uid),
        }
    }

    /// The same filter by its uid, so that it stays the one that was meant when others move; what names none stays as it
    /// is.
    #[must_use]
    pub fn pinned(&self, name: FilterRef) -> FilterRef {
        self.position(name).map_or(name, |position| FilterRef::Uid(self.list[position].uid))
    }
}

impl Aggregate for Filters {
    type Event = FiltersEvent;

    fn evolve(&mut self, event: &FiltersEvent) {
        match event {
            FiltersEvent::Added(added) => {
                self.last_uid = self.last_uid.max(added.uid.0);
                let filter = Filter {
                    uid: added.uid,
                    rule: added.rule.clone(),
                    mode: added.mode,
                    versions: added.versions.clone(),
                    blocking: added.blocking,
                };
                let at = clamp(added.at, self.list.len());
                self.list.insert(at, filter);
            }
            FiltersEvent::Moved(moved) => {
                if let Some(from) = self.position(FilterRef::Uid(moved.uid)) {
                    let filter = self.list.remove(from);
                    let to = clamp(moved.to, self.list.len());
                    self.list.insert(to, filter);
                }
            }
            FiltersEvent::Deleted(deleted) => self.list.retain(|filter| filter.uid != deleted.uid),
        }
    }
}

/// Past the end is the end.
fn clamp(at: u32, len: usize) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX).min(len)
}

/// A filter as administrators name it: by its position (`2`), which changes when others move, or by its uid (`f7`), which
/// does not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FilterRef {
    /// From 0.
    Position(usize),
    /// Stable.
    Uid(FilterUid),
}

impl std::fmt::Display for FilterRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Position(position) => position.fmt(f),
            Self::Uid(uid) => uid.fmt(f),
        }
    }
}

impl std::str::FromStr for FilterRef {
    type Err = crate::ids::InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return text.parse().map(Self::Uid);
        }
        text.parse().map(Self::Position).map_err(|_| FilterUid::invalid(text))
    }
}
