use syncledger_commands::{abq_set, switch_service};
use syncledger_domain::{
    abq::{DeviceStatus, Key},
    services::{Facts, Order, Service},
};

use super::world::{ADMIN, World, admin, minutes, seconds};

/// Subjects of what the mail server took.
fn subjects(world: &World) -> Vec<String> {
    let subject = |mail: &String| {
        let line = mail.lines().find(|line| line.starts_with("Subject: ")).unwrap();
        line.trim_start_matches("Subject: ").to_owned()
    };
    world.post.sent().iter().map(subject).collect()
}

async fn allow(world: &World, device: &str) {
    let key = Key { device: device.parse().unwrap(), account: None };
    abq_set::run(&world.repository, &admin(), &key, DeviceStatus::Allowed, None).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn each_device_is_told_of_once_whatever_nodes_there_are() {
    let world = World::new().await;
    world.set("abqNotificationsInterval", "3600000").await;
    let (_one, _two) = (world.start("one").await, world.start("two").await);
    seconds(1).await;
    world.quarantined("Phone1").await;
    world.quarantined("Phone2").await;
    minutes(59).await;
    assert_eq!(subjects(&world), [""; 0], "the tick has not come");
    minutes(2).await;
    assert_eq!(subjects(&world), ["2 devices wait in quarantine"]);
    assert_eq!(world.post.recipients(), [ADMIN]);
    let mail = &world.post.sent()[0];
    for part in [
        "Device:  Phone1\r\nType:    Phone\r\nAgent:   Phone/1.0\r\n",
        "Account: alice@example.com, first seen 2024-05-01T12:00:01.",
        "  syncledger abq allow Phone2\r\n",
        "  syncledger abq block --account=alice@example.com Phone2\r\n",
    ] {
        assert!(mail.contains(part), "{part}: {mail}");
    }
    minutes(180).await;
    assert_eq!(subjects(&world).len(), 1, "nothing new");
    world.quarantined("Phone3").await;
    minutes(90).await;
    assert_eq!(subjects(&world)[1..], ["1 device waits in quarantine"]);
    let mail = &world.post.sent()[1];
    assert!(mail.contains("Phone3") && !mail.contains("Phone1"), "{mail}");
    assert!(world.notices().await.outbox.is_empty());
    let at = world.written_at().await;
    assert_eq!(at.iter().map(|at| at % 3600).collect::<Vec<_>>(), [0, 0], "ticks are whole hours");
}

#[tokio::test(start_paused = true)]
async fn another_interval_counts_at_once() {
    let world = World::new().await;
    let _one = world.start("one").await;
    world.quarantined("Phone1").await;
    minutes(200).await;
    assert_eq!(subjects(&world), [""; 0], "never");
    world.set("abqNotificationsInterval", "86400000").await;
    minutes(10).await;
    assert_eq!(subjects(&world), [""; 0], "tomorrow");
    world.set("abqNotificationsInterval", "60000").await;
    seconds(1).await;
    assert_eq!(subjects(&world).len(), 1, "it was judged before the last tick");
    world.quarantined("Phone2").await;
    seconds(61).await;
    assert_eq!(subjects(&world).len(), 2);
    world.set("abqNotificationsInterval", "0").await;
    world.quarantined("Phone3").await;
    minutes(300).await;
    assert_eq!(subjects(&world).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_was_decided_or_is_judged_by_nobody_is_not_told() {
    let world = World::new().await;
    world.set("abqNotificationsInterval", "60000").await;
    let one = world.start("one").await;
    world.quarantined("Phone1").await;
    allow(&world, "phone1").await;
    minutes(5).await;
    assert_eq!(subjects(&world), [""; 0], "decided before the device came again");
    world.quarantined("Phone2").await;
    let repository = &world.repository;
    let order = async |order| {
        let facts = Facts { abq_disabled: false, anti_dos_enabled: false };
        let node = Some(&one.context.services.node);
        switch_service::run(repository, &admin(), Service::Abq, order, node, facts).await.unwrap();
    };
    // Stopped within the tick.
    order(Order::Stop).await;
    minutes(5).await;
    assert_eq!(subjects(&world), [""; 0], "the service is stopped");
    order(Order::Start).await;
    minutes(2).await;
    assert_eq!(subjects(&world), ["1 device waits in quarantine"]);
    assert!(!world.post.sent()[0].contains("Phone1"));
    let entry = Key { device: "phone2".parse().unwrap(), account: Some(world.alice) };
    abq_set::run(repository, &admin(), &entry, DeviceStatus::Quarantined, None).await.unwrap();
    minutes(5).await;
    assert_eq!(subjects(&world).len(), 1, "the same verdict for another reason is nothing new");
}

#[tokio::test(start_paused = true)]
async fn clocks_that_differ_pass_nobody_over() {
    let world = World::new().await;
    world.set("abqNotificationsInterval", "60000").await;
    let _one = world.start("one").await;
    seconds(30).await;
    // By its clock it is judged after the tick, by the log before the other.
    world.quarantined_in(&world.repository_ahead(45), "Phone1").await;
    world.quarantined("Phone2").await;
    minutes(5).await;
    let all = world.post.sent().join("\n");
    assert_eq!(all.matches("Device:  Phone1").count(), 1, "{all}");
    assert_eq!(all.matches("Device:  Phone2").count(), 1, "{all}");
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_devices_is_a_short_mail() {
    let world = World::new().await;
    let _one = world.start("one").await;
    for n in 0..250 {
        world.quarantined(&format!("Phone{n}")).await;
    }
    seconds(61).await;
    world.set("abqNotificationsInterval", "60000").await;
    minutes(3).await;
    assert_eq!(subjects(&world), ["250 devices wait in quarantine"]);
    let mail = &world.post.sent()[0];
    assert_eq!(mail.matches("Device:  ").count(), 200);
    assert!(mail.contains("50 more are not listed here"), "{mail}");
}
