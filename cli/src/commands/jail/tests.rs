//! Jails by the command line.

use serde_json::json;
use syncledger_commands::jail_device;
use syncledger_domain::{
    anti_dos::Evidence,
    device::DeviceJailed,
    ids::{AccountId, DeviceId},
};

use crate::commands::workbench::{ALICE, Workbench};

async fn jail(bench: &Workbench, account: AccountId, device: &str, seconds: i64) {
    let until = bench.node.repository.clock().now().plus_seconds(seconds);
    let evidence = Evidence { requests: 151, span_ms: 29_850, window_ms: 30_000 };
    let device = DeviceId::new(device).unwrap();
    let jailed = DeviceJailed { until, evidence };
    jail_device::run(&bench.node.repository, &bench.issuer(), account, &device, jailed).await.unwrap();
}

/// Three devices, two of them in jail; the one with the longer time first by name.
async fn bench() -> Workbench {
    let bench = Workbench::new().await;
    for id in ["long", "short", "free"] {
        bench.device(bench.alice, id, "Phone/1", "16.1", 0).await;
    }
    jail(&bench, bench.alice, "long", 3600).await;
    jail(&bench, bench.alice, "short", 600).await;
    bench
}

async fn listed(bench: &Workbench) -> Vec<String> {
    let rows = bench.told(&["jail", "list"]).await;
    rows.as_array().unwrap().iter().map(|row| row["device"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn those_in_jail_are_listed_with_the_evidence() {
    let bench = bench().await;
    let rows = bench.told(&["jail", "list"]).await;
    assert_eq!(listed(&bench).await, ["short", "long"]);
    assert_eq!(
        (&rows[0]["address"], &rows[0]["requests"], &rows[0]["span_ms"]),
        (&json!(ALICE), &json!(151), &json!(29_850))
    );
    let text = bench.text(&["jail", "list"]).await;
    assert!(text.contains("151 requests in 29850 ms") && !text.contains("free"), "{text}");
    let info = bench.told(&["device", "info", ALICE, "long"]).await;
    assert!(info["jailed_until"].is_string(), "{info}");
}

#[tokio::test]
async fn one_is_released_once_and_a_jail_that_is_over_is_none() {
    let bench = bench().await;
    assert_eq!(bench.told(&["jail", "release", ALICE, "SHORT"]).await["changed"], true);
    assert_eq!(listed(&bench).await, ["long"]);
    let before = bench.head().await;
    assert_eq!(bench.told(&["jail", "release", ALICE, "short"]).await["changed"], false);
    assert_eq!(bench.told(&["jail", "release", ALICE, "free"]).await["changed"], false);
    assert_eq!(bench.head().await, before);
}

#[tokio::test]
async fn all_are_released() {
    let bench = bench().await;
    let all = bench.told(&["jail", "release", "--all"]).await;
    assert_eq!(all["count"], 2);
    assert!(listed(&bench).await.is_empty());
    assert_eq!(bench.told(&["jail", "release", "--all"]).await["count"], 0);
    assert_eq!(bench.text(&["jail", "list"]).await, "none");
}

#[tokio::test]
async fn strangers_and_half_sentences_are_refused() {
    let bench = bench().await;
    for (words, code) in [
        (vec!["bob@example.com", "long"], "NO_SUCH_ACCOUNT"),
        (vec!["", "long"], "NO_SUCH_ACCOUNT"),
        (vec![ALICE, "nothing"], "NO_SUCH_DEVICE"),
        (vec![ALICE, "a b"], "BAD_DEVICE_ID"),
        (vec![ALICE, ""], "BAD_DEVICE_ID"),
        (vec![], "USAGE"),
        (vec![ALICE], "USAGE"),
        (vec![ALICE, "long", "--all"], "USAGE"),
    ] {
        bench.refused(&[&["jail", "release"], &words[..]].concat(), code).await;
    }
}
