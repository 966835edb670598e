//! Loggers of accounts, services, notifications.

use serde_json::{Map, Value, json};

use super::{millis, named, pick, rows, text};
use crate::{product::row::Given, refusal::Refused};

/// `loggers`: `id`, `level` in capitals, `name`, `description`, and the command that ends it.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn loggers(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    let of_row = |row: &Value| {
        let id = &row["id"];
        let shown = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        let account = row["address"].as_str().unwrap_or(text(row, "account"));
        let level = text(row, "level").to_uppercase();
        let window = row["window_size"].as_u64().map(|items| format!(", at most {items} items in an answer"));
        json!({
            "id": id,
            "level": level,
            "name": "AccountLogger",
            "description": format!(
                "account {account}, level {level}, file {}{}",
                text(row, "file"),
                window.unwrap_or_default()
            ),
            "remove command": format!("syncledger mobile doRemoveLogger {shown}"),
        })
    };
    Ok(named("loggers", rows(values).iter().map(of_row).collect::<Vec<_>>()))
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
        ("server", "node"),
        ("date", "date"),
        ("date", "at"),
        ("type", "type"),
        ("type", "severity"),
        ("subject", "subject"),
        ("text", "text"),
    ];
    let one = values.iter().filter(|value| value.is_object());
    let of_row = |row: &Value| {
        let mut shown = pick(row, &names);
        if let Some(date) = shown.get_mut("date") {
            *date = millis(date);
        }
        Value::from(shown)
    };
    Ok(named("notifications", rows(values).iter().chain(one).map(of_row).collect::<Vec<_>>()))
}
