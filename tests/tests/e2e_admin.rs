//! What an administrator does from the shell while the node runs; devices notice at once.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::time::Duration;

use syncledger_simulator::{Error, Phone, Version, VersionChoice, verify::Expected};
use syncledger_tests::{
    mail::{Mail, Maildir, Message},
    world::{ALICE, BOB, World, assert_in_step, assert_unharmed, folder, meanwhile, sync_all, until},
};

async fn world_with_mail(version: Version) -> (World, Maildir, Phone) {
    let world = World::files();
    let mail = world.maildir(ALICE);
    for n in 0..8 {
        mail.deliver("Inbox", &Message::new(format!("Message {n}")).bytes());
    }
    mail.set_flags("Inbox", "Message 3", true, true);
    let mut phone = world.phone(ALICE, "phone1");
    phone.config_mut().version = VersionChoice::Fixed(version);
    phone.config_mut().repeat.times = 0;
    sync_all(&mut phone).await;
    (world, mail, phone)
}

fn assert_content(phone: &Phone, mail: &Maildir) {
    let expected = mail.stored().into_iter().map(|stored| Expected {
        read: Some(stored.read),
        flagged: Some(stored.flagged),
        ..Expected::new(stored.folder, stored.subject)
    });
    phone.verify_against(expected).unwrap();
    assert_eq!(phone.state().anomalies, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attributes_take_effect_while_the_node_runs() {
    let (world, mail, mut phone) = world_with_mail(Version::V14_1).await;
    let inbox = [folder(&phone, "Inbox")];
    // Longer than anything allowed, so that the answer comes at once and says what is.
    let longest = async |phone: &mut Phone| {
        let answer = phone.ping_once(Some((100_000, &inbox))).await.unwrap();
        assert_eq!(answer.status, 5);
        answer.heartbeat_secs.unwrap()
    };
    assert_eq!(longest(&mut phone).await, 3540);
    world.call(&["config", "set", "pingMaxHeartbeat=600"]).ok();
    until("the installation's limit", async || (longest(&mut phone).await == 600).then_some(())).await;
    world.call(&["account", "set", ALICE, "pingMaxHeartbeat=120"]).ok();
    until("the account's limit", async || (longest(&mut phone).await == 120).then_some(())).await;
    world.call(&["account", "set", ALICE, "pingMaxHeartbeat="]).ok();
    until("the installation's limit again", async || (longest(&mut phone).await == 600).then_some(())).await;

    let refused = world.call(&["config", "set", "pingMaxHeartbeat=5"]).refused();
    assert!(refused.contains("pingMaxHeartbeat") && refused.contains("3540"), "{refused}");
    let refused = world.call(&["config", "set", "pingMaxHartbeat=600"]).refused();
    assert!(refused.contains("pingMaxHeartbeat"), "no suggestion: {refused}");
    assert_eq!(longest(&mut phone).await, 600);
    assert_in_step(&phone, &mail);
    world.finish();
}

/// The refusal of an account, as its version says it.
#[track_caller]
fn assert_shut_out<T: std::fmt::Debug>(version: Version, outcome: Result<T, Error>, status: u32) {
    let error = outcome.unwrap_err();
    if version < Version::V14_0 {
        assert_eq!(error.http_status(), Some(403), "{error}");
    } else {
        assert_eq!(error.status(), Some(status), "{error}");
    }
}

async fn disabling(version: Version) {
    let (world, mail, mut phone) = world_with_mail(version).await;
    let inbox = folder(&phone, "Inbox");
    let folders = vec![inbox.clone()];
    for (shut, open, status) in [
        (["account", "set", ALICE, "--disable"], ["account", "set", ALICE, "--enable"], 131),
        (["account", "set", ALICE, "easEnabled=false"], ["account", "set", ALICE, "easEnabled="], 126),
    ] {
        let shut = meanwhile(|| drop(world.call(&shut).ok()));
        let (waited, ()) = tokio::join!(phone.ping_once(Some((600, &folders))), shut);
        assert_shut_out(version, waited, status);
        assert_shut_out(version, phone.sync_folder(&inbox).await, status);
        world.call(&open).ok();
        until("the account to be let in again", async || phone.sync_folder(&inbox).await.ok()).await;
    }
    mail.deliver("Inbox", &Message::new("Afterwards").bytes());
    sync_all(&mut phone).await;
    assert_in_step(&phone, &mail);
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn disabling_an_account_ends_its_waits_in_12_1() {
    disabling(Version::V12_1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn disabling_an_account_ends_its_waits_in_14_1() {
    disabling(Version::V14_1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_counts_at_once() {
    let (world, mail, mut phone) = world_with_mail(Version::V16_1).await;
    let inbox = folder(&phone, "Inbox");
    world.call(&["account", "set", ALICE, "--password", "another"]).ok();
    let refused =
        until("the old password to be refused", async || phone.sync_folder(&inbox).await.err()).await;
    assert_eq!(refused.http_status(), Some(401), "{refused}");
    phone.config_mut().password = "another".into();
    sync_all(&mut phone).await;
    assert_in_step(&phone, &mail);
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_device_gets_everything_again() {
    let (world, mail, mut phone) = world_with_mail(Version::V14_1).await;
    let mut other = world.phone(ALICE, "phone2");
    sync_all(&mut other).await;
    let inbox = folder(&phone, "Inbox");
    let folders = vec![inbox.clone()];
    // A device that waits is woken, or it would learn of it hours later.
    let reset =
        meanwhile(|| drop(world.call(&["device", "reset", ALICE, "phone1", "--cause", "a test"]).ok()));
    let (waited, ()) = tokio::join!(phone.ping_once(Some((600, &folders))), reset);
    assert!([2, 7].contains(&waited.unwrap().status));

    let collections = phone.state().collections.len() as u64;
    phone.config_mut().repeat.times = 2;
    sync_all(&mut phone).await;
    assert_eq!(phone.state().resyncs_from_zero, collections);
    assert_content(&phone, &mail);
    sync_all(&mut other).await;
    assert_in_step(&other, &mail);

    let info = world.query(&["device", "info", ALICE, "phone1"]);
    assert_eq!(info["last_reset"]["cause"], "a test");
    let unknown = world.call(&["device", "reset", ALICE, "phone9"]).refused();
    assert!(unknown.contains("phone9"), "{unknown}");
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_device_may_come_back_as_a_new_one() {
    let (world, mail, mut phone) = world_with_mail(Version::V14_1).await;
    let mut bobs = world.phone(BOB, "phone1");
    sync_all(&mut bobs).await;
    let devices = |of: &str| {
        let listed = world.query(&["device", "list", of]);
        listed
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["device"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(devices(ALICE), ["phone1"]);
    world.call(&["device", "remove", ALICE, "phone1"]).ok();
    assert_eq!(devices(ALICE), [""; 0]);
    assert_eq!(devices(BOB), ["phone1"]);
    world.call(&["device", "info", ALICE, "phone1"]).refused();

    let provisions = phone.totals().provisions;
    until("the node to have forgotten it", async || {
        sync_all(&mut phone).await;
        (phone.totals().provisions > provisions).then_some(())
    })
    .await;
    assert_content(&phone, &mail);
    assert!(phone.state().resyncs_from_zero > 0);
    assert_eq!(devices(ALICE), ["phone1"]);
    sync_all(&mut bobs).await;
    assert_unharmed(&bobs);
    world.finish();
}

/// The shell works as well while the node is down.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shell_needs_no_running_node() {
    let (mut world, mail, mut phone) = world_with_mail(Version::V14_1).await;
    world.stop();
    world.call(&["account", "set", ALICE, "--disable", "on leave"]).ok();
    assert!(!world.query(&["account", "list"])[0]["disabled"].is_null());
    world.start();
    let inbox = folder(&phone, "Inbox");
    assert_shut_out(Version::V14_1, phone.sync_folder(&inbox).await, 131);
    world.stop();
    world.call(&["account", "set", ALICE, "--enable"]).ok();
    world.call(&["views", "rebuild"]).ok();
    world.start();
    tokio::time::timeout(Duration::from_mins(1), sync_all(&mut phone)).await.unwrap();
    assert_in_step(&phone, &mail);
    world.finish();
}
