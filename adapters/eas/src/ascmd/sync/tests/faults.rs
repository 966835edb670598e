//! Backends that fail, other nodes that are faster, messages that vanish or are huge.

use std::time::Duration;

use syncledger_domain::{
    ids::FolderId,
    ports::mailbox::{BackendKey, MailFlags, MailboxError},
};
use syncledger_mailbox_memory::{MemoryMailbox, Method};
use syncledger_wbxml::pages::{air_sync as a, air_sync_base as base, email};

use crate::{
    answer::Failure,
    ascmd::testing::{Desk, Synced, collections, item, texts},
    services::NodeLimits,
};

fn read(server_id: &str) -> String {
    format!(
        "<Commands><Change><ServerId>{server_id}</ServerId><ApplicationData><email:Read>1</email:Read>\
         </ApplicationData></Change></Commands>"
    )
}

#[tokio::test]
async fn a_mailbox_that_is_down_is_503_and_nothing_is_offered() {
    let desk = Desk::new().await;
    let item = desk.deliver("one", 0);
    let key = desk.inbox("0", "").await.key();
    let before = desk.events().await;
    for more in ["", &read(&item)] {
        desk.mailbox.set_down(true);
        let answer = desk.try_sync(&collections(&[(&key, 2, more)])).await;
        assert!(matches!(answer, Err(Failure::RetryLater { .. })), "{answer:?}");
        assert_eq!(desk.events().await, before);
        desk.mailbox.set_down(false);
    }
    assert_eq!(desk.inbox(&key, "").await.adds(), [item]);
}

#[tokio::test]
async fn a_mailbox_that_fails_at_any_step_is_503_and_the_same_request_succeeds_later() {
    for method in [Method::Update, Method::MoveItems, Method::Index, Method::Fetch] {
        let desk = Desk::new().await;
        let (one, two) = (desk.deliver("one", 1), desk.deliver("two", 1));
        let key = desk.primed().await;
        desk.deliver("new", 0);
        let delete = format!("<Delete><ServerId>{two}</ServerId></Delete></Commands>");
        let more = read(&one).replace("</Commands>", &delete);
        for lost in [false, true] {
            if lost {
                desk.mailbox.faults().lose_answers_of(method, 1);
            } else {
                desk.mailbox.faults().fail_next_of(method, 1, &MailboxError::Unavailable("test".into()));
            }
            let answer = desk.try_sync(&collections(&[(&key, 2, &more)])).await;
            assert!(matches!(answer, Err(Failure::RetryLater { .. })), "{method:?} {answer:?}");
        }
        let answer = desk.inbox(&key, &more).await;
        assert_eq!(answer.subjects(), ["new"], "{method:?}");
        assert!(answer.replies().is_empty(), "{method:?}");
        assert!(desk.inbox(&answer.key(), "").await.is_empty(), "{method:?}");
        assert_eq!(
            desk.mailbox.messages(&syncledger_domain::ports::mailbox::BackendKey("Trash".into())).len(),
            1
        );
    }
}

#[tokio::test]
async fn a_log_that_cannot_be_written_is_503_and_the_repeat_finds_its_way() {
    let desk = Desk::new().await;
    let item = desk.deliver("one", 0);
    let key = desk.primed().await;
    desk.world.log.fail_next_appends(1);
    let xml = collections(&[(&key, 2, &read(&item))]);
    assert!(matches!(desk.try_sync(&xml).await, Err(Failure::RetryLater { .. })));
    let answer = desk.inbox(&key, &read(&item)).await;
    assert!(desk.inbox(&answer.key(), "").await.is_empty());
    // Appended, but nobody heard of it.
    desk.deliver("two", 0);
    desk.world.log.lose_next_answer();
    assert!(desk.try_sync(&collections(&[(&answer.key(), 2, "")])).await.is_err());
    let again = desk.inbox(&answer.key(), "").await;
    assert_eq!(again.subjects(), ["two"]);
    assert!(desk.inbox(&again.key(), "").await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn two_nodes_that_answer_one_request_decide_one_after_the_other() {
    let desk = Desk::new().await;
    let items = [desk.deliver("one", 1), desk.deliver("two", 2)];
    let start = desk.inbox("0", "").await.key();
    let other = desk.restarted().await;
    desk.mailbox.faults().delay(Duration::from_millis(20));
    let (one, two) = tokio::join!(desk.inbox(&start, ""), other.inbox(&start, ""));
    desk.mailbox.faults().delay(Duration::ZERO);
    assert_eq!((one.adds(), two.adds()), (items.to_vec(), items.to_vec()));
    let mut keys = [one.key(), two.key()];
    keys.sort();
    assert_eq!(keys, ["1.2", "1.3"]);
    // The phone may go on from either.
    let goes_on = other.inbox("1.2", "").await;
    assert!(goes_on.adds().is_empty());
    assert!(desk.inbox(&goes_on.key(), "").await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn one_client_change_on_two_nodes_is_applied_by_both_to_the_same_end() {
    let desk = Desk::new().await;
    let item = desk.deliver("one", 1);
    let key = desk.primed().await;
    let other = desk.restarted().await;
    desk.mailbox.faults().delay(Duration::from_millis(20));
    let delete = format!("<Commands><Delete><ServerId>{item}</ServerId></Delete></Commands>");
    let (one, two) = tokio::join!(desk.inbox(&key, &delete), other.inbox(&key, &delete));
    desk.mailbox.faults().delay(Duration::ZERO);
    assert!(one.replies().is_empty() && two.replies().is_empty());
    let last = [one.key(), two.key()].into_iter().max().unwrap();
    assert!(desk.inbox(&last, "").await.is_empty());
    assert_eq!(
        desk.mailbox.messages(&syncledger_domain::ports::mailbox::BackendKey("Trash".into())).len(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn requests_for_one_collection_at_one_node_wait_for_each_other() {
    let desk = Desk::new().await;
    desk.deliver("one", 1);
    let start = desk.inbox("0", "").await.key();
    desk.mailbox.faults().delay(Duration::from_millis(5));
    let (one, two) = tokio::join!(desk.inbox(&start, ""), desk.inbox(&start, ""));
    assert_eq!((one.adds(), one.key() == two.key()), (two.adds(), false));
}

#[tokio::test(start_paused = true)]
async fn messages_that_vanish_between_plan_and_fetch_are_not_told() {
    let desk = Desk::new().await;
    let (stays, goes) = (desk.deliver("stays", 1), desk.deliver("goes", 0));
    let start = desk.inbox("0", "").await.key();
    let fetches = || desk.mailbox.faults().calls().of(Method::Fetch);
    let before = fetches();
    desk.mailbox.faults().delay(Duration::from_millis(50));
    let vanish = async {
        while fetches() == before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        desk.remove(&goes);
        desk.mailbox.faults().delay(Duration::ZERO);
    };
    let (answer, ()) = tokio::join!(desk.inbox(&start, ""), vanish);
    assert_eq!(answer.adds(), [stays]);
    assert!(desk.inbox(&answer.key(), "").await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn when_a_whole_window_vanishes_the_next_one_is_told() {
    let desk = Desk::new().await;
    let (stays, goes) = (desk.deliver("stays", 1), desk.deliver("goes", 0));
    let start = desk.inbox("0", "").await.key();
    let fetches = || desk.mailbox.faults().calls().of(Method::Fetch);
    let before = fetches();
    desk.mailbox.faults().delay(Duration::from_millis(50));
    let vanish = async {
        while fetches() == before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        desk.remove(&goes);
        desk.mailbox.faults().delay(Duration::ZERO);
    };
    let (answer, ()) = tokio::join!(desk.inbox(&start, "<WindowSize>1</WindowSize>"), vanish);
    assert_eq!(answer.adds(), [stays]);
}

#[tokio::test(start_paused = true)]
async fn a_change_during_the_fetch_is_known_and_not_told_twice() {
    let desk = Desk::new().await;
    let item = desk.deliver("one", 1);
    let start = desk.inbox("0", "").await.key();
    let fetches = || desk.mailbox.faults().calls().of(Method::Fetch);
    let before = fetches();
    desk.mailbox.faults().delay(Duration::from_millis(50));
    let mark = async {
        while fetches() == before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        desk.mark(&item, MailFlags { read: true, ..MailFlags::default() });
        desk.mailbox.faults().delay(Duration::ZERO);
    };
    let (answer, ()) = tokio::join!(desk.inbox(&start, ""), mark);
    assert_eq!(texts(answer.document(), syncledger_wbxml::pages::email::READ), ["1"]);
    assert!(desk.inbox(&answer.key(), "").await.is_empty());
}

#[tokio::test]
async fn of_a_huge_message_the_first_bytes_are_read() {
    let limits = NodeLimits { max_message_bytes: 1000, ..NodeLimits::default() };
    let desk = Desk::with_limits(limits).await;
    let raw = format!("From: bob@example.com\nSubject: huge\n\n{}", "0123456789\n".repeat(1000));
    let huge = desk.deliver_raw(raw.as_bytes());
    let small = desk.deliver("small", 1);
    let start = desk.inbox("0", "").await.key();
    let answer = desk.inbox(&start, "").await;
    assert_eq!(answer.adds(), [huge.clone(), small]);
    assert_eq!(answer.subjects(), ["huge", "small"]);
    let sent: usize = texts(answer.document(), base::DATA).iter().map(String::len).sum();
    assert!(sent < 1500, "{sent}");
    assert_eq!(texts(answer.document(), base::TRUNCATED), ["1"]);
    let fetch = format!("<Commands><Fetch><ServerId>{huge}</ServerId></Fetch></Commands>");
    let fetched = desk.inbox(&answer.key(), &fetch).await;
    assert_eq!(texts(fetched.document(), base::TRUNCATED), ["1"]);
    assert!(texts(fetched.document(), base::DATA).concat().len() < 1500);
}

#[tokio::test]
async fn a_message_nobody_can_read_is_told_once_and_does_not_stop_the_rest() {
    let desk = Desk::new().await;
    desk.deliver_raw(&[0xFF, 0x00, 0x0D, 0xFE, 0x80]);
    desk.deliver_raw(b"");
    desk.deliver("fine", 0);
    let start = desk.inbox("0", "").await.key();
    let answer = desk.inbox(&start, "").await;
    assert_eq!(answer.adds().len(), 3);
    assert!(desk.inbox(&answer.key(), "").await.is_empty());
    let bytes = syncledger_wbxml::encode(answer.document());
    assert!(syncledger_wbxml::decode(&bytes, &syncledger_wbxml::Limits::default()).is_ok());
}

#[tokio::test]
async fn a_folder_removed_under_a_sync_is_a_changed_hierarchy() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    assert!(desk.mailbox.remove_folder(&MemoryMailbox::inbox()));
    let answer = desk.inbox(&key, "").await;
    assert_eq!((answer.status(), answer.any_key()), (12, key.clone()));
    let change = Synced::of(desk.try_sync(&collections(&[(&key, 2, &read("2:1"))])).await.unwrap());
    assert_eq!(change.status(), 12);
}

#[tokio::test]
async fn one_unreadable_message_does_not_stop_its_folder() {
    for error in [
        MailboxError::Refused("broken".into()),
        MailboxError::Denied("not yours".into()),
        MailboxError::Unsupported("this message"),
    ] {
        let desk = Desk::new().await;
        let (newest, broken, oldest) =
            (desk.deliver("newest", 0), desk.deliver("broken", 1), desk.deliver("oldest", 2));
        desk.mark(&broken, MailFlags { read: true, ..MailFlags::default() });
        desk.mailbox.faults().break_item(&item(&broken), &error);
        let start = desk.inbox("0", "").await.key();
        let answer = desk.inbox(&start, "").await;
        assert_eq!(answer.adds(), [newest, broken.clone(), oldest], "{error}");
        assert_eq!(answer.subjects(), ["newest", "(unreadable message)", "oldest"]);
        assert_eq!(texts(answer.document(), email::READ), ["0", "1", "0"]);
        assert!(texts(answer.document(), email::DATE_RECEIVED)[1].starts_with("2024-04-30T"));
        let key = answer.key();
        assert!(desk.inbox(&key, "").await.is_empty());
        // Its flags go on to be synchronised.
        desk.mark(&broken, MailFlags::default());
        assert_eq!(desk.inbox(&key, "").await.changes(), [(broken, "0".to_owned())]);
    }
}

#[tokio::test]
async fn a_message_that_a_fetch_leaves_out_though_it_is_there_is_told_all_the_same() {
    let desk = Desk::new().await;
    let (left_out, fine) = (desk.deliver("left out", 0), desk.deliver("fine", 1));
    desk.mailbox.faults().leave_out_item(&item(&left_out));
    let start = desk.inbox("0", "").await.key();
    let answer = desk.inbox(&start, "").await;
    assert_eq!(answer.adds(), [left_out.clone(), fine]);
    assert_eq!(answer.subjects(), ["(unreadable message)", "fine"]);
    let fetch = format!("<Commands><Fetch><ServerId>{left_out}</ServerId></Fetch></Commands>");
    let fetched = desk.inbox(&answer.key(), &fetch).await;
    assert_eq!(fetched.replies(), [("Fetch", left_out, 1)]);
    assert_eq!(texts(fetched.document(), email::SUBJECT), ["(unreadable message)"]);
}

#[tokio::test]
async fn a_window_that_failed_for_a_moment_is_fetched_item_by_item() {
    let desk = Desk::new().await;
    let items = [desk.deliver("one", 0), desk.deliver("two", 1), desk.deliver("three", 2)];
    let start = desk.inbox("0", "").await.key();
    desk.mailbox.faults().fail_next_of(Method::Fetch, 1, &MailboxError::Refused("not together".into()));
    let answer = desk.inbox(&start, "").await;
    assert_eq!(
        (answer.adds(), answer.subjects()),
        (items.to_vec(), vec!["one".into(), "two".into(), "three".into()])
    );
    assert!(desk.inbox(&answer.key(), "").await.is_empty());
}

#[tokio::test]
async fn an_outage_while_items_are_fetched_singly_is_503_and_nothing_is_told() {
    let desk = Desk::new().await;
    let item = desk.deliver("one", 0);
    let start = desk.inbox("0", "").await.key();
    desk.mailbox.faults().fail_next_of(Method::Fetch, 1, &MailboxError::Refused("no".into()));
    desk.mailbox.faults().fail_next_of(Method::Fetch, 1, &MailboxError::Unavailable("down".into()));
    let before = desk.events().await;
    assert!(matches!(desk.try_sync(&collections(&[(&start, 2, "")])).await, Err(Failure::RetryLater { .. })));
    assert_eq!(desk.events().await, before);
    assert_eq!((desk.inbox(&start, "").await.adds(),), (vec![item],));
}

fn sent() -> BackendKey {
    BackendKey("Sent".into())
}

/// Inbox and Sent Items, started, with something new in both.
async fn two_folders(desk: &Desk) -> (String, String) {
    let start = desk.sync(&collections(&[("0", 2, ""), ("0", 5, "")])).await;
    let keys = texts(start.document(), a::SYNC_KEY);
    desk.deliver("new", 0);
    desk.deliver_to(&sent(), FolderId::SENT, "sent", 0);
    (keys[0].clone(), keys[1].clone())
}

#[tokio::test]
async fn a_folder_that_fails_does_not_take_the_others_along() {
    for error in [
        MailboxError::Refused("broken".into()),
        MailboxError::Denied("not yours".into()),
        MailboxError::Unsupported("this folder"),
    ] {
        let desk = Desk::new().await;
        let (inbox, outgoing) = two_folders(&desk).await;
        desk.mailbox.faults().refuse_folder(&sent(), &error);
        for order in [[(&inbox, 2), (&outgoing, 5)], [(&outgoing, 5), (&inbox, 2)]] {
            let asked: Vec<_> = order.iter().map(|(key, id)| (key.as_str(), *id, "")).collect();
            let answer = desk.sync(&collections(&asked)).await;
            let said: Vec<_> = answer
                .collections()
                .into_iter()
                .map(|one| {
                    (
                        texts(one, a::COLLECTION_ID)[0].clone(),
                        texts(one, a::STATUS)[0].clone(),
                        texts(one, email::SUBJECT),
                        texts(one, a::SYNC_KEY)[0].clone(),
                    )
                })
                .collect();
            let of = |id: &str| said.iter().find(|(named, ..)| named == id).unwrap().clone();
            assert_eq!((of("2").1, of("2").2), ("1".into(), vec!["new".to_owned()]), "{error}");
            assert_eq!((of("5").1, of("5").3), ("5".into(), outgoing.clone()), "its key stays");
        }
    }
}

#[tokio::test]
async fn an_outage_after_something_was_told_leaves_the_rest_to_the_next_request() {
    let desk = Desk::new().await;
    let (inbox, outgoing) = two_folders(&desk).await;
    let down = MailboxError::Unavailable("down".into());
    desk.mailbox.faults().refuse_folder(&sent(), &down);
    let answer = desk.sync(&collections(&[(&inbox, 2, ""), (&outgoing, 5, "")])).await;
    assert_eq!(answer.subjects(), ["new"]);
    let key = answer.key();
    // With nothing said yet it is 503.
    for asked in [[(key.as_str(), 2, ""), (outgoing.as_str(), 5, "")], [(&outgoing, 5, ""), (&key, 2, "")]] {
        let answer = desk.try_sync(&collections(&asked)).await;
        assert!(matches!(answer, Err(Failure::RetryLater { .. })), "{answer:?}");
    }
}
