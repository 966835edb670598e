//! Filters as they are written on the command line.

use syncledger_domain::{
    codes,
    eas_filter::{Draft, FilterRef, Mode, Preset, Refusal, Rule, parse_versions},
    ids::InvalidId,
};

use crate::refusal::Refused;

/// Reads a filter from its four parts.
///
/// # Errors
/// [`Refusal::Rule`], [`Refusal::UnknownVersion`], or a [`Refused`] for the mode.
pub(super) fn draft(
    rule_type: &str,
    parameter: &str,
    mode: &str,
    versions: &str,
    blocking: bool,
) -> anyhow::Result<Draft> {
    let rule = Rule::parse(rule_type, parameter).map_err(Refusal::from)?;
    let mode: Mode = mode.parse()?;
    Ok(Draft { rule, mode, versions: parse_versions(versions)?, blocking })
}

/// Reads `TYPE PARAMETER MODE VERSIONS [blocking] [position N]` from one text. The parameter may hold spaces.
///
/// # Errors
/// As [`draft`], and a [`Refused`] when parts are missing.
pub(super) fn in_one_text(text: &str) -> anyhow::Result<(Draft, Option<usize>)> {
    let (mut rest, mut blocking, mut position) = (text.trim(), false, None);
    loop {
        let (before, last) = last_word(rest);
        let (before_both, name) = last_word(before);
        if last.eq_ignore_ascii_case("blocking") {
            (rest, blocking) = (before, true);
        } else if name.eq_ignore_ascii_case("blocking") {
            let said = last.to_ascii_lowercase().parse();
            let wrong = |_| not_a_filter(text, &format!("'{last}' after blocking is neither true nor false"));
            (rest, blocking) = (before_both, said.map_err(wrong)?);
        } else if name.eq_ignore_ascii_case("position") {
            (rest, position) = (before_both, Some(self::position(last)?));
        } else {
            break;
        }
    }
    let (before, versions) = last_word(rest);
    let (before, mode) = last_word(before);
    let (rule_type, parameter) = before.split_once(char::is_whitespace).unwrap_or((before, ""));
    if rule_type.is_empty() {
        return Err(not_a_filter(text, "parts are missing").into());
    }
    Ok((draft(rule_type, parameter.trim(), mode, versions, blocking)?, position))
}

fn last_word(text: &str) -> (&str, &str) {
    let (before, last) = text.rsplit_once(char::is_whitespace).unwrap_or(("", text));
    (before.trim_end(), last)
}

fn not_a_filter(text: &str, why: &str) -> Refused {
    let shown: String = text.chars().take(80).collect();
    Refused::new(
        codes::INVALID_VALUE,
        format!(
            "filter '{shown}' is not valid: {why}; allowed is 'TYPE PARAMETER MODE VERSIONS [blocking] [position N]'"
        ),
    )
}

/// Reads a position.
pub(super) fn position(text: &str) -> Result<usize, Refused> {
    text.trim().parse().map_err(|_| {
        let shown: String = text.chars().take(80).collect();
        Refused::new(
            codes::INVALID_VALUE,
            format!("position '{shown}' is not valid: allowed is a whole number from 0"),
        )
    })
}

/// Reads what names a filter.
pub(super) fn reference(text: &str) -> Result<FilterRef, InvalidId> {
    text.parse()
}

/// Reads the name of a preset.
pub(super) fn preset(text: &str) -> Result<Preset, InvalidId> {
    text.parse()
}
