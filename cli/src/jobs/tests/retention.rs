use syncledger_commands::{raise_notice, suspend_device};
use syncledger_domain::{event::StreamId, notices::Severity};

use super::world::{World, admin, minutes};
use crate::jobs::tests::world::NOON;

const DAY: i64 = 86_400;

async fn is_registered(world: &World, id: &str) -> bool {
    let stream = StreamId::device(world.alice, &id.parse().unwrap());
    world.repository.load::<syncledger_domain::device::Device>(&stream).await.unwrap().state.registered
}

#[tokio::test(start_paused = true)]
async fn unused_devices_go_at_the_hour_on_one_node() {
    let world = World::new().await;
    world.device_in(&world.repository_ahead(-100 * DAY), "old1").await;
    world.device_in(&world.repository_ahead(-100 * DAY), "held1").await;
    let held = "held1".parse().unwrap();
    suspend_device::run(&world.repository_ahead(-100 * DAY), &admin(), world.alice, &held).await.unwrap();
    world.device_in(&world.repository_ahead(-10 * DAY), "new1").await;
    // Noon has just struck: the run at 11 was for others, the one at 13 is the next.
    world.set("mobileStateRetention", "90:1:11").await;
    let (_one, _two) = (world.start("one").await, world.start("two").await);
    minutes(30).await;
    assert_eq!(world.subjects().await, [""; 0]);
    world.set("mobileStateRetention", "90:1:13").await;
    minutes(29).await;
    assert!(is_registered(&world, "old1").await);
    minutes(5).await;
    assert!(!is_registered(&world, "old1").await);
    assert!(is_registered(&world, "new1").await && is_registered(&world, "held1").await);
    let due = NOON.plus_seconds(3600);
    let expected = ["begun", "finished"].map(|what| format!("purge of unused devices due {due} {what}"));
    assert_eq!(world.subjects().await, expected);
    let told = world.notices().await.recent[1].text.clone();
    assert!(told.contains("1 of active accounts and 0 of others"), "{told}");
    minutes(24 * 60).await;
    assert_eq!(world.subjects().await.len(), 4, "the next day again");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_cut_short_goes_on_where_it_began() {
    let world = World::new().await;
    world.device_in(&world.repository_ahead(-100 * DAY), "old1").await;
    world.set("mobileStateRetention", "90:1:12").await;
    let subject = format!("purge of unused devices due {NOON} begun");
    let node = Some("one".parse().unwrap());
    let severity = Severity::Information;
    raise_notice::run_once(&world.repository, &admin(), severity, node.as_ref(), &subject, "").await.unwrap();
    let _two = world.start("two").await;
    minutes(10).await;
    assert!(is_registered(&world, "old1").await, "it is another node's");
    let _one = world.start("one").await;
    minutes(1).await;
    assert!(!is_registered(&world, "old1").await);
    assert_eq!(world.subjects().await.len(), 2);
}
