//! The verdict: may this device of this account come in now?
//!
//! First the list (the couple of device and account, else the device), then the rules of the account's domain, then the
//! global ones; what is found there and the mode decide. A pure function: whichever node is asked gives the same answer.

use std::{fmt, sync::Arc};

use super::{AbqMode, CompiledRules, DeviceList, DeviceStatus, Entry, RuleRef};
use crate::{
    event::Timestamp,
    ids::{AccountId, DomainName, ShownDeviceId},
};

/// Who is judged.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Pair<'a> {
    /// The device, as it writes its id itself: rules tell cases apart.
    pub device: &'a ShownDeviceId,
    /// Whose.
    pub account: AccountId,
    /// Of which domain.
    pub domain: &'a DomainName,
}

/// What judges, the mode aside.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// The Device Control List.
    pub list: &'a DeviceList,
    /// The rules.
    pub rules: &'a CompiledRules,
    /// Whether the service `abq` runs.
    pub running: bool,
    /// The attribute `abqFailClosed`.
    pub fail_closed: bool,
}

/// What becomes of the request. Where it changes, the device starts anew: it sees another mailbox.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Decision {
    /// It goes to the real mailbox.
    Allow,
    /// It goes to the dummy mailbox, which says that the device is blocked.
    Block,
    /// It goes to the dummy mailbox, which says that the device waits for a decision.
    Quarantine,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "allow",
            Self::Block => "block",
            Self::Quarantine => "quarantine",
        })
    }
}

/// What the decision rests on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Why {
    /// Nobody judges: the service is stopped.
    ServiceStopped,
    /// Nobody judges: the mode is Disabled.
    Disabled,
    /// An entry of the list.
    Entry {
        /// The account, if the entry is of a couple.
        account: Option<AccountId>,
        /// The entry.
        entry: Entry,
    },
    /// A rule.
    Rule(Arc<RuleRef>),
    /// Nothing is said about the device: the mode alone.
    Nothing,
}

/// One sentence for people.
impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ServiceStopped => f.write_str("the service abq is stopped"),
            Self::Disabled => f.write_str("the mode is Disabled"),
            Self::Entry { account, entry } => {
                let of = if account.is_some() { "this device and account" } else { "this device" };
                write!(f, "the entry of {of} says {}", entry.status)?;
                entry.until.map_or(Ok(()), |until| write!(f, " until {until}"))
            }
            Self::Rule(rule) => {
                write!(f, "the {} rule {} '{}' says {}", rule.scope, rule.order, rule.regex, rule.status)
            }
            Self::Nothing => f.write_str("no entry and no rule is about this device"),
        }
    }
}

/// What else must be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SideEffect {
    /// Nothing.
    None,
    /// The device gets an entry Quarantined, for administrators to decide on.
    QuarantineEntry,
    /// It is remembered that a device nobody judged was turned away; it gets no entry.
    BlockObservation,
}

/// A decision with its reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// The decision.
    pub decision: Decision,
    /// Its reason.
    pub why: Why,
    /// The mode it was made in.
    pub mode: AbqMode,
    /// What else must be done.
    pub side_effect: SideEffect,
    /// Rules whose match was given up on the way.
    pub too_expensive: Vec<Arc<RuleRef>>,
}

/// Judges.
pub fn verdict(policy: &Policy<'_>, mode: AbqMode, pair: &Pair<'_>, now: Timestamp) -> Verdict {
    let of = |decision, why| Verdict {
        decision,
        why,
        mode,
        side_effect: SideEffect::None,
        too_expensive: Vec::new(),
    };
    if mode == AbqMode::Disabled {
        return of(Decision::Allow, Why::Disabled);
    }
    if !policy.running {
        let closed = policy.fail_closed && mode == AbqMode::Strict;
        return of(if closed { Decision::Block } else { Decision::Allow }, Why::ServiceStopped);
    }
    let (why, too_expensive) = look_up(policy, pair, now);
    let (decision, side_effect) = decide(&why, mode);
    Verdict { side_effect, too_expensive, ..of(decision, why) }
}

/// The first that is about this device: the couple's entry, the device's, a rule of the domain, a global rule; then an
/// entry the mode made because there was nothing of these.
fn look_up(policy: &Policy<'_>, pair: &Pair<'_>, now: Timestamp) -> (Why, Vec<Arc<RuleRef>>) {
    let id = pair.device.canonical();
    if let Some((account, entry)) = policy.list.explicit(&id, pair.account, now) {
        return (Why::Entry { account, entry }, Vec::new());
    }
    let says = policy.rules.ask(Some(pair.domain), pair.device);
    let by_mode = || policy.list.decisive(&id, Some(pair.account), now);
    let why = match says.matched {
        Some(rule) => Why::Rule(rule),
        None => by_mode().map_or(Why::Nothing, |(account, entry)| Why::Entry { account, entry }),
    };
    (why, says.too_expensive)
}

fn decide(why: &Why, mode: AbqMode) -> (Decision, SideEffect) {
    let status = match why {
        Why::ServiceStopped | Why::Disabled => return (Decision::Allow, SideEffect::None),
        Why::Entry { entry, .. } => Some(entry.status),
        Why::Rule(rule) => Some(rule.status),
        Why::Nothing => None,
    };
    let decision = match status {
        Some(DeviceStatus::Allowed) => Decision::Allow,
        Some(DeviceStatus::Blocked) => Decision::Block,
        // In Strict the entry stays: back in Interactive, the device waits for a decision as before.
        Some(DeviceStatus::Quarantined) | None => match mode {
            AbqMode::Disabled | AbqMode::Permissive => Decision::Allow,
            AbqMode::Interactive => Decision::Quarantine,
            AbqMode::Strict => Decision::Block,
        },
    };
    let side_effect = match (status, decision) {
        (None, Decision::Quarantine) => SideEffect::QuarantineEntry,
        // No entry, or a later change to Permissive would leave devices blocked nobody ever judged.
        (None, Decision::Block) => SideEffect::BlockObservation,
        (None, Decision::Allow) | (Some(_), _) => SideEffect::None,
    };
    (decision, side_effect)
}

/// Everything that judges, at one moment.
pub struct Regime<'a> {
    /// Lists, rules, service.
    pub policy: Policy<'a>,
    /// The mode that holds for a pair's account.
    pub mode: &'a dyn Fn(&Pair<'_>) -> AbqMode,
    /// The moment.
    pub now: Timestamp,
}

impl Regime<'_> {
    /// Judges.
    pub fn judge(&self, pair: &Pair<'_>) -> Verdict {
        verdict(&self.policy, (self.mode)(pair), pair, self.now)
    }
}

/// A pair whose decision changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Changed<'a> {
    /// Which.
    pub pair: Pair<'a>,
    /// As it was.
    pub before: Verdict,
    /// As it is.
    pub after: Verdict,
}

/// The pairs whose decision is another after a change, be it of an entry, a rule, a mode, the service, or the time: they
/// start anew, and their waiting requests end. Where the decision is the same for another reason, nothing happens: an
/// import of five thousand allowed devices makes none of them start anew.
pub fn affected<'a>(
    before: &Regime<'_>,
    after: &Regime<'_>,
    pairs: impl IntoIterator<Item = Pair<'a>>,
) -> Vec<Changed<'a>> {
    let judged = pairs.into_iter().map(|pair| Changed {
        pair,
        before: before.judge(&pair),
        after: after.judge(&pair),
    });
    judged.filter(|changed| changed.before.decision != changed.after.decision).collect()
}
