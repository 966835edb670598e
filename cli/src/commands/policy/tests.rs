//! Policies by the command line.

use serde_json::{Value, json};
use syncledger_domain::policy::attributes;

use crate::commands::workbench::{ALICE, Workbench};

async fn holds(bench: &Workbench, place: &[&str], key: &str) -> (String, String) {
    let told = bench.told(&[&["policy", "get"], place, &["--key", key]].concat()).await;
    assert_eq!(told.as_array().unwrap().len(), 1, "{told}");
    let text = |name: &str| told[0][name].as_str().unwrap().to_owned();
    (text("value"), text("from"))
}

fn pair(value: &str, from: &str) -> (String, String) {
    (value.to_owned(), from.to_owned())
}

#[tokio::test]
async fn a_policy_holds_from_the_nearest_place_and_is_inherited_again_when_forgotten() {
    let bench = Workbench::new().await;
    let alice = ["account", ALICE];
    assert_eq!(holds(&bench, &alice, "AllowCamera").await, pair("1", "default"));
    for (words, from) in [
        (&["global", "AllowCamera", "0"][..], "global"),
        (&["domain", "example.com", "zimbraMobilePolicyAllowCamera", "-1"][..], "domain"),
        (&["cos", "default", "allowcamera", "TRUE"][..], "cos"),
        (&["account", ALICE, "AllowCamera", "false"][..], "account"),
    ] {
        let told = bench.told(&[&["policy", "set"], words].concat()).await;
        assert_eq!(
            (&told["changed"], &told["key"], &told["from"]),
            (&json!(true), &json!("AllowCamera"), &json!(from))
        );
        assert_eq!(bench.told(&[&["policy", "set"], words].concat()).await["changed"], false);
        assert_eq!(holds(&bench, &alice, "zimbraMobilePolicyAllowCamera").await.1, from);
    }
    assert_eq!(holds(&bench, &alice, "AllowCamera").await, pair("0", "account"));
    assert_eq!(holds(&bench, &["cos", "default"], "AllowCamera").await, pair("1", "cos"));
    assert_eq!(holds(&bench, &["domain", "example.com"], "AllowCamera").await, pair("-1", "domain"));
    assert_eq!(holds(&bench, &["global"], "AllowCamera").await, pair("0", "global"));
    for words in [["account", ALICE], ["cos", "default"], ["domain", "example.com"]] {
        let cleared = bench.told(&["policy", "set", words[0], words[1], "AllowCamera", ""]).await;
        assert_eq!(cleared["changed"], true);
    }
    assert_eq!(holds(&bench, &alice, "AllowCamera").await, pair("0", "global"));
    assert_eq!(bench.told(&["policy", "set", "global", "AllowCamera", ""]).await["from"], "default");
    assert_eq!(bench.told(&["policy", "set", "global", "AllowCamera", ""]).await["changed"], false);
}

#[tokio::test]
async fn all_policies_are_shown_and_nothing_else() {
    let bench = Workbench::new().await;
    let told = bench.told(&["policy", "get", "account", ALICE]).await;
    let keys: Vec<_> = told.as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap()).collect();
    assert_eq!(keys, attributes::all().map(|attribute| attribute.name).collect::<Vec<_>>());
    assert!(!keys.contains(&"easEnabled"));
    let length = told.as_array().unwrap().iter().find(|row| row["key"] == "MinDevicePasswordLength").unwrap();
    assert_eq!((&length["value"], &length["from"]), (&json!("4"), &json!("default")));
    let text = bench.text(&["policy", "get", "global"]).await;
    assert!(text.contains("AllowInternetSharing") && text.contains("default"), "{text}");
}

#[tokio::test]
async fn three_of_them_go_by_the_names_of_the_registry_too() {
    let bench = Workbench::new().await;
    bench.told(&["policy", "set", "global", "zimbraFeatureMobilePolicyEnabled", "FALSE"]).await;
    assert_eq!(holds(&bench, &["global"], "policyRequired").await, pair("false", "global"));
    bench.told(&["policy", "set", "global", "AllowPartialProvisioning", "false"]).await;
    assert_eq!(holds(&bench, &["account", ALICE], "policyAllowPartial").await, pair("false", "global"));
}

#[tokio::test]
async fn every_wrong_parameter_has_its_code_and_sets_nothing() {
    let bench = Workbench::new().await;
    let long = "x".repeat(400);
    let good = |place: &[&'static str]| -> Vec<&str> { place.to_vec() };
    for (place, code) in [
        (good(&["planet"]), "INVALID_SCOPE"),
        (good(&[""]), "INVALID_SCOPE"),
        (good(&["account", "bob@example.com"]), "NO_SUCH_ACCOUNT"),
        (good(&["account", ""]), "NO_SUCH_ACCOUNT"),
        (good(&["cos", "gold"]), "NO_SUCH_COS"),
        (good(&["cos", ""]), "INVALID_VALUE"),
        (vec!["cos", &long], "INVALID_VALUE"),
        (good(&["domain", "example.org"]), "NO_SUCH_DOMAIN"),
        (good(&["domain", "not a domain"]), "INVALID_VALUE"),
        (good(&["domain", ""]), "INVALID_VALUE"),
        (good(&["global", ALICE]), "USAGE"),
        (good(&["account"]), "USAGE"),
        (good(&["cos"]), "USAGE"),
        (good(&["domain"]), "USAGE"),
    ] {
        bench.refused(&[&["policy", "get"], &place[..]].concat(), code).await;
        bench.refused(&[&["policy", "set"], &place[..], &["AllowCamera", "0"]].concat(), code).await;
    }
    let account = &["policy", "set", "account", ALICE][..];
    for (words, code) in [
        (["AllowCamra", "1"], "UNKNOWN_KEY"),
        (["easEnabled", "false"], "UNKNOWN_KEY"),
        (["", "1"], "UNKNOWN_KEY"),
        ([&long, "1"], "UNKNOWN_KEY"),
        (["AllowCamera", "2"], "INVALID_VALUE"),
        (["AllowCamera", "-2"], "INVALID_VALUE"),
        (["AllowCamera", "yes"], "INVALID_VALUE"),
        (["MinDevicePasswordLength", "17"], "INVALID_VALUE"),
        (["MaxDevicePasswordFailedAttempts", "3"], "INVALID_VALUE"),
        (["AllowCamera", &long], "INVALID_VALUE"),
    ] {
        bench.refused(&[account, &words[..]].concat(), code).await;
    }
    let near = bench.refused(&["policy", "get", "global", "--key", "AllowCamra"], "UNKNOWN_KEY").await;
    assert!(near.contains("AllowCamera"), "{near}");
    bench.refused(&["policy", "get", "global", "--key", "easEnabled"], "UNKNOWN_KEY").await;
    bench.refused(&["policy", "set", "global", "AllowCamera"], "USAGE").await;
    bench.refused(&["policy", "set", "global"], "USAGE").await;
    assert!(
        bench
            .told(&["policy", "get", "account", ALICE])
            .await
            .as_array()
            .unwrap()
            .iter()
            .all(|row: &Value| row["from"] == "default")
    );
}
