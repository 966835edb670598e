//! A device as an object: what `device list` and `device info` have in common.

use syncledger_domain::{
    config::{Scopes, registry::POLICY_REQUIRED},
    device::{Device, Wipe, WipeProgress, status},
    directory::Service,
    event::Timestamp,
};
use syncledger_eas::ascmd::provision;
use syncledger_projections::{
    devices::{DeviceRow, PolicyState},
    directory::AccountRow,
};

/// A device as an object.
///
/// Its account and the values that hold for it, where it still has one, and the time of the question.
pub(super) fn object(
    device: &DeviceRow,
    owner: Option<(&AccountRow, &Scopes<'_>)>,
    now: Timestamp,
) -> serde_json::Value {
    let account = owner.map(|(account, _)| account);
    let standing = &device.standing;
    let policy = match device.policy_state() {
        PolicyState::None => "none".to_owned(),
        PolicyState::Offered => "offered".to_owned(),
        PolicyState::Acknowledged(status) => format!("acknowledged ({status})"),
        PolicyState::Renewing => "renewing".to_owned(),
    };
    let info = &device.info;
    let counters = &device.counters;
    let mut object = serde_json::json!({
        "account": device.account.to_string(),
        "address": account.map(|account| account.address.as_str()),
        "account_name": account.map(|account| account.address.local()),
        "device": device.id.as_str(),
        "shown": device.shown(),
        "type": device.device_type.as_str(),
        "user_agent": device.user_agent,
        "protocol_version": device.protocol_version.map(|version| version.to_string()),
        "policy": policy,
        "provisionable": standing.provisionable,
        "has_mobile_password": account.map(opens_by_mobile_password),
        "status": number(device, owner.map(|(_, scopes)| scopes)),
        "suspended": standing.suspended,
        "wipe": standing.wipe.map(progress),
        "account_only": standing.wipe.map(|wipe| wipe.account_only),
        "wipe_requested_at": standing.wipe_requested.map(|time| time.to_string()),
        "wipe_acknowledged_at": standing.wipe_answered.map(|time| time.to_string()),
        "verdict": standing.access.as_ref().map(|judged| &judged.verdict.verdict),
        "verdict_why": standing.access.as_ref().map(|judged| &judged.verdict.why),
        "verdict_since": standing.access.as_ref().map(|judged| judged.since.to_string()),
        "jailed_until": standing.jailed_at(now).map(|jail| jail.jailed.until.to_string()),
        "model": info.model,
        "imei": info.imei,
        "friendly_name": info.friendly_name,
        "os": info.os,
        "os_language": info.os_language,
        "phone_number": info.phone_number,
        "mobile_operator": info.mobile_operator,
        "first_seen": device.first_seen.to_string(),
        "last_seen": device.last_seen.to_string(),
        // Requests that change nothing are recorded together, from time to time: the log knows no later moment.
        "last_command_received": device.last_seen.to_string(),
        "last_ping_timeout_secs": device.ping.as_ref().map(|ping| ping.heartbeat_secs),
        "last_sync": device.last_sync.map(|time| time.to_string()),
        "last_reset": device.last_reset.as_ref().map(|(time, cause)| serde_json::json!({
            "at": time.to_string(), "cause": cause,
        })),
        "requests": counters.requests,
        "bytes_in": counters.bytes_in,
        "bytes_out": counters.bytes_out,
        "answers": counters.answers,
        "items_told": counters.items_told,
        "moves": counters.moves,
        "messages_sent": counters.messages_sent,
    });
    // Requests that hang are known to the node they hang at alone, and not to the log.
    object["online"] = serde_json::Value::Null;
    object
}

/// Whether the account has a password of its own for this protocol.
fn opens_by_mobile_password(account: &AccountRow) -> bool {
    account.mobile_passwords.values().any(|password| password.services.contains(&Service::Eas))
}

/// The state as one number, [`Status`](syncledger_domain::device::Status).
fn number(row: &DeviceRow, scopes: Option<&Scopes<'_>>) -> u8 {
    let required =
        scopes.filter(|scopes| scopes.flag(&POLICY_REQUIRED)).map(|scopes| provision::digest_of(scopes));
    let device = Device {
        policy: row.policy,
        provisionable: row.standing.provisionable,
        suspended: row.standing.suspended,
        wipe: row.standing.wipe,
        ..Device::default()
    };
    status(&device, required.as_ref()).number()
}

fn progress(wipe: Wipe) -> String {
    match wipe.progress {
        WipeProgress::Requested => "requested".to_owned(),
        WipeProgress::Sent => "sent".to_owned(),
        WipeProgress::Failed(status) => format!("failed ({status})"),
        WipeProgress::Done => "done".to_owned(),
    }
}

/// What keeps a device from its data, in a few words for a table.
pub(super) fn standing(row: &serde_json::Value) -> String {
    let text = |name: &str| row[name].as_str();
    let verdict = text("verdict").filter(|verdict| !verdict.eq_ignore_ascii_case("allow"));
    let mut words = Vec::new();
    words.extend(text("wipe").map(|progress| format!("wipe {progress}")));
    words.extend((row["suspended"] == true).then(|| "suspended".to_owned()));
    words.extend(text("jailed_until").map(|_| "in jail".to_owned()));
    words.extend(verdict.map(str::to_owned));
    if words.is_empty() { "-".to_owned() } else { words.join(", ") }
}
