//! The order to erase itself, from its giving to its end.

use syncledger_commands::{cancel_wipe, remove_device, request_wipe};
use syncledger_domain::{
    device::{Wipe, WipeProgress},
    ids::DeviceId,
    notices::Severity,
};

use super::{
    policy::{INFO, download, folder_sync, provisioned},
    world::{Ask, PERMISSIVE_TYPE, Reply, World, alice},
};

const ORDER: &str = "<Provision xmlns=\"Provision\"><Status>1</Status><RemoteWipe/></Provision>";
const NOTHING: &str = "<Provision xmlns=\"Provision\"><Status>1</Status></Provision>";

fn phone() -> DeviceId {
    DeviceId::new("phone1").unwrap()
}

fn provision(inner: &str) -> Ask {
    Ask::command("Provision").xml(&format!("<Provision xmlns=\"Provision\">{inner}</Provision>"))
}

fn answered(name: &str, status: u8) -> Ask {
    provision(&format!("<{name}><Status>{status}</Status></{name}>"))
}

async fn order(world: &World, account_only: bool) {
    let repository = &world.services.repository;
    request_wipe::run(repository, &World::admin(), alice(), &phone(), account_only).await.unwrap();
    world.settle().await;
}

/// What became of the order, by the log.
fn progress(world: &World) -> Option<Wipe> {
    let snapshot = world.services.policy.current();
    snapshot.device(alice(), &phone()).and_then(|device| device.standing.wipe)
}

async fn wipe_events(world: &World) -> Vec<String> {
    let all = world.events("device-").await;
    all.into_iter().filter(|name| name.contains("wipe")).collect()
}

fn is_order(reply: &Reply, name: &str) {
    let xml = syncledger_wbxml::to_xml(&reply.document());
    assert!(xml.contains(name), "{xml}");
}

#[tokio::test]
async fn the_order_goes_out_until_the_device_says_that_it_is_done() {
    for version in ["12.1", "14.0", "14.1", "16.0", "16.1"] {
        let world = World::with_alice().await;
        let key = provisioned(&world).await;
        assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(1)));
        order(&world, false).await;
        let refused = world.send(folder_sync(&key).version(version).build()).await.ends();
        assert_eq!(refused, if version == "12.1" { (449, None) } else { (200, Some(140)) }, "{version}");

        // In each exchange, and once on record.
        for _ in 0..2 {
            world.send(provision("").version(version).build()).await.is(ORDER);
        }
        let offered = world.send(download(INFO, PERMISSIVE_TYPE).version(version).build()).await;
        is_order(&offered, "RemoteWipe");
        is_order(&offered, "EASProvisionDoc");
        is_order(&world.send(provision("<Policies/>").version(version).build()).await, "RemoteWipe");
        assert_eq!(wipe_events(&world).await, ["wipe-requested", "wipe-sent"]);

        // It could not: it is told again. Saying so twice is one event.
        for _ in 0..2 {
            let again = world.send(answered("RemoteWipe", 2).version(version).build()).await;
            again.is(&ORDER.replace(">1<", ">2<"));
        }
        assert_eq!(progress(&world).unwrap().progress, WipeProgress::Failed(2));

        world.send(answered("RemoteWipe", 1).version(version).build()).await.is(NOTHING);
        assert_eq!(
            wipe_events(&world).await,
            ["wipe-requested", "wipe-sent", "wipe-acknowledged", "wipe-acknowledged"]
        );
        for ask in [folder_sync(&key), provision(""), download(INFO, PERMISSIVE_TYPE)] {
            assert_eq!(world.send(ask.version(version).build()).await.status.as_u16(), 403, "{version}");
        }
        let notices = world.services.policy.current().notices().recent.clone();
        assert_eq!(notices.len(), 1);
        assert_eq!(
            (notices[0].severity, notices[0].subject.as_str()),
            (Severity::Information, "wipe acknowledged")
        );
        assert!(notices[0].text.contains("Phone1") && notices[0].text.contains("alice@example.com"));
    }
}

#[tokio::test]
async fn a_removed_device_may_come_back_as_a_new_one() {
    let world = World::with_alice().await;
    let key = provisioned(&world).await;
    world.send(folder_sync(&key).build()).await;
    order(&world, false).await;
    world.send(provision("").build()).await.is(ORDER);
    world.send(answered("RemoteWipe", 1).build()).await.is(NOTHING);
    assert!(world.events("sync-").await.contains(&"collection-dropped".to_owned()), "its states are gone");
    remove_device::run(&world.services.repository, &World::admin(), alice(), &phone()).await.unwrap();
    world.settle().await;
    assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(142)));
    let key = provisioned(&world).await;
    assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(1)));
    assert_eq!(progress(&world), None, "it is not wiped again");
}

#[tokio::test]
async fn an_order_that_is_taken_back_in_time_harms_nobody() {
    let world = World::with_alice().await;
    let key = provisioned(&world).await;
    let cancel = async || {
        cancel_wipe::run(&world.services.repository, &World::admin(), alice(), &phone()).await.unwrap();
        world.settle().await;
    };
    order(&world, false).await;
    cancel().await;
    assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(1)));
    order(&world, false).await;
    world.send(provision("").build()).await.is(ORDER);
    cancel().await;
    world.send(provision("").build()).await.is(NOTHING);
    // Too late for the device, perhaps; for the log nothing was ordered.
    world.send(answered("RemoteWipe", 1).build()).await.is(NOTHING);
    assert_eq!(progress(&world), None);
    assert!(!wipe_events(&world).await.contains(&"wipe-acknowledged".to_owned()));
}

#[tokio::test]
async fn an_unasked_answer_does_not_count() {
    let world = World::with_alice().await;
    provisioned(&world).await;
    order(&world, false).await;
    // The order has not gone out yet: it does now.
    world.send(answered("RemoteWipe", 1).build()).await.is(ORDER);
    assert_eq!(progress(&world).unwrap().progress, WipeProgress::Sent);
    world.send(answered("AccountOnlyRemoteWipe", 1).build()).await.is(ORDER);
    assert_eq!(progress(&world).unwrap().progress, WipeProgress::Sent, "the device is still full");
}

#[tokio::test]
async fn an_account_only_order_never_becomes_one_for_the_device() {
    let world = World::with_alice().await;
    let key = provisioned(&world).await;
    assert_eq!(world.send(folder_sync(&key).version("16.1").build()).await.ends(), (200, Some(1)));
    order(&world, true).await;
    assert_eq!(world.send(folder_sync(&key).version("16.1").build()).await.ends(), (200, Some(140)));
    // It comes back with an older version, which would erase everything.
    for version in ["12.1", "14.1", "16.0"] {
        let reply = world.send(provision("").version(version).build()).await;
        assert_eq!((reply.status.as_u16(), reply.body.is_empty()), (403, true), "{version}");
    }
    let account_only = ORDER.replace("RemoteWipe", "AccountOnlyRemoteWipe");
    world.send(provision("").version("16.1").build()).await.is(&account_only);
    world.send(answered("AccountOnlyRemoteWipe", 1).version("16.1").build()).await.is(NOTHING);
    assert_eq!(progress(&world), Some(Wipe { account_only: true, progress: WipeProgress::Done }));
    let text = world.services.policy.current().notices().recent[0].text.clone();
    assert!(text.contains("the data of the account"), "{text}");
}

#[tokio::test]
async fn an_order_that_cannot_be_recorded_does_not_go_out() {
    let world = World::with_alice().await;
    provisioned(&world).await;
    order(&world, false).await;
    world.log.fail_next_appends(1);
    let reply = world.send(provision("").build()).await;
    assert_eq!((reply.status.as_u16(), reply.body.is_empty()), (503, true));
    world.send(provision("").build()).await.is(ORDER);
}

#[tokio::test]
async fn an_answer_that_is_on_record_counts_although_the_log_failed_then() {
    let world = World::with_alice().await;
    provisioned(&world).await;
    order(&world, false).await;
    world.send(provision("").build()).await.is(ORDER);
    world.log.lose_next_answer();
    world.send(answered("RemoteWipe", 1).build()).await.is(NOTHING);
    assert_eq!(progress(&world).unwrap().progress, WipeProgress::Done);
    assert_eq!(world.services.policy.current().notices().recent.len(), 1);
    // Where it is not, the device is asked again.
    let world = World::with_alice().await;
    provisioned(&world).await;
    order(&world, false).await;
    world.send(provision("").build()).await.is(ORDER);
    world.log.fail_next_appends(1);
    assert_eq!(world.send(answered("RemoteWipe", 1).build()).await.status.as_u16(), 503);
    world.send(provision("").build()).await.is(ORDER);
}
