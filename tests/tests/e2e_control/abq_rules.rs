//! Rules on device ids, modes of one account, permissions with an end, imports and seeds; and that nobody begins anew for
//! a change that changes nothing.

use std::fs;

use jiff::{SignedDuration, Timestamp};
use syncledger_simulator::Phone;
use syncledger_tests::{
    control::{Place, phone_at, resyncs, sees_dummy, sees_real},
    world::{ALICE, BOB, folder, sync_all, until},
};

use super::on_both;

on_both! {
    rules: rules_decide_by_the_device_id, rules_decide_on_dovecot;
}

async fn rules(place: &Place) {
    let Place { world, mail, .. } = place;
    let mut samsung = place.phone("SAMSUNG1");
    let mut apple = place.phone("Appl1");
    for phone in [&mut samsung, &mut apple] {
        sees_real(phone, &**mail).await;
    }
    let before = resyncs(&apple);
    place.order(&["abq", "rule", "set", "SAMSUNG.*", "Blocked", "10"]).await;
    sees_dummy(&mut samsung).await;
    sees_real(&mut apple, &**mail).await;
    assert_eq!(resyncs(&apple), before, "the rule is not about it");
    let told = world.query(&["abq", "explain", ALICE, "SAMSUNG1"]);
    assert_eq!((&told["verdict"], &told["decided_by"]), (&"block".into(), &"rule".into()));
    assert!(told["why"].as_str().is_some_and(|why| why.contains("SAMSUNG.*")), "{told:#}");
    let why = world.query(&["audit", "explain", ALICE, "SAMSUNG1"]);
    assert_eq!(why["verdict"], "block");
    assert!(why["why"].as_str().is_some_and(|why| why.contains("SAMSUNG.*")), "{why:#}");

    // Of a domain before the global one, and an entry before both.
    let domain = ["abq", "rule", "set", "SAMSUNG[0-9]", "Allowed", "5", "--domain", "example.com"];
    let would =
        world.query(&["abq", "simulate", "--rule", "SAMSUNG[0-9]=Allowed@5", "--domain", "example.com"]);
    assert_eq!(would["changed"].as_array().map(Vec::len), Some(1), "{would:#}");
    assert_eq!(
        (&would["changed"][0]["device_id"], &would["changed"][0]["after"]),
        (&"SAMSUNG1".into(), &"allow".into())
    );
    place.order(&domain).await;
    sees_real(&mut samsung, &**mail).await;
    place.order(&["abq", "set", "samsung1", "Blocked"]).await;
    sees_dummy(&mut samsung).await;
    place.order(&["abq", "delete", "SAMSUNG1"]).await;
    sees_real(&mut samsung, &**mail).await;
    place.order(&["abq", "rule", "delete", "SAMSUNG[0-9]", "--domain", "example.com"]).await;
    sees_dummy(&mut samsung).await;

    // Nobody passes who is not let in by name.
    place.order(&["config", "set", "abqMode=Strict"]).await;
    sees_dummy(&mut apple).await;
    let list = world.query(&["abq", "list", "--status", "Blocked"]);
    let by_mode =
        list.as_array().expect("rows").iter().find(|row| row["device_id"] == format!("Appl1/{ALICE}"));
    assert_eq!(by_mode.map(|row| &row["origin"]), Some(&"mode".into()), "{list:#}");
    place.order(&["abq", "rule", "set", "Appl.*", "Allowed", "20"]).await;
    sees_real(&mut apple, &**mail).await;
    place.order(&["config", "set", "abqMode=Disabled"]).await;
    sees_real(&mut samsung, &**mail).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mode_may_hold_for_one_account_alone() {
    let place = Place::files();
    let Place { world, mail, bobs, .. } = &place;
    place.order(&["account", "set", BOB, "abqMode=Interactive"]).await;
    let mut phone = place.phone("phone1");
    let mut bobs_phone = phone_at(world, &world.url(), BOB, "phone1");
    sees_real(&mut phone, &**mail).await;
    sees_dummy(&mut bobs_phone).await;
    let modes = |account| world.query(&["abq", "explain", account, "phone1"])["mode_from"].clone();
    assert_eq!((modes(BOB), modes(ALICE)), ("account".into(), "default".into()));
    // The entry made for Bob's sake is of the device, and says nothing where the mode lets everybody in.
    let settled = resyncs(&phone);
    sees_real(&mut phone, &**mail).await;
    assert_eq!(resyncs(&phone), settled);
    place.order(&["account", "set", BOB, "abqMode="]).await;
    sees_real(&mut bobs_phone, &**bobs).await;
    place.world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_permission_ends_by_itself() {
    let place = Place::files();
    let Place { world, mail, .. } = &place;
    place.order(&["config", "set", "abqMode=Interactive"]).await;
    let mut phone = place.phone("phone1");
    sees_dummy(&mut phone).await;
    let list = world.query(&["abq", "list"]);
    let now: Timestamp = list[0]["set_at"].as_str().expect("text").parse().expect("a time");
    let until_then = now + SignedDuration::from_secs(6);
    let allowed = world.query(&["abq", "set", "phone1", "Allowed", "--until", &until_then.to_string()]);
    assert!(allowed["until"].is_string(), "{allowed}");
    until("the permission", async || {
        sync_all(&mut phone).await;
        (phone.listing().len() > 1).then_some(())
    })
    .await;
    // It waits, and is told when the time is over.
    let inbox = [folder(&phone, "Inbox")];
    let waited = phone.ping_once(Some((600, &inbox))).await.expect("Ping");
    assert_eq!(waited.status, 7);
    sees_dummy(&mut phone).await;
    assert_eq!(world.query(&["abq", "explain", ALICE, "phone1"])["verdict"], "quarantine");
    sees_dummy(&mut phone).await;
    assert!(!mail.stored().is_empty());
    place.world.finish();
}

/// What is said again, or said in other words, costs nobody his sync states.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_another_verdict_begins_anew() {
    let place = Place::files();
    let Place { world, mail, .. } = &place;
    let mut phone = place.phone("phone1");
    sees_real(&mut phone, &**mail).await;
    let file = world.scratch().join("devices.txt");
    fs::write(
        &file,
        format!("# known\nphone1\r\nphone1/{ALICE},\nnobody/nobody@example.com\nphone 2\nphone3\n"),
    )
    .expect("own directory");
    let file = file.to_str().expect("UTF-8");
    for change in [
        &["abq", "set", "phone1", "Allowed"][..],
        &["abq", "set", "phone1", "Allowed"],
        &["abq", "set", "phone1", "Allowed", "--account", ALICE],
        &["config", "set", "abqMode=Interactive"],
        &["config", "set", "abqMode=Strict"],
        &["abq", "rule", "set", "phone.*", "Blocked", "1"],
        &["abq", "delete", "phone1", "--account", ALICE],
    ] {
        place.order(change).await;
        keeps_its_keys(&mut phone, &place, change).await;
    }
    let imported = place.order(&["abq", "import", file, "Allowed"]).await;
    let counts = ["added", "unchanged", "failed"].map(|name| imported[name].as_u64().expect("a number"));
    assert_eq!(counts, [2, 1, 2], "{imported:#}");
    let lines: Vec<_> = imported["bad_lines"]
        .as_array()
        .expect("lines")
        .iter()
        .map(|bad| (&bad["line"], &bad["code"]))
        .collect();
    assert_eq!(lines, [(&4.into(), &"NO_SUCH_ACCOUNT".into()), (&5.into(), &"BAD_DEVICE_ID".into())]);
    keeps_its_keys(&mut phone, &place, &["import"]).await;
    place.world.finish();
}

async fn keeps_its_keys(phone: &mut Phone, place: &Place, change: &[&str]) {
    let before = resyncs(phone);
    sees_real(phone, &*place.mail).await;
    assert_eq!(resyncs(phone), before, "{change:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn known_devices_are_let_in_before_the_mode_is_set() {
    let place = Place::files();
    let Place { world, mail, .. } = &place;
    let mut known = place.phone("phone1");
    sees_real(&mut known, &**mail).await;
    let would = world.query(&["abq", "simulate", "--mode", "Interactive"]);
    let seeded = world.query(&["abq", "seed"]);
    let (unlisted, added) = (would["unlisted_devices"].as_u64(), seeded["added"].as_u64());
    assert_eq!(unlisted, added);
    place.order(&["config", "set", "abqMode=Interactive"]).await;
    let before = resyncs(&known);
    sees_real(&mut known, &**mail).await;
    assert_eq!(resyncs(&known), before);
    sees_dummy(&mut place.phone("phone2")).await;
    place.world.finish();
}
