//! What administrators tune about waiting: it takes effect on who waits now.

use std::{future::Future, time::Duration};

use syncledger_commands::reset_sync_state;
use syncledger_mailbox_memory::Method;
use tokio::time::Instant;

use crate::{
    answer::{Answer, CommonStatus, Failure},
    ascmd::{
        EasCommand,
        testing::{Desk, collections, status_of},
    },
    context::RequestBody,
};

const TEN_MINUTES: &str = "<Ping xmlns=\"Ping\"><HeartbeatInterval>600</HeartbeatInterval><Folders><Folder><Id>2</Id>\
                           <Class>Email</Class></Folder></Folders></Ping>";

async fn seconds(number: u64) {
    tokio::time::sleep(Duration::from_secs(number)).await;
}

/// Pings the Inbox for ten minutes, does something meanwhile, and gives the answer and after how many seconds it came.
async fn pinged<T>(desk: &Desk, act: impl Future<Output = T>) -> (Result<Answer, Failure>, u64) {
    let act = async {
        desk.until_waiting(1).await;
        act.await
    };
    let begun = Instant::now();
    let ping = async {
        let body = RequestBody::Wbxml(syncledger_wbxml::from_xml(TEN_MINUTES).unwrap());
        let answer = desk.ask(EasCommand::Ping, body).await;
        (answer, begun.elapsed().as_secs())
    };
    tokio::join!(ping, act).0
}

/// The Status of a Ping that was answered, and after how many seconds.
async fn ended<T>(desk: &Desk, act: impl Future<Output = T>) -> (u16, u64) {
    match pinged(desk, act).await {
        (Ok(Answer::Wbxml(document)), after) => (status_of(&document), after),
        other => panic!("{other:?}"),
    }
}

async fn patient(latency: &str) -> Desk {
    let desk = Desk::new().await;
    desk.world.set("useInstantNotifications", "false").await;
    desk.world.set("notificationsLatency", latency).await;
    desk.primed().await;
    desk
}

#[tokio::test(start_paused = true)]
async fn a_burst_wakes_once_after_the_latency() {
    let desk = patient("30").await;
    let indexes = || desk.mailbox.faults().calls().of(Method::Index);
    let mut looks = 0;
    let burst = async {
        seconds(100).await;
        looks = indexes();
        for _ in 0..5 {
            desk.deliver("one of five", 0);
            seconds(5).await;
        }
        assert_eq!(indexes(), looks, "nobody has looked yet");
    };
    assert_eq!(ended(&desk, burst).await, (2, 130));
    // What is there already is told at once.
    let begun = Instant::now();
    let body = RequestBody::Wbxml(syncledger_wbxml::from_xml(TEN_MINUTES).unwrap());
    assert!(
        matches!(desk.ask(EasCommand::Ping, body).await, Ok(Answer::Wbxml(news)) if status_of(&news) == 2)
    );
    assert_eq!(begun.elapsed().as_secs(), 0);
}

#[tokio::test(start_paused = true)]
async fn instant_notifications_know_no_latency() {
    let desk = patient("30").await;
    desk.world.set("useInstantNotifications", "true").await;
    let deliver = async {
        seconds(100).await;
        desk.deliver("new", 0)
    };
    assert_eq!(ended(&desk, deliver).await, (2, 100));
}

#[tokio::test(start_paused = true)]
async fn a_waiting_sync_waits_out_the_latency_as_well() {
    let desk = Desk::new().await;
    desk.world.set("useInstantNotifications", "false").await;
    let key = desk.primed().await;
    let begun = Instant::now();
    let xml = format!("{}<Wait>10</Wait>", collections(&[(&key, 2, "")]));
    let deliver = async {
        desk.until_waiting(1).await;
        seconds(100).await;
        desk.deliver("one", 0);
        seconds(5).await;
        desk.deliver("two", 0);
    };
    let answer = tokio::join!(desk.sync(&xml), deliver).0;
    assert_eq!((answer.adds().len(), begun.elapsed().as_secs()), (2, 110), "ten seconds by default");
}

#[tokio::test(start_paused = true)]
async fn the_latency_is_that_of_the_moment() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    desk.world.set("notificationsLatency", "60").await;
    let slower = async {
        seconds(100).await;
        desk.world.set("useInstantNotifications", "false").await;
        desk.deliver("new", 0)
    };
    assert_eq!(ended(&desk, slower).await, (2, 160));
    desk.inbox(&key, "").await;
    let faster = async {
        seconds(100).await;
        desk.deliver("newer", 0);
        seconds(20).await;
        desk.world.set("useInstantNotifications", "true").await;
    };
    assert_eq!(ended(&desk, faster).await, (2, 120));
}

#[tokio::test(start_paused = true)]
async fn whatever_else_ends_a_wait_ends_it_at_once() {
    let desk = patient("300").await;
    let after_a_delivery = |what: u8| {
        let desk = &desk;
        async move {
            seconds(100).await;
            desk.deliver("new", 0);
            seconds(10).await;
            match what {
                0 => desk.world.set("easEnabled", "false").await,
                1 => desk.world.services.shutdown.cancel(),
                _ => drop(desk.sync(&collections(&[("0", 5, "")])).await),
            }
        }
    };
    let (answer, after) = pinged(&desk, after_a_delivery(0)).await;
    let disabled = matches!(answer, Err(Failure::Status { status: CommonStatus::UserDisabledForSync, .. }));
    assert!(disabled && after == 110, "{after}: {answer:?}");
    desk.world.set("easEnabled", "true").await;
    let key = desk.primed().await;
    assert_eq!(ended(&desk, after_a_delivery(2)).await, (1, 110), "a newer request");
    desk.inbox(&key, "").await;
    assert_eq!(ended(&desk, after_a_delivery(1)).await, (1, 110), "shutdown");
}

#[tokio::test(start_paused = true)]
async fn a_reset_is_heard_at_once() {
    let desk = patient("300").await;
    let reset = async {
        seconds(100).await;
        let context = desk.context();
        let repository = &context.services.repository;
        reset_sync_state::run(repository, &context.issuer, context.account, &context.device, "asked for")
            .await
            .unwrap();
    };
    assert_eq!(Box::pin(ended(&desk, reset)).await, (7, 100));
}

#[tokio::test(start_paused = true)]
async fn a_shorter_heartbeat_ends_who_has_waited_longer_and_shortens_the_others() {
    let desk = Desk::new().await;
    desk.primed().await;
    let set_after = |at: u64, value: &'static str| {
        let desk = &desk;
        async move {
            seconds(at).await;
            desk.world.set("pingMaxHeartbeat", value).await;
        }
    };
    assert_eq!(ended(&desk, set_after(200, "120")).await, (1, 200));
    desk.world.set("pingMaxHeartbeat", "3540").await;
    assert_eq!(ended(&desk, set_after(100, "300")).await, (1, 300));
    desk.world.set("pingMaxHeartbeat", "3540").await;
    let and_back = async {
        set_after(100, "300").await;
        set_after(50, "900").await;
    };
    assert_eq!(ended(&desk, and_back).await, (1, 600), "what it asked for");
}
