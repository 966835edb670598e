//! Allow, block, quarantine: the Device Control List and its rules.

use super::super::{
    row::{ACCOUNT, Call, DOMAIN, Effect, Given, Kind, PATH, Row, STRING, may, must},
    shapes::{self, abq},
};

pub(super) const STATUS: Kind = Kind::OneOf(&["Allowed", "Blocked", "Quarantined"]);

pub(super) const ROWS: &[Row] = &[
    Row {
        words: &["mobile", "ABQ", "list"],
        params: &[may("status", STATUS)],
        meaning: "Shows the Device Control List, or its entries with one status.",
        examples: &[
            "mobile ABQ list",
            "mobile ABQ list status Quarantined",
            "mobile abq list status allowed",
        ],
        effect: Effect::Native {
            calls: |given| Call::new(&["abq", "list"]).option("--status", given.value("status")).only(),
            shape: abq::list,
        },
    },
    Row {
        words: &["mobile", "ABQ", "allow"],
        params: &[must("device_id", STRING), may("account", ACCOUNT)],
        meaning: "Lets a quarantined device in, for everybody or for one account.",
        examples: &[
            "mobile ABQ allow androidc133785981",
            "mobile ABQ allow androidc133785981 account alice@example.com",
        ],
        effect: Effect::Native { calls: |given| of_device("allow", given).only(), shape: shapes::confirmed },
    },
    Row {
        words: &["mobile", "ABQ", "block"],
        params: &[must("device_id", STRING), may("account", ACCOUNT)],
        meaning: "Blocks a quarantined device, for everybody or for one account.",
        examples: &[
            "mobile ABQ block androidc133785981",
            "mobile ABQ block androidc133785981 account alice@example.com",
        ],
        effect: Effect::Native { calls: |given| of_device("block", given).only(), shape: shapes::confirmed },
    },
    Row {
        words: &["mobile", "ABQ", "set"],
        params: &[must("device_id", STRING), must("status", STATUS), may("account", ACCOUNT)],
        meaning: "Sets the status of a device, known or not, for everybody or for one account.",
        examples: &[
            "mobile ABQ set androidc133785981 Blocked",
            "mobile ABQ set androidc133785981 quarantined account 27ee8dd9-d813-4ca7-a988-580df0027a58",
        ],
        effect: Effect::Native {
            calls: |given| of_device("set", given).value(given.text("status")).only(),
            shape: shapes::confirmed,
        },
    },
    Row {
        words: &["mobile", "ABQ", "delete"],
        params: &[must("device_id", STRING), may("account", ACCOUNT)],
        meaning: "Removes the entries of a device, or the one of a device and an account.",
        examples: &[
            "mobile ABQ delete androidc133785981",
            "mobile ABQ delete androidc133785981 account alice@example.com",
        ],
        effect: Effect::Native { calls: |given| of_device("delete", given).only(), shape: shapes::confirmed },
    },
    Row {
        words: &["mobile", "ABQ", "import"],
        params: &[must("input_file", PATH), must("status", STATUS)],
        meaning: "Sets one status for each line of a file, `device_id` or `device_id/account`.",
        examples: &["mobile ABQ import /tmp/list Allowed"],
        effect: Effect::Native {
            calls: |given| {
                Call::new(&["abq", "import"])
                    .value(given.text("input_file"))
                    .value(given.text("status"))
                    .only()
            },
            shape: abq::imported,
        },
    },
    Row {
        words: &["mobile", "ABQ", "seed"],
        params: &[],
        meaning: "Enters every device the server knows as Allowed.",
        examples: &["mobile ABQ seed"],
        effect: Effect::Native { calls: |_| Call::new(&["abq", "seed"]).only(), shape: shapes::confirmed },
    },
    Row {
        words: &["mobile", "ABQ", "setRule"],
        params: &[
            must("regex", STRING),
            must("status", STATUS),
            must("order", Kind::Whole { min: i64::MIN, max: i64::MAX }),
            may("domain", DOMAIN),
        ],
        meaning: "Sets the status of all devices whose id a regular expression describes, everywhere or in one domain.",
        examples: &[
            "mobile ABQ setRule android.* Allowed 1",
            "mobile ABQ setRule Appl.* Blocked 2 domain example.com",
        ],
        effect: Effect::Native {
            calls: |given| {
                let call = Call::new(&["abq", "rule", "set"]).option("--domain", given.value("domain"));
                ["regex", "status", "order"]
                    .into_iter()
                    .fold(call, |call, name| call.value(given.text(name)))
                    .only()
            },
            shape: shapes::confirmed,
        },
    },
    Row {
        words: &["mobile", "ABQ", "deleteRule"],
        params: &[must("regex", STRING), may("domain", DOMAIN)],
        meaning: "Deletes the rule with exactly this regular expression.",
        examples: &["mobile ABQ deleteRule android.*", "mobile ABQ deleteRule Appl.* domain example.com"],
        effect: Effect::Native {
            calls: |given| {
                let call = Call::new(&["abq", "rule", "delete"]).option("--domain", given.value("domain"));
                call.value(given.text("regex")).only()
            },
            shape: shapes::confirmed,
        },
    },
    Row {
        words: &["mobile", "ABQ", "listRules"],
        params: &[may("domain", DOMAIN)],
        meaning: "Shows the rules: all of them, or those of one domain.",
        examples: &["mobile ABQ listRules", "mobile ABQ listRules domain example.com"],
        effect: Effect::Native {
            calls: |given| {
                Call::new(&["abq", "rule", "list"]).option("--domain", given.value("domain")).only()
            },
            shape: abq::rules,
        },
    },
    Row {
        words: &["mobile", "ABQ", "setNotificationInterval"],
        params: &[must("interval", Kind::Text("45m|6h|1d|0"))],
        meaning: "Sets how often administrators get mail about devices in quarantine; 0 is never.",
        examples: &[
            "mobile ABQ setNotificationInterval 45m",
            "mobile ABQ setNotificationInterval 6h",
            "mobile ABQ setNotificationInterval 1d",
            "mobile ABQ setNotificationInterval 0",
        ],
        effect: Effect::Native {
            calls: |given| Call::new(&["abq", "notification-interval"]).value(given.text("interval")).only(),
            shape: shapes::confirmed,
        },
    },
];

fn of_device(verb: &str, given: &Given) -> Call {
    Call::new(&["abq", verb]).option("--account", given.value("account")).value(given.text("device_id"))
}
