//! Filters on protocol versions.

use serde_json::Value;

use super::{facts, named, rows};
use crate::{product::row::Given, refusal::Refused};

/// `filters`: `ID`, `mode`, `rule`, `easversions`, `blocking`, and `uid`, which stays when others move.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn list(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    Ok(named("filters", filters(rows(values))))
}

/// What changed, and the list as it is now.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn changed(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    let mut facts = facts(values);
    if let Some(position) = facts.remove("position") {
        facts.insert("ID".to_owned(), position);
    }
    if let Some(list) = facts.get_mut("filters") {
        *list = filters(list.as_array().map_or(&[], Vec::as_slice)).into();
    }
    Ok(facts.into())
}

fn filters(rows: &[Value]) -> Vec<Value> {
    let of_row = |row: &Value| {
        let versions: Vec<&str> =
            row["versions"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        serde_json::json!({
            "ID": row["position"],
            "uid": row["uid"],
            "mode": row["mode"],
            "rule": row["rule"],
            "easversions": versions.join(","),
            "blocking": row["blocking"],
        })
    };
    rows.iter().map(of_row).collect()
}
