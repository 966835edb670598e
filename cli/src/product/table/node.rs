//! What runs on a node: loggers of accounts, services, notifications.

use super::super::{
    row::{ACCOUNT, Call, Effect, Given, Kind, PATH, Param, Row, may, must},
    shapes::{self, node},
};

const SERVICE: Param = must("service_name", Kind::Text("String"));

pub(super) const ROWS: &[Row] = &[
    Row {
        words: &["mobile", "doAddAccountLogger"],
        params: &[
            must("account", ACCOUNT),
            must("log_level", Kind::OneOf(&["trace", "debug", "info", "warn", "err", "crit"])),
            must("log_file", PATH),
            may("window_size", Kind::Whole { min: 1, max: 512 }),
        ],
        meaning: "Writes the conversation of an account's devices to a file, until it is removed.",
        examples: &[
            "mobile doAddAccountLogger john@example.com info /tmp/john_logger",
            "mobile doaddaccountlogger john@example.com DEBUG /tmp/john_logger window_size 1",
        ],
        effect: Effect::Native {
            calls: |given| {
                let call = Call::new(&["logger", "add"]).option("--window-size", given.value("window_size"));
                ["account", "log_level", "log_file"]
                    .into_iter()
                    .fold(call, |call, name| call.value(given.text(name)))
                    .only()
            },
            shape: node::logger,
        },
    },
    Row {
        words: &["mobile", "doRemoveLogger"],
        params: &[must("logger_id", Kind::OneOfOr(&["all_loggers"], "Integer"))],
        meaning: "Ends a logger, or all of them.",
        examples: &["mobile doRemoveLogger 7", "mobile doremovelogger all_loggers"],
        effect: Effect::Native {
            calls: |given| {
                let call = Call::new(&["logger", "remove"]);
                match given.text("logger_id") {
                    "all_loggers" => call.flag("--all", true).only(),
                    id => call.value(id).only(),
                }
            },
            shape: shapes::confirmed,
        },
    },
    Row {
        words: &["mobile", "getAccountLoggers"],
        params: &[],
        meaning: "Shows the loggers of accounts.",
        examples: &["mobile getAccountLoggers"],
        effect: Effect::Native { calls: |_| Call::new(&["logger", "list"]).only(), shape: node::loggers },
    },
    Row {
        words: &["mobile", "getServices"],
        params: &[],
        meaning: "Shows the services, whether they run, and why one cannot start.",
        examples: &["mobile getServices"],
        effect: Effect::Native {
            calls: |_| Call::new(&["service", "list"]).of_node().only(),
            shape: node::services,
        },
    },
    Row {
        words: &["mobile", "doStartService"],
        params: &[SERVICE],
        meaning: "Starts a service.",
        examples: &["mobile doStartService abq", "mobile doStartService anti-dos"],
        effect: Effect::Native { calls: |given| service("start", given).only(), shape: shapes::confirmed },
    },
    Row {
        words: &["mobile", "doStopService"],
        params: &[SERVICE],
        meaning: "Stops a service.",
        examples: &["mobile doStopService abq-services"],
        effect: Effect::Native { calls: |given| service("stop", given).only(), shape: shapes::confirmed },
    },
    Row {
        words: &["mobile", "doRestartService"],
        params: &[SERVICE],
        meaning: "Stops a service and starts it again.",
        examples: &["mobile doRestartService anti-dos", "mobile doRestartService module"],
        effect: Effect::Native { calls: |given| service("restart", given).only(), shape: shapes::confirmed },
    },
    Row {
        words: &["core", "getNotification"],
        params: &[may("id", Kind::Text("String"))],
        meaning: "Shows the server's notifications, or the text of one.",
        examples: &["core getNotification", "core getNotification id 12"],
        effect: Effect::Native {
            calls: |given| {
                let call = Call::new(&["notification", "list"]);
                match given.value("id") {
                    Some(id) => call.value(id).only(),
                    None => call.only(),
                }
            },
            shape: node::notifications,
        },
    },
];

fn service(verb: &str, given: &Given) -> Call {
    Call::new(&["service", verb]).of_node().value(given.text("service_name"))
}
