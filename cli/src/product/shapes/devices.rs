//! Devices. Which field of the native result stands behind each is in [`LIST`] and [`DETAIL`].

use serde_json::{Map, Value};
use syncledger_domain::codes::NO_SUCH_DOMAIN;

use super::{facts, millis, named, pick, rows, text};
use crate::{
    product::{grammar::cut, row::Given},
    refusal::Refused,
};

/// Fields of the list and the native fields behind them.
const LIST: &[(&str, &str)] = &[
    ("accountEmail", "address"),
    ("accountName", "account_name"),
    ("accountId", "account"),
    ("deviceId", "device"),
    // As the device writes it.
    ("deviceId", "shown"),
    ("deviceType", "type"),
    ("userAgent", "user_agent"),
    ("protocolVersion", "protocol_version"),
    ("firstSeen", "first_seen"),
    ("lastSeen", "last_seen"),
    ("lastCommandReceived", "last_command_received"),
    ("lastPingTimeoutSecs", "last_ping_timeout_secs"),
    ("isOnline", "online"),
    ("provisionable", "provisionable"),
    ("hasMobilePassword", "has_mobile_password"),
    ("status", "status"),
];

/// What one device has in addition.
const DETAIL: &[(&str, &str)] = &[
    ("friendlyName", "friendly_name"),
    ("imei", "imei"),
    ("model", "model"),
    ("os", "os"),
    ("osLanguage", "os_language"),
    ("phoneNumber", "phone_number"),
    ("lastPingTimeout", "last_ping_timeout_secs"),
    ("numBadItems", "bad_items"),
    ("numContacts", "contacts"),
    ("numEmails", "emails"),
    ("numEvents", "events"),
    ("numTasks", "tasks"),
    ("numRemoteFolders", "remote_folders"),
];

/// What the verbose form has in addition.
const VERBOSE: &[(&str, &str)] = &[
    ("policy", "policy"),
    ("suspended", "suspended"),
    ("wipeRequested", "wipe_requested_at"),
    ("wipeAcknowledged", "wipe_acknowledged_at"),
    ("jailedUntil", "jailed_until"),
    ("offeredVersions", "offered_versions"),
    ("lastSync", "last_sync"),
    ("requests", "requests"),
    ("messagesSent", "messages_sent"),
    ("mobileOperator", "mobile_operator"),
];

/// What decides whether it is let in now, from `abq explain`.
const EXPLAINED: &[(&str, &str)] = &[("abqMode", "mode"), ("abqVerdict", "verdict"), ("abqReason", "why")];

/// Of a folder.
const FOLDER: &[(&str, &str)] = &[
    ("name", "name"),
    ("class", "class"),
    ("serverId", "collection"),
    ("syncKey", "confirmed_key"),
    ("offeredKey", "offered_key"),
    ("items", "known"),
    ("skipped", "skipped"),
    ("lostAnswers", "lost_answers"),
    ("lastSync", "changed_at"),
];

const MOMENTS: &[&str] = &[
    "firstSeen",
    "lastSeen",
    "lastCommandReceived",
    "lastSync",
    "wipeRequested",
    "wipeAcknowledged",
    "jailedUntil",
];

/// `devices`: one object per account and device. The second value is the list of domains.
///
/// # Errors
/// [`NO_SUCH_DOMAIN`] for one that does not exist.
pub(in crate::product) fn all(given: &Given, values: &[Value]) -> Result<Value, Refused> {
    let known = values.get(1).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let wanted: Vec<&str> = given.list("domains").collect();
    for domain in &wanted {
        if !known.iter().any(|row| text(row, "name").eq_ignore_ascii_case(domain)) {
            return Err(Refused::new(NO_SUCH_DOMAIN, format!("domain '{}' does not exist", cut(domain))));
        }
    }
    let is_wanted = |row: &&Value| {
        let domain = text(row, "address").rsplit_once('@').map_or("", |(_, domain)| domain);
        wanted.is_empty() || wanted.iter().any(|one| one.eq_ignore_ascii_case(domain))
    };
    let devices =
        rows(values).iter().filter(is_wanted).map(|row| device(given, row, given.is("verbose")).into());
    Ok(named("devices", devices.collect::<Vec<Value>>()))
}

/// `devices`: the ids.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn ids(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    let ids = rows(values).iter().filter_map(|row| row.get("shown").or(row.get("device")).cloned());
    Ok(named("devices", ids.collect::<Vec<_>>()))
}

/// One device in detail; verbose also its folders and what decides about it.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn one(given: &Given, values: &[Value]) -> Result<Value, Refused> {
    let Some(row) = values.iter().find(|value| value.is_object()) else { return Ok(Map::new().into()) };
    let mut shown = device(given, row, true);
    if given.is("verbose") {
        shown.extend(moments(pick(row, VERBOSE)));
        shown.extend(values.get(1).map(|explained| pick(explained, EXPLAINED)).unwrap_or_default());
        let folders = row["collections"].as_array().into_iter().flatten();
        let folders = folders.map(|folder| Value::from(moments(pick(folder, FOLDER))));
        shown.insert("folders".to_owned(), folders.collect::<Vec<_>>().into());
    }
    Ok(shown.into())
}

/// The three counters, and the sentence.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn purged(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    let names = [
        "message",
        "checkNonActiveAccountDays",
        "deletedSyncRecordsOfActiveAccounts",
        "deletedSyncRecordsOfNonActiveAccounts",
    ];
    Ok(pick(&facts(values).into(), &names.map(|name| (name, name))).into())
}

/// What was done to one device or some, by the ids the devices write.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn ordered(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    let mut facts = facts(values);
    if let Some(shown) = facts.remove("shown") {
        let name = if shown.is_array() { "devices" } else { "device" };
        facts.insert(name.to_owned(), shown);
    }
    Ok(facts.into())
}

/// Fields of a row, in which what is not known is null.
fn all_of(row: &Value, names: &[(&str, &str)]) -> Map<String, Value> {
    let mut fields: Map<String, Value> =
        names.iter().map(|(name, _)| ((*name).to_owned(), Value::Null)).collect();
    fields.extend(pick(row, names));
    fields
}

fn device(given: &Given, row: &Value, in_detail: bool) -> Map<String, Value> {
    let mut shown = all_of(row, LIST);
    shown.insert("accountServer".to_owned(), given.here.own.as_str().into());
    if in_detail {
        shown.extend(all_of(row, DETAIL));
    }
    moments(shown)
}

fn moments(mut fields: Map<String, Value>) -> Map<String, Value> {
    for (name, value) in &mut fields {
        if MOMENTS.contains(&name.as_str()) {
            *value = millis(value);
        }
    }
    fields
}
