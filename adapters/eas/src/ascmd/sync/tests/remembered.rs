//! Empty and partial requests.

use crate::{
    answer::Answer,
    ascmd::{
        EasCommand,
        testing::{Desk, Synced, collections},
    },
    context::RequestBody,
};

async fn empty(desk: &Desk) -> Synced {
    Synced::of(desk.ask(EasCommand::Sync, RequestBody::Empty).await.unwrap())
}

#[tokio::test]
async fn an_empty_request_without_a_remembered_one_is_incomplete() {
    let desk = Desk::new().await;
    assert_eq!(empty(&desk).await.global(), (13, None));
    let partial = format!("{}<Partial/>", collections(&[("0", 2, "")]));
    assert_eq!(desk.sync(&partial).await.global(), (13, None));
}

#[tokio::test]
async fn an_empty_request_repeats_the_last_one_while_its_keys_are_current() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    assert!(desk.inbox(&key, "").await.is_empty());
    assert!(empty(&desk).await.is_empty());
    let item = desk.deliver("new", 0);
    let answer = empty(&desk).await;
    assert_eq!(answer.adds(), [item]);
    // The key moved, and nobody can tell whether the phone knows.
    assert_eq!(empty(&desk).await.global(), (13, None));
    assert!(desk.inbox(&answer.key(), "").await.is_empty());
    assert!(empty(&desk).await.is_empty());
}

#[tokio::test]
async fn an_empty_request_does_not_repeat_client_commands() {
    let desk = Desk::new().await;
    let item = desk.deliver("one", 0);
    let key = desk.primed().await;
    let gone = "<Commands><Fetch><ServerId>2:777</ServerId></Fetch></Commands>";
    assert_eq!(desk.inbox(&key, gone).await.replies().len(), 1);
    assert!(empty(&desk).await.is_empty());
    desk.remove(&item);
    assert_eq!(empty(&desk).await.deletes(), [item]);
}

#[tokio::test]
async fn what_is_remembered_is_forgotten_by_a_restart() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    desk.inbox(&key, "").await;
    assert_eq!(empty(&desk.restarted().await).await.global(), (13, None));
}

#[tokio::test]
async fn a_partial_request_names_what_changed_and_borrows_the_rest() {
    let desk = Desk::new().await;
    let start = desk.sync(&collections(&[("0", 2, ""), ("0", 5, "")])).await;
    assert_eq!(start.collections().len(), 2);
    assert!(desk.sync(&collections(&[("1.1", 2, ""), ("1.1", 5, "")])).await.is_empty());
    let item = desk.deliver("new", 0);
    let sent = syncledger_domain::ports::mailbox::BackendKey("Sent".to_owned());
    desk.deliver_to(&sent, syncledger_domain::ids::FolderId::SENT, "sent", 0);
    let partial = |key: &str| format!("{}<Partial/>", collections(&[(key, 2, "")]));
    let answer = desk.sync(&partial("1.1")).await;
    assert_eq!(answer.collections().len(), 2, "{}", answer.document());
    assert!(answer.document().to_string().contains(&item));
    // The borrowed key has moved meanwhile: the phone must say where it stands.
    assert_eq!(desk.sync(&partial("1.2")).await.global(), (13, None));
}

#[tokio::test]
async fn a_partial_request_may_start_a_collection_or_repeat_a_lost_answer() {
    let desk = Desk::new().await;
    let inbox = desk.primed().await;
    assert!(desk.inbox(&inbox, "").await.is_empty());
    let starts = format!("{}<Partial/>", collections(&[("0", 5, "")]));
    assert_eq!(desk.sync(&starts).await.key(), "1.1");
    let sent = syncledger_domain::ports::mailbox::BackendKey("Sent".to_owned());
    let item = desk.deliver_to(&sent, syncledger_domain::ids::FolderId::SENT, "sent", 0);
    let goes_on = format!("{}<Partial/>", collections(&[("1.1", 5, "")]));
    assert_eq!(desk.sync(&goes_on).await.adds(), [item.as_str()]);
    assert_eq!(desk.sync(&goes_on).await.adds(), [item.as_str()]);
    let garbage = format!("{}<Partial/>", collections(&[("nonsense", 5, "")]));
    assert_eq!(desk.sync(&garbage).await.status(), 3);
}

#[tokio::test]
async fn partial_alone_says_nothing() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    desk.inbox(&key, "").await;
    assert_eq!(desk.sync("<Partial/>").await.global(), (4, None));
}

#[tokio::test]
async fn a_message_is_no_sync() {
    let desk = Desk::new().await;
    let answer = desk.ask(EasCommand::Sync, RequestBody::Mime("From: x\n\n".into())).await;
    assert!(matches!(answer, Err(crate::answer::Failure::Status { .. })), "{answer:?}");
    let other = syncledger_wbxml::from_xml("<Ping xmlns=\"Ping\"/>").unwrap();
    let answer: Result<Answer, _> = desk.ask(EasCommand::Sync, RequestBody::Wbxml(other)).await;
    assert!(answer.is_err());
}
