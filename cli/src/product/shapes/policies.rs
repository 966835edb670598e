//! Policies of devices.

use serde_json::{Map, Value};

use super::{rows, text};
use crate::{product::row::Given, refusal::Refused};

/// Each policy with the value that holds.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn all(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    let values = rows(values).iter().map(|row| (text(row, "key").to_owned(), row["value"].clone()));
    Ok(values.collect::<Map<String, Value>>().into())
}
