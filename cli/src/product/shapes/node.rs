//! Loggers of accounts, services, notifications.

use serde_json::{Map, Value};

use super::{facts, millis, named, pick, rows, text};
use crate::{product::row::Given, refusal::Refused};

/// The name of the command that ends a logger.
const REMOVE: &str = "remove command";

/// `loggers`: `id`, `level` in capitals, `name`, `description`, and the command that ends it.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn loggers(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    let of_row = |row: &Value| {
        let mut shown = pick(row, &["id", "level", "name", "description"].map(|name| (name, name)));
        shown.insert(REMOVE.to_owned(), remove_command(row));
        Value::from(shown)
    };
    Ok(named("loggers", rows(values).iter().map(of_row).collect::<Vec<_>>()))
}

/// A logger that was added.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn logger(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    let mut facts = facts(values);
    facts.remove("remove_command");
    let command = remove_command(&Value::from(facts.clone()));
    facts.insert(REMOVE.to_owned(), command);
    Ok(facts.into())
}

fn remove_command(logger: &Value) -> Value {
    format!("syncledger mobile doRemoveLogger {}", logger["id"]).into()
}

/// `services`: by name whether each runs, could start and could stop, and why it could not start.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn services(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    let names = ["could_start", "could_stop", "running", "could_not_start_because"].map(|name| (name, name));
    let services = rows(values).iter().map(|row| (text(row, "name").to_owned(), pick(row, &names).into()));
    Ok(named("services", services.collect::<Map<String, Value>>()))
}

/// `notifications`: server, date, type, subject, text, id.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn notifications(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    let names = [
        ("id", "id"),
        ("server", "server"),
        ("date", "date"),
        ("type", "type"),
        ("subject", "subject"),
        ("text", "text"),
    ];
    let of_row = |row: &Value| {
        let mut shown = pick(row, &names);
        if let Some(date) = shown.get_mut("date") {
            *date = millis(date);
        }
        Value::from(shown)
    };
    Ok(named("notifications", rows(values).iter().map(of_row).collect::<Vec<_>>()))
}
