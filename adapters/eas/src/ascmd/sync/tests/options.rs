//! Options: filters, bodies, and that they stick.

use crate::ascmd::testing::{DAY, Desk, texts};
use syncledger_domain::ids::ProtocolVersion;
use syncledger_wbxml::pages::air_sync_base as base;

const WEEK: &str = "<Options><FilterType>3</FilterType></Options>";

#[tokio::test]
async fn the_filter_lets_in_what_its_window_holds() {
    let desk = Desk::new().await;
    for days_ago in [0, 6, 8, 20, 40] {
        desk.deliver(&format!("{days_ago}"), days_ago);
    }
    for (filter, days) in [("0", 5), ("1", 1), ("2", 1), ("3", 2), ("4", 3), ("5", 4), ("6", 5), ("7", 5)] {
        let start = desk.inbox("0", "").await.key();
        let options = format!("<Options><FilterType>{filter}</FilterType></Options>");
        assert_eq!(desk.inbox(&start, &options).await.adds().len(), days, "FilterType {filter}");
    }
}

#[tokio::test]
async fn what_leaves_the_window_is_soft_deleted_and_what_is_gone_is_deleted() {
    let desk = Desk::new().await;
    let old = desk.deliver("nearly a week", 6);
    let gone = desk.deliver("gone", 1);
    let key = desk.primed_with(WEEK).await;
    desk.remove(&gone);
    desk.world.advance(2 * DAY);
    let answer = desk.inbox(&key, "").await;
    assert_eq!((answer.soft_deletes(), answer.deletes()), (vec![old.clone()], vec![gone]));
    // Outside the window nothing about it is told.
    desk.mark(&old, crate::ascmd::testing::READ);
    assert!(desk.inbox(&answer.key(), "").await.is_empty());
}

#[tokio::test]
async fn a_changed_filter_brings_and_takes_without_a_new_start() {
    let desk = Desk::new().await;
    let (new, old) = (desk.deliver("new", 1), desk.deliver("old", 20));
    let key = desk.primed_with(WEEK).await;
    let wider = desk.inbox(&key, "<Options><FilterType>5</FilterType></Options>").await;
    assert_eq!(wider.adds(), [old.as_str()]);
    let narrower = desk.inbox(&wider.key(), "<Options><FilterType>2</FilterType></Options>").await;
    assert_eq!((narrower.soft_deletes(), narrower.adds()), (vec![old], vec![]));
    let all = desk.inbox(&narrower.key(), "<Options/>").await;
    assert_eq!(all.adds().len(), 1);
    assert!(!all.adds().contains(&new));
}

#[tokio::test]
async fn options_stick_until_others_come_and_survive_a_restart() {
    let desk = Desk::new().await;
    desk.deliver("old", 20);
    let start = desk.inbox("0", WEEK).await.key();
    assert!(desk.inbox(&start, "").await.is_empty());
    let desk = desk.restarted().await;
    assert!(desk.inbox(&start, "").await.is_empty());
    let before = desk.events().await;
    assert!(desk.inbox(&start, WEEK).await.is_empty());
    assert_eq!(desk.events().await, before, "the same options again are no event");
}

#[tokio::test]
async fn filters_that_are_none_for_mail_are_protocol_errors() {
    let desk = Desk::new().await;
    let eight = "<Options><FilterType>8</FilterType></Options>";
    let before = desk.events().await;
    assert_eq!(desk.inbox("0", eight).await.status(), 4);
    assert_eq!(desk.events().await, before);
    let start = desk.inbox("0", "").await.key();
    assert_eq!(desk.inbox(&start, eight).await.status(), 4);
    assert_eq!(desk.inbox(&start, "<Options><FilterType>9</FilterType></Options>").await.global(), (4, None));
    assert!(desk.inbox(&start, "").await.is_empty(), "nothing of it stuck");
}

#[tokio::test]
async fn options_that_contradict_themselves_are_protocol_errors() {
    let desk = Desk::new().await;
    let body =
        |inside: &str| format!("<Options><base:BodyPreference>{inside}</base:BodyPreference></Options>");
    let two = "<Options><base:BodyPreference><base:Type>1</base:Type></base:BodyPreference>\
               <base:BodyPreference><base:Type>1</base:Type></base:BodyPreference></Options>";
    for options in [
        two,
        &body(""),
        &body("<base:Type>5</base:Type>"),
        &body("<base:Type>1</base:Type><base:TruncationSize>x</base:TruncationSize>"),
        &body("<base:Type>1</base:Type><base:AllOrNone>2</base:AllOrNone>"),
        &body("<base:Type>1</base:Type><base:Preview>256</base:Preview>"),
        "<Options/><Options/>",
        "<Options><Class>SMS</Class></Options><Options><Class>SMS</Class></Options>",
        "<Options><Class>Email</Class></Options><Options><Class>Calendar</Class></Options>",
        "<Options><MIMESupport>3</MIMESupport></Options>",
        "<Options><MIMETruncation>9</MIMETruncation></Options>",
        "<Options><Conflict>2</Conflict></Options>",
    ] {
        assert_eq!(desk.inbox("0", options).await.global(), (4, None), "{options}");
    }
}

#[tokio::test]
async fn a_second_block_for_sms_is_read_and_left_aside() {
    let desk = Desk::new().await;
    desk.deliver("old", 20);
    desk.deliver("new", 1);
    let start = desk.inbox("0", "").await.key();
    let both = "<Options><FilterType>3</FilterType><Class>Email</Class></Options>\
                <Options><FilterType>0</FilterType><Class>SMS</Class></Options>";
    assert_eq!(desk.inbox(&start, both).await.subjects(), ["new"]);
}

#[tokio::test]
async fn bodies_come_in_the_form_asked_for_cut_at_the_size_asked_for() {
    let desk = Desk::new().await;
    desk.deliver("mail", 0);
    let plain = "<Options><base:BodyPreference><base:Type>1</base:Type>\
                 <base:TruncationSize>4</base:TruncationSize></base:BodyPreference></Options>";
    let mime = "<Options><MIMESupport>2</MIMESupport><base:BodyPreference><base:Type>4</base:Type>\
                </base:BodyPreference></Options>";
    let body = async |options: &str| {
        let start = desk.inbox("0", "").await.key();
        let answer = desk.inbox(&start, options).await;
        let of = |tag| texts(answer.document(), tag).concat();
        (of(base::TYPE), of(base::DATA), of(base::TRUNCATED))
    };
    assert_eq!(body(plain).await, ("1".into(), "Text".into(), "1".into()));
    assert_eq!(body("").await, ("1".into(), "Text of mail.\r\n".into(), String::new()));
    let (form, data, _) = body(mime).await;
    assert!(form == "4" && data.starts_with("From: bob@example.com\r\n"), "{data}");
}

#[tokio::test]
async fn heartbeats_in_seconds_are_not_of_12_1() {
    let mut desk = Desk::new().await;
    let desk = desk.speak(ProtocolVersion::V12_1);
    let xml = format!(
        "{}<HeartbeatInterval>300</HeartbeatInterval>",
        crate::ascmd::testing::collections(&[("0", 2, "")])
    );
    assert_eq!(desk.sync(&xml).await.global(), (4, None));
}

#[tokio::test]
async fn empty_numbers_count_as_absent() {
    let desk = Desk::new().await;
    desk.deliver("new", 0);
    desk.deliver("old", 40);
    let options = "<WindowSize/><Options><FilterType/><Conflict/><MIMESupport/><MIMETruncation></MIMETruncation>\
                   <base:BodyPreference><base:Type>1</base:Type><base:TruncationSize/><base:Preview/>\
                   </base:BodyPreference></Options>";
    let start = desk.inbox("0", "").await.key();
    let answer = desk.inbox(&start, options).await;
    assert_eq!(answer.subjects(), ["new", "old"]);
    assert_eq!(texts(answer.document(), base::DATA), ["Text of new.\r\n", "Text of old.\r\n"]);
    assert!(texts(answer.document(), base::PREVIEW).is_empty());
    let key = answer.key();
    for tail in ["<WindowSize/>", "<Wait/>", "<HeartbeatInterval/>"] {
        let xml = format!("{}{tail}", crate::ascmd::testing::collections(&[(&key, 2, "")]));
        assert!(desk.sync(&xml).await.is_empty(), "{tail}");
    }
    // A body without a type is none.
    let typeless = "<Options><base:BodyPreference><base:Type/></base:BodyPreference></Options>";
    assert_eq!(desk.inbox(&key, typeless).await.global(), (4, None));
}

#[tokio::test]
async fn parts_of_bodies_are_html_or_the_request_is_refused() {
    let mut desk = Desk::new().await;
    desk.deliver("mail", 0);
    let start = desk.inbox("0", "").await.key();
    let part = |kind: &str| {
        format!(
            "<Options><base:BodyPartPreference><base:Type>{kind}</base:Type></base:BodyPartPreference></Options>"
        )
    };
    for version in [ProtocolVersion::V14_1, ProtocolVersion::V16_1] {
        desk.speak(version);
        for kind in ["1", "3", "4", "7"] {
            assert_eq!(desk.inbox(&start, &part(kind)).await.global(), (164, None), "{kind}");
        }
    }
    assert_eq!(desk.inbox(&start, &part("2")).await.adds().len(), 1);
    desk.speak(ProtocolVersion::V14_0);
    assert_eq!(desk.inbox(&start, &part("1")).await.adds().len(), 1, "no option of this version");
}
