//! What a row of the table of commands is made of.

use serde_json::Value;

use crate::refusal::Refused;

/// One command: its words, its parameters, and what it becomes.
pub(super) struct Row {
    /// The words, in the spelling that is printed. `a|b` in a word is two words of which one is to be said.
    pub(super) words: &'static [&'static str],
    /// The parameters: mandatory ones first, in their order.
    pub(super) params: &'static [Param],
    /// What it is for, in a sentence.
    pub(super) meaning: &'static str,
    /// Whole calls, without the program's name.
    pub(super) examples: &'static [&'static str],
    /// What it does.
    pub(super) effect: Effect,
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Row({})", self.words.join(" "))
    }
}

/// What a command does.
pub(super) enum Effect {
    /// It is other words for one or more calls of this program.
    Native {
        /// The calls.
        calls: fn(&Given) -> Result<Vec<Call>, Refused>,
        /// Their results, one value each, in the product's shape.
        shape: fn(&Given, &[Value]) -> Result<Value, Refused>,
    },
    /// There is nothing left to do, and this says why.
    Nothing(&'static str),
    /// It belongs to a part that this version does not have: to which.
    Missing(&'static str),
}

/// A parameter.
pub(super) struct Param {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) need: Need,
}

/// Where a parameter is said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Need {
    /// Always, by its place.
    Mandatory,
    /// If at all, as `name value`.
    Optional,
    /// If at all, as `name value` or by its place after the mandatory ones.
    OptionalByPlace,
}

/// What a parameter may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Anything but nothing; the word is for the help.
    Text(&'static str),
    /// Anything; nothing clears what was there.
    Clearable,
    Boolean,
    Whole {
        min: i64,
        max: i64,
    },
    /// One of these, in any case.
    OneOf(&'static [&'static str]),
    /// One of these in any case, or anything else.
    OneOfOr(&'static [&'static str], &'static str),
    /// Several, with commas between them.
    List(&'static str),
}

pub(super) const ACCOUNT: Kind = Kind::Text("Account Name/ID");
pub(super) const DOMAIN: Kind = Kind::Text("Domain Name/ID");
pub(super) const STRING: Kind = Kind::Text("String");
pub(super) const PATH: Kind = Kind::Text("Path");
pub(super) const COUNT: Kind = Kind::Whole { min: 0, max: i32::MAX as i64 };

pub(super) const fn must(name: &'static str, kind: Kind) -> Param {
    Param { name, kind, need: Need::Mandatory }
}

pub(super) const fn may(name: &'static str, kind: Kind) -> Param {
    Param { name, kind, need: Need::Optional }
}

pub(super) const fn may_by_place(name: &'static str, kind: Kind) -> Param {
    Param { name, kind, need: Need::OptionalByPlace }
}

/// A command as it was called: its words and the values of its parameters, checked and in canonical spelling.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) words: Vec<&'static str>,
    pub(super) values: Vec<(&'static str, String)>,
    pub(super) here: Here,
}

/// The servers a call can name.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Here {
    /// This node.
    pub(super) own: String,
    /// The nodes that have served; this one when none has.
    pub(super) nodes: Vec<String>,
}

impl Given {
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(given, _)| *given == name).map(|(_, value)| value.as_str())
    }

    /// The value of a mandatory parameter: without one the grammar lets no call through.
    pub(super) fn text(&self, name: &str) -> &str {
        self.value(name).unwrap_or_default()
    }

    /// Whether a Boolean was given as true.
    pub(super) fn is(&self, name: &str) -> bool {
        self.value(name) == Some("true")
    }

    /// The parts of a list.
    pub(super) fn list(&self, name: &str) -> impl Iterator<Item = &str> {
        self.value(name).into_iter().flat_map(|list| list.split(','))
    }
}

/// A call of this program: subcommand words, options, positional values.
#[derive(Default)]
pub(super) struct Call {
    words: Vec<String>,
    options: Vec<String>,
    values: Vec<String>,
    /// For people it draws a picture, which its own text holds.
    pub(super) drawn: bool,
    /// It is about one node.
    pub(super) of_node: bool,
}

impl Call {
    pub(super) fn new(words: &[&str]) -> Self {
        Self { words: words.iter().map(ToString::to_string).collect(), ..Self::default() }
    }

    pub(super) fn value(mut self, value: impl Into<String>) -> Self {
        self.values.push(value.into());
        self
    }

    pub(super) fn of_node(mut self) -> Self {
        self.of_node = true;
        self
    }

    pub(super) fn drawn(mut self) -> Self {
        self.drawn = true;
        self
    }

    pub(super) fn flag(mut self, name: &str, given: bool) -> Self {
        if given {
            self.options.push(name.to_owned());
        }
        self
    }

    /// `--name=value`, when there is a value: in one word, so that no value can be taken for an option.
    pub(super) fn option(mut self, name: &str, value: Option<&str>) -> Self {
        self.options.extend(value.map(|value| format!("{name}={value}")));
        self
    }

    /// The only call of a command.
    #[expect(clippy::unnecessary_wraps, reason = "rows whose calls can be refused have the same type")]
    pub(super) fn only(self) -> Result<Vec<Self>, Refused> {
        Ok(vec![self])
    }

    /// The arguments. Values come after `--`, so that none can be taken for an option.
    pub(super) fn argv(&self) -> Vec<String> {
        let end = (!self.values.is_empty()).then(|| "--".to_owned());
        self.words.iter().chain(&self.options).chain(&end).chain(&self.values).cloned().collect()
    }
}
