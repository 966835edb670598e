//! Rules, explanations and simulations.

use serde_json::{Value, json};
use syncledger_commands::{AttributeTarget, create_cos, judge_access, set_account_cos};
use syncledger_domain::{
    abq::Decision,
    event::StreamId,
    ids::NodeName,
    services::{NodeStarted, Service, ServiceSwitched, Services, ServicesEvent},
};

use super::*;

async fn explained(world: &World, account: &str, device: &str, mode: Option<&str>) -> Value {
    explain::explain(&world.node, account, device, mode).await.unwrap().as_json()
}

fn outcomes(explained: &Value) -> Vec<(String, String)> {
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    let all = explained["considered"].as_array().unwrap();
    all.iter().map(|one| (text(one, "what"), text(one, "outcome"))).collect()
}

#[tokio::test]
async fn rules_are_set_listed_and_deleted_by_scope() {
    let world = World::new().await;
    world.run(&["rule", "set", "android.*", "Blocked", "20"]).await.unwrap();
    world.run(&["rule", "set", "Appl.*", "allowed", "-5"]).await.unwrap();
    world.run(&["rule", "set", "Appl.*", "Quarantined", "1", "--domain", "Example.ORG"]).await.unwrap();
    world.run(&["rule", "set", "-odd", "Blocked", "2", "--domain", "example.org"]).await.unwrap();
    let text = |rows: &[Value]| -> Vec<String> {
        let row =
            |row: &Value| format!("{} {} {} {}", row["domain"], row["order"], row["regex"], row["status"]);
        rows.iter().map(|one| row(one).replace('"', "")).collect()
    };
    let rows = rule::rows(&world.node, None).await.unwrap();
    assert_eq!(
        text(&rows),
        [
            "null -5 Appl.* Allowed",
            "null 20 android.* Blocked",
            "example.org 1 Appl.* Quarantined",
            "example.org 2 -odd Blocked",
        ]
    );
    let of_domain = rule::rows(&world.node, Some("example.org")).await.unwrap();
    assert_eq!(text(&of_domain)[..], text(&rows)[2..]);
    assert!(rule::rows(&world.node, Some("example.com")).await.unwrap().is_empty());
    world.show(&["rule", "list"]).await;
    world.run(&["rule", "delete", "-odd", "--domain", "example.org"]).await.unwrap();
    world.run(&["rule", "delete", "Appl.*"]).await.unwrap();
    assert_eq!(text(&rule::rows(&world.node, None).await.unwrap()).len(), 2);
}

#[tokio::test]
async fn a_rule_is_tried_without_being_made() {
    let devices = ["ApplF17".to_owned(), "applf17".to_owned(), "SEC0A".to_owned()];
    let words = |regex: &str| -> Vec<&'static str> {
        let outcomes = rule::outcomes(regex, &devices).unwrap();
        outcomes.into_iter().map(|(_, outcome)| rule::outcome_word(outcome)).collect()
    };
    assert_eq!(words("Appl.*"), ["matches", "does not match", "does not match"]);
    assert_eq!(words("(?i)appl.*"), ["matches", "matches", "does not match"]);
    assert_eq!(words("SEC[0-9A-F]+"), ["does not match", "does not match", "matches"]);
    // Nested repetition costs nothing here.
    let long = ["a".repeat(127) + "b"];
    assert_eq!(rule::outcomes("(a+)+$", &long).unwrap()[0].1, abq::RuleOutcome::Other);
    // No node is needed.
    let nowhere = Config { dir: "nowhere-at-all".into(), ..Config::default() };
    Box::pin(parse(&["rule", "test", "Appl.*", "ApplF17"]).run(&nowhere, false)).await.unwrap();
    let refused = Box::pin(parse(&["rule", "test", "(a", "x"]).run(&nowhere, true)).await.unwrap_err();
    assert_eq!(codes::of(&refused), "BAD_REGEX");
}

#[tokio::test]
async fn an_explanation_names_what_decided_and_what_did_not() {
    let world = World::new().await;
    world.run(&["set", "ApplF17", "Blocked"]).await.unwrap();
    world.run(&["rule", "set", "SEC.*", "Blocked", "1", "--domain", "example.com"]).await.unwrap();
    world.run(&["rule", "set", "Appl.*", "Allowed", "1"]).await.unwrap();
    world.run(&["rule", "set", "A.*", "Quarantined", "2"]).await.unwrap();
    world.run(&["rule", "set", ".*", "Blocked", "3"]).await.unwrap();

    let entry = explained(&world, ALICE, "applf17", None).await;
    assert_eq!((&entry["verdict"], &entry["decided_by"]), (&json!("block"), &json!("entry")));
    assert_eq!((&entry["mode"], &entry["mode_from"]), (&json!("Permissive"), &json!("default")));
    assert_eq!(outcomes(&entry), [("device".into(), "decides".into())]);
    assert_eq!(entry["rules_not_asked"], 4);
    assert_eq!(entry["sees"]["mailbox"], "dummy");
    assert_eq!(entry["sees"]["resolved_from"], "built-in en");
    assert!(entry["sees"]["body_plain"].as_str().unwrap().contains("applf17"), "placeholders are filled");
    assert!(entry["sees"]["body_plain"].as_str().unwrap().contains("postmaster@example.com"));

    let domain = AttributeTarget::Domain("example.com".parse().unwrap());
    let (repository, issuer) = (&world.node.repository, world.node.admin());
    set_attribute::run(repository, &issuer, &domain, "locale", "pt_BR").await.unwrap();
    world.node.catch_up().await.unwrap();
    let translated = explained(&world, ALICE, "applf17", None).await;
    assert_eq!(translated["sees"]["resolved_from"], "built-in pt");

    world.run(&["set", "ApplF17", "Allowed", "--account", ALICE]).await.unwrap();
    let couple = explained(&world, ALICE, "ApplF17", Some("strict")).await;
    assert_eq!((&couple["verdict"], &couple["mode_from"]), (&json!("allow"), &json!("given")));
    let expected = [("device/account", "decides"), ("device", "outranked")];
    assert_eq!(outcomes(&couple), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    assert_eq!(couple["sees"], json!({ "mailbox": "real" }));

    let rule = explained(&world, ALICE, "Android", Some("Interactive")).await;
    assert_eq!((&rule["verdict"], &rule["decided_by"]), (&json!("quarantine"), &json!("rule")));
    let expected =
        [("domain example.com rule", "no-match"), ("global rule", "no-match"), ("global rule", "decides")];
    assert_eq!(outcomes(&rule), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    assert_eq!((&rule["considered"][2]["order"], &rule["rules_not_asked"]), (&json!(2), &json!(1)));

    // The id counts as it was typed, and another domain has other rules.
    assert_eq!(explained(&world, BOB, "android", Some("Interactive")).await["verdict"], "block");
    assert_eq!(explained(&world, ALICE, "ApplF17", Some("Disabled")).await["decided_by"], "mode");
    for words in [["explain", ALICE, "Android"], ["explain", BOB, "ApplF17"], ["explain", ALICE, "ApplF17"]] {
        world.show(&words).await;
    }
}

#[tokio::test]
async fn an_explanation_agrees_with_itself() {
    let world = World::new().await;
    world.run(&["set", "x", "Quarantined"]).await.unwrap();
    world.run(&["set", "x", "Allowed", "--account", BOB]).await.unwrap();
    world.run(&["rule", "set", "y.*", "Blocked", "1"]).await.unwrap();
    world.run(&["rule", "set", "y1", "Allowed", "1", "--domain", "example.org"]).await.unwrap();
    for account in [ALICE, BOB] {
        for device in ["x", "y1", "y2", "z"] {
            let explained =
                explain::explain(&world.node, account, device, Some("Interactive")).await.unwrap();
            let decider = explained.considered.iter().find(|one| one.outcome.word() == "decides");
            let says = decider.map(|one| (one.rule.is_some(), one.says));
            let expected = match &explained.verdict.why {
                abq::Why::Entry { entry, .. } => Some((false, entry.status)),
                abq::Why::Rule(rule) => Some((true, rule.status)),
                abq::Why::Nothing => None,
                other => panic!("{other:?}"),
            };
            assert_eq!(says, expected, "{account} {device}");
        }
    }
}

#[tokio::test]
async fn the_mode_is_that_of_the_narrowest_scope() {
    let world = World::new().await;
    let (repository, issuer) = (&world.node.repository, world.node.admin());
    let origin = async |world: &World| {
        world.node.catch_up().await.unwrap();
        let explained = explained(world, ALICE, "x", None).await;
        format!("{} {}", explained["mode"], explained["mode_from"]).replace('"', "")
    };
    assert_eq!(origin(&world).await, "Permissive default");
    world.mode("Strict").await;
    assert_eq!(origin(&world).await, "Strict global");
    let cos: syncledger_domain::ids::CosId = "staff".parse().unwrap();
    create_cos::run(repository, &issuer, &cos).await.unwrap();
    set_account_cos::run(repository, &issuer, world.alice, &cos).await.unwrap();
    set_attribute::run(repository, &issuer, &AttributeTarget::Cos(cos), "abqMode", "Interactive")
        .await
        .unwrap();
    assert_eq!(origin(&world).await, "Interactive cos");
    let own = AttributeTarget::Account(world.alice);
    set_attribute::run(repository, &issuer, &own, "abqMode", "Disabled").await.unwrap();
    assert_eq!(origin(&world).await, "Disabled account");
    // Another global mode does not reach an account with one of its own.
    world.device(world.alice, "a").await;
    world.device(world.bob, "b").await;
    world.node.catch_up().await.unwrap();
    let simulate = simulate::Simulate { mode: Some("Permissive".to_owned()), ..Default::default() };
    let simulated = simulate.simulate(&world.node).await.unwrap();
    let changed: Vec<_> = simulated.changed.iter().map(|row| row["device_id"].as_str().unwrap()).collect();
    assert_eq!(changed, ["b"]);
}

#[tokio::test]
async fn where_the_service_does_not_run_nobody_judges() {
    let world = World::new().await;
    world.run(&["set", "x", "Blocked"]).await.unwrap();
    let own = AttributeTarget::Account(world.alice);
    set_attribute::run(&world.node.repository, &world.node.admin(), &own, "abqMode", "Interactive")
        .await
        .unwrap();
    world.mode("Disabled").await;
    world.node.catch_up().await.unwrap();
    let stopped = explained(&world, ALICE, "x", None).await;
    assert_eq!((&stopped["mode"], &stopped["mode_from"]), (&json!("Interactive"), &json!("account")));
    assert_eq!((&stopped["verdict"], &stopped["decided_by"]), (&json!("allow"), &json!("service")));
    assert_eq!(
        explained(&world, ALICE, "x", Some("Permissive")).await["verdict"],
        "block",
        "it would run then"
    );

    world.mode("Permissive").await;
    let switch = async |events: &[ServicesEvent]| {
        let (repository, stream) = (&world.node.repository, StreamId::services());
        let last = repository.load::<Services>(&stream).await.unwrap().last;
        repository.append(&world.node.admin(), &stream, last, events).await.unwrap().unwrap();
        world.node.catch_up().await.unwrap();
        let explained = explained(&world, ALICE, "x", None).await;
        (explained["verdict"].clone(), explained["service_stopped_on"].clone())
    };
    let started = |name: &str, stopped: &[Service]| {
        let (node, stopped) = (NodeName::new(name).unwrap(), stopped.to_vec());
        ServicesEvent::NodeStarted(NodeStarted { node, stopped })
    };
    let one = [started("one", &[]), started("two", &[Service::Abq])];
    assert_eq!(switch(&one).await, (json!("block"), json!([])), "it is one for all nodes");
    let both = [ServicesEvent::Stopped(ServiceSwitched { service: Service::Abq, node: None })];
    assert_eq!(switch(&both).await, (json!("allow"), json!(["one", "two"])));
    world.show(&["explain", ALICE, "x"]).await;
}

#[tokio::test]
async fn rules_are_asked_about_the_id_as_the_device_writes_it() {
    let world = World::new().await;
    world.device(world.alice, "ApplF17").await;
    world.run(&["rule", "set", "Appl.*", "Blocked", "1"]).await.unwrap();
    let known = explained(&world, ALICE, "APPLF17", None).await;
    assert_eq!((&known["verdict"], &known["device_id"]), (&json!("block"), &json!("ApplF17")));
    let unknown = explained(&world, BOB, "APPLF17", None).await;
    assert_eq!((&unknown["verdict"], &unknown["device_id"]), (&json!("allow"), &json!("APPLF17")));
    let simulate = simulate::Simulate { deleted_rules: vec!["Appl.*".to_owned()], ..Default::default() };
    assert_eq!(simulate.simulate(&world.node).await.unwrap().changed.len(), 1);
}

#[tokio::test]
async fn an_explanation_tells_that_a_device_starts_anew() {
    let world = World::new().await;
    assert_eq!(explained(&world, ALICE, "x", None).await["known"], false);
    world.device(world.alice, "x").await;
    world.run(&["set", "x", "Blocked"]).await.unwrap();
    assert_eq!(explained(&world, ALICE, "x", None).await["starts_anew"], true);
    let device = DeviceId::new("x").unwrap();
    let word = Decision::Block.to_string();
    judge_access::run(&world.node.repository, &world.node.admin(), world.alice, &device, &word, "entry")
        .await
        .unwrap();
    world.node.catch_up().await.unwrap();
    let settled = explained(&world, ALICE, "x", None).await;
    assert_eq!((&settled["starts_anew"], &settled["recorded_verdict"]), (&json!(false), &json!("block")));
}

#[tokio::test]
async fn a_simulation_tells_whose_verdict_changes_and_changes_nothing() {
    let world = World::new().await;
    for id in ["appl1", "sec1", "old"] {
        world.device(world.alice, id).await;
    }
    world.device(world.bob, "sec1").await;
    world.run(&["set", "old", "Allowed"]).await.unwrap();
    world.run(&["rule", "set", "appl.*", "Blocked", "1"]).await.unwrap();
    let file = world.file("list", "sec1\nb@d\nold/nobody@example.com\n").to_str().unwrap().to_owned();
    let before = world.head().await;
    let simulated = async |words: &[&str]| {
        let words = ["simulate"].into_iter().chain(words.iter().copied());
        let Abq::Simulate(simulate) = parse(&words.collect::<Vec<_>>()) else { panic!("simulate") };
        simulate.simulate(&world.node).await.unwrap()
    };
    let changes = |simulated: &simulate::Simulated| -> Vec<String> {
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        let row = |row: &Value| {
            let names = ["address", "device_id", "before", "after"].map(|name| text(row, name));
            names.join(" ")
        };
        let mut changes: Vec<_> = simulated.changed.iter().map(row).collect();
        changes.sort();
        changes
    };

    let interactive = simulated(&["--mode", "Interactive"]).await;
    assert_eq!((interactive.judged, interactive.unlisted), (4, 1));
    let waiting = [
        "alice@example.com sec1 allow quarantine".to_owned(),
        "bob@example.org sec1 allow quarantine".to_owned(),
    ];
    assert_eq!(changes(&interactive), waiting);
    assert!(interactive.changed[0]["why_after"].as_str().unwrap().contains("no entry and no rule"));

    let listed = simulated(&["--mode", "Interactive", "--import", &file, "--as", "Allowed"]).await;
    assert!(changes(&listed).is_empty(), "{:?}", listed.changed);
    assert_eq!(listed.bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), [2, 3]);

    let rules = simulated(&["--delete-rule", "appl.*", "--rule", "sec[0-9]=Blocked@1"]).await;
    assert_eq!(
        changes(&rules),
        [
            "alice@example.com appl1 block allow",
            "alice@example.com sec1 allow block",
            "bob@example.org sec1 allow block",
        ]
    );
    let of_domain = simulated(&["--rule", "sec(?=1).=Blocked@1", "--domain", "example.org"]).await;
    assert_eq!(changes(&of_domain), ["bob@example.org sec1 allow block"]);
    assert!(changes(&simulated(&["--mode", "Permissive"]).await).is_empty());

    world.show(&["simulate", "--mode", "Strict", "--import", &file, "--as", "Blocked"]).await;
    assert_eq!(world.head().await, before, "nothing is changed");
}
