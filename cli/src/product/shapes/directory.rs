//! Attributes of accounts by their directory names.

use serde_json::Value;
use syncledger_domain::codes::NO_SUCH_ACCOUNT;

use super::{config, named, rows, text};
use crate::{
    product::{grammar::cut, row::Given},
    refusal::Refused,
};

/// The id every account has.
const ID: &str = "zimbraId";

/// Whether it is asked for that id.
pub(in crate::product) fn asks_for_id(given: &Given) -> bool {
    given.text("attribute").eq_ignore_ascii_case(ID)
}

/// One attribute: the id from the list of accounts, any other from its configuration.
///
/// # Errors
/// [`NO_SUCH_ACCOUNT`].
pub(in crate::product) fn attribute(given: &Given, values: &[Value]) -> Result<Value, Refused> {
    if !asks_for_id(given) {
        return config::values(given, values);
    }
    let asked = given.text("account");
    let is_asked =
        |row: &&Value| ["address", "account"].iter().any(|name| text(row, name).eq_ignore_ascii_case(asked));
    match rows(values).iter().find(is_asked) {
        Some(row) => Ok(named(ID, text(row, "account"))),
        None => Err(Refused::new(
            NO_SUCH_ACCOUNT,
            format!("account '{}' does not exist; `syncledger account list` shows those that do", cut(asked)),
        )),
    }
}
