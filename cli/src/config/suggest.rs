//! Errors of the configuration file, with what was probably meant.

use std::path::Path;

/// Turns a TOML error into one that names the file, the place, and for an unknown key the nearest known one.
pub(super) fn explain(file: &Path, error: &toml::de::Error) -> anyhow::Error {
    let message = error.message();
    let suggestion = unknown_key(message).and_then(|(wrong, known)| nearest(wrong, &known));
    let hint = suggestion.map(|known| format!("; did you mean '{known}'?")).unwrap_or_default();
    anyhow::anyhow!("{}: {}{hint}", file.display(), error.to_string().trim_end())
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

/// Letters to insert, delete or replace.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
