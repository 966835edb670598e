//! What the policy of the account takes, whatever a device asks for.

use syncledger_wbxml::pages::{air_sync_base as base, get_item_estimate as g};

use crate::ascmd::{
    EasCommand,
    testing::{Desk, Synced, texts},
};

/// A desk where the policy counts; the rooms ask for no key.
async fn desk() -> Desk {
    let desk = Desk::new().await;
    desk.world.set("policyRequired", "true").await;
    desk
}

#[tokio::test]
async fn older_mail_than_the_policy_allows_is_taken_away_and_comes_back_with_it() {
    let desk = desk().await;
    let (new, old) = (desk.deliver("new", 1), desk.deliver("old", 40));
    let key = desk.primed().await;
    desk.world.set("MaxEmailAgeFilter", "5").await;
    let estimate = async |key: &str| {
        let xml = format!(
            "<GetItemEstimate xmlns=\"GetItemEstimate\" xmlns:s=\"AirSync\"><Collections><Collection>\
             <s:SyncKey>{key}</s:SyncKey><CollectionId>2</CollectionId></Collection></Collections></GetItemEstimate>"
        );
        texts(&desk.xml(EasCommand::GetItemEstimate, &xml).await, g::ESTIMATE)
    };
    assert_eq!(estimate(&key).await, ["1"]);
    let all = "<Options><FilterType>0</FilterType></Options>";
    let answer = desk.inbox(&key, all).await;
    assert_eq!((answer.soft_deletes(), answer.adds()), (vec![old.clone()], vec![]));
    assert_eq!(estimate(&answer.key()).await, ["0"]);
    assert!(desk.inbox(&answer.key(), "").await.is_empty());
    let week_old = desk.deliver("a week old", 8);
    let answer = desk.inbox(&answer.key(), "").await;
    assert_eq!(answer.adds(), [week_old.as_str()]);
    // Less than the policy allows stays the device's choice.
    let week = "<Options><FilterType>3</FilterType></Options>";
    assert_eq!(desk.inbox(&answer.key(), week).await.soft_deletes(), [week_old.as_str()]);
    let fresh = desk.inbox("0", "").await.key();
    assert_eq!(desk.inbox(&fresh, all).await.adds().len(), 2, "{new} and {week_old}");
    desk.world.set("MaxEmailAgeFilter", "-1").await;
    let fresh = desk.inbox("0", "").await.key();
    let everything = desk.inbox(&fresh, all).await.adds();
    assert!(everything.len() == 3 && everything.contains(&old), "{everything:?}");
}

/// Truncated and the length of Data, of the first body.
fn body(answer: &Synced) -> (bool, usize) {
    let truncated = texts(answer.document(), base::TRUNCATED) == ["1"];
    (truncated, texts(answer.document(), base::DATA).first().map_or(0, String::len))
}

#[tokio::test]
async fn bodies_are_cut_where_the_policy_says() {
    let desk = desk().await;
    let line = "A line of text without end.\r\n".repeat(400);
    let html = format!("<html><body>{}</body></html>", "<p>A paragraph.</p>".repeat(400));
    desk.deliver_raw(format!("Subject: plain\r\nContent-Type: text/plain\r\n\r\n{line}").as_bytes());
    let got = async |preference: &str| {
        let fresh = desk.inbox("0", "").await.key();
        let options = format!("<Options><base:BodyPreference>{preference}</base:BodyPreference></Options>");
        body(&desk.inbox(&fresh, if preference.is_empty() { "" } else { &options }).await)
    };
    let plain = "<base:Type>1</base:Type>";
    assert!(!got(plain).await.0 && got(plain).await.1 > 10_000);
    desk.world.set("MaxEmailBodyTruncationSize", "2").await;
    assert_eq!(got(plain).await, (true, 2048));
    assert_eq!(got("").await, (true, 2048), "who asks for nothing");
    assert_eq!(
        got("<base:Type>1</base:Type><base:TruncationSize>500</base:TruncationSize>").await,
        (true, 500)
    );
    assert_eq!(
        got("<base:Type>1</base:Type><base:TruncationSize>5000</base:TruncationSize>").await,
        (true, 2048)
    );
    assert!(!got("<base:Type>2</base:Type>").await.0, "HTML has a limit of its own");

    let desk = self::desk().await;
    desk.deliver_raw(format!("Subject: html\r\nContent-Type: text/html\r\n\r\n{html}").as_bytes());
    desk.world.set("MaxEmailHTMLBodyTruncationSize", "1").await;
    let fresh = desk.inbox("0", "").await.key();
    let options = "<Options><base:BodyPreference><base:Type>2</base:Type></base:BodyPreference></Options>";
    assert_eq!(body(&desk.inbox(&fresh, options).await), (true, 1024));
    desk.world.set("policyRequired", "false").await;
    let fresh = desk.inbox("0", "").await.key();
    assert!(!body(&desk.inbox(&fresh, options).await).0, "no policy");
}
