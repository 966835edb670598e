//! The pool of versions a client is offered, and how the filters made it.

use super::{Filter, FilterUid, Mode};
use crate::ids::{AccountId, Address, DomainName, ProtocolVersion};

/// What filters can know of a client.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    /// The header `User-Agent` of the request, never a device type or id; empty when there is none.
    pub user_agent: &'a str,
    /// The account it is logged in as.
    pub account: AccountId,
    /// That account's primary address.
    pub address: &'a Address,
    /// That account's domain.
    pub domain: &'a DomainName,
}

/// What a client is offered, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pool {
    /// The versions, ascending. None: the client must be refused.
    pub versions: Vec<ProtocolVersion>,
    /// The filters that matched, in order.
    pub steps: Vec<Step>,
}

/// What one matching filter did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Where it stands in the list.
    pub position: usize,
    /// Its stable name.
    pub uid: FilterUid,
    /// What it does.
    pub mode: Mode,
    /// The pool after it.
    pub pool: Vec<ProtocolVersion>,
    /// Whether it ended the run.
    pub stopped: bool,
}

impl Pool {
    /// The filter that left nothing, when nothing is left: the first one after which the pool stayed empty.
    pub fn emptied_by(&self) -> Option<&Step> {
        if !self.versions.is_empty() {
            return None;
        }
        let filled = self.steps.iter().rposition(|step| !step.pool.is_empty());
        self.steps.get(filled.map_or(0, |last| last + 1))
    }
}

/// Runs the versions the server speaks through the filters.
///
/// `implemented` may come in any order; what comes out is ascending and a subset of it.
pub fn pool(filters: &[Filter], implemented: &[ProtocolVersion], client: &Client<'_>) -> Pool {
    let agent_lower = client.user_agent.to_lowercase();
    run(filters, implemented, |_, filter| filter.rule.matches(client, &agent_lower))
}

fn run(
    filters: &[Filter],
    implemented: &[ProtocolVersion],
    matches: impl Fn(usize, &Filter) -> bool,
) -> Pool {
    let mut versions = implemented.to_vec();
    versions.sort_unstable();
    versions.dedup();
    let mut steps = Vec::new();
    for (position, filter) in filters.iter().enumerate() {
        if !matches(position, filter) {
            continue;
        }
        apply(filter, implemented, &mut versions);
        let (uid, mode, stopped) = (filter.uid, filter.mode, filter.blocking);
        steps.push(Step { position, uid, mode, pool: versions.clone(), stopped });
        if stopped {
            break;
        }
    }
    Pool { versions, steps }
}

fn apply(filter: &Filter, implemented: &[ProtocolVersion], pool: &mut Vec<ProtocolVersion>) {
    let own = || filter.versions.iter().copied().filter(|version| implemented.contains(version));
    match filter.mode {
        Mode::Fixed => *pool = own().collect(),
        // A ceiling, not an intersection: `limit 14.1` must leave 12.1 clients alone.
        Mode::Limit => {
            let ceiling = filter.versions.iter().max();
            pool.retain(|version| ceiling.is_none_or(|ceiling| version <= ceiling));
        }
        Mode::Add => pool.extend(own()),
        Mode::Subtract => pool.retain(|version| !filter.versions.contains(version)),
    }
    pool.sort_unstable();
    pool.dedup();
}

/// What an administrator should look at twice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Warning {
    /// A `limit` names several versions; only the greatest counts.
    LimitWithSeveral {
        /// The filter.
        uid: FilterUid,
        /// The one that counts.
        ceiling: ProtocolVersion,
    },
    /// Nothing is left for a client that matches every filter; it would be refused.
    NothingLeftForAll {
        /// The filter that leaves nothing.
        uid: FilterUid,
    },
    /// Nothing is left for a client that matches this filter, and of the others only those that match everybody.
    NothingLeft {
        /// The filter.
        uid: FilterUid,
    },
}

/// Goes through the list as clients would. In the order of the list, what concerns all clients first.
pub fn warnings(filters: &[Filter], implemented: &[ProtocolVersion]) -> Vec<Warning> {
    let all = run(filters, implemented, |_, _| true);
    let mut warnings: Vec<_> =
        all.emptied_by().map(|step| Warning::NothingLeftForAll { uid: step.uid }).into_iter().collect();
    for (at, filter) in filters.iter().enumerate() {
        if let (Mode::Limit, [_, .., greatest]) = (filter.mode, filter.versions.as_slice()) {
            warnings.push(Warning::LimitWithSeveral { uid: filter.uid, ceiling: *greatest });
        }
        let alone = run(filters, implemented, |position, other| {
            position == at || matches!(other.rule, super::Rule::Always)
        });
        if alone.versions.is_empty() && alone.steps.iter().any(|step| step.position == at) {
            warnings.push(Warning::NothingLeft { uid: filter.uid });
        }
    }
    warnings
}
