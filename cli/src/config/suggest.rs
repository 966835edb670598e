//! Errors of the configuration file, with what was probably meant.

use std::path::Path;

use syncledger_domain::config::registry::distance;

use super::ranges;

/// Turns a TOML error into one that names the file, the place and the key, for an unknown key the nearest known one, and
/// for a number what is allowed. The line itself is not shown: it may hold a password.
pub(super) fn explain(file: &Path, text: &str, error: &toml::de::Error) -> anyhow::Error {
    let message = error.message();
    let suggestion = unknown_key(message).and_then(|(wrong, known)| nearest(wrong, &known));
    let mut hint = suggestion.map(|known| format!("; did you mean '{known}'?")).unwrap_or_default();
    let place = error.span().map(|span| place(text, span.start));
    let (place, key) = match place {
        Some((line, column, key)) => (format!(" line {line}, column {column}"), key),
        None => (String::new(), None),
    };
    if let Some(range) = key.as_deref().and_then(ranges::of_key) {
        hint = format!("; allowed are {range}");
    }
    let key = key.map(|key| format!("{key}: ")).unwrap_or_default();
    anyhow::anyhow!("{}{place}: {key}{message}{hint}", file.display())
}

/// Line and column of a byte, counted from 1, and the key or the header the line begins with.
fn place(text: &str, at: usize) -> (usize, usize, Option<String>) {
    let before = text.get(..at).unwrap_or(text);
    let begin = before.rfind('\n').map_or(0, |end| end + 1);
    let line = text[begin..].lines().next().unwrap_or_default();
    let column = before[begin..].chars().count() + 1;
    (before.matches('\n').count() + 1, column, key_of(line))
}

/// `poll_seconds` of `poll_seconds = 5`, `[limits]` of `[limits]`: what can be said without saying a value.
fn key_of(line: &str) -> Option<String> {
    let name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let line = line.trim();
    if line.starts_with('[') {
        let header = line.trim_end_matches(']').trim_start_matches('[');
        return header.chars().all(|c| name(c) || c == '"').then(|| line.to_owned());
    }
    let (key, _) = line.split_once('=')?;
    let key = key.trim_end();
    (!key.is_empty() && key.chars().all(name)).then(|| key.to_owned())
}

/// Takes «unknown field `a`, expected one of `b`, `c`» apart.
fn unknown_key(message: &str) -> Option<(&str, Vec<&str>)> {
    let rest = message.strip_prefix("unknown field ").or_else(|| message.strip_prefix("unknown variant "))?;
    let mut quoted = rest.split('`').skip(1).step_by(2);
    let wrong = quoted.next()?;
    Some((wrong, quoted.collect()))
}

fn nearest<'a>(wrong: &str, known: &[&'a str]) -> Option<&'a str> {
    let scored = known.iter().map(|name| (distance(wrong, name), *name));
    scored.min().filter(|(distance, name)| *distance * 3 <= name.len().max(wrong.len())).map(|(_, name)| name)
}
