use syncledger_commands::release_device;
use syncledger_domain::{
    device::ReleaseCause,
    event::Position,
    notices::{Severity, Topic},
};

use super::world::{World, admin, minutes, seconds};

#[tokio::test(start_paused = true)]
async fn a_burst_is_one_mail_and_one_notice_and_the_next_comes_a_minute_later() {
    let world = World::new().await;
    let (_one, _two) = (world.start("one").await, world.start("two").await);
    seconds(3600).await;
    world.jailed("Phone1").await;
    seconds(2).await;
    world.jailed("Phone2").await;
    seconds(10).await;
    let sent = world.post.sent();
    assert_eq!(sent.len(), 1);
    for part in [
        "Subject: 2 devices asked too often",
        "Device:  Phone2\r\nAccount: alice@example.com\r\n",
        "151 requests within 29850 ms; so many within 30000 ms are too many",
        "  syncledger jail release alice@example.com Phone1\r\n",
    ] {
        assert!(sent[0].contains(part), "{part}: {}", sent[0]);
    }
    let notices = world.notices().await;
    assert_eq!(notices.recent.len(), 1);
    assert_eq!(notices.recent[0].severity, Severity::Warning);
    assert!(notices.recent[0].text.contains("Phone1"));
    for n in 3..8 {
        world.jailed(&format!("Phone{n}")).await;
        seconds(6).await;
    }
    minutes(5).await;
    assert_eq!(world.post.sent().len(), 2);
    assert!(world.post.sent()[1].contains("5 devices"));
    let at = world.written_at().await;
    assert!((60..=66).contains(&(at[1] - at[0])), "{at:?}");
    assert_eq!(world.subjects().await.len(), 2);
    assert!(world.notices().await.outbox.is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_was_let_out_before_is_not_told_of() {
    let world = World::new().await;
    let _one = world.start("one").await;
    seconds(60).await;
    let device = world.jailed("Phone1").await;
    let cause = ReleaseCause::Administrator;
    release_device::run(&world.repository, &admin(), world.alice, &device, cause).await.unwrap();
    minutes(5).await;
    assert_eq!(world.post.sent().len(), 0);
    assert_eq!(world.notices().await.told(Topic::Jails), Position::START);
}

#[tokio::test(start_paused = true)]
async fn restarts_neither_repeat_a_mail_nor_shorten_the_minute() {
    let world = World::new().await;
    let one = world.start("one").await;
    world.jailed("Phone1").await;
    seconds(10).await;
    drop(one);
    let _one = world.start("one").await;
    world.jailed("Phone2").await;
    minutes(5).await;
    let at = world.written_at().await;
    assert_eq!(world.post.sent().len(), 2);
    assert!((60..=66).contains(&(at[1] - at[0])), "{at:?}");
}
