//! Rules: whom a filter is about. How they are written on the command line, printed, and matched.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    pool::Client,
    text::{Needle, Pattern},
};
use crate::{
    codes,
    ids::{AccountId, Address, DomainName},
};

/// Longest parameter, in characters.
const PARAMETER_CHARS: usize = 4096;
/// Longest text or pattern, in characters.
const TEXT_CHARS: usize = 512;
/// Most conditions of one `and` or `or`.
const MAX_CONDITIONS: usize = 32;

/// An account as an administrator named it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum AccountName {
    /// By its primary address.
    Address(Address),
    /// By its id.
    Id(AccountId),
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Id(id) => id.fmt(f),
        }
    }
}

/// One thing to ask about a client.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Condition {
    /// Its `User-Agent` contains a text, whatever the case.
    Contains(Needle),
    /// A pattern is found in its `User-Agent`.
    Regex(Pattern),
    /// It is logged in as this account.
    Account(AccountName),
    /// The account's domain is this one.
    Domain(DomainName),
}

/// Whom a filter is about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Rule {
    /// Clients of which one thing is true.
    One(Condition),
    /// Clients of which all of this is true.
    And(Vec<Condition>),
    /// Clients of which any of this is true.
    Or(Vec<Condition>),
    /// Every client.
    Always,
}

/// Why a text is no rule.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RuleError {
    /// There is no such type.
    #[error("rule type '{0}' is not known: allowed are contains, regex, account, domain, and, or, always")]
    UnknownType(String),
    /// The parameter says nothing.
    #[error("a rule of type '{0}' needs a parameter")]
    Empty(&'static str),
    /// The parameter says too much.
    #[error("the rule is too long: allowed are {max} {unit}")]
    TooLong {
        /// The limit.
        max: usize,
        /// Of what.
        unit: &'static str,
    },
    /// A text holds control characters, which no header can.
    #[error("the text to look for has control characters")]
    NotPrintable,
    /// The pattern is none, or uses what a linear-time engine cannot do.
    #[error("the regular expression '{pattern}' is not valid: {reason}")]
    BadRegex {
        /// The pattern, cut to 80 characters.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Neither an address nor an id.
    #[error("account '{0}' is not valid: allowed is an address or an id")]
    BadAccount(String),
    /// No domain name.
    #[error("domain '{0}' is not valid: allowed are dot-separated labels of letters, digits and hyphens")]
    BadDomain(String),
    /// `always` asks nothing.
    #[error("a rule of type 'always' takes no parameter but '*'")]
    AlwaysWithParameter,
    /// A composite must be made of named conditions.
    #[error(
        "'{0}' is not valid here: write type=value, several separated by commas, with types contains, regex, account, domain"
    )]
    NotACondition(String),
    /// Composites cannot be nested.
    #[error("a rule of type '{0}' cannot stand inside another rule")]
    Nested(String),
}

impl RuleError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadRegex { .. } => codes::BAD_REGEX,
            Self::UnknownType(_)
            | Self::Empty(_)
            | Self::TooLong { .. }
            | Self::NotPrintable
            | Self::BadAccount(_)
            | Self::BadDomain(_)
            | Self::AlwaysWithParameter
            | Self::NotACondition(_)
            | Self::Nested(_) => codes::BAD_RULE,
        }
    }
}

const CONTAINS: &str = "contains";
const REGEX: &str = "regex";
const ACCOUNT: &str = "account";
const DOMAIN: &str = "domain";
const AND: &str = "and";
const OR: &str = "or";
const ALWAYS: &str = "always";

const SIMPLE: [&str; 4] = [CONTAINS, REGEX, ACCOUNT, DOMAIN];
const TYPES: [&str; 7] = [CONTAINS, REGEX, ACCOUNT, DOMAIN, AND, OR, ALWAYS];

impl Rule {
    /// Reads a rule from its type and its parameter. The parameter of `and` and `or` is `type=value,type=value`: a comma
    /// ends a value only where a type and `=` follow, so that values may hold commas.
    ///
    /// # Errors
    /// [`RuleError`].
    pub fn parse(rule_type: &str, parameter: &str) -> Result<Self, RuleError> {
        let known = known_type(rule_type).ok_or_else(|| RuleError::UnknownType(short(rule_type)))?;
        if parameter.chars().count() > PARAMETER_CHARS {
            return Err(RuleError::TooLong { max: PARAMETER_CHARS, unit: "characters" });
        }
        match known {
            ALWAYS if matches!(parameter.trim(), "" | "*") => Ok(Self::Always),
            ALWAYS => Err(RuleError::AlwaysWithParameter),
            AND => conditions(AND, parameter).map(Self::And),
            OR => conditions(OR, parameter).map(Self::Or),
            simple => Condition::parse(simple, parameter).map(Self::One),
        }
    }

    /// The word for its type.
    pub fn rule_type(&self) -> &'static str {
        match self {
            Self::One(condition) => condition.rule_type(),
            Self::And(_) => AND,
            Self::Or(_) => OR,
            Self::Always => ALWAYS,
        }
    }

    /// The parameter from which [`Rule::parse`] makes this rule again.
    pub fn parameter(&self) -> String {
        let all = |conditions: &[Condition]| {
            let each = conditions.iter().map(|one| format!("{}={}", one.rule_type(), one.value()));
            each.collect::<Vec<_>>().join(",")
        };
        match self {
            Self::One(condition) => condition.value(),
            Self::And(conditions) | Self::Or(conditions) => all(conditions),
            Self::Always => "*".to_owned(),
        }
    }

    /// Whether it is about this client.
    pub(super) fn matches(&self, client: &Client<'_>, agent_lower: &str) -> bool {
        let is_true = |condition: &Condition| condition.is_true_of(client, agent_lower);
        match self {
            Self::One(condition) => is_true(condition),
            Self::And(conditions) => conditions.iter().all(is_true),
            Self::Or(conditions) => conditions.iter().any(is_true),
            Self::Always => true,
        }
    }
}

/// `[type = contains; rule = samsung]`, `[type = always]`,
/// `[type = or; rules = [[type = contains; rule = a] OR [type = contains; rule = b]]]`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let composite = |f: &mut fmt::Formatter<'_>, conditions: &[Condition], word: &str| {
            let each: Vec<_> = conditions.iter().map(ToString::to_string).collect();
            write!(f, "[type = {}; rules = [{}]]", self.rule_type(), each.join(word))
        };
        match self {
            Self::One(condition) => condition.fmt(f),
            Self::And(conditions) => composite(f, conditions, " AND "),
            Self::Or(conditions) => composite(f, conditions, " OR "),
            Self::Always => f.write_str("[type = always]"),
        }
    }
}

impl Condition {
    fn parse(known: &'static str, value: &str) -> Result<Self, RuleError> {
        if value.trim().is_empty() {
            return Err(RuleError::Empty(known));
        }
        if value.chars().count() > TEXT_CHARS {
            return Err(RuleError::TooLong { max: TEXT_CHARS, unit: "characters in one condition" });
        }
        if value.chars().any(char::is_control) {
            return Err(RuleError::NotPrintable);
        }
        match known {
            CONTAINS => Ok(Self::Contains(Needle::from(value.to_owned()))),
            REGEX => Pattern::new(value)
                .map(Self::Regex)
                .map_err(|reason| RuleError::BadRegex { pattern: short(value), reason }),
            ACCOUNT => account(value.trim()).map(Self::Account),
            _ => DomainName::new(value.trim())
                .map(Self::Domain)
                .map_err(|_| RuleError::BadDomain(short(value))),
        }
    }

    fn rule_type(&self) -> &'static str {
        match self {
            Self::Contains(_) => CONTAINS,
            Self::Regex(_) => REGEX,
            Self::Account(_) => ACCOUNT,
            Self::Domain(_) => DOMAIN,
        }
    }

    fn value(&self) -> String {
        match self {
            Self::Contains(needle) => needle.as_str().to_owned(),
            Self::Regex(pattern) => pattern.as_str().to_owned(),
            Self::Account(account) => account.to_string(),
            Self::Domain(domain) => domain.to_string(),
        }
    }

    fn is_true_of(&self, client: &Client<'_>, agent_lower: &str) -> bool {
        match self {
            // A client without a User-Agent is told by its account alone, whatever an empty pattern would find in it.
            Self::Contains(needle) => !agent_lower.is_empty() && needle.is_in(agent_lower),
            Self::Regex(pattern) => !client.user_agent.is_empty() && pattern.is_in(client.user_agent),
            Self::Account(AccountName::Address(address)) => address == client.address,
            Self::Account(AccountName::Id(id)) => *id == client.account,
            Self::Domain(domain) => domain == client.domain,
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[type = {}; rule = {}]", self.rule_type(), self.value())
    }
}

fn known_type(text: &str) -> Option<&'static str> {
    TYPES.into_iter().find(|known| known.eq_ignore_ascii_case(text.trim()))
}

fn account(text: &str) -> Result<AccountName, RuleError> {
    match text.parse() {
        Ok(id) => Ok(AccountName::Id(id)),
        Err(_) => {
            Address::new(text).map(AccountName::Address).map_err(|_| RuleError::BadAccount(short(text)))
        }
    }
}

fn conditions(composite: &'static str, parameter: &str) -> Result<Vec<Condition>, RuleError> {
    if parameter.trim().is_empty() {
        return Err(RuleError::Empty(composite));
    }
    let mut parts: Vec<String> = Vec::new();
    for piece in parameter.split(',') {
        match parts.last_mut() {
            // No condition starts here: the comma belongs to the value before.
            Some(value) if named(piece).is_none() => {
                value.push(',');
                value.push_str(piece);
            }
            _ => parts.push(piece.to_owned()),
        }
    }
    if parts.len() > MAX_CONDITIONS {
        return Err(RuleError::TooLong { max: MAX_CONDITIONS, unit: "conditions" });
    }
    let condition = |part: &String| match named(part) {
        Some((known, value)) if SIMPLE.contains(&known) => Condition::parse(known, value),
        Some((known, _)) => Err(RuleError::Nested(known.to_owned())),
        None => Err(RuleError::NotACondition(short(part))),
    };
    parts.iter().map(condition).collect()
}

/// `type=value`, with a known type.
fn named(piece: &str) -> Option<(&'static str, &str)> {
    let (word, value) = piece.split_once('=')?;
    Some((known_type(word)?, value))
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}
