//! What an attribute is: its type, and how text becomes a checked value.

use std::{fmt, marker::PhantomData, ops::Deref};

use super::{AttributeError, Scope, list::ListOf, retention::Retention};
use crate::ids::ProtocolVersion;

/// A row of the registry.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// Canonical name, camel case; what events hold.
    pub name: &'static str,
    /// Names of other products for the same thing, understood but never stored or shown.
    pub aliases: &'static [&'static str],
    /// What values look like.
    pub kind: Kind,
    /// Where it may be set.
    pub scopes: &'static [Scope],
    /// The value where nothing is set, in canonical form.
    pub default: &'static str,
    /// One sentence.
    pub meaning: &'static str,
}

/// A row of the registry whose values are of type `T`.
#[derive(Debug)]
pub struct Setting<T> {
    attribute: Attribute,
    reads: PhantomData<fn() -> T>,
}

impl<T> Setting<T> {
    pub(crate) const fn new(attribute: Attribute) -> Self {
        Self { attribute, reads: PhantomData }
    }

    pub(crate) const fn attribute(&'static self) -> &'static Attribute {
        &self.attribute
    }
}

impl<T> Deref for Setting<T> {
    type Target = Attribute;

    fn deref(&self) -> &Attribute {
        &self.attribute
    }
}

/// What the values of an attribute look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Integer {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
        /// What is counted, for people.
        unit: &'static str,
    },
    /// A length of time in whole seconds; also accepted with `s`, `m`, `h` or `d`.
    Duration {
        /// Shortest, in seconds.
        min: u32,
        /// Longest, in seconds.
        max: u32,
    },
    /// Any text without control characters.
    Text {
        /// Longest, in characters.
        max: usize,
    },
    /// One of these words, whatever their case.
    Enum(&'static [&'static str]),
    /// Protocol versions this server speaks, separated by commas; at least one.
    Versions,
    /// A value of a policy: −1 leaves it to the device, 0 is no, 1 is yes; `true` and `false` are understood as the last
    /// two.
    Switch {
        /// 1, or 2 where there are two kinds of yes.
        max: i64,
    },
    /// A whole number of a range, or 0.
    IntegerOrZero {
        /// Smallest but 0.
        min: i64,
        /// Largest.
        max: i64,
        /// What is counted, for people.
        unit: &'static str,
    },
    /// Several values, separated by commas; may be empty.
    List {
        /// What the values are.
        of: ListOf,
        /// Most of them.
        max: usize,
    },
    /// When states of silent devices are purged, `days:every:hour`, or empty for never: days without use, days between two
    /// runs, hour of the day in UTC.
    Retention,
}

/// A checked value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// Of [`Kind::Bool`].
    Bool(bool),
    /// Of [`Kind::Integer`].
    Integer(i64),
    /// Of [`Kind::Duration`].
    Seconds(u32),
    /// Of [`Kind::Text`], or a word of [`Kind::Enum`].
    Text(String),
    /// Of [`Kind::Versions`], ascending.
    Versions(Vec<ProtocolVersion>),
}

/// The canonical text, as events hold it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Seconds(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
            Self::Versions(versions) => {
                let texts: Vec<_> = versions.iter().map(ToString::to_string).collect();
                f.write_str(&texts.join(","))
            }
        }
    }
}

impl Attribute {
    /// Checks a value.
    ///
    /// # Errors
    /// [`AttributeError::BadValue`], which names what is allowed.
    pub fn parse(&self, text: &str) -> Result<Value, AttributeError> {
        self.kind.parse(text).ok_or_else(|| AttributeError::BadValue {
            name: self.name,
            value: text.chars().take(80).collect(),
            allowed: self.kind.allowed(),
        })
    }

    /// Checks that it may be set at a scope.
    ///
    /// # Errors
    /// [`AttributeError::NotAtScope`], which names the scopes where it may be set.
    pub fn must_be_allowed_at(&self, scope: Scope) -> Result<(), AttributeError> {
        if self.scopes.contains(&scope) {
            return Ok(());
        }
        let scopes: Vec<_> = self.scopes.iter().map(ToString::to_string).collect();
        Err(AttributeError::NotAtScope { name: self.name, scope, allowed: scopes.join(", ") })
    }
}

impl Kind {
    fn parse(self, text: &str) -> Option<Value> {
        let text = text.trim();
        match self {
            Self::Bool => text.to_ascii_lowercase().parse().ok().map(Value::Bool),
            Self::Integer { min, max, .. } => {
                text.parse().ok().filter(|number| (min..=max).contains(number)).map(Value::Integer)
            }
            Self::Duration { min, max } => {
                parse_seconds(text).filter(|seconds| (min..=max).contains(seconds)).map(Value::Seconds)
            }
            Self::Text { max } => {
                let good = text.chars().count() <= max && !text.chars().any(char::is_control);
                good.then(|| Value::Text(text.to_owned()))
            }
            Self::Enum(words) => {
                let word = words.iter().find(|word| word.eq_ignore_ascii_case(text));
                word.map(|word| Value::Text((*word).to_owned()))
            }
            Self::Versions => parse_versions(text).map(Value::Versions),
            Self::Switch { max } => {
                let number = match text.to_ascii_lowercase().as_str() {
                    "true" if max == 1 => Some(1),
                    "false" if max == 1 => Some(0),
                    other => other.parse().ok(),
                };
                number.filter(|number| (-1..=max).contains(number)).map(Value::Integer)
            }
            Self::IntegerOrZero { min, max, .. } => {
                let good = |number: &i64| *number == 0 || (min..=max).contains(number);
                text.parse().ok().filter(good).map(Value::Integer)
            }
            Self::List { of, max } => of.parse(text, max).map(Value::Text),
            Self::Retention if text.is_empty() => Some(Value::Text(String::new())),
            Self::Retention => text.parse::<Retention>().ok().map(|it| Value::Text(it.to_string())),
        }
    }

    /// What is allowed, for people.
    pub fn allowed(self) -> String {
        match self {
            Self::Bool => "true or false".to_owned(),
            Self::Integer { min, max, unit } => format!("a whole number of {unit} from {min} to {max}"),
            Self::Duration { min, max } => {
                format!("{min} to {max} seconds, as a number or like 90s, 15m, 1h or 1d")
            }
            Self::Text { max } => format!("at most {max} characters, no control characters"),
            Self::Enum(words) => format!("one of {}", words.join(", ")),
            Self::Versions => {
                let served: Vec<_> = ProtocolVersion::SERVED.iter().map(ToString::to_string).collect();
                format!("one or more of {}, separated by commas", served.join(","))
            }
            Self::Switch { max: 1 } => "-1 (left to the device), 0 (no) or 1 (yes)".to_owned(),
            Self::Switch { max } => format!("-1 (left to the device) or 0 to {max}"),
            Self::IntegerOrZero { min, max, unit } => {
                format!("0, or a whole number of {unit} from {min} to {max}")
            }
            Self::List { of, max } => format!("at most {max} {of}, separated by commas"),
            Self::Retention => {
                "days:every:hour such as 90:1:3 (1 to 36500, 1 to 365, 0 to 23), or nothing".to_owned()
            }
        }
    }
}

fn parse_seconds(text: &str) -> Option<u32> {
    let (number, unit) = match text.char_indices().last()? {
        (at, 's' | 'S') => (&text[..at], 1),
        (at, 'm' | 'M') => (&text[..at], 60),
        (at, 'h' | 'H') => (&text[..at], 3600),
        (at, 'd' | 'D') => (&text[..at], 86_400),
        _ => (text, 1),
    };
    number.parse::<u32>().ok()?.checked_mul(unit)
}

fn parse_versions(text: &str) -> Option<Vec<ProtocolVersion>> {
    let served = |part: &str| part.parse().ok().filter(|version| ProtocolVersion::SERVED.contains(version));
    let mut versions = text.split(',').map(served).collect::<Option<Vec<_>>>()?;
    versions.sort_unstable();
    versions.dedup();
    Some(versions)
}

/// Types a [`Setting`] can be read as.
pub trait FromValue: Sized + Default {
    /// The value, if it is of this type.
    fn from_value(value: Value) -> Option<Self>;
}

impl FromValue for bool {
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Bool(value) = value { Some(value) } else { None }
    }
}

impl FromValue for u32 {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Integer(value) => value.try_into().ok(),
            Value::Seconds(value) => Some(value),
            Value::Bool(_) | Value::Text(_) | Value::Versions(_) => None,
        }
    }
}

impl FromValue for i64 {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Integer(value) => Some(value),
            Value::Seconds(value) => Some(value.into()),
            Value::Bool(_) | Value::Text(_) | Value::Versions(_) => None,
        }
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Text(value) = value { Some(value) } else { None }
    }
}

impl FromValue for Vec<ProtocolVersion> {
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Versions(value) = value { Some(value) } else { None }
    }
}
