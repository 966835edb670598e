//! Tests of the room.

use syncledger_commands::record_moves;
use syncledger_domain::{
    ids::FolderId,
    ports::mailbox::{BackendKey, MailboxError},
};
use syncledger_mailbox_memory::{MemoryMailbox, Method};
use syncledger_wbxml::{Element, pages::move_ as m};

use crate::ascmd::{
    EasCommand,
    testing::{Desk, collections, texts},
};

fn request(moves: &[(&str, &str, &str)]) -> String {
    let one = |(item, from, to): &(&str, &str, &str)| {
        format!(
            "<Move><SrcMsgId>{item}</SrcMsgId><SrcFldId>{from}</SrcFldId><DstFldId>{to}</DstFldId></Move>"
        )
    };
    format!("<MoveItems xmlns=\"Move\">{}</MoveItems>", moves.iter().map(one).collect::<String>())
}

/// Each response: the id sent, the Status, the new id.
async fn moved(desk: &Desk, moves: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    let answer = desk.xml(EasCommand::MoveItems, &request(moves)).await;
    let text = |response: &Element, tag| texts(response, tag).concat();
    let response = |one: &Element| (text(one, m::SRC_MSG_ID), text(one, m::STATUS), text(one, m::DST_MSG_ID));
    answer.children_with(m::RESPONSE).map(response).collect()
}

fn ended(item: &str, status: &str, to: &str) -> (String, String, String) {
    (item.to_owned(), status.to_owned(), to.to_owned())
}

fn in_sent(desk: &Desk) -> Vec<String> {
    let sent = desk.mailbox.messages(&BackendKey("Sent".into()));
    sent.iter().map(|(id, _)| format!("5:{id}")).collect()
}

#[tokio::test]
async fn success_is_3_with_the_new_id() {
    let desk = Desk::new().await;
    let (one, two) = (desk.deliver("one", 1), desk.deliver("two", 1));
    let answer = moved(&desk, &[(&two, "2", "5"), ("2:99", "2", "5"), (&one, "2", "5")]).await;
    let there = in_sent(&desk);
    assert_eq!(there.len(), 2);
    assert_eq!(answer[1], ended("2:99", "1", ""));
    assert_eq!((&answer[0].0, &answer[2].0, answer[0].1.as_str()), (&two, &one, "3"), "in the order asked");
    assert!(there.contains(&answer[0].2) && there.contains(&answer[2].2));
    assert_eq!(desk.mailbox.faults().calls().of(Method::MoveItems), 1, "one round trip");
}

#[tokio::test]
async fn each_way_to_fail_has_its_status() {
    let desk = Desk::new().await;
    let one = desk.deliver("one", 1);
    let cases = [
        (one.as_str(), "3", "5", "1"),
        ("nonsense", "2", "5", "1"),
        ("999:1", "999", "5", "1"),
        (one.as_str(), "2", "999", "2"),
        (one.as_str(), "2", "RI", "2"),
        (one.as_str(), "2", "14", "2"),
        (one.as_str(), "2", "2", "4"),
    ];
    for (item, from, to, status) in cases {
        assert_eq!(moved(&desk, &[(item, from, to)]).await, [ended(item, status, "")], "{item} {from} {to}");
    }
    let two = request(&[(&one, "2", "5")]).replace("</Move>", "<DstFldId>4</DstFldId></Move>");
    let answer = desk.xml(EasCommand::MoveItems, &two).await;
    assert_eq!(texts(&answer, m::STATUS), ["5"]);
    assert_eq!(desk.mailbox.messages(&MemoryMailbox::inbox()).len(), 1);
}

#[tokio::test]
async fn folders_that_went_unnoticed_are_told_apart() {
    let desk = Desk::new().await;
    let one = desk.deliver("one", 1);
    desk.mailbox.remove_folder(&BackendKey("Sent".into()));
    assert_eq!(moved(&desk, &[(&one, "2", "5")]).await, [ended(&one, "2", "")]);
    desk.mailbox.remove_folder(&MemoryMailbox::inbox());
    assert_eq!(moved(&desk, &[(&one, "2", "4")]).await, [ended(&one, "1", "")]);
}

#[tokio::test]
async fn a_repetition_is_answered_as_the_first_was_also_by_another_node() {
    let desk = Desk::new().await;
    let one = desk.deliver("one", 1);
    let first = moved(&desk, &[(&one, "2", "5")]).await;
    assert_eq!(moved(&desk, &[(&one, "2", "5")]).await, first);
    assert_eq!(moved(&desk.restarted().await, &[(&one, "2", "5")]).await, first);
    assert_eq!(in_sent(&desk).len(), 1);
    // To another folder it is no repetition.
    assert_eq!(moved(&desk, &[(&one, "2", "4")]).await, [ended(&one, "1", "")]);
}

#[tokio::test]
async fn an_item_that_is_back_under_its_old_id_is_moved_again() {
    let desk = Desk::new().await;
    let one = desk.deliver("one", 1);
    // As in a mailbox whose messages keep their ids: moved there and back before.
    let context = desk.context();
    let pairs = [(one.parse().unwrap(), "5:1".parse().unwrap())];
    let repository = &context.services.repository;
    record_moves::run(repository, &context.issuer, context.account, &context.device, &pairs).await.unwrap();
    let answer = moved(&desk, &[(&one, "2", "5")]).await;
    assert_eq!(in_sent(&desk), [answer[0].2.clone()]);
    assert!(desk.mailbox.messages(&MemoryMailbox::inbox()).is_empty());
}

#[tokio::test]
async fn one_item_asked_for_twice_moves_once() {
    let desk = Desk::new().await;
    let one = desk.deliver("one", 1);
    let answer = moved(&desk, &[(&one, "2", "5"), (&one, "2", "5")]).await;
    assert_eq!((answer[0].1.as_str(), &answer[0]), ("3", &answer[1]));
    let two = desk.deliver("two", 1);
    let statuses: Vec<_> =
        moved(&desk, &[(&two, "2", "4"), (&two, "2", "5")]).await.into_iter().map(|one| one.1).collect();
    assert_eq!(statuses, ["3", "1"]);
}

#[tokio::test]
async fn both_folders_know_of_the_move_and_the_next_syncs_say_nothing() {
    let desk = Desk::new().await;
    let (one, _) = (desk.deliver("one", 1), desk.deliver("two", 1));
    let inbox = desk.primed().await;
    let sent = desk.sync(&collections(&[("0", 5, "")])).await.key();
    assert!(desk.sync(&collections(&[(&sent, 5, "")])).await.is_empty());
    assert_eq!(moved(&desk, &[(&one, "2", "5")]).await[0].1, "3");
    assert!(desk.sync(&collections(&[(&inbox, 2, ""), (&sent, 5, "")])).await.is_empty());
    // What follows is told as ever.
    assert!(
        desk.mailbox
            .remove(&BackendKey("Sent".into()), &desk.mailbox.messages(&BackendKey("Sent".into()))[0].0)
    );
    assert_eq!(desk.sync(&collections(&[(&sent, 5, "")])).await.deletes().len(), 1);
}

#[tokio::test]
async fn a_move_of_what_was_told_by_an_answer_that_got_lost_leaves_nothing_behind() {
    let desk = Desk::new().await;
    let one = desk.deliver("one", 1);
    let start = desk.inbox("0", "").await.key();
    assert_eq!(desk.inbox(&start, "").await.adds(), [one.as_str()]);
    assert_eq!(moved(&desk, &[(&one, "2", "5")]).await[0].1, "3");
    let again = desk.inbox(&start, "").await;
    assert!(again.adds().is_empty() && again.deletes().is_empty());
    // A folder the device does not synchronise gets no state by a move.
    let sent = desk.sync(&collections(&[("0", 5, "")])).await.key();
    assert_eq!(desk.sync(&collections(&[(&sent, 5, "")])).await.adds().len(), 1);
}

#[tokio::test]
async fn requests_out_of_bounds_are_103() {
    let desk = Desk::new().await;
    let one = ("2:1", "2", "5");
    assert_eq!(desk.fails(EasCommand::MoveItems, &request(&[])).await, 103);
    assert_eq!(desk.fails(EasCommand::MoveItems, &request(&vec![one; 1001])).await, 103);
    assert_eq!(desk.fails(EasCommand::MoveItems, &request(&[("", "2", "5")])).await, 103);
    assert_eq!(moved(&desk, &vec![one; 1000]).await.len(), 1000);
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_that_is_down_is_503_and_one_that_goes_down_in_the_middle_locks_the_rest() {
    let desk = Desk::new().await;
    let one = desk.deliver("one", 1);
    desk.mailbox.set_down(true);
    assert_eq!(desk.fails(EasCommand::MoveItems, &request(&[(&one, "2", "5")])).await, 503);
    desk.mailbox.set_down(false);
    let sent = desk.deliver_to(&BackendKey("Sent".into()), FolderId::SENT, "sent", 1);
    let denied = MailboxError::Denied("read-only".into());
    desk.mailbox.faults().fail_next_of(Method::MoveItems, 1, &denied);
    assert_ne!(desk.fails(EasCommand::MoveItems, &request(&[(&one, "2", "5")])).await, 503);
    // The groups go by source: the first succeeds, the second meets the outage.
    let before = desk.mailbox.faults().calls().of(Method::MoveItems);
    desk.mailbox.faults().delay(std::time::Duration::from_millis(30));
    let outage = async {
        while desk.mailbox.faults().calls().of(Method::MoveItems) < before + 2 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        desk.mailbox.set_down(true);
    };
    let moves = [(one.as_str(), "2", "4"), (sent.as_str(), "5", "4")];
    let (answer, ()) = tokio::join!(moved(&desk, &moves), outage);
    assert_eq!((answer[0].1.as_str(), answer[1].1.as_str()), ("3", "7"));
}

#[tokio::test(start_paused = true)]
async fn a_move_waits_for_the_syncs_of_both_folders() {
    let desk = Desk::new().await;
    let one = desk.deliver("one", 1);
    desk.primed().await;
    let context = desk.context();
    for folder in [FolderId::INBOX, FolderId::SENT] {
        let before = desk.mailbox.faults().calls().of(Method::MoveItems);
        let states = &context.services.sync_states;
        let collection = syncledger_domain::ids::CollectionId::Folder(folder);
        let held = states.open(context.account, &context.device, collection).await.unwrap();
        let sync = async {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            assert_eq!(desk.mailbox.faults().calls().of(Method::MoveItems), before, "{folder} is held");
            drop(held);
        };
        let moves = [(one.as_str(), "2", "5")];
        assert_eq!(tokio::join!(moved(&desk, &moves), sync).0[0].1, "3");
    }
}

#[tokio::test(start_paused = true)]
async fn moves_to_and_fro_at_once_do_not_wait_for_each_other_for_ever() {
    let desk = Desk::new().await;
    let one = desk.deliver("one", 1);
    let sent = desk.deliver_to(&BackendKey("Sent".into()), FolderId::SENT, "sent", 1);
    desk.mailbox.faults().delay(std::time::Duration::from_millis(50));
    let (there, back) = ([(one.as_str(), "2", "5")], [(sent.as_str(), "5", "2")]);
    let both = async { tokio::join!(moved(&desk, &there), moved(&desk, &back)) };
    let (there, back) = tokio::time::timeout(std::time::Duration::from_mins(1), both).await.unwrap();
    assert_eq!((there[0].1.as_str(), back[0].1.as_str()), ("3", "3"));
}
