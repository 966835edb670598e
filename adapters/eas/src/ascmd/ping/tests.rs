//! Tests of the room.

use std::{future::Future, time::Duration};

use futures_util::future::select;
use syncledger_domain::{ids::ProtocolVersion, ports::mailbox::BackendKey};
use syncledger_mailbox_memory::MemoryMailbox;
use syncledger_wbxml::{Element, from_xml, pages::ping as p};

use crate::{
    answer::{Answer, Failure},
    ascmd::{
        EasCommand,
        testing::{DAY, Desk, READ, Synced, collections, status_of, texts},
    },
    context::RequestBody,
};

fn folders(ids: &[&str]) -> String {
    let one = |id: &&str| format!("<Folder><Id>{id}</Id><Class>Email</Class></Folder>");
    format!("<Folders>{}</Folders>", ids.iter().map(one).collect::<String>())
}

fn request(heartbeat: &str, ids: &[&str]) -> String {
    let heartbeat = if heartbeat.is_empty() {
        String::new()
    } else {
        format!("<HeartbeatInterval>{heartbeat}</HeartbeatInterval>")
    };
    let folders = if ids.is_empty() { String::new() } else { folders(ids) };
    format!("<Ping xmlns=\"Ping\">{heartbeat}{folders}</Ping>")
}

async fn ping(desk: &Desk, xml: &str) -> Element {
    tokio::time::timeout(Duration::from_secs(4000), desk.xml(EasCommand::Ping, xml)).await.unwrap()
}

async fn empty(desk: &Desk) -> Element {
    match desk.ask(EasCommand::Ping, RequestBody::Empty).await {
        Ok(Answer::Wbxml(document)) => document,
        other => panic!("{other:?}"),
    }
}

fn is(answer: &Element, inside: &str) {
    assert_eq!(*answer, from_xml(&format!("<Ping xmlns=\"Ping\">{inside}</Ping>")).unwrap());
}

/// Pings the Inbox, does something once the Ping waits, and gives the answer.
async fn woken<T>(desk: &Desk, act: impl Future<Output = T>) -> Element {
    let act = async {
        desk.until_waiting(1).await;
        act.await
    };
    let xml = request("600", &["2"]);
    let both = async { tokio::join!(ping(desk, &xml), act).0 };
    tokio::time::timeout(Duration::from_secs(20), both).await.expect("it never woke")
}

#[tokio::test(start_paused = true)]
async fn time_over_is_1_and_only_the_parameters_are_an_event_once() {
    for version in [ProtocolVersion::V12_1, ProtocolVersion::V14_1, ProtocolVersion::V16_1] {
        let mut desk = Desk::new().await;
        desk.primed().await;
        let before = desk.events().await;
        let begun = tokio::time::Instant::now();
        is(&ping(desk.speak(version), &request("480", &["2"])).await, "<Status>1</Status>");
        assert_eq!(begun.elapsed().as_secs(), 480);
        assert_eq!(desk.events().await, before + 1);
        is(&ping(&desk, &request("480", &["2"])).await, "<Status>1</Status>");
        is(&empty(&desk).await, "<Status>1</Status>");
        assert_eq!((begun.elapsed().as_secs(), desk.events().await), (1440, before + 1));
        assert!(desk.world.services.waiting.is_empty());
    }
}

#[tokio::test]
async fn news_are_2_with_the_folders_that_have_them() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    let sent = desk.sync(&collections(&[("0", 5, "")])).await.key();
    assert!(desk.sync(&collections(&[(&sent, 5, "")])).await.is_empty());
    let item = desk.deliver("new", 0);
    let news = "<Status>2</Status><Folders><Folder>2</Folder></Folders>";
    is(&ping(&desk, &request("600", &["5", "2"])).await, news);
    // Announced until it is delivered, and not after.
    is(&ping(&desk, &request("600", &["2"])).await, news);
    let answer = desk.inbox(&key, "").await;
    is(&woken(&desk, async { desk.mark(&item, READ) }).await, news);
    let answer = desk.inbox(&answer.key(), "").await;
    is(&woken(&desk, async { desk.remove(&item) }).await, news);
    assert_eq!(desk.inbox(&answer.key(), "").await.deletes(), [item]);
    is(&woken(&desk, async { desk.deliver("newer", 0) }).await, news);
}

#[tokio::test]
async fn a_folder_that_was_never_synchronised_has_news_and_the_outbox_never() {
    let desk = Desk::new().await;
    is(
        &ping(&desk, &request("600", &["2"])).await,
        "<Status>2</Status><Folders><Folder>2</Folder></Folders>",
    );
    desk.primed().await;
    let xml = request("600", &["14", "2"]);
    let later = async {
        desk.until_waiting(1).await;
        desk.deliver("new", 0);
    };
    let answer = tokio::join!(ping(&desk, &xml), later).0;
    is(&answer, "<Status>2</Status><Folders><Folder>2</Folder></Folders>");
}

#[tokio::test(start_paused = true)]
async fn what_sync_would_not_deliver_is_no_news() {
    let desk = Desk::new().await;
    let item = desk.deliver("nearly a week", 6);
    let week = "<Options><FilterType>3</FilterType></Options>";
    let key = desk.primed_with(week).await;
    // Outside the filter, one's own change, and growing old wake nobody.
    desk.deliver("ancient", 40);
    is(&ping(&desk, &request("60", &["2"])).await, "<Status>1</Status>");
    let change = format!(
        "<Commands><Change><ServerId>{item}</ServerId><ApplicationData><email:Read>1</email:Read></ApplicationData>\
         </Change></Commands>"
    );
    let answer = desk.inbox(&key, &change).await;
    is(&ping(&desk, &request("60", &["2"])).await, "<Status>1</Status>");
    desk.world.advance(2 * DAY);
    is(&ping(&desk, &request("60", &["2"])).await, "<Status>1</Status>");
    assert_eq!(desk.inbox(&answer.key(), "").await.soft_deletes(), [item]);
}

#[tokio::test]
async fn an_answer_that_was_lost_is_not_announced_again_by_what_it_told() {
    let desk = Desk::new().await;
    let start = desk.inbox("0", "").await.key();
    let item = desk.deliver("told", 0);
    assert_eq!(desk.inbox(&start, "").await.adds(), [item]);
    // News is measured against what was given; the phone asks again by itself.
    is(
        &woken(&desk, async { desk.deliver("new", 0) }).await,
        "<Status>2</Status><Folders><Folder>2</Folder></Folders>",
    );
}

#[tokio::test]
async fn without_parameters_it_is_3() {
    let desk = Desk::new().await;
    is(&empty(&desk).await, "<Status>3</Status>");
    is(&ping(&desk, &request("600", &[])).await, "<Status>3</Status>");
    is(&ping(&desk, &request("", &["2"])).await, "<Status>3</Status>");
}

#[tokio::test(start_paused = true)]
async fn parameters_are_remembered_one_by_one_also_over_a_restart() {
    let desk = Desk::new().await;
    desk.primed().await;
    is(&ping(&desk, &request("120", &["2"])).await, "<Status>1</Status>");
    let desk = desk.restarted().await;
    let begun = tokio::time::Instant::now();
    is(&empty(&desk).await, "<Status>1</Status>");
    assert_eq!(begun.elapsed().as_secs(), 120);
    is(&ping(&desk, &request("240", &[])).await, "<Status>1</Status>");
    is(&empty(&desk).await, "<Status>1</Status>");
    assert_eq!(begun.elapsed().as_secs(), 600);
    is(&ping(&desk, &request("", &["2", "14"])).await, "<Status>1</Status>");
    assert_eq!(begun.elapsed().as_secs(), 840);
}

#[tokio::test]
async fn malformed_requests_are_4() {
    let desk = Desk::new().await;
    for xml in [
        request("soon", &["2"]),
        request("600", &["2", "2"]),
        request("600", &[""]),
        request("600", &[&"9".repeat(65)]),
        "<Ping xmlns=\"Ping\"><HeartbeatInterval>600</HeartbeatInterval><Folders/></Ping>".to_owned(),
        "<Ping xmlns=\"Ping\"><Folders><Folder><Class>Email</Class></Folder></Folders></Ping>".to_owned(),
    ] {
        is(&ping(&desk, &xml).await, "<Status>4</Status>");
    }
    assert_eq!(desk.fails(EasCommand::Ping, "<Sync xmlns=\"AirSync\"/>").await, 103);
}

#[tokio::test]
async fn intervals_out_of_range_are_5_with_the_nearest_allowed() {
    let desk = Desk::new().await;
    let nearest = |secs: u32| format!("<Status>5</Status><HeartbeatInterval>{secs}</HeartbeatInterval>");
    for (asked, secs) in [("59", 60), ("3541", 3540), ("0", 60), ("-7", 60), ("99999999999", 3540)] {
        is(&ping(&desk, &request(asked, &["2"])).await, &nearest(secs));
    }
    desk.world.set("pingMaxHeartbeat", "900").await;
    is(&ping(&desk, &request("1800", &["2"])).await, &nearest(900));
    is(&empty(&desk).await, "<Status>3</Status>");
}

#[tokio::test]
async fn too_many_folders_are_6_with_the_limit() {
    let desk = Desk::new().await;
    desk.world.set("pingMaxFolders", "2").await;
    let answer = ping(&desk, &request("600", &["2", "3", "4"])).await;
    is(&answer, "<Status>6</Status><MaxFolders>2</MaxFolders>");
}

#[tokio::test]
async fn unknown_folders_and_a_changed_tree_are_7() {
    let desk = Desk::new().await;
    let seven = "<Status>7</Status>";
    desk.primed().await;
    is(&ping(&desk, &request("600", &["2", "999"])).await, seven);
    is(&ping(&desk, &request("600", &["RI"])).await, seven);
    is(&woken(&desk, async { desk.mailbox.add_folder("New", None) }).await, seven);
    is(&ping(&desk, &request("600", &["2"])).await, seven);
    let tree = desk.folder_sync("1.1").await;
    let new = texts(&tree, syncledger_wbxml::pages::folder_hierarchy::SERVER_ID)[0].clone();
    let renamed = async { desk.mailbox.rename_folder(&BackendKey("New".into()), "Newer") };
    is(&woken(&desk, renamed).await, seven);
    let tree = desk.folder_sync("1.2").await;
    assert_eq!(status_of(&tree), 1);
    desk.mailbox.remove_folder(&BackendKey("Newer".into()));
    is(&ping(&desk, &request("600", &["2", &new])).await, seven);
    // The phone went on with the old list.
    is(&ping(&desk, &request("600", &[&new])).await, seven);
}

#[tokio::test]
async fn a_newer_request_ends_the_older_and_so_does_shutdown() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    let over = "<Status>1</Status>";
    is(&woken(&desk, desk.inbox(&key, "")).await, over);
    let xml = request("600", &["2"]);
    let (one, two) = (Box::pin(ping(&desk, &xml)), Box::pin(ping(&desk, &xml)));
    let (older, newer) = select(one, two).await.factor_first();
    is(&older, over);
    assert_eq!(desk.world.services.waiting.len(), 1);
    desk.world.services.shutdown.cancel();
    is(&newer.await, over);
    assert!(desk.world.services.waiting.is_empty());
}

#[tokio::test]
async fn another_device_leaves_it_alone() {
    let desk = Desk::new().await;
    desk.primed().await;
    let mut other = desk.restarted().await;
    other.device = syncledger_domain::ids::DeviceId::new("phone2").unwrap();
    other.world.services = std::sync::Arc::clone(&desk.world.services);
    let answer = woken(&desk, async {
        other.inbox("0", "").await;
        assert_eq!(desk.world.services.waiting.len(), 1);
        desk.deliver("new", 0)
    });
    assert_eq!(status_of(&answer.await), 2);
}

#[tokio::test]
async fn a_gate_that_closes_ends_the_wait_with_its_own_answer() {
    let desk = Desk::new().await;
    desk.primed().await;
    let xml = request("600", &["2"]);
    let close = async {
        desk.until_waiting(1).await;
        desk.world.set("easEnabled", "false").await;
    };
    let (status, ()) = tokio::join!(desk.fails(EasCommand::Ping, &xml), close);
    assert_eq!(status, 126);
}

#[tokio::test]
async fn a_mailbox_that_is_down_is_503_and_an_outage_later_is_waited_out() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    desk.mailbox.set_down(true);
    assert_eq!(desk.fails(EasCommand::Ping, &request("600", &["2"])).await, 503);
    desk.mailbox.set_down(false);
    let outage = async {
        desk.mailbox.set_down(true);
        desk.deliver("during the outage", 0);
        desk.mailbox.set_down(false);
    };
    assert_eq!(status_of(&woken(&desk, outage).await), 2);
    let answer = Synced::of(desk.try_sync(&collections(&[(&key, 2, "")])).await.unwrap());
    assert_eq!(answer.subjects(), ["during the outage"]);
    assert_eq!(desk.mailbox.messages(&MemoryMailbox::inbox()).len(), 1);
}

#[tokio::test]
async fn a_log_that_cannot_keep_the_parameters_is_503() {
    let desk = Desk::new().await;
    desk.primed().await;
    desk.world.log.fail_next_appends(1);
    let document = from_xml(&request("600", &["2"])).unwrap();
    let answer = desk.ask(EasCommand::Ping, RequestBody::Wbxml(document)).await;
    assert!(matches!(answer, Err(Failure::RetryLater { .. })));
    assert_eq!(texts(&empty(&desk).await, p::STATUS), ["3"]);
}

#[tokio::test]
async fn a_folder_that_cannot_be_read_has_no_news_and_does_not_silence_the_others() {
    for error in [
        syncledger_domain::ports::mailbox::MailboxError::Denied("not yours".into()),
        syncledger_domain::ports::mailbox::MailboxError::Refused("broken".into()),
        syncledger_domain::ports::mailbox::MailboxError::Unsupported("this folder"),
    ] {
        let desk = Desk::new().await;
        desk.primed().await;
        let key = desk.sync(&collections(&[("0", 5, "")])).await.key();
        assert!(desk.sync(&collections(&[(&key, 5, "")])).await.is_empty());
        let sent = BackendKey("Sent".into());
        desk.deliver_to(&sent, syncledger_domain::ids::FolderId::SENT, "sent", 0);
        desk.mailbox.faults().refuse_folder(&sent, &error);
        let xml = request("600", &["5", "2"]);
        let deliver = async {
            desk.until_waiting(1).await;
            desk.deliver("new", 0)
        };
        let both = async { tokio::join!(ping(&desk, &xml), deliver).0 };
        let answer = tokio::time::timeout(Duration::from_secs(20), both).await.expect("it never woke");
        is(&answer, "<Status>2</Status><Folders><Folder>2</Folder></Folders>");
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_interval_is_the_remembered_one_and_the_order_of_folders_is_none() {
    let desk = Desk::new().await;
    desk.primed().await;
    is(&ping(&desk, "<Ping xmlns=\"Ping\"><HeartbeatInterval/></Ping>").await, "<Status>3</Status>");
    is(&ping(&desk, &request("120", &["2", "14"])).await, "<Status>1</Status>");
    let before = desk.events().await;
    let begun = tokio::time::Instant::now();
    let xml = format!("<Ping xmlns=\"Ping\"><HeartbeatInterval/>{}</Ping>", folders(&["14", "2"]));
    is(&ping(&desk, &xml).await, "<Status>1</Status>");
    assert_eq!((begun.elapsed().as_secs(), desk.events().await), (120, before));
}
