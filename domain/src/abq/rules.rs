//! Rules: regular expressions on device ids, as the log has them and as gates ask them.

use std::{collections::HashMap, sync::Arc};

use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use super::{DeviceStatus, Pattern, PatternError, RuleDeleted, RuleOutcome, RuleScope, RuleSet};
use crate::ids::{DomainName, ShownDeviceId};

/// A rule; its scope and order are where it stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rule {
    /// The regular expression on the whole id.
    pub regex: String,
    /// What it says of devices it matches.
    pub status: DeviceStatus,
}

/// Rules of a scope, by order.
type Ordered = OrdMap<i64, Rule>;

/// The rules of all scopes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Rules {
    global: Ordered,
    domains: OrdMap<DomainName, Ordered>,
}

impl Rules {
    /// The rules of a scope with their orders, ascending.
    pub fn of(&self, scope: &RuleScope) -> impl Iterator<Item = (i64, &Rule)> {
        let rules = match scope {
            RuleScope::Global => Some(&self.global),
            RuleScope::Domain(name) => self.domains.get(name),
        };
        rules.into_iter().flatten().map(|(order, rule)| (*order, rule))
    }

    /// Every scope that has rules, the global one first.
    pub fn scopes(&self) -> impl Iterator<Item = RuleScope> {
        let global = (!self.global.is_empty()).then_some(RuleScope::Global);
        global.into_iter().chain(self.domains.keys().cloned().map(RuleScope::Domain))
    }

    /// Number of rules of all scopes.
    pub fn len(&self) -> usize {
        self.global.len() + self.domains.values().map(OrdMap::len).sum::<usize>()
    }

    /// Whether there is no rule.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rule with this text in a scope, with its order.
    pub fn find(&self, scope: &RuleScope, regex: &str) -> Option<(i64, &Rule)> {
        self.of(scope).find(|(_, rule)| rule.regex == regex)
    }

    pub(super) fn set(&mut self, event: &RuleSet) {
        self.remove(&event.scope, &event.regex);
        let rule = Rule { regex: event.regex.clone(), status: event.status };
        let rules = match &event.scope {
            RuleScope::Global => &mut self.global,
            RuleScope::Domain(name) => self.domains.entry(name.clone()).or_default(),
        };
        rules.insert(event.order, rule);
    }

    pub(super) fn delete(&mut self, event: &RuleDeleted) {
        self.remove(&event.scope, &event.regex);
    }

    fn remove(&mut self, scope: &RuleScope, regex: &str) {
        let Some((order, _)) = self.find(scope, regex) else { return };
        match scope {
            RuleScope::Global => {
                self.global.remove(&order);
            }
            RuleScope::Domain(name) => {
                let Some(rules) = self.domains.get_mut(name) else { return };
                rules.remove(&order);
                if rules.is_empty() {
                    self.domains.remove(name);
                }
            }
        }
    }
}

/// A rule, named: what a decision points at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleRef {
    /// Its scope.
    pub scope: RuleScope,
    /// Its order.
    pub order: i64,
    /// Its text.
    pub regex: Arc<str>,
    /// What it says.
    pub status: DeviceStatus,
}

#[derive(Clone, Debug)]
struct CompiledRule {
    rule: Arc<RuleRef>,
    /// A rule this build cannot read any more stays in the list and matches nothing.
    pattern: Result<Arc<Pattern>, PatternError>,
}

/// The rules, ready to be asked. Held beside the state, never in it; cheap to copy.
#[derive(Clone, Debug, Default)]
pub struct CompiledRules {
    global: Arc<[CompiledRule]>,
    domains: OrdMap<DomainName, Arc<[CompiledRule]>>,
}

/// What the rules say of a device.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RulesSay {
    /// The first that matches.
    pub matched: Option<Arc<RuleRef>>,
    /// Those before it whose match was given up; worth a line in the log of the server.
    pub too_expensive: Vec<Arc<RuleRef>>,
}

impl CompiledRules {
    /// Compiles all rules.
    pub fn new(rules: &Rules) -> Self {
        Self::default().after(rules)
    }

    /// The rules as they are now; what is compiled already is not compiled again.
    #[must_use]
    pub fn after(&self, rules: &Rules) -> Self {
        let known: HashMap<&str, &CompiledRule> =
            self.all().map(|compiled| (&*compiled.rule.regex, compiled)).collect();
        let compile = |scope: RuleScope| -> Arc<[CompiledRule]> {
            let rule = |(order, rule): (i64, &Rule)| {
                let known = known.get(rule.regex.as_str());
                let pattern = known.map_or_else(
                    || Pattern::new(&rule.regex).map(Arc::new),
                    |compiled| compiled.pattern.clone(),
                );
                let regex = Arc::from(rule.regex.as_str());
                let rule = RuleRef { scope: scope.clone(), order, regex, status: rule.status };
                CompiledRule { rule: Arc::new(rule), pattern }
            };
            rules.of(&scope).map(rule).collect()
        };
        let of_domain = |name: &DomainName| (name.clone(), compile(RuleScope::Domain(name.clone())));
        Self { global: compile(RuleScope::Global), domains: rules.domains.keys().map(of_domain).collect() }
    }

    /// The first rule about a device: of its account's domain, else global, in ascending order.
    pub fn ask(&self, domain: Option<&DomainName>, device: &ShownDeviceId) -> RulesSay {
        let of_domain = domain.and_then(|domain| self.domains.get(domain));
        let mut says = RulesSay::default();
        for compiled in of_domain.into_iter().flat_map(|rules| rules.iter()).chain(self.global.iter()) {
            let Ok(pattern) = &compiled.pattern else { continue };
            match pattern.is_match(device) {
                RuleOutcome::Matches => {
                    says.matched = Some(compiled.rule.clone());
                    break;
                }
                RuleOutcome::Other => {}
                RuleOutcome::TooExpensive => says.too_expensive.push(compiled.rule.clone()),
            }
        }
        says
    }

    /// Rules this build cannot read, with why: made by another build, they match nothing here.
    pub fn unusable(&self) -> impl Iterator<Item = (&RuleRef, &PatternError)> {
        self.all().filter_map(|compiled| Some((&*compiled.rule, compiled.pattern.as_ref().err()?)))
    }

    fn all(&self) -> impl Iterator<Item = &CompiledRule> {
        self.global.iter().chain(self.domains.values().flat_map(|rules| rules.iter()))
    }
}
