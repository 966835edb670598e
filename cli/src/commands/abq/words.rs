//! Words of the command line.

use std::str::FromStr;

use clap::Args;
use syncledger_commands::CommandError;
use syncledger_domain::{abq::Refusal, codes, event::Timestamp, ids::InvalidId};

use crate::{commands::audit, refusal::Refused};

/// Longest time from now an entry may count, in seconds: ten years. Whoever means longer means without end.
const MAX_SECONDS: i64 = 3650 * 86_400;

/// A refusal of this room, as every other.
pub(super) fn refused(refusal: impl Into<Refusal>) -> anyhow::Error {
    CommandError::Refused(refusal.into()).into()
}

/// A word of a closed set, or an id.
pub(super) fn word<T: FromStr<Err = InvalidId>>(text: &str) -> anyhow::Result<T> {
    text.parse().map_err(|invalid: InvalidId| refused(invalid))
}

/// Place of a rule.
pub(super) fn order(text: &str) -> anyhow::Result<i64> {
    let refuse = |_| refused(InvalidId { field: "order", value: cut(text), allowed: "a whole number" });
    text.trim().parse().map_err(refuse)
}

/// At most 80 characters, for messages.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

/// For a terminal: text of strangers may hold what terminals obey.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// How long an entry counts.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Expiry {
    /// For how long: 7d, 12h or 30m, at most 3650d; without end when nothing is said.
    #[arg(long = "for", value_name = "DURATION")]
    lasting: Option<String>,
    /// Until when: 2026-05-01T09:12:33Z.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

impl Expiry {
    /// The moment from which on the entry counts as absent. That it is ahead the domain checks.
    pub(crate) fn at(&self, now: Timestamp) -> anyhow::Result<Option<Timestamp>> {
        match (&self.lasting, &self.until) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(Refused::new(
                codes::CONFLICTING_PARAMETERS,
                "--for and --until exclude each other: allowed is one of them",
            )
            .into()),
            (Some(lasting), None) => Ok(Some(now.plus_seconds(seconds(lasting)?))),
            (None, Some(until)) => audit::time(until)
                .map(Some)
                .map_err(|_| invalid("until", until, "a time such as 2026-05-01T09:12:33Z").into()),
        }
    }
}

fn seconds(text: &str) -> Result<i64, Refused> {
    let refuse = || invalid("for", text, "a number with m, h or d, 1m to 3650d");
    let trimmed = text.trim();
    let unit = match trimmed.chars().last().map(|c| c.to_ascii_lowercase()) {
        Some('m') => 60,
        Some('h') => 3600,
        Some('d') => 86_400,
        _ => return Err(refuse()),
    };
    let number = &trimmed[..trimmed.len() - 1];
    let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = number.parse::<i64>().ok().filter(|_| plain).and_then(|number| number.checked_mul(unit));
    seconds.filter(|seconds| (1..=MAX_SECONDS).contains(seconds)).ok_or_else(refuse)
}

fn invalid(field: &str, value: &str, allowed: &str) -> Refused {
    Refused::new(
        codes::INVALID_VALUE,
        format!("--{field} '{}' is not valid: allowed is {allowed}", cut(value)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_and_an_end() {
        for (text, expected) in [
            ("30m", 1800),
            ("12h", 43_200),
            ("7d", 604_800),
            ("7D", 604_800),
            (" 1m ", 60),
            ("3650d", MAX_SECONDS),
        ] {
            assert_eq!(seconds(text).unwrap(), expected, "{text}");
        }
        for bad in [
            "",
            "7",
            "d",
            "0d",
            "-1d",
            "+1d",
            "1.5h",
            "7w",
            "3651d",
            "99999999999999999999d",
            "1d1h",
            "7д",
            "m m",
        ] {
            let refused = seconds(bad).unwrap_err();
            assert_eq!(refused.code(), codes::INVALID_VALUE, "{bad}");
            assert!(
                refused.to_string().contains(bad) && refused.to_string().contains("allowed"),
                "{refused}"
            );
        }
    }

    #[test]
    fn an_entry_ends_at_one_moment() {
        let now = Timestamp::from_seconds(1000);
        let expiry = |lasting: Option<&str>, until: Option<&str>| {
            Expiry { lasting: lasting.map(str::to_owned), until: until.map(str::to_owned) }.at(now)
        };
        assert_eq!(expiry(None, None).unwrap(), None);
        assert_eq!(expiry(Some("1h"), None).unwrap(), Some(now.plus_seconds(3600)));
        assert_eq!(
            expiry(None, Some("1970-01-02T00:00:00Z")).unwrap(),
            Some(Timestamp::from_seconds(86_400))
        );
        let code = |refused: anyhow::Error| refused.downcast_ref::<Refused>().unwrap().code();
        assert_eq!(code(expiry(None, Some("tomorrow")).unwrap_err()), codes::INVALID_VALUE);
        assert_eq!(code(expiry(Some("1h"), Some("2030-01-01")).unwrap_err()), codes::CONFLICTING_PARAMETERS);
    }

    #[test]
    fn what_a_terminal_would_obey_is_not_shown() {
        assert_eq!(printable("a\u{1b}[2Jb\n"), "a\u{fffd}[2Jb\u{fffd}");
    }
}
