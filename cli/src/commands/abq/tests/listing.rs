//! The list: who is on it, who put them there, and files of many.

use syncledger_commands::{judge_access, remove_account};
use syncledger_domain::{abq::DeviceStatus, event::Actor};

use super::*;
use crate::commands::abq::words::Expiry;

#[tokio::test]
async fn an_entry_says_who_made_it_when_and_until_when() {
    let world = World::new().await;
    world.run(&["set", "ApplF17", "blocked", "--account", ALICE, "--for", "7d"]).await.unwrap();
    world.run(&["set", "applf17", "Quarantined"]).await.unwrap();
    world.run(&["set", "Other", "Allowed"]).await.unwrap();
    let rows = list::rows(&world.node, &list::Wanted::default()).await.unwrap();
    let names: Vec<_> = rows.iter().map(|row| row["device_id"].as_str().unwrap()).collect();
    assert_eq!(names, ["ApplF17", "ApplF17/alice@example.com", "Other"], "as first written");
    let couple = &rows[1];
    assert_eq!(couple["account"], world.alice.to_string());
    assert_eq!((&couple["status"], &couple["origin"]), (&"Blocked".into(), &"admin".into()));
    let Actor::Admin(admin) = world.node.admin().actor else { panic!("an administrator") };
    assert_eq!(couple["set_by"], format!("admin:{admin}"));
    let time = |name: &str| couple[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let lasts = time("until").duration_since(time("set_at")).as_secs();
    assert!((604_790..=604_800).contains(&lasts), "{lasts}");
    assert_eq!(rows[0]["until"], serde_json::Value::Null);
    world.show(&["list"]).await;
}

#[tokio::test]
async fn the_list_is_narrowed_by_status_and_by_account() {
    let world = World::new().await;
    world.device(world.alice, "hers").await;
    world.run(&["set", "hers", "Allowed"]).await.unwrap();
    world.run(&["set", "stray", "Blocked", "--account", ALICE]).await.unwrap();
    world.run(&["set", "other", "Blocked"]).await.unwrap();
    world.run(&["set", "his", "Blocked", "--account", &world.bob.to_string()]).await.unwrap();
    for (status, account, expected) in [
        (Some("BLOCKED"), None, vec!["his/bob@example.org", "other", "stray/alice@example.com"]),
        (Some("Quarantined"), None, vec![]),
        (None, Some(ALICE), vec!["hers", "stray/alice@example.com"]),
        (Some("Allowed"), Some(ALICE), vec!["hers"]),
        (None, Some(BOB), vec!["his/bob@example.org"]),
    ] {
        let wanted = list::wanted(&world.node, status, account).await.unwrap();
        let rows = list::rows(&world.node, &wanted).await.unwrap();
        let names: Vec<_> = rows.iter().map(|row| row["device_id"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{status:?} {account:?}");
    }
}

#[tokio::test]
async fn what_is_in_quarantine_is_let_in_or_blocked() {
    let world = World::new().await;
    world.run(&["set", "x", "Quarantined"]).await.unwrap();
    world.run(&["allow", "X", "--account", ALICE]).await.unwrap();
    assert_eq!(world.entries().await, ["x Quarantined", "x/alice@example.com Allowed"]);
    world.run(&["block", "x"]).await.unwrap();
    assert_eq!(world.entries().await, ["x Blocked", "x/alice@example.com Allowed"]);
    let before = world.head().await;
    world.show(&["block", "x"]).await;
    assert_eq!(world.head().await, before, "it is blocked already");
    world.run(&["delete", "x", "--account", ALICE]).await.unwrap();
    assert_eq!(world.entries().await, ["x Blocked"]);
    world.run(&["set", "x", "Allowed", "--account", ALICE]).await.unwrap();
    world.run(&["delete", "x"]).await.unwrap();
    assert!(world.entries().await.is_empty(), "with all its accounts");
}

#[tokio::test]
async fn the_entry_of_an_account_that_was_removed_can_be_deleted_by_its_address() {
    let world = World::new().await;
    world.run(&["set", "x", "Allowed", "--account", ALICE]).await.unwrap();
    remove_account::run(&world.node.repository, &world.node.admin(), world.alice).await.unwrap();
    world.node.catch_up().await.unwrap();
    assert_eq!(world.entries().await, ["x/alice@example.com Allowed"], "it is still shown by address");
    world.refused(&["set", "x", "Blocked", "--account", ALICE], "NO_SUCH_ACCOUNT").await;
    world.run(&["delete", "x", "--account", ALICE]).await.unwrap();
    assert!(world.entries().await.is_empty());
}

#[tokio::test]
async fn a_file_is_imported_and_its_bad_lines_are_reported() {
    let world = World::new().await;
    world.run(&["set", "kept", "Blocked"]).await.unwrap();
    world.run(&["set", "turned", "Allowed"]).await.unwrap();
    let text = "\u{feff}# list\r\n\r\nnew,\nkept\nturned;\nNEW\nb@d\nx/\nx/nobody@example.com\nx/ alice@example.com\n\u{1b}[2J\n";
    let file = world.file("list", text);
    let imported = import::import(&world.node, &file, "Blocked", &Expiry::default()).await.unwrap();
    let counts = (imported.added, imported.updated, imported.unchanged, imported.duplicates);
    assert_eq!(counts, (2, 1, 1, 1));
    let bad: Vec<_> = imported.bad.iter().map(import::bad_line).collect();
    let bad: Vec<_> =
        bad.iter().map(|bad| (bad["line"].as_u64().unwrap(), bad["code"].as_str().unwrap())).collect();
    assert_eq!(
        bad,
        [(7, "BAD_DEVICE_ID"), (8, "INVALID_VALUE"), (9, "NO_SUCH_ACCOUNT"), (11, "BAD_DEVICE_ID")]
    );
    let expected = ["kept Blocked", "new Blocked", "turned Blocked", "x/alice@example.com Blocked"];
    assert_eq!(world.entries().await, expected);
    world.show(&["import", file.to_str().unwrap(), "Blocked"]).await;
    assert_eq!(world.entries().await, expected);
}

#[tokio::test]
async fn many_lines_are_few_appends() {
    let world = World::new().await;
    let lines = (0..20_000).map(|number| format!("device{number}")).collect::<Vec<_>>().join("\n");
    let file = world.file("many", lines);
    let imported = import::import(&world.node, &file, "Allowed", &Expiry::default()).await.unwrap();
    assert_eq!((imported.added, imported.bad.len()), (20_000, 0));
    let before = world.head().await;
    let again = import::import(&world.node, &file, "Allowed", &Expiry::default()).await.unwrap();
    assert_eq!((again.added, again.unchanged), (0, 20_000));
    assert_eq!(world.head().await, before);
}

#[tokio::test]
async fn seeding_lets_in_known_devices_nothing_is_said_about() {
    let world = World::new().await;
    for id in ["ApplNew", "known", "kept-out"] {
        world.device(world.alice, id).await;
    }
    world.device(world.bob, "known").await;
    world.node.catch_up().await.unwrap();
    assert!(seed::seed_offer(&world.node).await.unwrap().unwrap().starts_with("3 known device(s)"));
    world.run(&["set", "known", "Quarantined"]).await.unwrap();
    world.run(&["rule", "set", "kept.*", "Blocked", "1"]).await.unwrap();
    assert!(seed::seed_offer(&world.node).await.unwrap().unwrap().starts_with("1 known device(s)"));
    let seeded = seed::seed(&world.node).await.unwrap();
    assert_eq!((seeded.added, seeded.listed, seeded.left_to_rules), (1, 1, 1));
    assert_eq!(world.entries().await, ["ApplNew Allowed", "known Quarantined"]);
    assert_eq!(seed::seed_offer(&world.node).await.unwrap(), None);
    let before = world.head().await;
    world.show(&["seed"]).await;
    assert_eq!(world.head().await, before, "there is nothing left to do");
}

#[tokio::test]
async fn a_device_that_only_the_mode_turned_away_is_listed_without_an_entry() {
    let world = World::new().await;
    world.mode("Strict").await;
    world.device(world.alice, "ApplF17").await;
    world.device(world.bob, "let-in").await;
    let device = DeviceId::new("applf17").unwrap();
    judge_access::run(&world.node.repository, &world.node.admin(), world.alice, &device, "block", "the mode")
        .await
        .unwrap();
    world.node.catch_up().await.unwrap();
    let rows = list::rows(&world.node, &list::Wanted::default()).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["device_id"], "ApplF17/alice@example.com");
    assert_eq!((&rows[0]["status"], &rows[0]["origin"]), (&"Blocked".into(), &"mode".into()));
    assert!(rows[0]["set_by"].is_null() && rows[0]["set_at"].is_string(), "{}", rows[0]);
    for (status, account, expected) in
        [(Some("Blocked"), Some(ALICE), 1), (Some("Blocked"), Some(BOB), 0), (Some("Allowed"), None, 0)]
    {
        let wanted = list::wanted(&world.node, status, account).await.unwrap();
        assert_eq!(list::rows(&world.node, &wanted).await.unwrap().len(), expected, "{status:?} {account:?}");
    }
    for mode in ["Permissive", "Interactive", "Disabled"] {
        world.mode(mode).await;
        world.node.catch_up().await.unwrap();
        assert!(world.entries().await.is_empty(), "in {mode} its next request is not turned away");
    }
    world.mode("Strict").await;
    world.node.catch_up().await.unwrap();
    assert_eq!(world.entries().await.len(), 1);
    world.run(&["rule", "set", "Appl.*", "Allowed", "1"]).await.unwrap();
    assert!(world.entries().await.is_empty(), "a rule is about it by now");
}

#[tokio::test]
async fn an_expired_entry_is_not_listed() {
    let world = World::new().await;
    let (issuer, now) = (world.node.admin(), world.node.repository.clock().now());
    let key = abq::Key { device: "x".parse().unwrap(), account: None };
    // It ends while this test runs.
    let soon = syncledger_domain::event::Timestamp(now.0 + 300_000);
    syncledger_commands::abq_set::run(
        &world.node.repository,
        &issuer,
        &key,
        DeviceStatus::Allowed,
        Some(soon),
    )
    .await
    .unwrap();
    while world.node.repository.clock().now() <= soon {
        tokio::task::yield_now().await;
    }
    assert!(world.entries().await.is_empty());
    let explained = explain::explain(&world.node, ALICE, "x", Some("Strict")).await.unwrap();
    assert_eq!(explained.considered[0].outcome.word(), "expired");
    assert_eq!(explained.verdict.decision, abq::Decision::Block);
}
