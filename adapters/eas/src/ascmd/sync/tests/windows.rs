//! How much one answer tells.

use syncledger_commands::{add_logger, remove_logger};
use syncledger_domain::{
    ids::AccountId,
    loggers::{Draft, Level, LoggerEnd, LoggerId},
};
use syncledger_mailbox_memory::Method;
use syncledger_wbxml::pages::air_sync as a;

use crate::{
    ascmd::testing::{Desk, collections},
    http::tests::world::{World, alice},
};

#[tokio::test]
async fn the_newest_come_first_and_more_is_announced_before_the_commands() {
    let desk = Desk::new().await;
    for days_ago in [5, 0, 3, 1, 4] {
        desk.deliver(&format!("{days_ago} days old"), days_ago);
    }
    let start = desk.inbox("0", "").await.key();
    let first = desk.inbox(&start, "<WindowSize>2</WindowSize>").await;
    assert_eq!(first.subjects(), ["0 days old", "1 days old"]);
    assert!(first.more());
    let names: Vec<_> = first.collection().elements().map(|child| child.tag).collect();
    assert_eq!(names, [a::SYNC_KEY, a::COLLECTION_ID, a::STATUS, a::MORE_AVAILABLE, a::COMMANDS]);
    let second = desk.inbox(&first.key(), "<WindowSize>2</WindowSize>").await;
    assert_eq!(second.subjects(), ["3 days old", "4 days old"]);
    let last = desk.inbox(&second.key(), "<WindowSize>2</WindowSize>").await;
    assert_eq!((last.subjects(), last.more()), (vec!["5 days old".to_owned()], false));
}

#[tokio::test]
async fn a_window_costs_one_fetch() {
    let desk = Desk::new().await;
    for _ in 0..60 {
        desk.deliver("one of many", 1);
    }
    let start = desk.inbox("0", "").await.key();
    let before = desk.mailbox.faults().calls();
    assert_eq!(desk.inbox(&start, "<WindowSize>50</WindowSize>").await.adds().len(), 50);
    let after = desk.mailbox.faults().calls();
    let of = |method| after.of(method) - before.of(method);
    assert_eq!((of(Method::Fetch), of(Method::Index)), (1, 1));
    assert_eq!(after.total() - before.total(), 2);
}

#[tokio::test]
async fn window_sizes_have_a_default_and_a_limit() {
    let desk = Desk::new().await;
    desk.world.set("syncDefaultWindow", "3").await;
    desk.world.set("syncMaxWindow", "5").await;
    for _ in 0..7 {
        desk.deliver("mail", 1);
    }
    for (window, count) in [
        ("", 3),
        ("<WindowSize>0</WindowSize>", 5),
        ("<WindowSize>512</WindowSize>", 5),
        ("<WindowSize>70000</WindowSize>", 5),
    ] {
        let start = desk.inbox("0", "").await.key();
        assert_eq!(desk.inbox(&start, window).await.adds().len(), count, "{window}");
    }
}

#[tokio::test]
async fn a_logger_of_the_account_lets_through_as_many_items_as_it_says_from_the_next_request_on() {
    let desk = Desk::new().await;
    for days_ago in 0..6 {
        desk.deliver(&format!("{days_ago} days old"), days_ago);
    }
    let repository = &desk.world.services.repository;
    let add = async |account, window_size, file: &str| {
        let file = format!("/log/{file}");
        let draft = Draft { account, level: Level::Crit, file, window_size: Some(window_size), until: None };
        let done = add_logger::run(repository, &World::admin(), &draft).await.unwrap();
        desk.world.settle().await;
        LoggerId(done.state.last_id)
    };
    let bob = desk.world.add("bob@example.com", "bobs").await;
    drop(bob);
    add(AccountId::for_address(&"bob@example.com".parse().unwrap()), 1, "bob").await;
    let start = desk.inbox("0", "").await.key();
    let asked = "<WindowSize>2</WindowSize>";
    let first = desk.inbox(&start, asked).await;
    assert_eq!(first.adds().len(), 2, "somebody else's logger");
    add(alice(), 5, "wide").await;
    let second = desk.inbox(&first.key(), asked).await;
    assert_eq!(second.adds().len(), 2, "never more than the device asks for");
    let one = add(alice(), 1, "one").await;
    let third = desk.inbox(&second.key(), asked).await;
    assert_eq!((third.adds().len(), third.more()), (1, true));
    remove_logger::run(repository, &World::admin(), one, LoggerEnd::Removed).await.unwrap();
    desk.world.settle().await;
    desk.deliver("one more", 0);
    assert_eq!(desk.inbox(&third.key(), asked).await.adds().len(), 2);
}

#[tokio::test]
async fn changes_of_every_kind_count_in_the_window() {
    let desk = Desk::new().await;
    let items: Vec<_> = (0..4).map(|_| desk.deliver("old", 1)).collect();
    let key = desk.primed().await;
    desk.remove(&items[0]);
    desk.mark(&items[1], crate::ascmd::testing::READ);
    desk.deliver("new", 0);
    let first = desk.inbox(&key, "<WindowSize>1</WindowSize>").await;
    assert_eq!((first.deletes().len(), first.more()), (1, true));
    let second = desk.inbox(&first.key(), "<WindowSize>1</WindowSize>").await;
    assert_eq!((second.changes().len(), second.more()), (1, true));
    let third = desk.inbox(&second.key(), "<WindowSize>1</WindowSize>").await;
    assert_eq!((third.adds().len(), third.more()), (1, false));
}

#[tokio::test]
async fn the_window_of_the_whole_answer_is_shared_in_the_order_of_the_request() {
    let desk = Desk::new().await;
    let sent = syncledger_domain::ports::mailbox::BackendKey("Sent".to_owned());
    for _ in 0..3 {
        desk.deliver("in", 1);
        desk.deliver_to(&sent, syncledger_domain::ids::FolderId::SENT, "out", 1);
    }
    let start = desk.sync(&collections(&[("0", 2, ""), ("0", 5, "")])).await;
    assert_eq!(start.collections().len(), 2);
    let xml = format!("{}<WindowSize>4</WindowSize>", collections(&[("1.1", 2, ""), ("1.1", 5, "")]));
    let answer = desk.sync(&xml).await;
    let counts: Vec<_> = answer
        .collections()
        .iter()
        .map(|one| {
            let adds = one.child(a::COMMANDS).map_or(0, |commands| commands.elements().count());
            (adds, one.child(a::MORE_AVAILABLE).is_some())
        })
        .collect();
    assert_eq!(counts, [(3, false), (1, true)]);
    // A full answer leaves the rest out, under the key it has.
    let xml = format!("{}<WindowSize>3</WindowSize>", collections(&[("0", 2, ""), ("0", 5, "")]));
    desk.sync(&xml).await;
    let xml = format!("{}<WindowSize>3</WindowSize>", collections(&[("2.1", 2, ""), ("2.1", 5, "")]));
    assert_eq!(desk.sync(&xml).await.collections().len(), 1);
    assert_eq!(desk.sync(&collections(&[("2.1", 5, "")])).await.adds().len(), 3);
}

#[tokio::test]
async fn bytes_end_a_window_but_one_item_always_goes() {
    let desk = Desk::new().await;
    desk.world.set("syncMaxBytes", "65536").await;
    let raw = format!("From: bob@example.com\nSubject: large\n\n{}", "text\n".repeat(10_000));
    for _ in 0..3 {
        desk.deliver_raw(raw.as_bytes());
    }
    let mut key = desk.inbox("0", "").await.key();
    for left in [true, true, false] {
        let answer = desk.inbox(&key, "").await;
        assert_eq!((answer.adds().len(), answer.more()), (1, left));
        key = answer.key();
    }
}

#[tokio::test]
async fn get_changes_0_moves_no_server_change() {
    let desk = Desk::new().await;
    let item = desk.deliver("known", 1);
    let key = desk.primed().await;
    desk.deliver("new", 0);
    assert!(desk.inbox(&key, "<GetChanges>0</GetChanges>").await.is_empty());
    let change = format!(
        "<GetChanges>0</GetChanges><Commands><Change><ServerId>{item}</ServerId><ApplicationData>\
         <email:Read>1</email:Read></ApplicationData></Change></Commands>"
    );
    let answer = desk.inbox(&key, &change).await;
    assert!(answer.adds().is_empty() && !answer.more());
    assert_ne!(answer.key(), key);
    assert_eq!(desk.inbox(&answer.key(), "").await.subjects(), ["new"]);
}
