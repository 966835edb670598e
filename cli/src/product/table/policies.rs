//! Policies of devices.

use super::super::{
    row::{Call, Effect, Kind, Param, Row, may, must},
    shapes::{self, policies},
};

const TARGET_TYPE: Param = must("target_type", Kind::OneOf(&["account", "cos"]));
const TARGET: Param = must("target", Kind::Text("Name/ID"));

pub(super) const ROWS: &[Row] = &[
    Row {
        words: &["mobile", "getProvisioning"],
        params: &[TARGET_TYPE, TARGET, may("key", Kind::Text("String"))],
        meaning: "Shows one policy, or all, that hold for an account or a class of service.",
        examples: &[
            "mobile getProvisioning account john@example.com",
            "mobile getProvisioning account john@example.com key zimbraMobilePolicyAllowDesktopSync",
            "mobile getProvisioning cos default key AllowCamera",
        ],
        effect: Effect::Native {
            calls: |given| {
                let call = Call::new(&["policy", "get"]).option("--key", given.value("key"));
                call.value(given.text("target_type")).value(given.text("target")).only()
            },
            shape: policies::all,
        },
    },
    Row {
        words: &["mobile", "setProvisioning"],
        params: &[TARGET_TYPE, TARGET, must("key", Kind::Text("String")), must("value", Kind::Clearable)],
        meaning: "Sets a policy for an account or a class of service; nothing as value takes it back.",
        examples: &[
            "mobile setProvisioning account john@example.com AllowDesktopSync true",
            "mobile setProvisioning cos default zimbraMobilePolicyAllowCamera -1",
            "mobile setProvisioning cos default AllowCamera ''",
        ],
        effect: Effect::Native {
            calls: |given| {
                let call = Call::new(&["policy", "set"]);
                let values = ["target_type", "target", "key", "value"];
                values.into_iter().fold(call, |call, name| call.value(given.text(name))).only()
            },
            shape: shapes::confirmed,
        },
    },
];
