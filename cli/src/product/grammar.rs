//! From words to a command of the table and the values of its parameters.
//!
//! Command words, names of parameters and enumerated values are read in any case. Mandatory values stand by their place;
//! optional ones follow as `name value` in any order.

use syncledger_domain::{
    codes::{INVALID_VALUE, USAGE},
    config::registry::distance,
};

use super::{
    help,
    row::{Effect, Given, Here, Kind, Need, Param, Row},
    table,
};
use crate::refusal::Refused;

/// Longest value of a parameter, in bytes: a message's body with room to spare.
const MAX_VALUE: usize = 65_536;

/// Why words are no call of a command.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) refused: Refused,
    /// The page of help that goes with it.
    pub(super) help: Option<String>,
}

impl From<Refused> for Wrong {
    fn from(refused: Refused) -> Self {
        Self { refused, help: None }
    }
}

fn usage(message: String, help: String) -> Wrong {
    Wrong { refused: Refused::new(USAGE, message), help: Some(help) }
}

/// Cuts what is repeated to the caller.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

/// The words of a row in which each `a|b` is decided, when the tokens begin with them.
pub(super) fn matched(row: &Row, tokens: &[String]) -> Option<Vec<&'static str>> {
    if tokens.len() < row.words.len() {
        return None;
    }
    let pairs = row.words.iter().zip(tokens);
    pairs.map(|(word, token)| word.split('|').find(|one| one.eq_ignore_ascii_case(token))).collect()
}

/// The row whose words the tokens begin with; of several the one with most words.
pub(super) fn row_of(tokens: &[String]) -> Option<(&'static Row, Vec<&'static str>)> {
    let rows = table::all().filter_map(|row| Some((row, matched(row, tokens)?)));
    rows.max_by_key(|(_, words)| words.len())
}

/// The row and what it was given.
///
/// # Errors
/// [`Wrong`] with the page of help for a wrong call; a value that is not allowed has no page.
pub(super) fn parse(tokens: &[String]) -> Result<(&'static Row, Given), Wrong> {
    let Some((row, words)) = row_of(tokens) else { return Err(unknown(tokens)) };
    if matches!(row.effect, Effect::Missing(_)) {
        return Ok((row, Given { words, values: Vec::new(), here: Here::default() }));
    }
    let mut rest = tokens[words.len()..].iter().map(String::as_str);
    let mut given = Given { words, values: Vec::new(), here: Here::default() };
    for param in row.params.iter().filter(|param| param.need == Need::Mandatory) {
        let Some(value) = rest.next() else {
            let message = format!("command {} requires more parameters", help::command(row));
            return Err(usage(message, help::page(row)));
        };
        given.values.push((param.name, param.check(value)?));
    }
    while let Some(token) = rest.next() {
        let (param, value) = match (row.optional(token), row.by_place(&given)) {
            (Some(param), _) => {
                let lacking = || usage(format!("parameter {} requires a value", param.name), help::page(row));
                (param, rest.next().ok_or_else(lacking)?)
            }
            (None, Some(param)) => (param, token),
            (None, None) => return Err(stray(row, token)),
        };
        if given.value(param.name).is_some() {
            return Err(usage(format!("parameter {} is given twice", param.name), help::page(row)));
        }
        given.values.push((param.name, param.check(value)?));
    }
    Ok((row, given))
}

impl Row {
    fn optional(&self, name: &str) -> Option<&'static Param> {
        let optional = self.params.iter().filter(|param| param.need != Need::Mandatory);
        optional.into_iter().find(|param| param.name.eq_ignore_ascii_case(name))
    }

    /// What may stand by its place and does not yet.
    fn by_place(&self, given: &Given) -> Option<&'static Param> {
        let open = |param: &&Param| param.need == Need::OptionalByPlace && given.value(param.name).is_none();
        self.params.iter().find(open)
    }
}

fn stray(row: &Row, token: &str) -> Wrong {
    let names = row.params.iter().filter(|param| param.need != Need::Mandatory).map(|param| param.name);
    let near = nearest(token, names.map(str::to_owned));
    let message = format!(
        "command {} has no parameter '{}'{}",
        help::command(row),
        cut(token),
        near.map(|name| format!("; did you mean '{name}'?")).unwrap_or_default()
    );
    usage(message, help::page(row))
}

/// Words that begin no command: what was probably meant.
fn unknown(tokens: &[String]) -> Wrong {
    let said = cut(&tokens.join(" "));
    let begun: Vec<&Row> = table::all().filter(|row| begins(row, tokens)).collect();
    if !begun.is_empty() {
        let message = format!("command {said} requires more words");
        return usage(message, help::list(begun.into_iter()));
    }
    let known = table::all().flat_map(|row| {
        let command = help::command(row);
        let words = tokens.len().min(row.words.len());
        [command.split(' ').take(words).collect::<Vec<_>>().join(" "), command]
    });
    let near = nearest(&said, known);
    let hint = near.as_ref().map(|command| format!("; did you mean '{command}'?")).unwrap_or_default();
    // What begins with as many of the words as anything does.
    let longest = (1..=tokens.len()).rev().map(|words| &tokens[..words]);
    let family = longest.map(|words| table::all().filter(|row| begins(row, words)).collect::<Vec<_>>());
    let family = family.into_iter().find(|rows| !rows.is_empty()).unwrap_or_default();
    usage(format!("command '{said}' is not known{hint}"), help::list(family.into_iter()))
}

/// Whether the tokens are the first words of a longer command.
pub(super) fn begins(row: &Row, tokens: &[String]) -> bool {
    tokens.len() < row.words.len()
        && row
            .words
            .iter()
            .zip(tokens)
            .all(|(word, token)| word.split('|').any(|one| one.eq_ignore_ascii_case(token)))
}

/// The nearest of some words, if a third of its letters at most is wrong.
fn nearest(wrong: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let wrong = wrong.to_lowercase();
    let near = known.map(|name| (distance(&wrong, &name.to_lowercase()), name));
    let (_, name) = near.filter(|(distance, name)| distance * 3 <= name.len()).min()?;
    Some(name)
}

impl Param {
    /// The value in canonical spelling.
    pub(super) fn check(&self, value: &str) -> Result<String, Refused> {
        let refuse = |allowed: &str| {
            let message = format!("{} '{}' is not valid: allowed is {allowed}", self.name, cut(value));
            Err(Refused::new(INVALID_VALUE, message))
        };
        if value.len() > MAX_VALUE {
            return refuse(&format!("at most {MAX_VALUE} bytes"));
        }
        if value.contains('\0') {
            return refuse("text without the character 0");
        }
        if value.is_empty() && self.kind != Kind::Clearable {
            return refuse(&format!("{}, and not nothing", self.kind.describe()));
        }
        let one_of = |words: &[&str]| {
            words.iter().find(|one| one.eq_ignore_ascii_case(value)).map(ToString::to_string)
        };
        match self.kind {
            Kind::Text(_) | Kind::Clearable => Ok(value.to_owned()),
            Kind::Boolean => one_of(&["true", "false"]).map_or_else(|| refuse("true or false"), Ok),
            Kind::Whole { min, max } => match value.parse::<i64>() {
                Ok(number) if (min..=max).contains(&number) => Ok(number.to_string()),
                _ => refuse(&format!("a whole number from {min} to {max}")),
            },
            Kind::OneOf(words) => one_of(words).map_or_else(|| refuse(&words.join(", ")), Ok),
            Kind::OneOfOr(words, _) => Ok(one_of(words).unwrap_or_else(|| value.to_owned())),
            Kind::List(_) => {
                let parts: Vec<&str> =
                    value.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
                if parts.is_empty() { refuse("values with commas between them") } else { Ok(parts.join(",")) }
            }
        }
    }
}

impl Kind {
    /// For people: what it may be.
    pub(super) fn describe(self) -> String {
        match self {
            Self::Text(word) => word.to_owned(),
            Self::Clearable => "String, empty to clear".to_owned(),
            Self::Boolean => "true|false".to_owned(),
            Self::Whole { .. } => "Integer".to_owned(),
            Self::OneOf(words) => words.join("|"),
            Self::OneOfOr(words, other) => format!("{}|{other}", words.join("|")),
            Self::List(of) => format!("{of}[,{of}…]"),
        }
    }
}
