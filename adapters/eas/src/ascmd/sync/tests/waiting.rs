//! Hanging Syncs.

use std::{future::Future, time::Duration};

use futures_util::future::select;
use syncledger_commands::reset_sync_state;
use syncledger_domain::{
    ids::{CollectionId, FolderId, ProtocolVersion},
    ports::mailbox::{BackendKey, MailboxError},
    sync_state::ItemsRegistered,
};
use syncledger_mailbox_memory::Method;

use crate::{
    answer::{Answer, Failure},
    ascmd::testing::{Desk, READ, Synced, collections},
};

const TEN_MINUTES: &str = "<Wait>10</Wait>";

fn waiting(key: &str, tail: &str) -> String {
    format!("{}{tail}", collections(&[(key, 2, "")]))
}

/// Asks, does something once the request waits, and gives the answer.
async fn woken<T>(desk: &Desk, xml: &str, act: impl Future<Output = T>) -> Result<Answer, Failure> {
    let act = async {
        desk.until_waiting(1).await;
        act.await
    };
    let both = async { tokio::join!(desk.try_sync(xml), act).0 };
    tokio::time::timeout(Duration::from_secs(20), both).await.expect("it never woke")
}

#[tokio::test]
async fn waits_out_of_range_hear_the_nearest_allowed_value() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    for (wait, limit) in [("<Wait>0</Wait>", 1), ("<Wait>60</Wait>", 59), ("<Wait>-5</Wait>", 1)] {
        assert_eq!(desk.sync(&waiting(&key, wait)).await.global(), (14, Some(limit)), "{wait}");
    }
    for (seconds, limit) in [(59, 60), (3541, 3540), (0, 60)] {
        let xml = waiting(&key, &format!("<HeartbeatInterval>{seconds}</HeartbeatInterval>"));
        assert_eq!(desk.sync(&xml).await.global(), (14, Some(limit)));
    }
    desk.world.set("pingMaxHeartbeat", "600").await;
    assert_eq!(desk.sync(&waiting(&key, "<Wait>11</Wait>")).await.global(), (14, Some(10)));
}

#[tokio::test]
async fn both_ways_to_wait_at_once_or_none_of_a_number_are_protocol_errors() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    for tail in ["<Wait>10</Wait><HeartbeatInterval>600</HeartbeatInterval>", "<Wait>soon</Wait>"] {
        assert_eq!(desk.sync(&waiting(&key, tail)).await.global(), (4, None), "{tail}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_over_answers_nothing_and_appends_nothing() {
    let mut desk = Desk::new().await;
    let key = desk.primed().await;
    let before = desk.events().await;
    let begun = tokio::time::Instant::now();
    assert!(desk.sync(&waiting(&key, TEN_MINUTES)).await.is_empty());
    assert_eq!(begun.elapsed().as_secs(), 600);
    let heartbeat = waiting(&key, "<HeartbeatInterval>90</HeartbeatInterval>");
    assert!(desk.sync(&heartbeat).await.is_empty());
    assert_eq!(begun.elapsed().as_secs(), 690);
    assert!(desk.speak(ProtocolVersion::V12_1).sync(&waiting(&key, TEN_MINUTES)).await.is_empty());
    assert_eq!(desk.events().await, before);
    assert!(desk.world.services.waiting.is_empty());
}

#[tokio::test]
async fn what_is_there_already_is_answered_at_once() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    let item = desk.deliver("new", 0);
    assert_eq!(desk.sync(&waiting(&key, TEN_MINUTES)).await.adds(), [item]);
}

#[tokio::test]
async fn deliveries_and_changes_elsewhere_end_the_wait() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    let answer = woken(&desk, &waiting(&key, TEN_MINUTES), async { desk.deliver("new", 0) }).await;
    let answer = Synced::of(answer.unwrap());
    let item = answer.adds().remove(0);
    let xml = waiting(&answer.key(), TEN_MINUTES);
    let answer = Synced::of(woken(&desk, &xml, async { desk.mark(&item, READ) }).await.unwrap());
    assert_eq!(answer.changes(), [(item.clone(), "1".to_owned())]);
    let xml = waiting(&answer.key(), TEN_MINUTES);
    let answer = Synced::of(woken(&desk, &xml, async { desk.remove(&item) }).await.unwrap());
    assert_eq!(answer.deletes(), [item]);
    assert!(desk.world.services.waiting.is_empty());
}

#[tokio::test]
async fn a_newer_request_of_the_device_ends_the_wait() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    let xml = waiting(&key, TEN_MINUTES);
    let older = woken(&desk, &xml, async { assert!(desk.inbox(&key, "").await.is_empty()) }).await;
    assert_eq!(older, Ok(Answer::Empty));
    // Another folder, without waiting, leaves it alone; its own wait takes over.
    let sent = desk.sync(&collections(&[("0", 5, "")])).await.key();
    let newer = async {
        desk.sync(&collections(&[(&sent, 5, "")])).await;
        assert_eq!(desk.world.services.waiting.len(), 1);
        let xml = format!("{}{TEN_MINUTES}", collections(&[(&sent, 5, "")]));
        woken(&desk, &xml, async { desk.world.services.shutdown.cancel() }).await
    };
    let older = woken(&desk, &xml, async { assert_eq!(newer.await, Ok(Answer::Empty)) }).await;
    assert_eq!(older, Ok(Answer::Empty));
}

#[tokio::test(start_paused = true)]
async fn of_two_waits_begun_at_once_one_stays() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    desk.mailbox.faults().delay(Duration::from_millis(20));
    let xml = waiting(&key, TEN_MINUTES);
    let begun = tokio::time::Instant::now();
    let (first, second) = (Box::pin(desk.try_sync(&xml)), Box::pin(desk.try_sync(&xml)));
    let (ended, stays) = select(first, second).await.factor_first();
    assert_eq!(ended, Ok(Answer::Empty));
    assert!(begun.elapsed() < Duration::from_mins(1), "the older one ended by itself");
    assert_eq!(desk.world.services.waiting.len(), 1);
    desk.world.services.shutdown.cancel();
    assert_eq!(stays.await, Ok(Answer::Empty));
}

#[tokio::test]
async fn shutdown_and_hang_up_end_the_wait() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    let xml = waiting(&key, TEN_MINUTES);
    let context = desk.context();
    let hung_up = context.hung_up.clone();
    let body = crate::context::RequestBody::Wbxml(crate::ascmd::testing::sync_document(&xml));
    let asked = crate::ascmd::handle(&context, crate::ascmd::EasCommand::Sync, body);
    let hang_up = async {
        desk.until_waiting(1).await;
        hung_up.cancel();
    };
    assert_eq!(tokio::join!(asked, hang_up).0, Ok(Answer::Empty));
    let shutdown = &desk.world.services.shutdown;
    assert_eq!(woken(&desk, &xml, async { shutdown.cancel() }).await, Ok(Answer::Empty));
}

#[tokio::test]
async fn a_folder_that_comes_or_goes_ends_the_wait_with_a_changed_hierarchy() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    let xml = waiting(&key, TEN_MINUTES);
    let answer = woken(&desk, &xml, async { desk.mailbox.add_folder("New", None) }).await;
    assert_eq!(Synced::of(answer.unwrap()).global(), (12, None));
    // Until the phone has synchronised its folders it hears it at once.
    assert_eq!(desk.sync(&xml).await.global(), (12, None));
}

#[tokio::test]
async fn a_watched_folder_that_went_unnoticed_is_a_changed_hierarchy() {
    let desk = Desk::new().await;
    let work = desk.mailbox.add_folder("Work", None);
    let tree = desk.folder_sync("1.1").await;
    let id: u32 = crate::ascmd::testing::texts(&tree, syncledger_wbxml::pages::folder_hierarchy::SERVER_ID)
        [0]
    .parse()
    .unwrap();
    let key = desk.sync(&collections(&[("0", id, "")])).await.key();
    assert!(desk.sync(&collections(&[(&key, id, "")])).await.is_empty());
    desk.mailbox.remove_folder(&work);
    let answer = desk.sync(&format!("{}<GetChanges/>", collections(&[(&key, id, "")]))).await;
    assert_eq!(answer.status(), 12);
    let wait_only = collections(&[(&key, id, "<GetChanges>0</GetChanges>")]) + TEN_MINUTES;
    assert_eq!(desk.sync(&wait_only).await.global(), (12, None));
    assert!(!desk.mailbox.messages(&BackendKey("INBOX".into())).iter().any(|_| true));
}

#[tokio::test]
async fn an_outage_during_the_wait_is_waited_out() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    let xml = waiting(&key, TEN_MINUTES);
    let outage = async {
        desk.mailbox.set_down(true);
        desk.deliver("during the outage", 0);
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(desk.world.services.waiting.len(), 1);
        desk.mailbox.set_down(false);
    };
    let answer = Synced::of(woken(&desk, &xml, outage).await.unwrap());
    assert_eq!(answer.subjects(), ["during the outage"]);
}

#[tokio::test(start_paused = true)]
async fn folders_whose_changes_are_not_wanted_are_not_watched() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    let unwanted = collections(&[(&key, 2, "<GetChanges>0</GetChanges>")]);
    let begun = tokio::time::Instant::now();
    let xml = format!("{unwanted}{TEN_MINUTES}");
    assert!(woken_or_over(&desk, &xml, async { desk.deliver("new", 0) }).await.is_empty());
    assert_eq!(begun.elapsed().as_secs(), 600);
    // Beside one whose changes are wanted it stays silent, too.
    let sent = desk.sync(&collections(&[("0", 5, "")])).await.key();
    assert!(desk.sync(&collections(&[(&sent, 5, "")])).await.is_empty());
    let both = collections(&[(&key, 2, "<GetChanges>0</GetChanges>"), (&sent, 5, "")]);
    let deliver = async { desk.deliver_to(&BackendKey("Sent".into()), FolderId::SENT, "sent", 0) };
    let answer = woken_or_over(&desk, &format!("{both}{TEN_MINUTES}"), deliver).await;
    assert_eq!(answer.subjects(), ["sent"]);
}

/// As [`woken`], and the wait may also come to its end.
async fn woken_or_over<T>(desk: &Desk, xml: &str, act: impl Future<Output = T>) -> Synced {
    let act = async {
        desk.until_waiting(1).await;
        act.await
    };
    Synced::of(tokio::join!(desk.try_sync(xml), act).0.unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_wake_up_that_meets_an_error_is_not_lost() {
    let desk = Desk::new().await;
    let mut key = desk.primed().await;
    let down = MailboxError::Unavailable("test".into());
    for failures in [1, 3, 5] {
        let begun = tokio::time::Instant::now();
        let deliver = async {
            desk.mailbox.faults().fail_next_of(Method::Index, failures, &down);
            desk.deliver("new", 0)
        };
        let answer = woken_or_over(&desk, &waiting(&key, TEN_MINUTES), deliver).await;
        assert_eq!(answer.adds().len(), 1, "{failures} failures");
        key = answer.key();
        assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_without_end_is_asked_after_ever_more_seldom() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    let indexes = || desk.mailbox.faults().calls().of(Method::Index);
    let down = MailboxError::Unavailable("test".into());
    let before = indexes();
    let outage = async {
        desk.mailbox.faults().fail_next_of(Method::Index, 1000, &down);
        desk.deliver("new", 0)
    };
    assert!(woken_or_over(&desk, &waiting(&key, TEN_MINUTES), outage).await.is_empty());
    let asked = indexes() - before;
    assert!((8..30).contains(&asked), "{asked} times in ten minutes");
}

#[tokio::test]
async fn of_several_events_at_once_none_is_missed() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    let context = desk.context();
    // A setting follows so closely that the watch reports the newer of the two events alone.
    let burst = async {
        let (repository, issuer) = (&context.services.repository, &context.issuer);
        let (account, device) = (context.account, &context.device);
        reset_sync_state::run(repository, issuer, account, device, "asked for").await.unwrap();
        desk.world.set("pingMinHeartbeat", "61").await;
    };
    let answer = Box::pin(woken(&desk, &waiting(&key, TEN_MINUTES), burst)).await;
    assert_eq!(Synced::of(answer.unwrap()).global(), (12, None));
}

#[tokio::test(start_paused = true)]
async fn what_another_request_of_the_device_is_about_to_know_is_no_news() {
    let desk = Desk::new().await;
    let item = desk.deliver("moved away", 0);
    let key = desk.primed().await;
    let context = desk.context();
    let inbox = CollectionId::Folder(FolderId::INBOX);
    let begun = tokio::time::Instant::now();
    // As MoveItems does it: the mailbox changes first, and what the device knows a moment later.
    let moves = async {
        let states = &context.services.sync_states;
        let mut held = states.open(context.account, &context.device, inbox).await.unwrap();
        desk.remove(&item);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let gone = vec![crate::ascmd::testing::item(&item)];
        let registered = held.state().register_items(ItemsRegistered { known: Vec::new(), gone });
        held.commit(&context.issuer, &registered.into_iter().collect::<Vec<_>>()).await.unwrap().unwrap();
    };
    assert!(woken_or_over(&desk, &waiting(&key, TEN_MINUTES), moves).await.is_empty());
    assert_eq!(begun.elapsed().as_secs(), 600);
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_another_request_of_the_device_ends_with_its_time() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    let context = desk.context();
    let inbox = CollectionId::Folder(FolderId::INBOX);
    let states = &context.services.sync_states;
    let begun = tokio::time::Instant::now();
    let mut held = None;
    let holds = async {
        held = Some(states.open(context.account, &context.device, inbox).await.unwrap());
        desk.deliver("new", 0)
    };
    assert!(woken_or_over(&desk, &waiting(&key, TEN_MINUTES), holds).await.is_empty());
    assert_eq!(begun.elapsed().as_secs(), 600);
    drop(held);
}
