//! Faults, delays and counters; the promises of the port are tested by its contract suite.

use std::time::Duration;

use syncledger_domain::{
    event::Timestamp,
    ids::{Address, ClientId, DeviceId},
    ports::mailbox::{
        FetchPart, MailFlags, Mailbox, MailboxError, MailboxUser, Mailboxes, NewItem, Origin, Secret,
    },
};

use crate::{MemoryMailbox, MemoryMailboxes, Method};

fn new_item(client_id: &str) -> NewItem {
    NewItem {
        origin: Origin {
            device: DeviceId::new("phone1").unwrap(),
            client_id: ClientId::new(client_id).unwrap(),
        },
        content: "Subject: a\r\n\r\nb\r\n".into(),
        flags: MailFlags::default(),
        date: Timestamp::from_seconds(1_700_000_000),
    }
}

#[tokio::test]
async fn planned_failures_hit_the_next_calls_and_change_nothing() {
    let mailbox = MemoryMailbox::new();
    mailbox.faults().fail_next(2, &MailboxError::QuotaExceeded);
    for _ in 0..2 {
        let refused = mailbox.create(&MemoryMailbox::inbox(), new_item("1")).await;
        assert_eq!(refused.unwrap_err(), MailboxError::QuotaExceeded);
    }
    assert!(mailbox.messages(&MemoryMailbox::inbox()).is_empty());
    mailbox.create(&MemoryMailbox::inbox(), new_item("1")).await.unwrap();
    assert_eq!(mailbox.messages(&MemoryMailbox::inbox()).len(), 1);
}

#[tokio::test]
async fn a_failure_planned_for_one_method_spares_the_others() {
    let mailbox = MemoryMailbox::new();
    mailbox.faults().fail_next_of(Method::Index, 1, &MailboxError::Unavailable("x".into()));
    mailbox.folders().await.unwrap();
    assert!(mailbox.index(&MemoryMailbox::inbox(), None).await.is_err());
    mailbox.index(&MemoryMailbox::inbox(), None).await.unwrap();
}

#[tokio::test]
async fn a_lost_answer_leaves_the_effect_and_a_repetition_finds_it() {
    let mailbox = MemoryMailbox::new();
    mailbox.faults().lose_answers_of(Method::Create, 1);
    let lost = mailbox.create(&MemoryMailbox::inbox(), new_item("1")).await;
    assert!(matches!(lost, Err(MailboxError::Unavailable(_))));
    let found = mailbox.create(&MemoryMailbox::inbox(), new_item("1")).await.unwrap();
    let stored = mailbox.messages(&MemoryMailbox::inbox());
    assert_eq!(stored.into_iter().map(|(id, _)| id).collect::<Vec<_>>(), [found.id]);
}

#[tokio::test]
async fn calls_are_counted_per_method() {
    let mailbox = MemoryMailbox::new();
    let inbox = MemoryMailbox::inbox();
    let id = mailbox.deliver(&inbox, b"\r\n", 0, MailFlags::default()).unwrap();
    drop(mailbox.fetch(&inbox, &[id.clone(), id], FetchPart::Full).await.unwrap());
    mailbox.folders().await.unwrap();
    let calls = mailbox.faults().calls();
    assert_eq!((calls.of(Method::Fetch), calls.of(Method::Folders), calls.total()), (1, 1, 2));
}

#[tokio::test]
async fn a_delay_holds_a_call_back() {
    let mailbox = MemoryMailbox::new();
    mailbox.faults().delay(Duration::from_hours(1));
    let waiting = tokio::time::timeout(Duration::from_millis(5), mailbox.folders()).await;
    assert!(waiting.is_err());
    mailbox.faults().delay(Duration::ZERO);
    mailbox.folders().await.unwrap();
}

#[tokio::test]
async fn secrets_are_checked_when_asked_for() {
    let user = MailboxUser { address: Address::new("alice@example.com").unwrap() };
    let stranger = MailboxUser { address: Address::new("bob@example.com").unwrap() };
    let (right, wrong) = (Secret(b"right".to_vec()), Secret(b"wrong".to_vec()));
    let checking = MemoryMailboxes::new(true);
    checking.add_account(&user.address, "right");
    assert!(checking.open(&user, &right).await.is_ok());
    assert!(matches!(checking.open(&user, &wrong).await, Err(MailboxError::Unauthenticated)));
    assert!(matches!(checking.open(&stranger, &right).await, Err(MailboxError::Unauthenticated)));
    let trusting = MemoryMailboxes::new(false);
    trusting.add_account(&user.address, "right");
    assert!(trusting.open(&user, &wrong).await.is_ok());
}
