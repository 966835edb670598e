//! Attributes: `config VERB SCOPE …`, and the older `config SCOPE VERB …`.
//!
//! The scope `server` is a node, whose attributes are those of the installation: a value that would hold on one node alone
//! does not exist.

use syncledger_domain::codes::USAGE;

use super::super::{
    row::{Call, Effect, Given, Kind, Param, Row, may, must},
    shapes::{self, config},
};
use crate::refusal::Refused;

const ATTRIBUTE: Param = must("attribute", Kind::Text("Attribute Name"));
const TARGET: Param = must("target", Kind::Text("Name/ID"));
const VALUE: Param = must("value", Kind::Clearable);
const MAY_ATTRIBUTE: Param = may("attribute", Kind::Text("Attribute Name"));
const MAY_VALUE: Param = may("value", Kind::Clearable);
const SHOW_INHERITED: Param = may("show-inherited", Kind::Boolean);
/// Scopes that need a name.
const NAMED: &str = "account|cos|domain|server";
/// What takes a value away is called by several names.
const UNSET: &str = "unset|empty|clear";
const LISTS: &str = "distribution lists";

const GET: Effect = Effect::Native { calls: get, shape: config::values };
const SET: Effect = Effect::Native { calls: set, shape: config::assigned };
const CLEAR: Effect = Effect::Native { calls: unset, shape: shapes::confirmed };
const DUMP: Effect = Effect::Native { calls: dump, shape: config::values };

pub(super) const ROWS: &[Row] = &[
    Row {
        words: &["config", "get", "global"],
        params: &[ATTRIBUTE],
        meaning: "Shows the value of an attribute for the installation.",
        examples: &["config get global abqMode"],
        effect: GET,
    },
    Row {
        words: &["config", "get", NAMED],
        params: &[TARGET, ATTRIBUTE],
        meaning: "Shows the value of an attribute at a place, and where it comes from.",
        examples: &[
            "config get account john@example.com abqMode",
            "config get cos default abqMode",
            "config get domain example.com easEnabled",
            "config get server localhost ZxMobile_NotificationsLatency",
        ],
        effect: GET,
    },
    Row {
        words: &["config", "set", "global"],
        params: &[ATTRIBUTE, VALUE],
        meaning: "Sets an attribute for the installation.",
        examples: &[
            "config set global abqMode Interactive",
            "config set global mobileAntiDosServiceEnabled true",
            "config set global abqNotificationsInterval 21600000",
        ],
        effect: SET,
    },
    Row {
        words: &["config", "set", NAMED],
        params: &[TARGET, ATTRIBUTE, VALUE],
        meaning: "Sets an attribute at a place.",
        examples: &[
            "config set account john@example.com abqMode Strict",
            "config set cos default abqMode Strict",
            "config set domain example.com easEnabled true",
            "config set server localhost ZxMobile_UseInstantNotficiations false",
        ],
        effect: SET,
    },
    Row {
        words: &["config", UNSET, "global"],
        params: &[ATTRIBUTE],
        meaning: "Takes the value of an attribute of the installation away; the default shows again.",
        examples: &["config unset global abqMode", "config clear global mobileAntiDosServiceMaxRequests"],
        effect: CLEAR,
    },
    Row {
        words: &["config", UNSET, NAMED],
        params: &[TARGET, ATTRIBUTE],
        meaning: "Takes the value of an attribute away at a place; the inherited one shows again.",
        examples: &["config unset account john@example.com abqMode", "config empty cos default abqMode"],
        effect: CLEAR,
    },
    Row {
        words: &["config", "dump", "global"],
        params: &[SHOW_INHERITED],
        meaning: "Shows all attributes of the installation.",
        examples: &["config dump global", "config dump global show-inherited false"],
        effect: DUMP,
    },
    Row {
        words: &["config", "dump", NAMED],
        params: &[TARGET, SHOW_INHERITED],
        meaning: "Shows all attributes at a place.",
        examples: &[
            "config dump account john@example.com",
            "config dump domain example.com show-inherited false",
        ],
        effect: DUMP,
    },
    Row {
        words: &["config", "info", "attribute"],
        params: &[ATTRIBUTE],
        meaning: "Explains an attribute: type, scopes, default.",
        examples: &["config info attribute abqMode"],
        effect: INFO,
    },
    Row {
        words: &["config", "info"],
        params: &[ATTRIBUTE],
        meaning: "Explains an attribute: type, scopes, default.",
        examples: &["config info abqMode"],
        effect: INFO,
    },
    Row {
        words: &["config", "global", "get"],
        params: &[MAY_ATTRIBUTE],
        meaning: "Older spelling of `config get global` and `config dump global`.",
        examples: &["config global get attribute abqMode", "config global get"],
        effect: GET,
    },
    Row {
        words: &["config", NAMED, "get"],
        params: &[TARGET, MAY_ATTRIBUTE],
        meaning: "Older spelling of `config get` and `config dump`.",
        examples: &["config account get john@example.com attribute abqMode", "config server get localhost"],
        effect: GET,
    },
    Row {
        words: &["config", "global", "set"],
        params: &[MAY_ATTRIBUTE, MAY_VALUE],
        meaning: "Older spelling of `config set global`.",
        examples: &[
            "config global set attribute abqMode value Strict",
            "config global set attribute mobileAntiDosServiceMaxRequests value 100",
        ],
        effect: SET,
    },
    Row {
        words: &["config", NAMED, "set"],
        params: &[TARGET, MAY_ATTRIBUTE, MAY_VALUE],
        meaning: "Older spelling of `config set`.",
        examples: &[
            "config server set localhost attribute ZxMobile_UseInstantNotficiations value true",
            "config cos set default attribute abqMode value Permissive",
        ],
        effect: SET,
    },
    Row {
        words: &["config", "global", UNSET],
        params: &[MAY_ATTRIBUTE],
        meaning: "Older spelling of `config unset global`.",
        examples: &["config global empty attribute abqMode", "config global clear attribute abqMode"],
        effect: CLEAR,
    },
    Row {
        words: &["config", NAMED, UNSET],
        params: &[TARGET, MAY_ATTRIBUTE],
        meaning: "Older spelling of `config unset`.",
        examples: &["config account empty john@example.com attribute abqMode"],
        effect: CLEAR,
    },
    Row {
        words: &["config", "distributionList"],
        params: &[],
        meaning: "Attributes of distribution lists.",
        examples: &[],
        effect: Effect::Missing(LISTS),
    },
    Row {
        words: &["config", "get|set|unset|empty|clear|dump", "distributionList"],
        params: &[],
        meaning: "Attributes of distribution lists.",
        examples: &[],
        effect: Effect::Missing(LISTS),
    },
    Row {
        words: &["config", "status|clean|getServices|doStartService|doStopService|doRestartService"],
        params: &[],
        meaning: "The configuration as a service of its own.",
        examples: &[],
        effect: Effect::Missing("a configuration service of its own: attributes are always served"),
    },
    Row {
        words: &["mobile", "getProperty"],
        params: &[may("verbose", Kind::Boolean), may("property_name", Kind::List("Attribute Name"))],
        meaning: "Older spelling of `config get server` for some attributes, or `config dump server`.",
        examples: &[
            "mobile getProperty",
            "mobile getProperty property_name ZxMobile_MaxPingHeartbeat,abqMode",
        ],
        effect: Effect::Native { calls: properties, shape: config::values },
    },
    Row {
        words: &["mobile", "setProperty"],
        params: &[
            must("property_name", Kind::Text("Attribute Name")),
            must("property_value", Kind::Clearable),
        ],
        meaning: "Older spelling of `config set server`.",
        examples: &["mobile setProperty ZxMobile_MaxPingHeartbeat 600"],
        effect: Effect::Native {
            calls: |given| {
                assign(
                    Call::new(&["config", "set"]),
                    given.text("property_name"),
                    given.text("property_value"),
                )?
                .only()
            },
            shape: config::assigned,
        },
    },
];

const INFO: Effect = Effect::Native {
    calls: |given| Call::new(&["config", "describe"]).value(given.text("attribute")).only(),
    shape: config::info,
};

/// `config VERB`, at the place that was named.
///
/// # Errors
/// `NO_SUCH_SERVER` for a server that is none.
fn at(given: &Given, verb: &str) -> Result<Call, Refused> {
    let call = Call::new(&["config", verb]);
    let target = given.text("target");
    match config::scope(given) {
        "account" => Ok(call.option("--account", Some(target))),
        "cos" => Ok(call.option("--cos", Some(target))),
        "domain" => Ok(call.option("--domain", Some(target))),
        "server" if given.here.named(target).is_none() => Err(given.here.refuse(target)),
        _ => Ok(call),
    }
}

fn dump(given: &Given) -> Result<Vec<Call>, Refused> {
    let hide = given.value("show-inherited") == Some("false");
    at(given, "dump")?.flag("--no-inherited", hide).only()
}

fn get(given: &Given) -> Result<Vec<Call>, Refused> {
    match given.value("attribute") {
        Some(name) => at(given, "get")?.value(name).only(),
        None => dump(given),
    }
}

fn set(given: &Given) -> Result<Vec<Call>, Refused> {
    match (given.value("attribute"), given.value("value")) {
        (Some(name), Some(value)) => assign(at(given, "set")?, name, value)?.only(),
        _ => Err(Refused::new(USAGE, "this command requires more parameters: attribute and value")),
    }
}

fn assign(call: Call, name: &str, value: &str) -> Result<Call, Refused> {
    Ok(call.value(config::assignment(name, value)?))
}

fn unset(given: &Given) -> Result<Vec<Call>, Refused> {
    match given.value("attribute") {
        Some(name) => at(given, "unset")?.value(name).only(),
        None => Err(Refused::new(USAGE, "this command requires more parameters: attribute")),
    }
}

fn properties(given: &Given) -> Result<Vec<Call>, Refused> {
    if given.value("property_name").is_none() {
        return Call::new(&["config", "dump"]).only();
    }
    Ok(given.list("property_name").map(|name| Call::new(&["config", "get"]).value(name)).collect())
}
