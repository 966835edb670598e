//! Policies of devices.

use serde_json::{Map, Value};
use syncledger_domain::config::registry;

use super::{rows, text};
use crate::{product::row::Given, refusal::Refused};

/// Each policy with the value that holds.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn all(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    let values = rows(values).iter().map(|row| (known_as(text(row, "key")).to_owned(), row["value"].clone()));
    Ok(values.collect::<Map<String, Value>>().into())
}

/// The short name of a policy, as those of the directory are without their prefix.
fn known_as(key: &str) -> &str {
    let Ok(attribute) = registry::find(key) else { return key };
    let names = std::iter::once(attribute.name).chain(attribute.aliases.iter().copied());
    let short = |name: &&str| name.starts_with(|first: char| first.is_ascii_uppercase());
    names.clone().find(short).or_else(|| names.last()).unwrap_or(key)
}
