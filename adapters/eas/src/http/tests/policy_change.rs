//! A policy that changes, and one that must be acknowledged anew.

use std::{pin::pin, time::Duration};

use futures_util::poll;
use syncledger_commands::{AttributeTarget, set_attribute};
use syncledger_domain::{ids::CosId, policy};
use syncledger_wbxml::to_xml;

use super::{
    policy::{INFO, digest, download, folder_sync, provisioned},
    world::{Ask, PASSWORD, PERMISSIVE_TYPE, World, alice},
};

const DAY: i64 = 86_400;

async fn set_at(world: &World, target: &AttributeTarget, name: &str, value: &str) {
    set_attribute::run(&world.services.repository, &World::admin(), target, name, value).await.unwrap();
    world.settle().await;
}

#[tokio::test]
async fn a_change_at_any_scope_makes_the_device_provision_and_tells_it_the_new_policy() {
    let world = World::with_alice().await;
    let scopes = [
        (AttributeTarget::Global, "AllowCamera"),
        (AttributeTarget::Domain("example.com".parse().unwrap()), "AllowBrowser"),
        (AttributeTarget::Cos(CosId::default()), "AllowIrDA"),
        (AttributeTarget::Account(alice()), "AllowWiFi"),
    ];
    for (target, name) in scopes {
        let key = provisioned(&world).await;
        assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(1)));
        set_at(&world, &target, name, "0").await;
        assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(144)), "{name}");
        assert_eq!(world.send(folder_sync(&key).version("12.1").build()).await.ends(), (449, None));
        let told = to_xml(&world.send(download(INFO, PERMISSIVE_TYPE).build()).await.document());
        assert!(told.contains(&format!("{name}>0<")), "{told}");
        let key = provisioned(&world).await;
        assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(1)), "{name}");
    }
}

#[tokio::test]
async fn what_tells_a_device_nothing_new_leaves_it_alone() {
    let world = World::with_alice().await;
    let key = provisioned(&world).await;
    let before = digest(&world);
    // A password's length is no matter where none is asked for.
    for (name, value) in [("MinDevicePasswordLength", "8"), ("AllowCamera", "1"), ("pingMaxHeartbeat", "600")]
    {
        world.set(name, value).await;
        assert_eq!(digest(&world), before, "{name}");
        assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(1)), "{name}");
    }
    world.set("DevicePasswordEnabled", "true").await;
    assert_ne!(digest(&world), before);
    assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(144)));
}

#[tokio::test]
async fn the_policy_of_one_account_is_no_matter_to_another() {
    let world = World::with_alice().await;
    world.add("bob@example.com", PASSWORD).await;
    let key = provisioned(&world).await;
    let bob = syncledger_domain::ids::AccountId::for_address(&"bob@example.com".parse().unwrap());
    set_at(&world, &AttributeTarget::Account(bob), "AllowCamera", "0").await;
    assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(1)));
    let snapshot = world.services.policy.current();
    let his = world.services.policies.digest(&snapshot, snapshot.account(bob).unwrap());
    assert_ne!(his, digest(&world));
}

#[tokio::test]
async fn a_policy_that_is_not_required_is_still_told_and_demands_nothing() {
    let world = World::with_alice().await;
    world.set("DevicePasswordEnabled", "true").await;
    world.set("policyRequired", "false").await;
    assert_eq!(world.send(folder_sync("0").build()).await.ends(), (200, Some(1)));
    let told = to_xml(&world.send(download(INFO, PERMISSIVE_TYPE).build()).await.document());
    assert!(told.contains("DevicePasswordEnabled>0<") && !told.contains("MinDevicePasswordLength"), "{told}");
    let key = provisioned(&world).await;
    assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(1)));
    world.set("policyRequired", "true").await;
    assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(144)), "now it counts");
}

#[tokio::test]
async fn when_the_interval_is_over_the_same_policy_is_acknowledged_again() {
    let world = World::with_alice().await;
    let key = provisioned(&world).await;
    world.advance(DAY - 1);
    assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(1)));
    world.advance(1);
    assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(143)));
    assert_eq!(world.send(folder_sync(&key).version("12.1").build()).await.ends(), (449, None));
    let ping = Ask::command("Ping").key(&key).build();
    assert_eq!(world.send(ping).await.ends(), (200, Some(3)), "Ping comes without a key, and is let in");
    let key = provisioned(&world).await;
    assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(1)));
    world.set("RefreshInterval", "0").await;
    world.advance(1000 * DAY);
    assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(1)), "never");
    world.set("RefreshInterval", "5").await;
    assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(143)));
}

#[tokio::test]
async fn a_change_ends_requests_that_wait() {
    let world = World::with_alice().await;
    let key = provisioned(&world).await;
    world.send(folder_sync(&key).build()).await;
    let sync = |sync_key: &str| {
        Ask::command("Sync").key(&key).xml(&format!(
            "<Sync xmlns=\"AirSync\"><Collections><Collection><SyncKey>{sync_key}</SyncKey><CollectionId>2</CollectionId>\
             </Collection></Collections></Sync>"
        ))
    };
    let first = to_xml(&world.send(sync("0").build()).await.document());
    let sync_key = first.split_once("SyncKey>").unwrap().1.split('<').next().unwrap().to_owned();
    world.send(sync(&sync_key).build()).await;
    let ping = "<Ping xmlns=\"Ping\"><HeartbeatInterval>600</HeartbeatInterval><Folders><Folder><Id>2</Id>\
                <Class>Email</Class></Folder></Folders></Ping>";
    let mut answer = pin!(world.send(Ask::command("Ping").key(&key).xml(ping).build()));
    while world.services.waiting.is_empty() {
        assert!(poll!(&mut answer).is_pending(), "it waits");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    world.set(policy::attributes::ALLOW_CAMERA.name, "0").await;
    let answer = tokio::time::timeout(Duration::from_secs(20), answer).await.expect("it never ended");
    assert_eq!(answer.ends(), (200, Some(144)));
}
