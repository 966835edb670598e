//! What the client did: executed once, replied to, and not echoed.

use syncledger_domain::{
    ids::FolderId,
    ports::mailbox::{BackendKey, MailFlags, Mailbox, MailboxError},
};
use syncledger_mailbox_memory::{MemoryMailbox, Method};
use syncledger_wbxml::pages::email;

use crate::ascmd::testing::{Desk, READ, collections, item, texts};

fn read(server_id: &str, value: u8) -> String {
    data(server_id, &format!("<email:Read>{value}</email:Read>"))
}

fn data(server_id: &str, properties: &str) -> String {
    format!(
        "<Change><ServerId>{server_id}</ServerId><ApplicationData>{properties}</ApplicationData></Change>"
    )
}

fn delete(server_id: &str) -> String {
    format!("<Delete><ServerId>{server_id}</ServerId></Delete>")
}

fn commands(inside: &str) -> String {
    format!("<Commands>{inside}</Commands>")
}

async fn flags(desk: &Desk, server_id: &str) -> MailFlags {
    let index = desk.mailbox.index(&MemoryMailbox::inbox(), None).await.unwrap();
    MailFlags::from_fingerprint(index.get(&item(server_id)).unwrap().fingerprint)
}

#[tokio::test]
async fn read_and_flag_reach_the_mailbox_and_do_not_come_back() {
    let desk = Desk::new().await;
    let (one, two) = (desk.deliver("one", 1), desk.deliver("two", 1));
    let key = desk.primed().await;
    let flag = data(
        &two,
        "<email:Flag><email:Status>2</email:Status><email:FlagType>x</email:FlagType></email:Flag>",
    );
    let answer = desk.inbox(&key, &commands(&(read(&one, 1) + &flag))).await;
    assert!(answer.replies().is_empty() && answer.changes().is_empty(), "{}", answer.document());
    assert_eq!(flags(&desk, &one).await, READ);
    assert!(flags(&desk, &two).await.flagged);
    assert!(desk.inbox(&answer.key(), "").await.is_empty(), "no echo");
    // One round trip for both.
    assert_eq!(desk.mailbox.faults().calls().of(Method::Update), 1);
}

#[tokio::test]
async fn a_repeated_change_is_applied_once_and_a_different_one_in_the_repeat_is_applied_too() {
    let desk = Desk::new().await;
    let one = desk.deliver("one", 1);
    let key = desk.primed().await;
    desk.inbox(&key, &commands(&read(&one, 1))).await;
    assert_eq!(flags(&desk, &one).await, READ);
    // The answer is lost. Somebody else marks it unread; then the phone repeats itself.
    desk.mark(&one, MailFlags::default());
    let again = desk.inbox(&key, &commands(&read(&one, 1))).await;
    assert_eq!(flags(&desk, &one).await, MailFlags::default(), "not applied twice");
    assert_eq!(again.changes(), [(one.clone(), "0".to_owned())], "the device hears of the other change");
    // Lost again, and now the user did something else.
    let flag = data(&one, "<email:Flag><email:Status>2</email:Status></email:Flag>");
    let third = desk.inbox(&key, &commands(&(read(&one, 1) + &flag))).await;
    assert!(flags(&desk, &one).await.flagged);
    assert!(desk.inbox(&third.key(), "").await.is_empty());
}

#[tokio::test]
async fn what_was_changed_elsewhere_is_told_along_with_ones_own_change_of_the_same_item() {
    let desk = Desk::new().await;
    let one = desk.deliver("one", 1);
    let key = desk.primed().await;
    desk.mark(&one, MailFlags { flagged: true, ..MailFlags::default() });
    let answer = desk.inbox(&key, &commands(&read(&one, 1))).await;
    assert_eq!(answer.changes(), [(one.clone(), String::new())], "Flag alone");
    assert_eq!(texts(answer.document(), email::STATUS), ["2"]);
    assert_eq!(flags(&desk, &one).await, MailFlags { read: true, flagged: true, ..MailFlags::default() });
    assert!(desk.inbox(&answer.key(), "").await.is_empty());
}

#[tokio::test]
async fn two_changes_of_one_item_in_one_request_are_both_known() {
    let desk = Desk::new().await;
    let one = desk.deliver("one", 1);
    let key = desk.primed().await;
    let flag = data(&one, "<email:Flag><email:Status>2</email:Status></email:Flag>");
    let answer = desk.inbox(&key, &commands(&(read(&one, 1) + &flag))).await;
    assert!(answer.changes().is_empty());
    assert!(desk.inbox(&answer.key(), "").await.is_empty());
}

#[tokio::test]
async fn a_repeat_on_another_node_is_recognised_as_well() {
    let desk = Desk::new().await;
    let one = desk.deliver("one", 1);
    let key = desk.primed().await;
    desk.inbox(&key, &commands(&delete(&one))).await;
    let other = desk.restarted().await;
    let again = other.inbox(&key, &commands(&delete(&one))).await;
    assert!(again.replies().is_empty());
    assert_eq!(other.mailbox.faults().calls().of(Method::MoveItems), 1);
}

#[tokio::test]
async fn a_change_of_what_is_gone_is_told_and_the_deletion_follows() {
    let desk = Desk::new().await;
    let one = desk.deliver("one", 1);
    let key = desk.primed().await;
    desk.remove(&one);
    let answer = desk.inbox(&key, &commands(&read(&one, 1))).await;
    assert_eq!(answer.replies(), [("Change", one.clone(), 8)]);
    assert_eq!(answer.deletes(), [one]);
}

#[tokio::test]
async fn ids_that_are_none_or_of_another_folder_are_not_found() {
    let desk = Desk::new().await;
    let sent = desk.deliver_to(&BackendKey("Sent".to_owned()), FolderId::SENT, "sent", 0);
    let key = desk.primed().await;
    let answer = desk.inbox(&key, &commands(&(read("nonsense", 1) + &read(&sent, 1)))).await;
    assert_eq!(answer.replies(), [("Change", "nonsense".to_owned(), 8), ("Change", sent, 8)]);
    assert_eq!(desk.mailbox.faults().calls().of(Method::Update), 0);
}

#[tokio::test]
async fn a_property_that_may_not_change_is_a_conversion_error_of_that_item_alone() {
    let desk = Desk::new().await;
    let (one, two) = (desk.deliver("one", 1), desk.deliver("two", 1));
    let key = desk.primed().await;
    let subject = data(&one, "<email:Subject>other</email:Subject>");
    let answer = desk.inbox(&key, &commands(&(subject + &read(&two, 1)))).await;
    assert_eq!(answer.replies(), [("Change", one, 6)]);
    assert_eq!(flags(&desk, &two).await, READ);
}

#[tokio::test]
async fn what_a_refused_change_made_of_an_item_on_the_device_is_undone() {
    let desk = Desk::new().await;
    let (one, two) = (desk.deliver("one", 1), desk.deliver("two", 1));
    let key = desk.primed().await;
    let subject = |id: &str| data(id, "<email:Subject>other</email:Subject><email:Read>1</email:Read>");
    let refused = subject(&one) + &read(&two, 1) + &subject("2:99");
    let answer = desk.inbox(&key, &commands(&refused)).await;
    assert_eq!(answer.replies(), [("Change", one.clone(), 6), ("Change", "2:99".to_owned(), 6)]);
    assert_eq!(answer.changes(), [(one.clone(), "0".to_owned())], "the mailbox's version comes back");
    assert!(desk.inbox(&answer.key(), "").await.is_empty());
}

#[tokio::test]
async fn a_change_the_mailbox_refuses_is_undone_on_the_device() {
    for refused in [
        MailboxError::Denied("read-only".into()),
        MailboxError::Refused("no".into()),
        MailboxError::Unsupported("flags"),
    ] {
        let desk = Desk::new().await;
        let one = desk.deliver("one", 1);
        let key = desk.primed().await;
        desk.mailbox.faults().fail_next_of(Method::Update, 1, &refused);
        let answer = desk.inbox(&key, &commands(&read(&one, 1))).await;
        assert_eq!(answer.replies(), [("Change", one.clone(), 6)]);
        assert_eq!(answer.changes(), [(one.clone(), "0".to_owned())]);
        assert_eq!(flags(&desk, &one).await, MailFlags::default());
        assert!(desk.inbox(&answer.key(), "").await.is_empty());
    }
}

#[tokio::test]
async fn a_deletion_the_mailbox_refuses_brings_the_item_back() {
    let desk = Desk::new().await;
    let one = desk.deliver("one", 1);
    let key = desk.primed().await;
    let denied = MailboxError::Denied("read-only".into());
    desk.mailbox.faults().fail_next_of(Method::MoveItems, 1, &denied);
    let answer = desk.inbox(&key, &commands(&delete(&one))).await;
    assert_eq!(answer.replies(), [("Delete", one.clone(), 5)]);
    assert_eq!(answer.adds(), [one]);
    assert!(desk.inbox(&answer.key(), "").await.is_empty());
}

#[tokio::test]
async fn deleting_moves_to_the_trash_and_is_final_inside_it() {
    let desk = Desk::new().await;
    let trash = BackendKey("Trash".to_owned());
    let (one, two) = (desk.deliver("one", 1), desk.deliver("two", 1));
    let key = desk.primed().await;
    let answer = desk.inbox(&key, &commands(&delete(&one))).await;
    assert!(answer.replies().is_empty() && answer.deletes().is_empty());
    assert_eq!(desk.mailbox.messages(&trash).len(), 1);
    let final_ = format!("<DeletesAsMoves>0</DeletesAsMoves>{}", commands(&delete(&two)));
    let answer = desk.inbox(&answer.key(), &final_).await;
    assert!(answer.replies().is_empty());
    assert_eq!(desk.mailbox.messages(&trash).len(), 1);
    assert!(desk.mailbox.messages(&MemoryMailbox::inbox()).is_empty());
    assert!(desk.inbox(&answer.key(), "").await.is_empty(), "no echo");

    let start = desk.sync(&collections(&[("0", 3, "")])).await.key();
    let in_trash = desk.sync(&collections(&[(&start, 3, "")])).await;
    let buried = in_trash.adds().remove(0);
    desk.sync(&collections(&[(&in_trash.key(), 3, &commands(&delete(&buried)))])).await;
    assert!(desk.mailbox.messages(&trash).is_empty());
}

#[tokio::test]
async fn deleting_what_is_gone_is_silent() {
    let desk = Desk::new().await;
    let one = desk.deliver("one", 1);
    let key = desk.primed().await;
    desk.remove(&one);
    let answer = desk.inbox(&key, &commands(&(delete(&one) + &delete("2:777")))).await;
    assert!(answer.replies().is_empty() && answer.deletes().is_empty());
    assert!(desk.inbox(&answer.key(), "").await.is_empty());
}

#[tokio::test]
async fn a_deletion_without_a_trash_to_move_to_fails_and_the_item_comes_back() {
    let desk = Desk::new().await;
    let one = desk.deliver("one", 1);
    let key = desk.primed().await;
    // The folder map has not noticed yet.
    desk.mailbox.remove_folder(&BackendKey("Trash".to_owned()));
    let answer = desk.inbox(&key, &commands(&delete(&one))).await;
    assert_eq!(answer.replies(), [("Delete", one.clone(), 5)]);
    assert_eq!(answer.adds(), [one]);
}

#[tokio::test]
async fn fetch_brings_the_item_and_says_what_is_gone() {
    let desk = Desk::new().await;
    let one = desk.deliver("one", 1);
    let key = desk.primed().await;
    let fetch = |id: &str| format!("<Fetch><ServerId>{id}</ServerId></Fetch>");
    let answer = desk.inbox(&key, &commands(&(fetch(&one) + &fetch("2:777")))).await;
    assert_eq!(answer.replies(), [("Fetch", one, 1), ("Fetch", "2:777".to_owned(), 8)]);
    assert_eq!(texts(answer.document(), email::SUBJECT), ["one"]);
    assert_eq!(answer.key(), key, "nothing moved");
}

#[tokio::test]
async fn fetches_beyond_the_bytes_of_an_answer_are_put_off() {
    let desk = Desk::new().await;
    desk.world.set("syncMaxBytes", "65536").await;
    let raw = format!("From: bob@example.com\nSubject: large\n\n{}", "text\n".repeat(10_000));
    let items: Vec<_> = (0..3).map(|_| desk.deliver_raw(raw.as_bytes())).collect();
    let key = desk.primed().await;
    let fetches = items
        .iter()
        .map(|id| format!("<Fetch><ServerId>{id}</ServerId></Fetch>"))
        .collect::<Vec<_>>()
        .concat();
    let answer = desk.inbox(&key, &commands(&fetches)).await;
    let statuses: Vec<_> = answer.replies().into_iter().map(|(_, _, status)| status).collect();
    assert_eq!(statuses, [1, 16, 16]);
}

#[tokio::test]
async fn mail_cannot_be_added() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    let add = "<Add><ClientId>c1</ClientId><ApplicationData><email:Subject>x</email:Subject></ApplicationData></Add>";
    let answer = desk.inbox(&key, &commands(add)).await;
    assert_eq!(answer.replies(), [("Add", "c1".to_owned(), 6)]);
    let again = desk.inbox(&key, &commands(add)).await;
    assert_eq!(again.replies(), answer.replies());
}

#[tokio::test]
async fn replies_come_even_when_server_changes_are_not_wanted() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    let more = format!("<GetChanges>0</GetChanges>{}", commands(&read("2:777", 1)));
    assert_eq!(desk.inbox(&key, &more).await.replies(), [("Change", "2:777".to_owned(), 8)]);
}
