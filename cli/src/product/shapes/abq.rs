//! The Device Control List and its rules.

use serde_json::Value;

use super::{millis, named, pick, rows};
use crate::{product::row::Given, refusal::Refused};

/// `devices`: `device_id` (`device/account` for an entry of both) and `status`; `until` where it ends, `origin` says what
/// made the entry.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn list(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    let of_row = |row| {
        let mut entry = pick(
            row,
            &[("device_id", "device_id"), ("status", "status"), ("until", "until"), ("origin", "origin")],
        );
        if let Some(until) = entry.get_mut("until") {
            *until = millis(until);
        }
        Value::from(entry)
    };
    Ok(named("devices", rows(values).iter().map(of_row).collect::<Vec<_>>()))
}

/// `rules`: `regex`, `status`, `order`, `domain` for those of one; `problem` for one that is not obeyed.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn rules(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    let names = ["regex", "status", "order", "domain", "problem"].map(|name| (name, name));
    let rules = rows(values).iter().map(|row| Value::from(pick(row, &names)));
    Ok(named("rules", rules.collect::<Vec<_>>()))
}

/// `message`: how many were added; then the counts, and the lines that were left out.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn imported(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    let mut facts = super::facts(values);
    let added = facts.get("added").and_then(Value::as_u64).unwrap_or_default();
    facts.insert("message".to_owned(), format!("{added} devices added").into());
    Ok(facts.into())
}
