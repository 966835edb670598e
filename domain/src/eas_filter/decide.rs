//! Decisions about the list of filters.

use super::{
    FilterAdded, FilterDeleted, FilterMoved, FilterRef, FilterUid, Filters, FiltersEvent, Mode, Preset, Rule,
    RuleError,
};
use crate::{codes, ids::ProtocolVersion};

/// Most filters of a list: every request asks them all.
pub const MAX_FILTERS: usize = 1000;

/// Why the list stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such filter.
    #[error("there is no filter '{0}'")]
    NoSuchFilter(FilterRef),
    /// The rule is none.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// No such version of the protocol was ever published.
    #[error(
        "'{0}' is not a version of the protocol: known are 2.0, 2.1, 2.5, 12.0, 12.1, 14.0, 14.1, 16.0 and 16.1"
    )]
    UnknownVersion(String),
    /// A filter without versions would do nothing.
    #[error("a filter needs at least one version")]
    NoVersions,
    /// The list is full.
    #[error("there are {MAX_FILTERS} filters already, which is the most there can be")]
    TooMany,
}

impl Refusal {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchFilter(_) => codes::NO_SUCH_ENTRY,
            Self::Rule(error) => error.code(),
            Self::UnknownVersion(_) => codes::UNKNOWN_EAS_VERSION,
            Self::NoVersions | Self::TooMany => codes::INVALID_VALUE,
        }
    }
}

/// A filter that is not in the list yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// Whom it is about.
    pub rule: Rule,
    /// What it does.
    pub mode: Mode,
    /// With which versions.
    pub versions: Vec<ProtocolVersion>,
    /// Whether a match ends the run.
    pub blocking: bool,
}

type Decided = Result<Vec<FiltersEvent>, Refusal>;

/// Adds a filter, at the end unless a position is given; past the end is the end. Two filters may say the same: what a
/// filter does depends on where it stands.
///
/// # Errors
/// [`Refusal::NoVersions`], [`Refusal::TooMany`].
pub fn add(filters: &Filters, draft: &Draft, position: Option<usize>) -> Decided {
    let len = filters.list.len();
    if len >= MAX_FILTERS {
        return Err(Refusal::TooMany);
    }
    added(draft, filters.last_uid.saturating_add(1), position.unwrap_or(len).min(len))
        .map(|event| vec![event])
}

fn added(draft: &Draft, uid: u32, at: usize) -> Result<FiltersEvent, Refusal> {
    let mut versions = draft.versions.clone();
    versions.sort_unstable();
    versions.dedup();
    if versions.is_empty() {
        return Err(Refusal::NoVersions);
    }
    Ok(FiltersEvent::Added(FilterAdded {
        uid: FilterUid(uid),
        rule: draft.rule.clone(),
        mode: draft.mode,
        versions,
        blocking: draft.blocking,
        at: place(at),
    }))
}

/// Takes a filter out of the list and puts it in again so that it ends at `to`; past the end is the end. Nothing happens
/// when it stands there already.
///
/// # Errors
/// [`Refusal::NoSuchFilter`].
pub fn move_to(filters: &Filters, name: FilterRef, to: usize) -> Decided {
    let from = filters.position(name).ok_or(Refusal::NoSuchFilter(name))?;
    let to = to.min(filters.list.len() - 1);
    if from == to {
        return Ok(Vec::new());
    }
    Ok(vec![FiltersEvent::Moved(FilterMoved { uid: filters.list[from].uid, to: place(to) })])
}

/// Takes a filter out of the list; later ones move up by one.
///
/// # Errors
/// [`Refusal::NoSuchFilter`].
pub fn delete(filters: &Filters, name: FilterRef) -> Decided {
    let at = filters.position(name).ok_or(Refusal::NoSuchFilter(name))?;
    Ok(vec![FiltersEvent::Deleted(FilterDeleted { uid: filters.list[at].uid })])
}

/// Makes the list a preset: what is there goes, the preset's rows come. Nothing happens when the list says that already.
///
/// # Errors
/// None that a preset of ours can cause.
pub fn apply_preset(filters: &Filters, preset: Preset) -> Decided {
    let drafts = preset.drafts();
    let there = filters.list.iter().map(|filter| Draft {
        rule: filter.rule.clone(),
        mode: filter.mode,
        versions: filter.versions.clone(),
        blocking: filter.blocking,
    });
    if there.eq(drafts.iter().cloned()) {
        return Ok(Vec::new());
    }
    let mut events: Vec<_> =
        filters.list.iter().map(|filter| FiltersEvent::Deleted(FilterDeleted { uid: filter.uid })).collect();
    for ((at, draft), uid) in drafts.iter().enumerate().zip(filters.last_uid.saturating_add(1)..) {
        events.push(added(draft, uid, at)?);
    }
    Ok(events)
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
