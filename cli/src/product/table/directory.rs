//! Switches of accounts and classes of service, in the words of the directory: attributes under their directory names.

use super::super::{
    row::{ACCOUNT, Call, Effect, Given, Kind, Param, Row, must},
    shapes::{self, config, directory},
};
use crate::refusal::Refused;

const ATTRIBUTE: Param = must("attribute", Kind::Text("Attribute Name"));
const VALUE: Param = must("value", Kind::Clearable);

pub(super) const ROWS: &[Row] = &[
    Row {
        words: &["prov", "mc"],
        params: &[must("cos", Kind::Text("COS Name/ID")), ATTRIBUTE, VALUE],
        meaning: "Changes an attribute of a class of service.",
        examples: &["prov mc default zimbraFeatureMobileSyncEnabled TRUE"],
        effect: Effect::Native { calls: |given| change("cos", given)?.only(), shape: shapes::confirmed },
    },
    Row {
        words: &["prov", "ma"],
        params: &[must("account", ACCOUNT), ATTRIBUTE, VALUE],
        meaning: "Changes an attribute of an account; nothing as value takes the account's own value away.",
        examples: &[
            "prov ma john@example.com zimbraFeatureMobileSyncEnabled FALSE",
            "prov ma john@example.com zimbraFeatureMobileSyncEnabled ''",
        ],
        effect: Effect::Native { calls: |given| change("account", given)?.only(), shape: shapes::confirmed },
    },
    Row {
        words: &["prov", "ga"],
        params: &[must("account", ACCOUNT), ATTRIBUTE],
        meaning: "Shows an attribute of an account; zimbraId is its id.",
        examples: &[
            "prov ga john@example.com zimbraId",
            "prov ga john@example.com zimbraFeatureMobileSyncEnabled",
        ],
        effect: Effect::Native {
            calls: |given| {
                if directory::asks_for_id(given) {
                    return Call::new(&["account", "list"]).only();
                }
                let call = Call::new(&["config", "get"]).option("--account", given.value("account"));
                call.value(given.text("attribute")).only()
            },
            shape: directory::attribute,
        },
    },
];

/// `account set` and `cos set` read `''` as taking a value away.
fn change(noun: &str, given: &Given) -> Result<Call, Refused> {
    let assignment = config::assignment(given.text("attribute"), given.text("value"))?;
    Ok(Call::new(&[noun, "set"]).value(given.text(noun)).value(assignment))
}
