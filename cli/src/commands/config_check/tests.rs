//! Attributes by the command line.

use serde_json::{Value, json};
use syncledger_domain::{
    codes::{
        INVALID_SCOPE, INVALID_VALUE, NO_SUCH_ACCOUNT, NO_SUCH_ATTRIBUTE, NO_SUCH_COS, NO_SUCH_DOMAIN, USAGE,
    },
    config::registry,
};

use crate::commands::workbench::{ALICE, Workbench};

const HEARTBEAT: &str = "pingMaxHeartbeat";

async fn get(bench: &Workbench, place: &[&str], name: &str) -> (Value, Value, Value) {
    let told = bench.told(&[&["config", "get"], place, &[name]].concat()).await;
    (told["value"].clone(), told["is_inherited"].clone(), told["inherited_from"].clone())
}

fn own(value: &str) -> (Value, Value, Value) {
    (json!(value), json!(false), Value::Null)
}

fn inherited(value: &str, from: &str) -> (Value, Value, Value) {
    (json!(value), json!(true), json!(from))
}

#[tokio::test]
async fn a_value_is_set_at_a_place_inherited_below_it_and_forgotten_again() {
    let bench = Workbench::new().await;
    let places: [(&[&str], &str, &str); 4] = [
        (&[], "global", "600"),
        (&["--domain", "example.com"], "domain", "700"),
        (&["--cos", "default"], "cos", "800"),
        (&["--account", ALICE], "account", "900"),
    ];
    let account = ["--account", ALICE];
    assert_eq!(get(&bench, &account, HEARTBEAT).await, inherited("3540", "default"));
    for (place, scope, value) in places {
        let assignment = format!("{HEARTBEAT}={value}");
        let told = bench.told(&[&["config", "set"], place, &[&assignment]].concat()).await;
        assert_eq!(told["values"], json!({ HEARTBEAT: value }), "{scope}");
        assert_eq!(get(&bench, place, HEARTBEAT).await, own(value), "{scope}");
        let seen = if scope == "account" { own(value) } else { inherited(value, scope) };
        assert_eq!(get(&bench, &account, "ZxMobile_MaxPingHeartbeat").await, seen);
    }
    for (place, _, value) in places.iter().rev() {
        assert_eq!(get(&bench, place, HEARTBEAT).await, own(value));
        let told = bench.told(&[&["config", "unset"], *place, &[HEARTBEAT]].concat()).await;
        assert_eq!(told["forgotten"], json!([HEARTBEAT]));
        let again = bench.told(&[&["config", "unset"], *place, &[HEARTBEAT]].concat()).await;
        assert_eq!(again["forgotten"], json!([]));
    }
    assert_eq!(get(&bench, &account, HEARTBEAT).await, inherited("3540", "default"));
}

#[tokio::test]
async fn a_dump_shows_what_may_be_set_at_a_place_or_what_is() {
    let bench = Workbench::new().await;
    bench.told(&["config", "set", "deviceSeenInterval=2h", "abqMode=strict"]).await;
    bench.told(&["config", "set", "--cos", "default", "abqMode=Interactive", "AllowCamera=false"]).await;
    let names = |told: &Value| -> Vec<String> {
        told.as_array().unwrap().iter().map(|row| row["attribute"].as_str().unwrap().to_owned()).collect()
    };
    let global = bench.told(&["config", "dump"]).await;
    assert_eq!(names(&global).len(), registry::all().count(), "everything may be set there");
    let set = names(&bench.told(&["config", "dump", "--no-inherited"]).await);
    assert_eq!(set, ["deviceSeenInterval", "abqMode"]);
    let cos = bench.told(&["config", "dump", "--cos", "default"]).await;
    assert!(!names(&cos).contains(&"deviceSeenInterval".to_owned()));
    let set = bench.told(&["config", "dump", "--cos", "default", "--no-inherited"]).await;
    assert_eq!(names(&set), ["abqMode", "AllowCamera"]);
    assert_eq!((&set[0]["value"], &set[1]["value"]), (&json!("Interactive"), &json!("0")));
    let text = bench.text(&["config", "dump", "--account", ALICE]).await;
    assert!(text.lines().any(|line| line.contains("abqMode") && line.contains("cos")), "{text}");
}

#[tokio::test]
async fn what_is_refused_is_refused_under_its_code_and_changes_nothing() {
    let bench = Workbench::new().await;
    let long = "x".repeat(100_000);
    let cases: &[(&[&str], &str)] = &[
        (&["set", "colour=red"], NO_SUCH_ATTRIBUTE),
        (&["set", "pingMaxHeartbeat=600", "colour=red"], NO_SUCH_ATTRIBUTE),
        (&["set", "pingMaxHeartbeat=600", "pingMinHeartbeat=soon"], INVALID_VALUE),
        (&["set", "pingMaxHeartbeat=4000"], INVALID_VALUE),
        (&["set", "colour="], NO_SUCH_ATTRIBUTE),
        (&["set", "--account", ALICE, "deviceSeenInterval=2h"], INVALID_SCOPE),
        (&["set", "--domain", "example.com", "abqMode=Strict"], INVALID_SCOPE),
        (&["set", "--account", "nobody@example.com", "easEnabled=false"], NO_SUCH_ACCOUNT),
        (&["set", "--cos", "gold", "easEnabled=false"], NO_SUCH_COS),
        (&["set", "--domain", "example.net", "easEnabled=false"], NO_SUCH_DOMAIN),
        (&["set", "--domain", "", "easEnabled=false"], INVALID_VALUE),
        (&["set", "--cos", "default", "--domain", "example.com", "easEnabled=false"], USAGE),
        (&["set", "--account", ALICE], USAGE),
        (&["set", "easEnabled"], INVALID_VALUE),
        (&["set", "=false"], INVALID_VALUE),
        (&["get", "colour"], NO_SUCH_ATTRIBUTE),
        (&["get", ""], NO_SUCH_ATTRIBUTE),
        (&["get", &long], NO_SUCH_ATTRIBUTE),
        (&["get", "--cos", "gold", "easEnabled"], NO_SUCH_COS),
        (&["unset", "colour"], NO_SUCH_ATTRIBUTE),
        (&["unset", "--account", "nobody@example.com", "easEnabled"], NO_SUCH_ACCOUNT),
        (&["dump", "--domain", "example.net"], NO_SUCH_DOMAIN),
        (&["describe", "colour"], NO_SUCH_ATTRIBUTE),
    ];
    for (words, code) in cases {
        let sentence = bench.refused(&[&["config"], *words].concat(), code).await;
        assert!(sentence.len() < 1000, "{sentence}");
    }
    let huge = format!("notificationRecipients={long}");
    bench.refused(&["config", "set", &huge], INVALID_VALUE).await;
}

#[tokio::test]
async fn who_does_not_know_a_name_is_told_where_to_look() {
    let bench = Workbench::new().await;
    let near = bench.refused(&["config", "set", "pingMaxHeartbaet=600"], NO_SUCH_ATTRIBUTE).await;
    assert!(near.contains("pingMaxHeartbeat") && near.contains("config attributes"), "{near}");
    for name in ["ZxMobile_MaxGlobalVersion", "zxmobile_maxoutlookversion"] {
        let elsewhere = bench.refused(&["config", "set", &format!("{name}=14.1")], NO_SUCH_ATTRIBUTE).await;
        assert!(elsewhere.contains("syncledger filter add"), "{elsewhere}");
        bench.refused(&["config", "describe", name], NO_SUCH_ATTRIBUTE).await;
    }
}

#[tokio::test]
async fn names_of_other_servers_are_understood() {
    for (theirs, ours) in [
        ("ZxMobile_MaxPingHeartbeat", "pingMaxHeartbeat"),
        ("ZxMobile_NotificationsLatency", "notificationsLatency"),
        ("ZxMobile_UseInstantNotficiations", "useInstantNotifications"),
        ("ZxMobile_UseInstantNotifications", "useInstantNotifications"),
        ("mobileAntiDosMaxRequests", "mobileAntiDosServiceMaxRequests"),
        ("zimbraFeatureMobileSyncEnabled", "easEnabled"),
        ("zimbraFeatureMobilePolicyEnabled", "policyRequired"),
        ("zimbraMobilePolicyAllowCamera", "AllowCamera"),
        ("zimbraMobileMetadataRetentionPolicy", "mobileStateRetention"),
    ] {
        let bench = Workbench::new().await;
        assert_eq!(bench.told(&["config", "describe", theirs]).await["attribute"], ours);
    }
}

#[tokio::test]
async fn an_attribute_is_explained() {
    let bench = Workbench::new().await;
    let told = bench.told(&["config", "describe", "abqmode"]).await;
    assert_eq!(
        (&told["type"], &told["scopes"], &told["default"], &told["modules"]),
        (&json!("enum"), &json!(["global", "cos", "account"]), &json!("Permissive"), &json!(["abq"]))
    );
    assert!(told["allowed"].as_str().unwrap().contains("Interactive"));
    let text = bench.text(&["config", "describe", "DevicePasswordEnabled"]).await;
    for part in ["zimbraMobilePolicyDevicePasswordEnabled", "boolean", "account", "false", "provisioning"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let all = bench.told(&["config", "attributes"]).await;
    assert_eq!(all.as_array().unwrap().len(), registry::all().count());
    assert!(all.as_array().unwrap().iter().all(|row| row["type"] != ""));
}

#[tokio::test]
async fn who_lets_in_listed_devices_only_is_told_how_many_that_shuts_out() {
    let bench = Workbench::new().await;
    bench.device(bench.alice, "phone1", "Phone/1", "14.1", 1).await;
    for mode in ["Interactive", "Strict"] {
        let text = bench.text(&["config", "set", &format!("abqMode={mode}")]).await;
        assert!(text.contains("1 known device(s)") && text.contains("abq seed"), "{text}");
    }
    let told = bench.told(&["config", "set", "--cos", "default", "abqMode=Permissive"]).await;
    assert_eq!(told["hint"], Value::Null);
    bench.told(&["abq", "seed"]).await;
    let told = bench.told(&["config", "set", "abqMode=Strict"]).await;
    assert_eq!(told["hint"], Value::Null, "all of them have an entry");
}
