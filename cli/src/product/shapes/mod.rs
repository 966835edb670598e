//! From the results of native calls to the shapes other servers' administrators and their scripts know.

pub(super) mod abq;
pub(super) mod config;
pub(super) mod credentials;
pub(super) mod devices;
pub(super) mod directory;
pub(super) mod filters;
pub(super) mod folders;
pub(super) mod messages;
pub(super) mod node;
pub(super) mod policies;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::row::Given;
use crate::refusal::Refused;

/// A confirmation: its sentence as `message`, and its facts.
#[expect(clippy::unnecessary_wraps, reason = "shapes that can refuse have the same type")]
pub(super) fn confirmed(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    Ok(facts(values).into())
}

/// The result as it is.
#[expect(clippy::unnecessary_wraps, reason = "shapes that can refuse have the same type")]
pub(super) fn first(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    Ok(values.first().cloned().unwrap_or_else(|| Map::new().into()))
}

/// The facts of a confirmation without its `ok`, which the envelope says; moments in milliseconds.
fn facts(values: &[Value]) -> Map<String, Value> {
    let mut facts = values.iter().find_map(Value::as_object).cloned().unwrap_or_default();
    facts.remove("ok");
    facts.retain(|_, value| !value.is_null());
    for name in ["until", "created"] {
        if let Some(value) = facts.get_mut(name) {
            *value = millis(value);
        }
    }
    facts
}

/// The rows of a list.
fn rows(values: &[Value]) -> &[Value] {
    values.iter().find_map(Value::as_array).map_or(&[], Vec::as_slice)
}

/// An object with these names, each from the first of some fields that is there; what is nowhere is left out.
fn pick(row: &Value, names: &[(&str, &str)]) -> Map<String, Value> {
    let there = |field: &str| row.get(field).filter(|value| !value.is_null());
    names.iter().filter_map(|(name, field)| Some(((*name).to_owned(), there(field)?.clone()))).collect()
}

/// RFC 3339 as milliseconds since 1970; anything else as it is.
fn millis(value: &Value) -> Value {
    let moment = value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    moment.map_or_else(|| value.clone(), |moment| moment.as_millisecond().into())
}

fn text<'v>(row: &'v Value, name: &str) -> &'v str {
    row[name].as_str().unwrap_or_default()
}

/// An object with one field.
fn named(name: &str, value: impl Into<Value>) -> Value {
    Map::from_iter([(name.to_owned(), value.into())]).into()
}
