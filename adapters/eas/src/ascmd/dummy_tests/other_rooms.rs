//! Waiting, counting and the rooms beside Sync, in every version.

use std::time::Duration;

use syncledger_domain::ids::ProtocolVersion;
use syncledger_wbxml::{
    Element,
    pages::{get_item_estimate as g, item_operations as o, ping as p, settings as s},
};

use super::{MESSAGE, estimate, operations, ping, shut_out, text};
use crate::{
    answer::Answer,
    ascmd::{
        EasCommand,
        testing::{Desk, Synced, collections, texts},
    },
    context::RequestBody,
};

#[tokio::test(start_paused = true)]
async fn a_ping_waits_until_its_time_is_over() {
    for version in ProtocolVersion::SERVED {
        let desk = shut_out(version).await;
        let status = |answer: Element| texts(&answer, p::STATUS);
        assert_eq!(status(desk.xml(EasCommand::Ping, &ping(2)).await), ["7"], "it knows no folders");
        desk.folder_sync("0").await;
        assert_eq!(status(desk.xml(EasCommand::Ping, &ping(2)).await), ["2"], "it has no message");
        desk.primed().await;
        let begun = tokio::time::Instant::now();
        assert_eq!(status(desk.xml(EasCommand::Ping, &ping(2)).await), ["1"]);
        assert_eq!(begun.elapsed(), Duration::from_mins(8));
        // Folders of the real mailbox are not there.
        for folder in [3, 14, 257] {
            assert_eq!(status(desk.xml(EasCommand::Ping, &ping(folder)).await), ["7"]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_sync_can_wait_too() {
    let desk = shut_out(ProtocolVersion::V16_1).await;
    desk.folder_sync("0").await;
    let key = desk.primed().await;
    let begun = tokio::time::Instant::now();
    let wait = format!("{}<Wait>5</Wait>", collections(&[(&key, 2, "")]));
    assert!(desk.sync(&wait).await.is_empty());
    assert_eq!(begun.elapsed(), Duration::from_mins(5));
}

#[tokio::test]
async fn an_estimate_counts_what_sync_brings() {
    for version in ProtocolVersion::SERVED {
        let desk = shut_out(version).await;
        let counted = async |key: &str, folder| {
            let answer = desk.xml(EasCommand::GetItemEstimate, &estimate(key, folder)).await;
            (text(&answer, g::STATUS), text(&answer, g::ESTIMATE))
        };
        let is = |status: &str, count: &str| (status.to_owned(), count.to_owned());
        let start = desk.inbox("0", "").await.key();
        assert_eq!(counted(&start, 2).await, is("1", "1"));
        let key = desk.inbox(&start, "").await.key();
        assert_eq!(counted(&key, 2).await, is("1", "0"));
        for folder in [3, 14, 257] {
            assert_eq!(counted(&key, folder).await, is("2", "0"));
        }
    }
}

#[tokio::test]
async fn other_folders_are_gone_for_sync() {
    for version in ProtocolVersion::SERVED {
        let desk = shut_out(version).await;
        for folder in [3, 5, 14, 257] {
            let answer = desk.sync(&collections(&[("0", folder, "")])).await;
            assert_eq!(answer.status(), 12, "{version} {folder}");
        }
    }
}

#[tokio::test]
async fn remembered_requests_of_the_other_world_stand_for_nothing() {
    let mut desk = Desk::new().await;
    let key = desk.primed().await;
    assert!(desk.inbox(&key, "").await.is_empty());
    let empty = async |desk: &Desk| Synced::of(desk.ask(EasCommand::Sync, RequestBody::Empty).await.unwrap());
    desk.shut_out().await;
    assert_eq!(empty(&desk).await.global(), (13, None));
    let key = desk.primed().await;
    assert!(desk.inbox(&key, "").await.is_empty());
    assert!(empty(&desk).await.is_empty());
    desk.let_in().await;
    assert_eq!(empty(&desk).await.global(), (13, None));
}

#[tokio::test]
async fn item_operations_read_the_message_and_find_nothing_else() {
    for version in ProtocolVersion::SERVED {
        let desk = shut_out(version).await;
        desk.primed().await;
        let status = async |inside: &str| {
            let answer = desk.xml(EasCommand::ItemOperations, &operations(inside)).await;
            texts(&answer, o::STATUS).join(" ")
        };
        let by_reference = |reference: &str| {
            format!(
                "<Fetch><Store>Mailbox</Store><base:FileReference>{reference}</base:FileReference></Fetch>"
            )
        };
        assert_eq!(status(&by_reference(&format!("{MESSAGE}:1"))).await, "1 15");
        assert_eq!(status(&by_reference("2:1:1")).await, "1 15");
        let long = "<Fetch><Store>Mailbox</Store><search:LongId>x</search:LongId></Fetch>";
        assert_eq!(status(long).await, "1 6");
        let empty = |folder: u32| {
            format!(
                "<EmptyFolderContents><airsync:CollectionId>{folder}</airsync:CollectionId></EmptyFolderContents>"
            )
        };
        assert_eq!(status(&empty(2)).await, "1 6");
        assert_eq!(status(&empty(3)).await, "1 6");
        let shut_out = desk.shut_out.as_ref().unwrap();
        assert!(shut_out.noted().is_empty(), "{:?}", shut_out.noted());
    }
}

#[tokio::test]
async fn settings_tell_the_address_and_that_nobody_is_out_of_office() {
    for version in ProtocolVersion::SERVED {
        let desk = shut_out(version).await;
        let settings = |inside: &str| format!("<Settings xmlns=\"Settings\">{inside}</Settings>");
        let ask = async |inside: &str| {
            let document = syncledger_wbxml::from_xml(&settings(inside)).unwrap();
            match desk.ask(EasCommand::Settings, RequestBody::Wbxml(document)).await {
                Ok(Answer::Wbxml(answer)) => answer,
                other => panic!("{other:?}"),
            }
        };
        let answer = ask("<DeviceInformation><Set><Model>x</Model></Set></DeviceInformation>").await;
        assert_eq!(texts(&answer, s::STATUS), ["1", "1"]);
        let answer = ask("<UserInformation><Get/></UserInformation>").await;
        assert_eq!(texts(&answer, s::SMTP_ADDRESS), ["alice@example.com"]);
        let answer = ask("<Oof><Get><BodyType>Text</BodyType></Get></Oof>").await;
        assert_eq!(
            (texts(&answer, s::OOF_STATE), texts(&answer, s::REPLY_MESSAGE)),
            (vec!["0".into()], vec![])
        );
        let answer = ask("<Oof><Set><OofState>1</OofState></Set></Oof>").await;
        assert_eq!(texts(&answer, s::STATUS), ["1", "7"]);
    }
}
