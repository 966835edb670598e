//! Passwords for single services.

use serde_json::{Map, Value};

use super::{facts, millis, named, rows};
use crate::{product::row::Given, refusal::Refused};

/// `message`, the record under `list`, and the only sight of the secret.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn added(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    Ok(with_list(facts(values)).into())
}

/// `message`, and the record under `list`.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn updated(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    Ok(with_list(facts(values)).into())
}

/// The records under `list`.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn list(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    Ok(named("list", rows(values).iter().map(record).collect::<Vec<_>>()))
}

fn with_list(mut facts: Map<String, Value>) -> Map<String, Value> {
    if let Some(credential) = facts.remove("credential") {
        facts.insert("list".to_owned(), vec![record(&credential)].into());
    }
    facts
}

/// `created` in milliseconds; `generated` 1 for what the server made up, 0 for what was supplied.
fn record(row: &Value) -> Value {
    let mut record = row.clone();
    if let Some(created) = record.get_mut("created") {
        *created = millis(created);
    }
    if let Some(generated) = record.get_mut("generated")
        && let Some(made) = generated.as_bool()
    {
        *generated = u8::from(made).into();
    }
    record
}
