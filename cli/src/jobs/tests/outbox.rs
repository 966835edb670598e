use syncledger_commands::admin_mail;
use syncledger_domain::{
    event::Position,
    notices::{MailDraft, Severity, Topic},
    ports::transport::SendError,
};

use super::world::{ADMIN, Answer, World, admin, minutes, seconds};

/// A node writes a mail and dies at once.
async fn prepared_by(world: &World, node: &str, recipients: &[&str]) {
    let draft = MailDraft {
        topic: Topic::Quarantine,
        after: Position(0),
        up_to: Position(3),
        recipients: recipients.iter().map(|address| address.parse().unwrap()).collect(),
        subject: "1 device".to_owned(),
        body: "Phone1\n".to_owned(),
    };
    let by = node.parse().unwrap();
    let done = admin_mail::prepare(&world.repository, &admin(), &draft, &by).await.unwrap();
    assert!(done.appended.is_some());
}

fn unavailable() -> Answer {
    Answer::Fail(SendError::Unavailable("451 later".to_owned()))
}

#[tokio::test(start_paused = true)]
async fn a_node_that_died_before_sending_sends_when_it_is_back() {
    let world = World::new().await;
    prepared_by(&world, "one", &[ADMIN]).await;
    let _one = world.start("one").await;
    seconds(2).await;
    assert_eq!(world.post.sent().len(), 1);
    minutes(60).await;
    assert_eq!(world.post.sent().len(), 1);
    assert!(world.notices().await.outbox.is_empty());
}

#[tokio::test(start_paused = true)]
async fn another_node_takes_over_after_a_minute_and_one_of_them_does() {
    let world = World::new().await;
    let (_two, _three) = (world.start("two").await, world.start("three").await);
    prepared_by(&world, "one", &[ADMIN]).await;
    seconds(58).await;
    assert_eq!(world.post.sent().len(), 0, "it may be at it");
    seconds(10).await;
    assert_eq!(world.post.sent().len(), 1);
    minutes(60).await;
    assert_eq!(world.post.sent().len(), 1);
    assert!(world.notices().await.outbox.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_may_have_left_goes_out_again_as_the_same_bytes() {
    let world = World::new().await;
    world.set("abqNotificationsInterval", "60000").await;
    world.post.answer([Answer::TakeInSilence]);
    let one = world.start("one").await;
    world.quarantined("Phone1").await;
    seconds(70).await;
    assert_eq!(world.post.sent().len(), 1);
    drop(one);
    let _one = world.start("one").await;
    seconds(70).await;
    let sent = world.post.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1]);
    minutes(60).await;
    assert_eq!(world.post.sent().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn two_processes_of_one_name_send_once() {
    let world = World::new().await;
    world.set("abqNotificationsInterval", "60000").await;
    let (_one, _other) = (world.start("one").await, world.start("one").await);
    world.quarantined("Phone1").await;
    minutes(10).await;
    assert_eq!(world.post.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_down_gets_it_later_and_meanwhile_nothing_piles_up() {
    let world = World::new().await;
    world.set("abqNotificationsInterval", "60000").await;
    world.post.answer((0..9).map(|_| unavailable()));
    let (_one, _two) = (world.start("one").await, world.start("two").await);
    for n in 0..5 {
        world.quarantined(&format!("Phone{n}")).await;
        seconds(30).await;
    }
    assert!(world.notices().await.outbox.len() <= 1);
    minutes(60).await;
    let sent = world.post.sent();
    assert_eq!(sent.len(), 2, "the first, and one about all that came meanwhile");
    let all = sent.join("\n");
    for n in 0..5 {
        assert_eq!(all.matches(&format!("Device:  Phone{n}")).count(), 1, "{all}");
    }
    let subjects = world.subjects().await;
    assert_eq!(subjects, ["mail 1 about quarantine does not leave yet"]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_for_good_ends_it_with_a_notice() {
    let world = World::new().await;
    world.post.answer([Answer::Fail(SendError::Refused("550 spam".to_owned()))]);
    prepared_by(&world, "one", &[ADMIN]).await;
    let _one = world.start("one").await;
    minutes(60).await;
    assert_eq!(world.post.sent().len(), 0);
    let notices = world.notices().await;
    assert!(notices.outbox.is_empty());
    assert_eq!(notices.recent.len(), 1);
    let notice = &notices.recent[0];
    assert_eq!((notice.severity, notice.id), (Severity::Error, 1));
    assert!(notice.text.contains("550 spam") && notice.text.contains("Phone1"), "{}", notice.text);
}

#[tokio::test(start_paused = true)]
async fn a_recipient_who_is_gone_does_not_keep_it_from_the_others() {
    let world = World::new().await;
    let gone = || Answer::Fail(SendError::RecipientRefused("550 unknown".to_owned()));
    world.post.answer([gone(), unavailable()]);
    prepared_by(&world, "one", &["gone@example.com", ADMIN, "third@example.com"]).await;
    let _one = world.start("one").await;
    minutes(60).await;
    assert_eq!(world.post.recipients(), ["third@example.com", ADMIN], "once each");
    let notices = world.notices().await;
    assert!(notices.outbox.is_empty());
    assert_eq!(notices.recent.len(), 1);
    assert!(notices.recent[0].text.starts_with("gone@example.com: recipient refused: 550 unknown"));
}

#[tokio::test(start_paused = true)]
async fn without_recipients_the_postmaster_of_the_first_domain_gets_it() {
    let world = World::new().await;
    world.set("notificationRecipients", "").await;
    world.set("abqNotificationsInterval", "60000").await;
    let _one = world.start("one").await;
    world.quarantined("Phone1").await;
    minutes(3).await;
    assert_eq!(world.post.recipients(), ["postmaster@example.com"]);
    assert!(world.post.sent()[0].contains("From: postmaster@example.com\r\n"));
}

#[tokio::test(start_paused = true)]
async fn a_failing_log_is_tried_again() {
    let world = World::new().await;
    world.set("abqNotificationsInterval", "60000").await;
    let _one = world.start("one").await;
    world.quarantined("Phone1").await;
    seconds(59).await;
    world.log.fail_next_appends(3);
    minutes(5).await;
    assert_eq!(world.post.sent().len(), 1);
    assert!(world.notices().await.outbox.is_empty());
}
