//! Which entries and rules were asked about a device, in order of precedence, and why each did or did not count.

use syncledger_domain::{
    abq::{DeviceControl, DeviceStatus, Entry, EntryOrigin, Pair, Pattern, Rule, RuleOutcome, RuleScope},
    event::Timestamp,
};

/// What became of an entry or a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// It decides.
    Decides,
    /// It is about the device, but another one comes first.
    Outranked,
    /// It ended.
    Expired(Timestamp),
    /// It is not about this device.
    NoMatch,
    /// Its match was given up.
    TooExpensive,
    /// This build cannot read it.
    Unusable(String),
}

impl Outcome {
    /// One word for programs.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Decides => "decides",
            Self::Outranked => "outranked",
            Self::Expired(_) => "expired",
            Self::NoMatch => "no-match",
            Self::TooExpensive => "too-expensive",
            Self::Unusable(_) => "unusable",
        }
    }

    /// A few for people.
    pub(super) fn why(&self) -> String {
        match self {
            Self::Decides => "it decides".to_owned(),
            Self::Outranked => "it does not count: what comes before it decides".to_owned(),
            Self::Expired(at) => format!("it does not count any more: it ended {at}"),
            Self::NoMatch => "it does not match the id".to_owned(),
            Self::TooExpensive => "it does not count: matching it took too many steps".to_owned(),
            Self::Unusable(error) => format!("it matches nothing: {error}"),
        }
    }
}

/// An entry or a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Considered {
    /// `device/account`, `device`, `rule of domain …` or `global rule`.
    pub(super) what: String,
    /// Of a rule: its order and text.
    pub(super) rule: Option<(i64, String)>,
    /// What it says.
    pub(super) says: DeviceStatus,
    /// What became of it.
    pub(super) outcome: Outcome,
}

/// All that was looked at, and how many rules were not because something before them decided.
pub(super) fn considered(
    control: &DeviceControl,
    pair: &Pair<'_>,
    now: Timestamp,
) -> (Vec<Considered>, usize) {
    let mut found = Vec::new();
    let mut decided = false;
    let id = pair.device.canonical();
    let entries = [("device/account", Some(pair.account)), ("device", None)]
        .into_iter()
        .filter_map(|(what, account)| Some((what, control.list.entry(&id, account)?)));
    // Those the mode made by itself come after the rules.
    let (of_mode, explicit): (Vec<_>, Vec<_>) =
        entries.partition(|(_, entry)| entry.origin == EntryOrigin::Interactive);
    let ask = |entries: Vec<(&str, &Entry)>, decided: &mut bool, found: &mut Vec<Considered>| {
        for (what, entry) in entries {
            let outcome = entry_outcome(entry, *decided, now);
            *decided |= outcome == Outcome::Decides;
            found.push(Considered { what: what.to_owned(), rule: None, says: entry.status, outcome });
        }
    };
    ask(explicit, &mut decided, &mut found);
    let mut not_asked = 0;
    for scope in [RuleScope::Domain(pair.domain.clone()), RuleScope::Global] {
        for (order, rule) in control.rules.of(&scope) {
            if decided {
                not_asked += 1;
                continue;
            }
            let outcome = rule_outcome(rule, pair);
            decided = outcome == Outcome::Decides;
            found.push(Considered {
                what: format!("{scope} rule"),
                rule: Some((order, rule.regex.clone())),
                says: rule.status,
                outcome,
            });
        }
    }
    ask(of_mode, &mut decided, &mut found);
    (found, not_asked)
}

fn entry_outcome(entry: &Entry, decided: bool, now: Timestamp) -> Outcome {
    match entry.until.filter(|_| !entry.counts_at(now)) {
        Some(until) => Outcome::Expired(until),
        None if decided => Outcome::Outranked,
        None => Outcome::Decides,
    }
}

fn rule_outcome(rule: &Rule, pair: &Pair<'_>) -> Outcome {
    match Pattern::new(&rule.regex).map(|pattern| pattern.is_match(pair.device)) {
        Ok(RuleOutcome::Matches) => Outcome::Decides,
        Ok(RuleOutcome::Other) => Outcome::NoMatch,
        Ok(RuleOutcome::TooExpensive) => Outcome::TooExpensive,
        Err(error) => Outcome::Unusable(error.to_string()),
    }
}
