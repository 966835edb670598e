//! Devices and their sync states.

use syncledger_domain::codes::USAGE;

use super::super::{
    row::{ACCOUNT, COUNT, Call, Effect, Given, Kind, Need, Param, Row, STRING, may, may_by_place, must},
    shapes::{self, devices, folders},
};
use crate::refusal::Refused;

const DEVICE: Param = must("device_id", STRING);

pub(super) const ROWS: &[Row] = &[
    Row {
        words: &["mobile", "getAllDevices"],
        params: &[may("verbose", Kind::Boolean), may("domains", Kind::List("Domain"))],
        meaning: "Shows every device of every account, or of the accounts of some domains. isOnline is null: only the node a request hangs at knows of it.",
        examples: &[
            "mobile getAllDevices",
            "mobile getAllDevices verbose true",
            "mobile getAllDevices domains example.com,example.org",
        ],
        effect: Effect::Native {
            calls: |_| Ok(vec![Call::new(&["device", "list"]), Call::new(&["domain", "list"])]),
            shape: devices::all,
        },
    },
    Row {
        words: &["mobile", "getDeviceList"],
        params: &[must("account", ACCOUNT)],
        meaning: "Shows the ids of an account's devices.",
        examples: &["mobile getDeviceList john@example.com"],
        effect: Effect::Native {
            calls: |given| Call::new(&["device", "list"]).value(given.text("account")).only(),
            shape: devices::ids,
        },
    },
    Row {
        words: &["mobile", "getDeviceInfo"],
        params: &[must("account", ACCOUNT), DEVICE, may("verbose", Kind::Boolean)],
        meaning: "Shows what is known about a device; with verbose also its folders and what decides about it. isOnline is null: only the node a request hangs at knows of it.",
        examples: &[
            "mobile getDeviceInfo john@example.com Appl79032X2WA4S",
            "mobile getDeviceInfo john@example.com Appl79032X2WA4S verbose true",
        ],
        effect: Effect::Native { calls: |given| Ok(info(given)), shape: devices::one },
    },
    Row {
        words: &["mobile", "doRemoveDevice"],
        params: &[must("account", ACCOUNT), DEVICE],
        meaning: "Forgets a device with its sync states and its history; it may connect again as a new one.",
        examples: &["mobile doRemoveDevice john@example.com Appl79032X2WA4S"],
        effect: Effect::Native { calls: |given| of_device("remove", given).only(), shape: devices::ordered },
    },
    Row {
        words: &["mobile", "doResetDevice"],
        params: &[must("account", ACCOUNT), may_by_place("device_id", STRING)],
        meaning: "Drops the sync states of a device, or of all devices of the account: they synchronise from the beginning.",
        examples: &[
            "mobile doResetDevice john@example.com Appl79032X2WA4S",
            "mobile doResetDevice john@example.com device_id Appl79032X2WA4S",
            "mobile doResetDevice john@example.com",
        ],
        effect: Effect::Native { calls: |given| of_device("reset", given).only(), shape: devices::ordered },
    },
    Row {
        words: &["mobile", "doResetAccount"],
        params: &[must("account", ACCOUNT)],
        meaning: "Drops the sync states of all devices of the account: they synchronise from the beginning.",
        examples: &["mobile doResetAccount john@example.com"],
        effect: Effect::Native { calls: |given| of_device("reset", given).only(), shape: devices::ordered },
    },
    Row {
        words: &["mobile", "doSuspendDeviceSync"],
        params: &[must("account", ACCOUNT), DEVICE],
        meaning: "Stops a device from synchronising the account until it is resumed.",
        examples: &["mobile doSuspendDeviceSync john@example.com Appl79032X2WA4S"],
        effect: Effect::Native { calls: |given| of_device("suspend", given).only(), shape: devices::ordered },
    },
    Row {
        words: &["mobile", "doResumeDeviceSync"],
        params: &[must("account", ACCOUNT), may_by_place("device_id", STRING)],
        meaning: "Lets a suspended device, or all of the account, synchronise again.",
        examples: &[
            "mobile doResumeDeviceSync john@example.com Appl79032X2WA4S",
            "mobile doResumeDeviceSync john@example.com device_id Appl79032X2WA4S",
            "mobile doResumeDeviceSync john@example.com",
        ],
        effect: Effect::Native { calls: |given| of_device("resume", given).only(), shape: devices::ordered },
    },
    Row {
        words: &["mobile", "doWipeDevice"],
        params: &[
            must("account", ACCOUNT),
            DEVICE,
            may("confirm", Kind::Boolean),
            may("account_only", Kind::Boolean),
        ],
        meaning: "Erases a device, or only the account's data on it, at its next connection. Does nothing unless confirmed.",
        examples: &[
            "mobile doWipeDevice john@example.com Appl79032X2WA4S",
            "mobile doWipeDevice john@example.com Appl79032X2WA4S confirm true",
            "mobile doWipeDevice john@example.com Appl79032X2WA4S confirm true account_only true",
        ],
        effect: Effect::Native {
            calls: |given| {
                let call = of_device("wipe", given).flag("--confirm", given.is("confirm"));
                call.flag("--account-only", given.is("account_only")).only()
            },
            shape: devices::ordered,
        },
    },
    Row {
        words: &["mobile", "doCancelWipe"],
        params: &[must("account", ACCOUNT), DEVICE],
        meaning: "Takes back the order to erase a device, as long as the device has not obeyed.",
        examples: &["mobile doCancelWipe john@example.com Appl79032X2WA4S"],
        effect: Effect::Native {
            calls: |given| of_device("cancel-wipe", given).only(),
            shape: devices::ordered,
        },
    },
    Row {
        words: &["mobile", "doPurgeMobileState"],
        params: &[Param {
            name: "retention-period",
            kind: Kind::Whole { min: 1, max: 36_500 },
            need: Need::OptionalByPlace,
        }],
        meaning: "Removes devices nobody used for some days, 90 when nothing is said.",
        examples: &["mobile doPurgeMobileState", "mobile doPurgeMobileState retention-period 90"],
        effect: Effect::Native {
            calls: |given| {
                Call::new(&["device", "purge"]).option("--days", given.value("retention-period")).only()
            },
            shape: devices::purged,
        },
    },
    Row {
        words: &["mobile", "createStateIndex"],
        params: &[],
        meaning: "Builds the index that clean-up needs; here there is nothing to build.",
        examples: &["mobile createStateIndex"],
        effect: Effect::Nothing(
            "there is nothing to build: every index this version needs is there from the beginning",
        ),
    },
    Row {
        words: &["mobile", "doSimulateSync"],
        params: &[
            must("account", ACCOUNT),
            must("device_id", Kind::OneOfOr(&["new"], "String")),
            may("days", COUNT),
            may("initial", Kind::Boolean),
            may("device_type", Kind::OneOf(&["iphone", "android"])),
        ],
        meaning: "Holds a device's conversation with the account inside this program and reports what it got.",
        examples: &[
            "mobile doSimulateSync john@example.com new",
            "mobile doSimulateSync john@example.com Appl79032X2WA4S days 7",
            "mobile doSimulateSync john@example.com new days 3 initial true device_type android",
        ],
        effect: Effect::Native { calls: simulate, shape: shapes::first },
    },
    Row {
        words: &["mobile", "disableFolderSync"],
        params: &[must("account", ACCOUNT), must("item_id", COUNT), must("disable", Kind::Boolean)],
        meaning: "Hides a folder from devices, or shows it again.",
        examples: &[
            "mobile disableFolderSync john@example.com 257 TRUE",
            "mobile disableFolderSync john@example.com 257 false",
        ],
        effect: Effect::Native {
            calls: |given| {
                let verb = if given.is("disable") { "hide" } else { "show" };
                Call::new(&["folder", verb]).value(given.text("account")).value(given.text("item_id")).only()
            },
            shape: folders::switched,
        },
    },
];

/// `device VERB ACCOUNT [DEVICE]`
fn of_device(verb: &str, given: &Given) -> Call {
    let call = Call::new(&["device", verb]).value(given.text("account"));
    match given.value("device_id") {
        Some(device) => call.value(device),
        None => call,
    }
}

/// Verbose also with what decides about it now.
fn info(given: &Given) -> Vec<Call> {
    let mut calls = vec![of_device("info", given)];
    if given.is("verbose") {
        let device = given.text("device_id");
        calls.push(Call::new(&["abq", "explain"]).value(given.text("account")).value(device));
    }
    calls
}

fn simulate(given: &Given) -> Result<Vec<Call>, Refused> {
    if given.value("initial") == Some("false") {
        let message = "initial 'false' is not valid: allowed is true, as this version always holds the conversation from its beginning";
        return Err(Refused::new(USAGE, message));
    }
    let new = given.text("device_id") == "new";
    let call = Call::new(&["device", "simulate"]).flag("--new", new).option("--days", given.value("days"));
    let call = call
        .option("--device-type", given.value("device_type").map(device_type))
        .value(given.text("account"));
    if new { call.only() } else { call.value(given.text("device_id")).only() }
}

/// As such devices call themselves.
fn device_type(word: &str) -> &'static str {
    if word == "iphone" { "iPhone" } else { "Android" }
}
