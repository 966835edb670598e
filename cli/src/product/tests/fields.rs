//! The fields of answers, name by name, and the words of refusals.

use serde_json::{Value, json};
use syncledger_domain::codes::*;

use super::{ALICE, Workbench, refused, response};

/// What every device of the list has, known or not.
const LISTED: [&str; 14] = [
    "accountEmail",
    "accountName",
    "accountServer",
    "deviceId",
    "deviceType",
    "userAgent",
    "protocolVersion",
    "firstSeen",
    "lastSeen",
    "lastCommandReceived",
    "lastPingTimeoutSecs",
    "isOnline",
    "provisionable",
    "hasMobilePassword",
];

/// What a single device has besides.
const DETAILED: [&str; 13] = [
    "friendlyName",
    "imei",
    "model",
    "os",
    "osLanguage",
    "phoneNumber",
    "lastPingTimeout",
    "numBadItems",
    "numContacts",
    "numEmails",
    "numEvents",
    "numTasks",
    "numRemoteFolders",
];

#[tokio::test]
async fn a_device_has_every_field_known_or_not() {
    let bench = Workbench::new().await;
    bench.device(bench.alice, "Appl79032X2WA4S", "Phone/1", "14.1", 1).await;
    let all = response(&bench, "mobile getAllDevices").await;
    for field in LISTED {
        assert!(all["devices"][0].get(field).is_some(), "{field}: {all}");
    }
    // Nothing tells of a request that hangs right now but the node it hangs at.
    assert_eq!(all["devices"][0]["isOnline"], Value::Null);
    let one = response(&bench, &format!("mobile getDeviceInfo {ALICE} Appl79032X2WA4S")).await;
    for field in LISTED.iter().chain(&DETAILED) {
        assert!(one.get(field).is_some(), "{field}: {one}");
    }
    let native = bench.told(&["device", "info", ALICE, "appl79032x2wa4s"]).await;
    assert_eq!(native.get("online"), Some(&Value::Null));
}

#[tokio::test]
async fn the_verbose_form_tells_the_verdict_of_now_and_what_it_is_from() {
    let bench = Workbench::new().await;
    bench.device(bench.alice, "phone1", "Phone/1", "14.1", 1).await;
    let verbose = format!("mobile getDeviceInfo {ALICE} phone1 verbose true");
    let told = response(&bench, &verbose).await;
    assert_eq!(told["abqVerdict"], "allow");
    response(&bench, "mobile ABQ set phone1 Blocked").await;
    let told = response(&bench, &verbose).await;
    assert_eq!(told["abqVerdict"], "block");
    assert!(told["abqReason"].as_str().unwrap().contains("says Blocked"), "{told}");
    let quiet = response(&bench, &format!("mobile getDeviceInfo {ALICE} phone1")).await;
    assert!(quiet.get("abqVerdict").is_none());
}

#[tokio::test]
async fn devices_are_named_as_they_name_themselves() {
    let bench = Workbench::new().await;
    bench.device(bench.alice, "Appl79032X2WA4S", "Phone/1", "14.1", 1).await;
    for command in ["doSuspendDeviceSync", "doResumeDeviceSync", "doResetDevice", "doRemoveDevice"] {
        let told = response(&bench, &format!("mobile {command} {ALICE} APPL79032x2wa4s")).await;
        let named = told.get("device").or_else(|| told["devices"].get(0));
        assert_eq!(named, Some(&json!("Appl79032X2WA4S")), "{command}: {told}");
        assert!(told["message"].as_str().unwrap().contains("Appl79032X2WA4S"), "{told}");
        assert!(told.get("shown").is_none(), "{told}");
    }
}

#[tokio::test]
async fn all_that_changes_filters_shows_them_in_the_same_fields() {
    let bench = Workbench::new().await;
    for line in [
        "doAddEASFilter contains android fixed 14.1",
        "doAddEASFilter contains iphone fixed 14.1",
        "doMoveEASFilter 1 0",
        "doDeleteEASFilter 0",
    ] {
        let told = response(&bench, &format!("mobile {line}")).await;
        let listed = response(&bench, "mobile getAllEASFilters").await;
        assert_eq!(told["filters"], listed["filters"], "{line}");
    }
}

#[tokio::test]
async fn a_logger_is_told_with_the_command_that_ends_it() {
    let bench = Workbench::new().await;
    let added = response(&bench, &format!("mobile doAddAccountLogger {ALICE} info alice.log")).await;
    assert_eq!(added["remove command"], "syncledger mobile doRemoveLogger 1");
    assert!(added.get("remove_command").is_none(), "{added}");
    let listed = response(&bench, "mobile getAccountLoggers").await;
    for field in ["id", "level", "name", "description", "remove command"] {
        assert_eq!(added[field], listed["loggers"][0][field], "{field}");
    }
}

#[tokio::test]
async fn refusals_name_parameters_and_not_how_they_are_read() {
    let bench = Workbench::new().await;
    for (line, code, begins) in [
        ("mobile doRemoveLogger seven".to_owned(), INVALID_VALUE, "logger 'seven' is not valid"),
        (
            format!("auth credential update {ALICE} toolong label x"),
            INVALID_VALUE,
            "password id 'toolong' is not valid",
        ),
        (format!("auth credential add {ALICE} service Foo"), INVALID_VALUE, "service 'Foo' is not valid"),
    ] {
        let told = refused(&bench, &line, code).await;
        assert!(told.starts_with(begins), "{told}");
    }
    let id = response(&bench, &format!("auth credential add {ALICE}")).await["list"][0]["id"].clone();
    let line = format!("auth credential update {ALICE} {}", id.as_str().unwrap());
    let told = refused(&bench, &line, USAGE).await;
    assert!(told.contains("enabled") && !told.contains("--"), "{told}");
}

#[tokio::test]
async fn numbers_are_numbers_and_counts_are_said() {
    let bench = Workbench::new().await;
    for (attribute, value) in [
        ("AllowCamera", json!(1)),
        ("MaxDevicePasswordFailedAttempts", json!(4)),
        ("abqMode", json!("Permissive")),
    ] {
        let told = response(&bench, &format!("config get cos default {attribute}")).await;
        assert_eq!(told["values"][0]["inheritedValue"], value, "{attribute}");
    }
    let policies = response(&bench, "mobile getProvisioning cos default").await;
    for key in ["AllowNonProvisionableDevices", "AllowPartialProvisioning", "AllowCamera"] {
        assert!(policies.get(key).is_some(), "{key}: {policies}");
    }
    assert!(policies.as_object().unwrap().keys().all(|key| !key.starts_with("policy")), "{policies}");
    let first = response(&bench, "mobile initABQMessage all").await;
    let again = response(&bench, "mobile initABQMessage all").await;
    assert_eq!((&again["written"], &again["kept"]), (&json!(0), &first["written"]));
    response(&bench, "mobile ABQ set androidc1 Blocked").await;
    let told = response(&bench, "mobile ABQ delete androidc1").await;
    assert_eq!(told["message"], "1 entry of device androidc1 deleted");
}

#[tokio::test]
async fn an_attribute_is_called_as_it_was_called() {
    let bench = Workbench::new().await;
    for (line, name) in [
        ("config set server localhost ZxMobile_MaxPingHeartbeat 5", "ZxMobile_MaxPingHeartbeat"),
        ("config set global mobileAntiDosMaxRequests many", "mobileAntiDosMaxRequests"),
        ("prov mc default zimbraFeatureMobileSyncEnabled MAYBE", "zimbraFeatureMobileSyncEnabled"),
    ] {
        let told = refused(&bench, line, INVALID_VALUE).await;
        assert!(told.contains(&format!("'{name}'")), "{told}");
    }
    let told = response(&bench, "config set global ZxMobile_MaxPingHeartbeat 600").await;
    assert_eq!(told["values"], json!({ "ZxMobile_MaxPingHeartbeat": "600" }));
    let told = response(&bench, "mobile setProperty zxmobile_notificationslatency 7").await;
    assert_eq!(told["values"], json!({ "zxmobile_notificationslatency": "7" }));
}
