//! A response as an indented tree for people.

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value};

/// Spaces of a step.
const STEP: &str = "    ";
/// Column of the values, at least.
const COLUMN: usize = 28;
/// Names whose numbers are moments, in milliseconds since 1970.
const MOMENTS: &[&str] = &[
    "firstSeen",
    "lastSeen",
    "lastCommandReceived",
    "lastSync",
    "created",
    "date",
    "until",
    "wipeRequested",
    "wipeAcknowledged",
    "jailedUntil",
];
/// Names of lists whose elements are sentences, a line each.
const SENTENCES: &[&str] = &["warnings"];
/// What comes first in a block; the rest follows by the alphabet.
const FIRST: &[&str] = &[
    "ID",
    "id",
    "device_id",
    "deviceId",
    "attribute",
    "regex",
    "locale",
    "status",
    "mode",
    "rule",
    "message",
];

/// The text, without a line end behind it.
pub(super) fn render(response: &Value) -> String {
    let mut lines = Vec::new();
    block(&mut lines, "", "", response);
    lines.join("\n")
}

/// Text one step further in.
pub(super) fn indented(text: &str) -> String {
    let lines =
        text.lines().map(|line| if line.is_empty() { String::new() } else { format!("{STEP}{line}") });
    lines.collect::<Vec<_>>().join("\n")
}

fn block(lines: &mut Vec<String>, indent: &str, name: &str, value: &Value) {
    match value {
        Value::Object(fields) => object(lines, indent, fields),
        Value::Array(elements) => list(lines, indent, name, elements),
        plain => lines.push(format!("{indent}{}", word(name, plain))),
    }
}

fn object(lines: &mut Vec<String>, indent: &str, fields: &Map<String, Value>) {
    let mut fields: Vec<_> = fields.iter().collect();
    let rank = |name: &str| FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len());
    fields.sort_by_key(|(name, value)| (value.is_array() || value.is_object(), rank(name)));
    // A sentence needs no name, and says what the words beside it are for programs.
    if let Some((_, Value::String(sentence))) = fields.iter().find(|(name, _)| *name == "message") {
        lines.push(format!("{indent}{}", clean(sentence)));
        let told = |value: &Value| match value {
            Value::Array(list) => !list.is_empty(),
            other => other.is_number() || other.is_object(),
        };
        fields.retain(|(name, value)| told(value) || *name == "hint");
    }
    let width = fields.iter().map(|(name, _)| name.chars().count() + 2).max().unwrap_or_default().max(COLUMN);
    for (name, value) in fields {
        match value {
            Value::Array(elements) if SENTENCES.contains(&name.as_str()) && !elements.is_empty() => {
                apart(lines);
                lines.push(format!("{indent}{name}"));
                lines.extend(elements.iter().map(|one| format!("{indent}{STEP}{}", word(name, one))));
            }
            Value::Array(elements) if elements.iter().all(|one| !one.is_object() && !one.is_array()) => {
                let words: Vec<String> = elements.iter().map(|one| word(name, one)).collect();
                lines.push(format!("{indent}{name:width$}{}", words.join(", ")).trim_end().to_owned());
            }
            Value::Array(_) | Value::Object(_) => {
                apart(lines);
                lines.push(format!("{indent}{name}"));
                lines.push(String::new());
                block(lines, &format!("{indent}{STEP}"), name, value);
            }
            plain => scalar(lines, indent, name, width, &word(name, plain)),
        }
    }
}

/// A name and its value; text of several lines stands below its name, further in, so that it cannot look like fields.
fn scalar(lines: &mut Vec<String>, indent: &str, name: &str, width: usize, text: &str) {
    if !text.contains('\n') {
        lines.push(format!("{indent}{name:width$}{text}").trim_end().to_owned());
        return;
    }
    lines.push(format!("{indent}{name}"));
    lines.extend(text.lines().map(|line| format!("{indent}{STEP}{line}").trim_end().to_owned()));
}

fn list(lines: &mut Vec<String>, indent: &str, name: &str, elements: &[Value]) {
    for (at, element) in elements.iter().enumerate() {
        if at > 0 && (element.is_object() || element.is_array()) {
            apart(lines);
        }
        block(lines, indent, name, element);
    }
}

/// A blank line, unless there is one or nothing yet.
fn apart(lines: &mut Vec<String>) {
    if lines.last().is_some_and(|line| !line.is_empty()) {
        lines.push(String::new());
    }
}

fn word(name: &str, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => clean(text),
        Value::Number(number) if MOMENTS.contains(&name) => {
            number.as_i64().map_or_else(|| number.to_string(), |at| moment(at, TimeZone::system()))
        }
        other => other.to_string(),
    }
}

/// What a device calls itself may hold signs that move the cursor; lines of a message stay lines.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

/// `Wed 05 May 2021 at 17:53:38`.
fn moment(milliseconds: i64, zone: TimeZone) -> String {
    match Timestamp::from_millisecond(milliseconds) {
        Ok(moment) => moment.to_zoned(zone).strftime("%a %d %b %Y at %H:%M:%S").to_string(),
        Err(_) => milliseconds.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_blocks_with_padded_names() {
        let devices = json!({ "devices": [
            { "status": "Allowed", "device_id": "androidc1" },
            { "device_id": "Appl1\u{1b}[2J/alice@example.com", "status": "Blocked" },
        ]});
        let expected = "devices\n\n    device_id                   androidc1\n    status                      Allowed\n\n    \
                        device_id                   Appl1 [2J/alice@example.com\n    status                      Blocked";
        assert_eq!(render(&devices), expected);
    }

    #[test]
    fn a_sentence_stands_alone_and_lists_of_words_stay_on_a_line() {
        let facts = json!({ "message": "service stopped", "changed": true, "warnings": [], "node": "a" });
        assert_eq!(render(&facts), "service stopped");
        let facts = json!({ "message": "changed", "hint": "look", "count": 2, "bad_lines": [{ "line": 3 }] });
        assert_eq!(render(&facts).lines().filter(|line| !line.is_empty()).count(), 5);
        let list = render(&json!({ "devices": ["a", "b"] }));
        assert_eq!(list, format!("{:COLUMN$}a, b", "devices"));
        assert_eq!(render(&json!({ "devices": [] })), "devices");
        assert_eq!(
            render(&json!({ "body": "a\nstatus ok", "x": "y" })).lines().nth(2),
            Some("    status ok")
        );
    }

    #[test]
    fn warnings_stand_on_a_line_each() {
        let facts = json!({ "message": "filter 3 added", "ID": 3, "warnings": ["one, two", "three"] });
        assert!(render(&facts).ends_with("\n\nwarnings\n    one, two\n    three"), "{}", render(&facts));
    }

    #[test]
    fn moments_are_told_as_people_read_them() {
        assert_eq!(moment(1_620_237_218_000, TimeZone::UTC), "Wed 05 May 2021 at 17:53:38");
        assert_eq!(moment(i64::MAX, TimeZone::UTC), i64::MAX.to_string());
        for name in ["lastSeen", "jailedUntil", "wipeRequested"] {
            assert!(render(&json!({ name: 1_620_237_218_000_i64 })).contains(" at "), "{name}");
        }
        assert!(render(&json!({ "window": 1_620_237_218_000_i64 })).contains("1620237218000"));
    }
}
