//! Decisions about entries and rules.

use std::fmt;

use super::{
    AbqEvent, CompiledRules, DeviceControl, DeviceStatus, DeviceStatusDeleted, DeviceStatusSet, EntryOrigin,
    MAX_IMPORT_LINES, Pattern, PatternError, RuleDeleted, RuleOutcome, RuleScope, RuleSet,
};
use crate::{
    codes,
    event::Timestamp,
    ids::{AccountId, DomainName, InvalidId, ShownDeviceId},
};

/// Most rules of all scopes together.
pub const MAX_RULES: usize = 10_000;

/// What an entry is about.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Key {
    /// The device.
    pub device: ShownDeviceId,
    /// One account; without one, all.
    pub account: Option<AccountId>,
}

/// `<device>` or `<device>/<account>`.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.device.fmt(f)?;
        self.account.map_or(Ok(()), |account| write!(f, "/{account}"))
    }
}

/// Why the list and the rules stay as they are.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// An id or a word is not valid.
    #[error(transparent)]
    Invalid(#[from] InvalidId),
    /// The regular expression cannot be used.
    #[error(transparent)]
    BadRegex(#[from] PatternError),
    /// Only what is in quarantine can be allowed or blocked by decision; everything else is set.
    #[error("device '{key}' is not in quarantine: {}; use set", status_words(*status))]
    NotQuarantined {
        /// Which.
        key: String,
        /// What is said about it instead.
        status: Option<DeviceStatus>,
    },
    /// There is no such entry.
    #[error("device '{key}' has no entry")]
    NoSuchEntry {
        /// Which.
        key: String,
    },
    /// There is no such rule.
    #[error("there is no {scope} rule with the regex '{regex}'")]
    NoSuchRule {
        /// Where it was looked for.
        scope: RuleScope,
        /// Its text, cut to 80 characters.
        regex: String,
    },
    /// Another rule of the scope stands there.
    #[error(
        "order {order} is taken by the {scope} rule '{regex}': allowed is any whole number no rule there has"
    )]
    OrderTaken {
        /// The order.
        order: i64,
        /// The scope.
        scope: RuleScope,
        /// The rule that has it.
        regex: String,
    },
    /// There are too many rules.
    #[error("there are {MAX_RULES} rules already: allowed are no more")]
    TooManyRules,
    /// The entry would have expired by now.
    #[error("until '{until}' is not valid: allowed is a moment after {now}")]
    Expired {
        /// When it would expire.
        until: Timestamp,
        /// Now.
        now: Timestamp,
    },
    /// The file has too many lines.
    #[error("the file has more than {MAX_IMPORT_LINES} lines: allowed are no more")]
    TooManyLines,
    /// The interval is none.
    #[error(
        "interval '{value}' is not valid: allowed is a number with m, h or d, one minute to 31 days, or 0 for never"
    )]
    BadInterval {
        /// As it came, cut to 80 characters.
        value: String,
    },
    /// There is no such domain.
    #[error("domain '{0}' does not exist")]
    NoSuchDomain(DomainName),
    /// There is no such account.
    #[error("account '{0}' does not exist")]
    NoSuchAccount(String),
}

fn status_words(status: Option<DeviceStatus>) -> String {
    status.map_or_else(|| "nothing is said about it".to_owned(), |status| format!("it is {status}"))
}

impl Refusal {
    /// What scripts match on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(invalid) if invalid.field == "DeviceId" => codes::BAD_DEVICE_ID,
            Self::Invalid(_)
            | Self::OrderTaken { .. }
            | Self::Expired { .. }
            | Self::TooManyLines
            | Self::BadInterval { .. } => codes::INVALID_VALUE,
            Self::BadRegex(_) => codes::BAD_REGEX,
            Self::NotQuarantined { .. } => codes::NOT_QUARANTINED,
            Self::NoSuchEntry { .. } | Self::NoSuchRule { .. } => codes::NO_SUCH_ENTRY,
            Self::TooManyRules => codes::BAD_RULE,
            Self::NoSuchDomain(_) => codes::NO_SUCH_DOMAIN,
            Self::NoSuchAccount(_) => codes::NO_SUCH_ACCOUNT,
        }
    }
}

type Decided = Result<Vec<AbqEvent>, Refusal>;

/// Gives a device, known or not, a status. Nothing when it has it, until the same moment.
///
/// # Errors
/// [`Refusal::Expired`].
pub fn set(
    control: &DeviceControl,
    key: &Key,
    status: DeviceStatus,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Decided {
    must_be_ahead(until, now)?;
    Ok(status_event(control, key, status, until, now, EntryOrigin::Admin).into_iter().collect())
}

/// Lets a device in that is in quarantine, by an entry or a rule; with an account, for that account alone. Nothing when
/// it is in.
///
/// The domain is the account's, whose rules count.
///
/// # Errors
/// [`Refusal::NotQuarantined`], [`Refusal::Expired`].
pub fn allow(
    control: &DeviceControl,
    key: &Key,
    domain: Option<&DomainName>,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Decided {
    settle(control, key, domain, (DeviceStatus::Allowed, until), now)
}

/// Blocks a device that is in quarantine, as [`allow`].
///
/// # Errors
/// [`Refusal::NotQuarantined`], [`Refusal::Expired`].
pub fn block(
    control: &DeviceControl,
    key: &Key,
    domain: Option<&DomainName>,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Decided {
    settle(control, key, domain, (DeviceStatus::Blocked, until), now)
}

fn settle(
    control: &DeviceControl,
    key: &Key,
    domain: Option<&DomainName>,
    (target, until): (DeviceStatus, Option<Timestamp>),
    now: Timestamp,
) -> Decided {
    must_be_ahead(until, now)?;
    let entry = control.list.decisive(&key.device.canonical(), key.account, now);
    let status = match entry {
        Some((account, entry)) if entry.status == target => {
            // It is there already. An entry of its own may still get another end.
            let own = account == key.account;
            return Ok(if own {
                status_event(control, key, target, until, now, EntryOrigin::Admin)
            } else {
                None
            }
            .into_iter()
            .collect());
        }
        Some((_, entry)) => Some(entry.status),
        None => CompiledRules::new(&control.rules).ask(domain, &key.device).matched.map(|rule| rule.status),
    };
    if status != Some(DeviceStatus::Quarantined) {
        return Err(Refusal::NotQuarantined { key: key.to_string(), status });
    }
    Ok(status_event(control, key, target, until, now, EntryOrigin::Admin).into_iter().collect())
}

/// The event that gives a status, unless it is so already.
pub(super) fn status_event(
    control: &DeviceControl,
    key: &Key,
    status: DeviceStatus,
    until: Option<Timestamp>,
    now: Timestamp,
    origin: EntryOrigin,
) -> Option<AbqEvent> {
    let entry = control.list.entry(&key.device.canonical(), key.account);
    let same = entry.is_some_and(|e| e.counts_at(now) && e.status == status && e.until == until);
    let Key { device, account } = key.clone();
    (!same).then_some(AbqEvent::StatusSet(DeviceStatusSet { device, account, status, until, origin }))
}

pub(super) fn must_be_ahead(until: Option<Timestamp>, now: Timestamp) -> Result<(), Refusal> {
    match until.filter(|until| *until <= now) {
        Some(until) => Err(Refusal::Expired { until, now }),
        None => Ok(()),
    }
}

/// Puts a device into quarantine that came while the mode was Interactive and nothing was said about it. Nothing when
/// something is said by now.
pub fn quarantine(
    control: &DeviceControl,
    device: &ShownDeviceId,
    account: AccountId,
    now: Timestamp,
) -> Vec<AbqEvent> {
    if control.list.decisive(&device.canonical(), Some(account), now).is_some() {
        return Vec::new();
    }
    let key = Key { device: device.clone(), account: None };
    status_event(control, &key, DeviceStatus::Quarantined, None, now, EntryOrigin::Interactive)
        .into_iter()
        .collect()
}

/// Deletes the entry of a couple; without an account, the device's entry and those of all its couples.
///
/// # Errors
/// [`Refusal::NoSuchEntry`].
pub fn delete(control: &DeviceControl, key: &Key) -> Decided {
    let gone = |account| AbqEvent::StatusDeleted(DeviceStatusDeleted { device: key.device.clone(), account });
    let listed = control.list.device(&key.device.canonical());
    let events: Vec<_> = match (listed, key.account) {
        (None, _) => Vec::new(),
        (Some(listed), Some(account)) => {
            listed.accounts.get(&account).map(|_| gone(Some(account))).into_iter().collect()
        }
        (Some(listed), None) => {
            let own = listed.device.map(|_| gone(None));
            own.into_iter().chain(listed.accounts.keys().map(|account| gone(Some(*account)))).collect()
        }
    };
    if events.is_empty() { Err(Refusal::NoSuchEntry { key: key.to_string() }) } else { Ok(events) }
}

/// Makes a rule, or gives the one with this text in this scope another status or order. Nothing when it is so already.
///
/// # Errors
/// [`Refusal::BadRegex`], [`Refusal::OrderTaken`], [`Refusal::TooManyRules`].
pub fn set_rule(
    control: &DeviceControl,
    scope: &RuleScope,
    regex: &str,
    status: DeviceStatus,
    order: i64,
) -> Decided {
    let known = control.rules.find(scope, regex).map(|(order, rule)| (order, rule.status));
    if known == Some((order, status)) {
        return Ok(Vec::new());
    }
    Pattern::checked(regex)?;
    let taken = control.rules.of(scope).find(|(at, rule)| *at == order && rule.regex != regex);
    if let Some((_, rule)) = taken {
        return Err(Refusal::OrderTaken { order, scope: scope.clone(), regex: rule.regex.clone() });
    }
    if known.is_none() && control.rules.len() >= MAX_RULES {
        return Err(Refusal::TooManyRules);
    }
    Ok(vec![AbqEvent::RuleSet(RuleSet { scope: scope.clone(), regex: regex.to_owned(), status, order })])
}

/// Deletes the rule with exactly this text in this scope.
///
/// # Errors
/// [`Refusal::NoSuchRule`].
pub fn delete_rule(control: &DeviceControl, scope: &RuleScope, regex: &str) -> Decided {
    if control.rules.find(scope, regex).is_none() {
        let regex = regex.chars().take(80).collect();
        return Err(Refusal::NoSuchRule { scope: scope.clone(), regex });
    }
    Ok(vec![AbqEvent::RuleDeleted(RuleDeleted { scope: scope.clone(), regex: regex.to_owned() })])
}

/// What a rule with this text would say of each id.
///
/// # Errors
/// [`PatternError`], as when the rule is made.
pub fn test_rule(regex: &str, devices: &[ShownDeviceId]) -> Result<Vec<RuleOutcome>, PatternError> {
    let pattern = Pattern::checked(regex)?;
    Ok(devices.iter().map(|device| pattern.is_match(device)).collect())
}
