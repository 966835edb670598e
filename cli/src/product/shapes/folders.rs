//! Folders devices may know of.

use serde_json::Value;

use super::facts;
use crate::{product::row::Given, refusal::Refused};

/// The folder, and whether it is hidden now.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn switched(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    let mut facts = facts(values);
    for (product, native) in [("item_id", "folder"), ("disabled", "hidden")] {
        if let Some(value) = facts.remove(native) {
            facts.insert(product.to_owned(), value);
        }
    }
    Ok(facts.into())
}
