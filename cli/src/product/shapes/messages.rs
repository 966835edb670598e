//! Messages for devices that are not let in.

use serde_json::{Map, Value};

use super::{facts, named, pick, rows};
use crate::{product::row::Given, refusal::Refused};

/// One message: scope, type, language, its fields, and where each comes from.
fn message(row: &Value) -> Map<String, Value> {
    let names = [
        "scope",
        "type",
        "locale",
        "from",
        "reply_to",
        "subject",
        "body_plain",
        "body_html",
        "resolved_from",
        "sources",
    ];
    pick(row, &names.map(|name| (name, name)))
}

/// `messages`: one per language.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn shown(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    Ok(named("messages", rows(values).iter().map(|row| Value::from(message(row))).collect::<Vec<_>>()))
}

/// The message as it is stored now.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn stored(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    let facts = facts(values);
    let shown = facts.get("message").map(message).unwrap_or_default();
    Ok(named("messages", vec![Value::from(shown)]))
}
