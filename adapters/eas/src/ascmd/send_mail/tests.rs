//! Tests of the room.

use syncledger_domain::{
    ids::ProtocolVersion,
    ports::{
        mailbox::{BackendKey, MailboxError},
        transport::SendError,
    },
};
use syncledger_mailbox_memory::Method;
use syncledger_wbxml::{
    Element,
    pages::{compose_mail as c, rights_management as rm},
};

use crate::{
    answer::{Answer, Failure},
    ascmd::{EasCommand, testing::Desk},
    context::RequestBody,
};

const MAIL: &str = "To: bob@example.com\r\nSubject: Lunch\r\n\r\nAt 12?\r\n";

fn mail(client_id: &str, mime: &str) -> Element {
    Element::new(c::SEND_MAIL)
        .with(Element::text(c::CLIENT_ID, client_id))
        .with(Element::new(c::SAVE_IN_SENT_ITEMS))
        .with(Element::opaque(c::MIME, mime))
}

/// 0 for success; the common status; 503 for "later".
async fn send(desk: &Desk, body: RequestBody) -> u16 {
    match desk.ask(EasCommand::SendMail, body).await {
        Ok(Answer::Empty) => 0,
        Ok(answer) => panic!("{answer:?}"),
        Err(Failure::Status { status, .. }) => status.value(),
        Err(Failure::RetryLater { .. }) => 503,
        Err(Failure::Forbidden { .. }) => 403,
    }
}

async fn send_wbxml(desk: &Desk, document: Element) -> u16 {
    send(desk, RequestBody::Wbxml(document)).await
}

fn copies(desk: &Desk) -> Vec<String> {
    let sent = desk.mailbox.messages(&BackendKey("Sent".into()));
    sent.iter().map(|(_, raw)| String::from_utf8_lossy(raw).into_owned()).collect()
}

#[tokio::test]
async fn success_is_empty_and_the_message_leaves_once_with_a_copy_kept() {
    for version in [ProtocolVersion::V14_0, ProtocolVersion::V14_1, ProtocolVersion::V16_1] {
        let mut desk = Desk::new().await;
        assert_eq!(send_wbxml(desk.speak(version), mail("m1", MAIL)).await, 0);
        let sent = desk.post.sent();
        let [outgoing] = &sent[..] else { panic!("{sent:?}") };
        assert_eq!(outgoing.from.to_string(), "alice@example.com");
        assert_eq!(
            outgoing.recipients.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["bob@example.com"]
        );
        let copies = copies(&desk);
        assert_eq!(copies.len(), 1);
        assert!(copies[0].contains("Subject: Lunch") && copies[0].contains("At 12?"));
    }
}

#[tokio::test]
async fn the_copy_is_read_and_comes_with_the_next_sync_of_sent_items() {
    let desk = Desk::new().await;
    let start = desk.sync(&crate::ascmd::testing::collections(&[("0", 5, "")])).await.key();
    send_wbxml(&desk, mail("m1", MAIL)).await;
    let answer = desk.sync(&crate::ascmd::testing::collections(&[(&start, 5, "")])).await;
    assert_eq!(answer.subjects(), ["Lunch"]);
    assert_eq!(crate::ascmd::testing::texts(answer.document(), syncledger_wbxml::pages::email::READ), ["1"]);
}

#[tokio::test]
async fn without_the_wish_no_copy_is_kept() {
    let desk = Desk::new().await;
    let without = Element::new(c::SEND_MAIL)
        .with(Element::text(c::CLIENT_ID, "m1"))
        .with(Element::opaque(c::MIME, MAIL));
    assert_eq!(send_wbxml(&desk, without.clone()).await, 0);
    assert_eq!(send_wbxml(&desk, without.with(Element::text(c::SAVE_IN_SENT_ITEMS, "0"))).await, 118);
    assert!(copies(&desk).is_empty());
}

#[tokio::test]
async fn a_repetition_is_118_without_a_second_message_or_copy() {
    let desk = Desk::new().await;
    assert_eq!(send_wbxml(&desk, mail("m1", MAIL)).await, 0);
    assert_eq!(send_wbxml(&desk, mail("m1", MAIL)).await, 118);
    assert_eq!(send_wbxml(&desk.restarted().await, mail("m1", MAIL)).await, 118);
    assert_eq!((desk.post.sent().len(), copies(&desk).len()), (1, 1));
    assert_eq!(send_wbxml(&desk, mail("m2", MAIL)).await, 0);
    assert_eq!(desk.post.sent().len(), 2);
}

#[tokio::test]
async fn a_copy_that_could_not_be_kept_is_kept_by_the_repetition() {
    let desk = Desk::new().await;
    let down = MailboxError::Unavailable("test".into());
    desk.mailbox.faults().fail_next_of(Method::Create, 1, &down);
    assert_eq!(send_wbxml(&desk, mail("m1", MAIL)).await, 0, "the message has left");
    assert!(copies(&desk).is_empty());
    assert_eq!(send_wbxml(&desk, mail("m1", MAIL)).await, 118);
    assert_eq!(copies(&desk).len(), 1);
}

#[tokio::test]
async fn messages_that_cannot_be_sent_have_their_status_and_do_not_leave() {
    let desk = Desk::new().await;
    for (mime, status) in [
        ("Subject: to nobody\r\n\r\nx", 119),
        ("To: not an address\r\n\r\nx", 116),
        ("\u{0}\u{1}", 107),
        ("", 107),
    ] {
        assert_eq!(send_wbxml(&desk, mail("m1", mime)).await, status, "{mime:?}");
    }
    assert!(desk.post.sent().is_empty() && copies(&desk).is_empty());
    assert_eq!(send_wbxml(&desk, mail("m1", MAIL)).await, 0, "the ClientId is not used up");
}

#[tokio::test]
async fn what_the_mail_server_says_has_its_status() {
    let desk = Desk::new().await;
    for (error, status) in [
        (SendError::Unavailable("greylisted".into()), 503),
        (SendError::RecipientRefused("bob@example.com".into()), 116),
        (SendError::Refused("policy".into()), 120),
        (SendError::TooLarge("10 MB".into()), 122),
    ] {
        desk.post.fail_next(error.clone());
        assert_eq!(send_wbxml(&desk, mail("m1", MAIL)).await, status, "{error}");
        assert!(copies(&desk).is_empty());
    }
    assert_eq!(send_wbxml(&desk, mail("m1", MAIL)).await, 0);
}

#[tokio::test]
async fn blind_copies_get_the_message_and_nobody_else_sees_them() {
    let desk = Desk::new().await;
    let blind = "To: bob@example.com\r\nBcc: carol@example.com\r\nSubject: x\r\n\r\nx\r\n";
    assert_eq!(send_wbxml(&desk, mail("m1", blind)).await, 0);
    let outgoing = desk.post.sent().remove(0);
    assert_eq!(outgoing.recipients.len(), 2);
    assert!(!String::from_utf8_lossy(&outgoing.message).to_lowercase().contains("carol"));
}

#[tokio::test]
async fn requests_that_break_the_schema_have_their_status() {
    let desk = Desk::new().await;
    let without_id = Element::new(c::SEND_MAIL).with(Element::opaque(c::MIME, MAIL));
    let without_mime = Element::new(c::SEND_MAIL).with(Element::text(c::CLIENT_ID, "m1"));
    for (document, status) in [
        (without_id.clone(), 103),
        (without_id.with(Element::text(c::CLIENT_ID, "x".repeat(41))), 103),
        (without_mime, 103),
        (mail("m1", MAIL).with(Element::text(c::ACCOUNT_ID, "other")), 166),
        (mail("m1", MAIL).with(Element::text(rm::TEMPLATE_ID, "x")), 168),
        (Element::new(c::SMART_REPLY), 103),
    ] {
        assert_eq!(send_wbxml(&desk, document).await, status);
    }
    assert_eq!(send(&desk, RequestBody::Empty).await, 101);
    assert!(desk.post.sent().is_empty());
}

#[tokio::test]
async fn before_14_0_the_body_is_the_message_and_its_content_names_it() {
    let mut desk = Desk::new().await;
    desk.speak(ProtocolVersion::V12_1).parameters.save_in_sent = true;
    assert_eq!(send(&desk, RequestBody::Mime(MAIL.into())).await, 0);
    assert_eq!((desk.post.sent().len(), copies(&desk).len()), (1, 1));
    assert_eq!(send(&desk, RequestBody::Mime(MAIL.into())).await, 118, "a retry after a time-out");
    assert_eq!(desk.post.sent().len(), 1);
    desk.parameters.save_in_sent = false;
    assert_eq!(send(&desk, RequestBody::Mime(MAIL.replace("12", "1").into())).await, 0);
    assert_eq!((desk.post.sent().len(), copies(&desk).len()), (2, 1));
    assert_eq!(send_wbxml(&desk, mail("m1", MAIL)).await, 101);
    assert_eq!(send(&desk, RequestBody::Mime("".into())).await, 101);
    // Odd gateways turn a message of 14.1 into a bare one.
    assert_eq!(
        send(desk.speak(ProtocolVersion::V14_1), RequestBody::Mime(MAIL.replace("12", "2").into())).await,
        0
    );
}

#[tokio::test(start_paused = true)]
async fn a_log_that_cannot_be_written_for_a_moment_after_the_message_left_is_tried_again() {
    let desk = Desk::new().await;
    desk.world.log.fail_next_appends(2);
    assert_eq!(send_wbxml(&desk, mail("m1", MAIL)).await, 0);
    assert_eq!(send_wbxml(&desk, mail("m1", MAIL)).await, 118);
    assert_eq!((desk.post.sent().len(), copies(&desk).len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_left_and_cannot_be_recorded_is_no_failure() {
    let desk = Desk::new().await;
    desk.world.log.fail_next_appends(1000);
    assert_eq!(send_wbxml(&desk, mail("m1", MAIL)).await, 0, "asking for it again would send it twice");
    assert_eq!(desk.post.sent().len(), 1);
    desk.world.log.fail_next_appends(0);
    // A client that asks again all the same sends a message receivers know for the same.
    assert_eq!(send_wbxml(&desk.restarted().await, mail("m1", MAIL)).await, 0);
    let ids: Vec<_> = desk.post.sent().iter().map(|outgoing| message_id(&outgoing.message)).collect();
    assert_eq!((ids.len(), &ids[0]), (2, &ids[1]));
}

#[tokio::test(start_paused = true)]
async fn a_repetition_that_comes_while_the_message_is_being_sent_waits_for_its_end() {
    let mut desk = Desk::new().await;
    desk.post.delay(std::time::Duration::from_secs(30));
    let ends = tokio::join!(send_wbxml(&desk, mail("m1", MAIL)), send_wbxml(&desk, mail("m1", MAIL)));
    assert_eq!((ends, desk.post.sent().len()), ((0, 118), 1));
    // Others do not wait for it.
    let begun = tokio::time::Instant::now();
    let ends = tokio::join!(send_wbxml(&desk, mail("m2", MAIL)), send_wbxml(&desk, mail("m3", MAIL)));
    assert_eq!((ends, begun.elapsed().as_secs()), ((0, 0), 30));
    // One whose first attempt fails is sent by the second.
    desk.post.fail_next(SendError::Unavailable("greylisted".into()));
    let ends = tokio::join!(send_wbxml(&desk, mail("m4", MAIL)), send_wbxml(&desk, mail("m4", MAIL)));
    assert_eq!((ends, desk.post.sent().len()), ((503, 0), 4));
    desk.speak(ProtocolVersion::V12_1);
    let bare = || RequestBody::Mime(MAIL.into());
    let ends = tokio::join!(send(&desk, bare()), send(&desk, bare()));
    assert_eq!((ends, desk.post.sent().len()), ((0, 118), 5));
}

#[tokio::test]
async fn without_ids_the_same_message_is_a_repetition_for_minutes_and_meant_later() {
    const MINUTE: i64 = 60;
    let mut desk = Desk::new().await;
    desk.speak(ProtocolVersion::V12_1).parameters.save_in_sent = true;
    let bare = || RequestBody::Mime(MAIL.into());
    assert_eq!(send(&desk, bare()).await, 0);
    for wait in [0, 5, 9] {
        desk.world.advance(wait * MINUTE);
        assert_eq!(send(&desk, bare()).await, 118, "a retry");
    }
    desk.world.advance(2 * MINUTE);
    assert_eq!(send(&desk, bare()).await, 0, "the same words again");
    assert_eq!(send(&desk.restarted().await, bare()).await, 118);
    let ids: std::collections::BTreeSet<_> =
        desk.post.sent().iter().map(|outgoing| message_id(&outgoing.message)).collect();
    assert_eq!((ids.len(), copies(&desk).len()), (2, 2), "receivers must not take the two for one");
    desk.world.advance(20 * MINUTE);
    assert_eq!(send(&desk, bare()).await, 0);
    assert_eq!((desk.post.sent().len(), copies(&desk).len()), (3, 3));
}

#[tokio::test]
async fn an_id_given_by_the_client_is_remembered_for_longer() {
    let desk = Desk::new().await;
    assert_eq!(send_wbxml(&desk, mail("m1", MAIL)).await, 0);
    desk.world.advance(3 * crate::ascmd::testing::DAY);
    assert_eq!(send_wbxml(&desk, mail("m1", MAIL)).await, 118);
    assert_eq!((desk.post.sent().len(), copies(&desk).len()), (1, 1));
}

fn message_id(message: &[u8]) -> String {
    let text = String::from_utf8_lossy(message);
    text.lines().find(|line| line.to_lowercase().starts_with("message-id:")).expect("a Message-ID").to_owned()
}
