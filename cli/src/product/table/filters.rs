//! Filters on protocol versions.

use super::super::{
    row::{COUNT, Call, Effect, Kind, Row, STRING, may, must},
    shapes::filters,
};

/// Position or uid: the native noun reads both.
const ID: Kind = Kind::Text("Integer");

pub(super) const ROWS: &[Row] = &[
    Row {
        words: &["mobile", "getAllEASFilters"],
        params: &[],
        meaning: "Shows the filters on protocol versions in the order they are asked.",
        examples: &["mobile getAllEASFilters"],
        effect: Effect::Native { calls: |_| Call::new(&["filter", "list"]).only(), shape: filters::list },
    },
    Row {
        words: &["mobile", "doAddEASFilter"],
        params: &[
            must("type", Kind::OneOf(&["and", "or", "regex", "contains", "account", "domain", "always"])),
            must("parameter", STRING),
            must("mode", Kind::OneOf(&["add", "subtract", "fixed", "limit"])),
            must("easversions", Kind::List("Version")),
            may("blocking", Kind::Boolean),
            may("position", COUNT),
        ],
        meaning: "Adds a filter at the end of the list, or at a position.",
        examples: &[
            "mobile doAddEASFilter contains android fixed 2.5,12.0,14.1",
            "mobile doAddEASFilter and account=user@example.com,contains=android fixed 14.1 blocking true",
            "mobile doAddEASFilter domain example.com subtract 16.0,16.1",
            "mobile doAddEASFilter always * limit 14.1 position 0",
        ],
        effect: Effect::Native {
            calls: |given| {
                let call = Call::new(&["filter", "add"])
                    .flag("--blocking", given.is("blocking"))
                    .option("--position", given.value("position"));
                let values = ["type", "parameter", "mode", "easversions"];
                values.into_iter().fold(call, |call, name| call.value(given.text(name))).only()
            },
            shape: filters::changed,
        },
    },
    Row {
        words: &["mobile", "doDeleteEASFilter"],
        params: &[must("id", ID)],
        meaning: "Deletes a filter; later ones move up by one.",
        examples: &["mobile doDeleteEASFilter 1"],
        effect: Effect::Native {
            calls: |given| Call::new(&["filter", "delete"]).value(given.text("id")).only(),
            shape: filters::changed,
        },
    },
    Row {
        words: &["mobile", "doMoveEASFilter"],
        params: &[must("from", ID), must("to", COUNT)],
        meaning: "Moves a filter so that it ends at a position.",
        examples: &["mobile doMoveEASFilter 0 5"],
        effect: Effect::Native {
            calls: |given| {
                Call::new(&["filter", "move"]).value(given.text("from")).value(given.text("to")).only()
            },
            shape: filters::changed,
        },
    },
];
