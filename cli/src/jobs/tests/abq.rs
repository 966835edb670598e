use std::time::Duration;

use syncledger_commands::{abq_delete, abq_set, switch_service};
use syncledger_domain::{
    abq::{DeviceControl, DeviceStatus, Key},
    event::StreamId,
    services::{Facts, Order, Service},
};
use tokio::time::timeout;

use super::world::{World, admin, minutes, seconds};

async fn list(world: &World) -> DeviceControl {
    world.repository.load::<DeviceControl>(&StreamId::abq()).await.unwrap().state
}

fn key(device: &str) -> Key {
    Key { device: device.parse().unwrap(), account: None }
}

#[tokio::test(start_paused = true)]
async fn known_devices_are_let_in_once() {
    let world = World::new().await;
    let device = world.device("Phone1").await;
    let (one, two) = (world.start("one").await, world.start("two").await);
    minutes(1).await;
    let control = list(&world).await;
    let entry = control.list.entry(&device, None).unwrap();
    assert_eq!((entry.status, control.list.len()), (DeviceStatus::Allowed, 1));
    assert_eq!(control.list.device(&device).unwrap().shown.as_str(), "Phone1", "as it writes itself");
    abq_delete::run(&world.repository, &admin(), &key("phone1")).await.unwrap();
    world.device("Phone2").await;
    drop((one, two));
    let _one = world.start("one").await;
    minutes(10).await;
    assert!(list(&world).await.list.is_empty(), "who empties the list wants it empty");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_kept_from_starting_seeds_when_it_does() {
    let world = World::new().await;
    world.set("abq_enabled_at_startup", "false").await;
    let device = world.device("Phone1").await;
    let one = world.start("one").await;
    let services = &one.context.services;
    assert!(!services.runs(&services.policy.current(), Service::Abq));
    minutes(10).await;
    assert!(!list(&world).await.seeded);
    let facts = Facts { abq_disabled: false, anti_dos_enabled: false };
    let node = Some(&services.node);
    switch_service::run(&world.repository, &admin(), Service::Abq, Order::Start, node, facts).await.unwrap();
    seconds(2).await;
    assert!(list(&world).await.list.entry(&device, None).is_some());
}

#[tokio::test(start_paused = true)]
async fn who_waits_hears_when_an_entry_expires() {
    let world = World::new().await;
    let device = world.device("Phone1").await;
    let one = world.start("one").await;
    let policy = &one.context.services.policy;
    let allow = async |seconds| {
        let until = world.repository.clock().now().plus_seconds(seconds);
        let (repository, status) = (&world.repository, DeviceStatus::Allowed);
        abq_set::run(repository, &admin(), &key("phone1"), status, Some(until)).await.unwrap();
    };
    allow(7200).await;
    seconds(5).await;
    let mut watch = policy.watch(world.alice, &device);
    assert!(timeout(Duration::from_mins(100), watch.changed()).await.is_err(), "nothing happens");
    // The timer follows the list: another end counts at once.
    allow(600).await;
    seconds(5).await;
    let mut watch = policy.watch(world.alice, &device);
    assert!(timeout(Duration::from_secs(590), watch.changed()).await.is_err(), "it has not come yet");
    timeout(Duration::from_secs(10), watch.changed()).await.expect("the entry has expired");
    assert!(timeout(Duration::from_mins(100), watch.changed()).await.is_err(), "it expires once");
}
