//! Orders to devices by the command line.

use serde_json::json;
use syncledger_commands::{
    acknowledge_policy, acknowledge_wipe, mark_wipe_sent, offer_policy, remove_account,
};
use syncledger_domain::{
    config::Scopes,
    device::{AcknowledgementRules, Device},
    event::StreamId,
    ids::DeviceId,
};
use syncledger_eas::ascmd::provision::digest_of;

use crate::commands::workbench::{ALICE, Workbench};

/// Two devices that may be told to erase themselves, and one that never provisions.
async fn bench() -> Workbench {
    let bench = Workbench::new().await;
    for (id, version) in [("new", "16.1"), ("old", "14.1"), ("plain", "16.1")] {
        bench.device(bench.alice, id, "Phone/1", version, 0).await;
    }
    bench.provisions("new").await;
    bench.provisions("old").await;
    bench
}

async fn state(bench: &Workbench, device: &str) -> Device {
    let stream = StreamId::device(bench.alice, &DeviceId::new(device).unwrap());
    bench.node.repository.load(&stream).await.unwrap().state
}

#[tokio::test]
async fn a_device_is_suspended_and_resumed_one_or_all() {
    let bench = bench().await;
    for device in ["new", "OLD"] {
        assert_eq!(bench.told(&["device", "suspend", ALICE, device]).await["changed"], true);
    }
    assert_eq!(bench.told(&["device", "suspend", ALICE, "new"]).await["changed"], false);
    assert!(state(&bench, "old").await.suspended);
    let one = bench.told(&["device", "resume", ALICE, "new"]).await;
    assert_eq!((&one["count"], &one["devices"]), (&json!(1), &json!(["new"])));
    bench.told(&["device", "suspend", ALICE, "plain"]).await;
    let all = bench.told(&["device", "resume", ALICE]).await;
    assert_eq!(all["devices"], json!(["old", "plain"]));
    assert_eq!(bench.told(&["device", "resume", ALICE]).await["count"], 0);
    assert!(!state(&bench, "old").await.suspended);
}

#[tokio::test]
async fn a_wipe_that_is_not_confirmed_tells_what_it_would_do_and_does_nothing() {
    let bench = bench().await;
    let told = bench.refused(&["device", "wipe", ALICE, "new"], "CONFIRMATION_REQUIRED").await;
    assert!(told.contains("factory settings") && told.contains("--confirm"), "{told}");
    let words = ["device", "wipe", ALICE, "new", "--account-only"];
    let told = bench.refused(&words, "CONFIRMATION_REQUIRED").await;
    assert!(told.contains("the account's data") && !told.contains("factory"), "{told}");
    for more in [&[][..], &["--confirm"]] {
        bench.refused(&[&["device", "wipe", ALICE, "plain"], more].concat(), "UNSUPPORTED_BY_DEVICE").await;
        let words = [&["device", "wipe", ALICE, "old", "--account-only"], more].concat();
        bench.refused(&words, "UNSUPPORTED_BY_DEVICE").await;
    }
    assert_eq!(state(&bench, "new").await.wipe, None);
}

#[tokio::test]
async fn a_wipe_is_ordered_and_taken_back_until_it_is_done() {
    let bench = bench().await;
    let ordered = bench.told(&["device", "wipe", ALICE, "new", "--confirm", "--account-only"]).await;
    assert_eq!((&ordered["changed"], &ordered["account_only"]), (&json!(true), &json!(true)));
    assert!(state(&bench, "new").await.wipe.unwrap().account_only);
    assert_eq!(bench.told(&["device", "wipe", ALICE, "new", "--confirm"]).await["changed"], true);
    assert_eq!(bench.told(&["device", "wipe", ALICE, "new", "--confirm"]).await["changed"], false);
    assert_eq!(bench.told(&["device", "cancel-wipe", ALICE, "new"]).await["changed"], true);
    assert_eq!(bench.told(&["device", "cancel-wipe", ALICE, "new"]).await["changed"], false);
    bench.told(&["device", "wipe", ALICE, "new", "--confirm"]).await;
    let (repository, issuer) = (&bench.node.repository, bench.issuer());
    let device = DeviceId::new("new").unwrap();
    mark_wipe_sent::run(repository, &issuer, bench.alice, &device).await.unwrap();
    acknowledge_wipe::run(repository, &issuer, bench.alice, &device, 1).await.unwrap();
    bench.refused(&["device", "cancel-wipe", ALICE, "new"], "CONFLICTING_PARAMETERS").await;
    bench.refused(&["device", "wipe", ALICE, "new", "--confirm"], "CONFLICTING_PARAMETERS").await;
}

#[tokio::test]
async fn a_reset_without_device_is_one_of_all() {
    let bench = bench().await;
    assert_eq!(bench.told(&["device", "reset", ALICE, "old"]).await["devices"], json!(["old"]));
    let all = bench.told(&["device", "reset", ALICE]).await;
    assert_eq!(all["devices"], json!(["new", "old", "plain"]));
}

#[tokio::test]
async fn every_verb_refuses_strangers_under_its_code() {
    let bench = bench().await;
    let long = "x".repeat(129);
    for verb in ["info", "remove", "reset", "suspend", "resume", "wipe", "cancel-wipe"] {
        for (account, device, code) in [
            ("bob@example.com", "new", "NO_SUCH_ACCOUNT"),
            ("", "new", "NO_SUCH_ACCOUNT"),
            (ALICE, "nothing", "NO_SUCH_DEVICE"),
            (ALICE, "", "BAD_DEVICE_ID"),
            (ALICE, "a b", "BAD_DEVICE_ID"),
            (ALICE, &long, "BAD_DEVICE_ID"),
        ] {
            bench.refused(&["device", verb, account, device], code).await;
        }
    }
    bench.refused(&["device", "suspend", ALICE], "USAGE").await;
}

#[tokio::test]
async fn a_removed_device_is_gone() {
    let bench = bench().await;
    bench.told(&["device", "remove", ALICE, "old"]).await;
    bench.refused(&["device", "remove", ALICE, "old"], "NO_SUCH_DEVICE").await;
    bench.refused(&["device", "reset", ALICE, "old"], "NO_SUCH_DEVICE").await;
}

/// Lets a device acknowledge the policy that holds where nothing is set.
async fn acknowledges(bench: &Workbench, device: &str) {
    let (repository, issuer) = (&bench.node.repository, bench.issuer());
    let device = DeviceId::new(device).unwrap();
    let (digest, rules) = (digest_of(&Scopes::default()), AcknowledgementRules::default());
    let key = offer_policy::run(repository, &issuer, bench.alice, &device, digest).await.unwrap();
    acknowledge_policy::run(repository, &issuer, bench.alice, &device, key, 1, rules).await.unwrap();
}

#[tokio::test]
async fn what_was_decided_about_a_device_is_listed_and_shown() {
    let bench = bench().await;
    let info = async |device: &str| bench.told(&["device", "info", ALICE, device]).await;
    bench.told(&["policy", "set", "global", "policyRequired", "false"]).await;
    let free = info("old").await;
    assert_eq!(
        (&free["status"], &free["suspended"], &free["wipe"]),
        (&json!(1), &json!(false), &json!(null))
    );
    assert_eq!((&free["provisionable"], &free["has_mobile_password"]), (&json!(true), &json!(false)));
    assert_eq!(info("plain").await["provisionable"], false);
    assert_eq!(
        (&free["account_name"], &free["last_seen"]),
        (&json!("alice"), &free["last_command_received"])
    );
    bench.told(&["policy", "set", "global", "policyRequired", ""]).await;
    assert_eq!(info("old").await["status"], 0, "it has not acknowledged the policy yet");
    assert_eq!(info("plain").await["status"], 1, "nobody waits for one that never provisions");
    acknowledges(&bench, "old").await;
    assert_eq!(info("old").await["status"], 1);
    bench.told(&["policy", "set", "account", ALICE, "AllowCamera", "0"]).await;
    assert_eq!(info("old").await["status"], 0, "the policy is another one now");
    bench.told(&["device", "suspend", ALICE, "old"]).await;
    assert_eq!((&info("old").await["status"], &info("old").await["suspended"]), (&json!(2), &json!(true)));
    bench.told(&["device", "wipe", ALICE, "old", "--confirm"]).await;
    bench.told(&["device", "wipe", ALICE, "new", "--confirm", "--account-only"]).await;
    let wiped = info("old").await;
    assert_eq!(
        (&wiped["status"], &wiped["wipe"], &wiped["account_only"]),
        (&json!(3), &json!("requested"), &json!(false))
    );
    assert!(wiped["wipe_requested_at"].is_string() && wiped["wipe_acknowledged_at"].is_null(), "{wiped}");
    assert_eq!(info("new").await["status"], 5);
    let listed = bench.told(&["device", "list"]).await;
    let numbers: Vec<_> =
        listed.as_array().unwrap().iter().map(|row| (&row["device"], &row["status"])).collect();
    assert_eq!(
        numbers,
        [(&json!("new"), &json!(5)), (&json!("old"), &json!(3)), (&json!("plain"), &json!(1))]
    );
    assert_eq!(bench.told(&["device", "list", ALICE]).await, listed);
    let text = bench.text(&["device", "list"]).await;
    assert!(text.contains("wipe requested, suspended"), "{text}");
}

#[tokio::test]
async fn a_device_is_shown_with_what_it_holds_how_it_writes_its_id_and_what_it_is_offered() {
    let bench = Workbench::new().await;
    bench.device(bench.alice, "ApplDNQ7", "Phone/1", "16.1", 0).await;
    bench.told(&["filter", "add", "contains", "phone", "limit", "14.1"]).await;
    let info = bench.told(&["device", "info", ALICE, "APPLdnq7"]).await;
    assert_eq!((&info["device"], &info["shown"]), (&json!("appldnq7"), &json!("ApplDNQ7")));
    assert_eq!(info["offered_versions"], json!(["12.1", "14.0", "14.1"]));
    for count in ["emails", "contacts", "events", "tasks", "remote_folders", "bad_items"] {
        assert_eq!(info[count], 0, "{count}");
    }
    let text = bench.text(&["device", "list", ALICE]).await;
    assert!(text.contains("ApplDNQ7"), "{text}");
}

/// Devices silent for 200, 100, 100 (suspended) and 10 days, and one of a removed account.
async fn silent() -> Workbench {
    let bench = Workbench::new().await;
    for (id, days) in [("d200", 200), ("d100", 100), ("kept", 100), ("d10", 10)] {
        bench.device(bench.alice, id, "Phone/1", "16.1", days).await;
    }
    bench.told(&["device", "suspend", ALICE, "kept"]).await;
    bench.told(&["account", "create", "bob@example.com"]).await;
    let bob = syncledger_domain::ids::AccountId::for_address(&"bob@example.com".parse().unwrap());
    remove_account::run(&bench.node.repository, &bench.node.admin(), bob).await.unwrap();
    bench.device(bob, "late", "Phone/1", "16.1", 1).await;
    bench
}

fn names(told: &serde_json::Value, field: &str) -> Vec<String> {
    let name = |row: &serde_json::Value| row["device"].as_str().unwrap().to_owned();
    told[field].as_array().unwrap().iter().map(name).collect()
}

#[tokio::test]
async fn a_purge_removes_what_its_dry_run_tells_and_counts_by_account() {
    let bench = silent().await;
    let before = bench.head().await;
    let dry = bench.told(&["device", "purge", "--dry-run"]).await;
    assert_eq!(bench.head().await, before, "a dry run appends nothing");
    let real = bench.told(&["device", "purge"]).await;
    for told in [&dry, &real] {
        assert_eq!(told["checkNonActiveAccountDays"], 90);
        assert_eq!(told["deletedSyncRecordsOfActiveAccounts"], 2);
        assert_eq!(told["deletedSyncRecordsOfNonActiveAccounts"], 1);
        assert_eq!(names(told, "devices"), ["d200", "d100", "late"]);
    }
    assert!(state(&bench, "kept").await.registered && state(&bench, "d10").await.registered);
    assert!(!state(&bench, "d200").await.registered);
    let again = bench.told(&["device", "purge"]).await;
    assert_eq!(names(&again, "devices"), [""; 0]);
}

#[tokio::test]
async fn a_purge_takes_days_of_its_range() {
    let bench = silent().await;
    assert_eq!(
        names(&bench.told(&["device", "purge", "--dry-run", "--days", "150"]).await, "devices"),
        ["d200", "late"]
    );
    assert_eq!(
        names(&bench.told(&["device", "purge", "--dry-run", "--days", "36500"]).await, "devices"),
        ["late"]
    );
    let text = bench.text(&["device", "purge", "--dry-run", "--days", "1"]).await;
    assert!(text.contains("would go: 3 of active accounts, 1 of others"), "{text}");
    for days in ["0", "-1", "36501", "99999999999", "", "soon", "1.5"] {
        let sentence = bench.refused(&["device", "purge", "--days", days], "INVALID_VALUE").await;
        assert!(sentence.contains(&format!("'{days}'")) && sentence.contains("36500"), "{sentence}");
    }
}

#[tokio::test]
async fn what_is_known_of_a_device_is_told_in_words_and_columns() {
    let bench = bench().await;
    bench.told(&["device", "reset", ALICE, "new", "--cause", "she asked"]).await;
    let text = bench.text(&["device", "info", ALICE, "new"]).await;
    let lines: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).collect();
    let value = |name: &str| {
        let line = lines.iter().find(|line| line.split(' ').next() == Some(name));
        line.unwrap_or_else(|| panic!("{name}: {text}")).split_at(24).1
    };
    assert_eq!(value("has_mobile_password"), "false");
    assert_eq!(value("offered_versions"), "12.1, 14.0, 14.1, 16.0, 16.1");
    assert!(value("last_reset").ends_with("Z, she asked"), "{text}");
    assert!(lines.iter().all(|line| !line.contains(['{', '[', '"'])), "{text}");
}
