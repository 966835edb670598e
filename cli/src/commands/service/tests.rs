use serde_json::{Value, json};
use syncledger_commands::{AttributeTarget, jail_device, set_attribute, start_node};
use syncledger_domain::{
    anti_dos::Evidence,
    device::{Device, DeviceJailed},
    ids::DeviceId,
};

use super::*;
use crate::commands::workbench::Workbench;

/// With this configuration's node and another one, both started.
async fn bench() -> Workbench {
    let bench = Workbench::new().await;
    for name in [own(), NodeName::new("two").unwrap()] {
        start_node::run(&bench.node.repository, &bench.node.admin(), &name, &[]).await.unwrap();
    }
    bench
}

fn own() -> NodeName {
    Config::default().node_name()
}

async fn set(bench: &Workbench, attribute: &str, value: &str) {
    let (repository, issuer) = (&bench.node.repository, bench.node.admin());
    set_attribute::run(repository, &issuer, &AttributeTarget::Global, attribute, value).await.unwrap();
}

async fn row(bench: &Workbench, node: &str, service: &str) -> Value {
    let listed = bench.told(&["service", "list", "--all-nodes"]).await;
    let rows = listed.as_array().unwrap();
    rows.iter().find(|row| row["node"] == node && row["name"] == service).unwrap().clone()
}

#[tokio::test]
async fn each_service_tells_whether_it_runs_and_why_not() {
    let bench = bench().await;
    let listed = bench.told(&["service", "list"]).await;
    assert_eq!(listed.as_array().unwrap().len(), Name::ALL.len(), "those of this node alone");
    let own = own();
    assert_eq!(
        row(&bench, own.as_str(), "anti-dos").await,
        json!({
            "node": own.as_str(), "name": "anti-dos", "running": false, "could_start": false, "could_stop": false,
            "could_not_start_because": "anti-dos disabled",
        })
    );
    set(&bench, "mobileAntiDosServiceEnabled", "true").await;
    assert_eq!(
        row(&bench, "two", "anti-dos").await,
        json!({ "node": "two", "name": "anti-dos", "running": true, "could_start": false, "could_stop": true })
    );
    set(&bench, "abqMode", "Disabled").await;
    assert_eq!(row(&bench, "two", "abq-services").await["could_not_start_because"], "abq mode is Disabled");
    let told = bench.text(&["service", "list", "--node", "TWO"]).await;
    assert!(told.contains("abq mode is Disabled") && !told.contains(own.as_str()), "{told}");
}

#[tokio::test]
async fn orders_are_for_the_node_they_name() {
    let bench = bench().await;
    let own = own();
    let done = bench.told(&["service", "stop", "activesync"]).await;
    assert_eq!((&done["service"], &done["node"]), (&"activesync-services".into(), &own.as_str().into()));
    assert_eq!(row(&bench, own.as_str(), "activesync-services").await["could_start"], true);
    assert_eq!(row(&bench, "two", "activesync-services").await["running"], true);
    let again = bench.told(&["service", "stop", "ActiveSync-services"]).await;
    assert_eq!(again["changed"], false);
    bench.told(&["service", "start", "activesync", "--all-nodes"]).await;
    assert_eq!(row(&bench, own.as_str(), "activesync-services").await["running"], true);
    let sentence = bench.text(&["service", "stop", "abq", "--node", "two"]).await;
    assert_eq!(sentence, "service abq-services stopped on all nodes");
    assert_eq!(row(&bench, own.as_str(), "abq-services").await["running"], false);
    bench.told(&["service", "stop", "module", "--node", "two"]).await;
    assert_eq!(
        row(&bench, "two", "activesync-services").await["could_not_start_because"],
        "module is stopped"
    );
    let sentence = bench.text(&["service", "restart", "module", "--node", "two"]).await;
    assert_eq!(sentence, "service module restarted on node two");
    assert_eq!(row(&bench, "two", "activesync-services").await["running"], true);
}

async fn jail(bench: &Workbench, device: &str) {
    let evidence = Evidence { requests: 151, span_ms: 10, window_ms: 30_000 };
    let until = bench.node.repository.clock().now().plus_seconds(600);
    let (repository, issuer, device) =
        (&bench.node.repository, bench.node.admin(), DeviceId::new(device).unwrap());
    let jailed = DeviceJailed { until, evidence };
    jail_device::run(repository, &issuer, bench.alice, &device, jailed).await.unwrap();
}

#[tokio::test]
async fn restarting_anti_dos_empties_the_jails() {
    let bench = bench().await;
    set(&bench, "mobileAntiDosServiceEnabled", "true").await;
    let now = bench.node.repository.clock().now();
    for id in ["phone1", "phone2", "phone3"] {
        bench.device(bench.alice, id, "Phone/1", "16.1", 1).await;
    }
    jail(&bench, "phone1").await;
    jail(&bench, "phone2").await;
    let done = bench.told(&["service", "restart", "anti-dos"]).await;
    assert_eq!(done["released"], 2);
    let stream = StreamId::device(bench.alice, &DeviceId::new("phone1").unwrap());
    let phone = bench.node.repository.load::<Device>(&stream).await.unwrap().state;
    assert_eq!(phone.jailed_until(now), None);
    assert_eq!(bench.told(&["service", "restart", "anti-dos"]).await["released"], 0);
    jail(&bench, "phone3").await;
    let sentence = bench.text(&["service", "restart", "anti-dos"]).await;
    assert!(sentence.ends_with("; let out of jail: 1 device"), "{sentence}");
    // The order itself is one either way: counters start anew.
    let services = load(&bench.node).await.unwrap();
    assert_eq!(services.restarts(&own(), Name::AntiDos), 3);
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_its_code() {
    let bench = bench().await;
    let long = "x".repeat(3000);
    for (words, code) in [
        (vec!["stop", ""], codes::NO_SUCH_SERVICE),
        (vec!["stop", "mail"], codes::NO_SUCH_SERVICE),
        (vec!["restart", long.as_str()], codes::NO_SUCH_SERVICE),
        (vec!["stop", "abq", "--node", "three"], codes::NO_SUCH_SERVER),
        (vec!["stop", "abq", "--node", ""], codes::INVALID_VALUE),
        (vec!["stop", "abq", "--node", long.as_str()], codes::INVALID_VALUE),
        (vec!["stop", "abq", "--node", "two", "--all-nodes"], codes::USAGE),
        (vec!["start"], codes::USAGE),
        (vec!["list", "--node", "three"], codes::NO_SUCH_SERVER),
        (vec!["start", "anti-dos"], codes::CANNOT_START),
        (vec!["restart", "anti-dos"], codes::CANNOT_START),
        (vec!["stop", "anti-dos"], codes::CANNOT_STOP),
        (vec!["start", "ldap-address-book"], codes::CANNOT_START),
    ] {
        let said = bench.refused(&[&["service"], &words[..]].concat(), code).await;
        if code == codes::NO_SUCH_SERVER {
            assert!(said.contains("'three'") && said.contains("two"), "{said}");
        }
    }
    let nobody = Workbench::new().await;
    for words in [&["stop", "abq"][..], &["start", "anti-dos", "--all-nodes"], &["list"]] {
        let said = nobody.refused(&[&["service"], words].concat(), codes::NO_SUCH_SERVER).await;
        assert!(said.contains("no node has ever served"), "{said}");
    }
}
