//! The folder, the message, and what becomes of it, in every version.

use syncledger_domain::ids::ProtocolVersion;
use syncledger_wbxml::pages::{air_sync_base as base, email, folder_hierarchy as f, item_operations as o};

use super::{MESSAGE, delete, fetch, mark, shut_out, text};
use crate::ascmd::{
    EasCommand,
    testing::{Desk, collections, status_of, texts},
};

const SUBJECT: &str = "This device may not synchronise";

fn preference(options: &str) -> String {
    format!("<Options>{options}</Options>")
}

fn body(kind: u8, truncation: Option<u32>) -> String {
    let size = truncation
        .map(|size| format!("<base:TruncationSize>{size}</base:TruncationSize>"))
        .unwrap_or_default();
    let mime = if kind == 4 { "<MIMESupport>2</MIMESupport>" } else { "" };
    preference(&format!(
        "{mime}<base:BodyPreference><base:Type>{kind}</base:Type>{size}</base:BodyPreference>"
    ))
}

#[tokio::test]
async fn there_is_one_folder_and_it_is_the_inbox() {
    for version in ProtocolVersion::SERVED {
        let mut desk = shut_out(version).await;
        let real = desk.world.events("folders").await;
        let tree = desk.folder_sync("0").await;
        let row = |tag| texts(&tree, tag);
        assert_eq!((row(f::SERVER_ID), row(f::PARENT_ID)), (vec!["2".to_owned()], vec!["0".to_owned()]));
        assert_eq!((row(f::DISPLAY_NAME), row(f::TYPE)), (vec!["Inbox".to_owned()], vec!["2".to_owned()]));
        let key = text(&tree, f::SYNC_KEY);
        let again = desk.folder_sync(&key).await;
        assert_eq!((status_of(&again), text(&again, f::COUNT)), (1, "0".to_owned()));
        assert_eq!(desk.world.events("folders").await, real, "the account's folder map was touched");
        desk.let_in().await;
        assert_eq!(status_of(&desk.folder_sync(&key).await), 9);
        let tree = desk.folder_sync("0").await;
        assert_eq!(texts(&tree, f::SERVER_ID), ["2", "3", "4", "5", "6", "14"]);
    }
}

#[tokio::test]
async fn keys_of_the_other_world_are_refused_in_either_direction() {
    for version in ProtocolVersion::SERVED {
        let mut desk = Desk::new().await;
        let item = desk.deliver("real mail", 1);
        desk.speak(version);
        let (tree, real) = (text(&desk.folder_sync("0").await, f::SYNC_KEY), desk.primed().await);
        desk.shut_out().await;
        assert_eq!(status_of(&desk.folder_sync(&tree).await), 9);
        assert_eq!(desk.inbox(&real, "").await.status(), 3);
        let dummy = desk.primed().await;
        desk.let_in().await;
        assert_eq!(desk.inbox(&dummy, "").await.status(), 3);
        let start = desk.inbox("0", "").await.key();
        assert_eq!(desk.inbox(&start, "").await.adds(), [item]);
    }
}

#[tokio::test]
async fn there_is_one_unread_message_however_narrow_the_window_of_time() {
    for version in ProtocolVersion::SERVED {
        let desk = shut_out(version).await;
        let start = desk.inbox("0", "").await.key();
        let answer = desk.inbox(&start, &preference("<FilterType>1</FilterType>")).await;
        assert_eq!((answer.adds(), answer.subjects()), (vec![MESSAGE.to_owned()], vec![SUBJECT.to_owned()]));
        let add = answer.document();
        assert_eq!((text(add, email::READ), text(add, email::TO)), ("0".into(), "alice@example.com".into()));
        assert_eq!(text(add, email::FROM), "help@example.com");
        assert_eq!(text(add, email::DATE_RECEIVED), "2024-03-22T12:00:00.000Z");
        assert!(texts(add, base::FILE_REFERENCE).is_empty());
        assert!(desk.inbox(&answer.key(), "").await.is_empty(), "it loops");
    }
}

#[tokio::test]
async fn bodies_come_in_every_type_and_are_truncated_as_asked() {
    for version in ProtocolVersion::SERVED {
        let desk = shut_out(version).await;
        for (kind, beginning, inside) in [
            (1, "Hello,", "- Device: Phone (Phone1)\r\n- Since: 2024-03-22 12:00 UTC"),
            (2, "<!DOCTYPE html>", "<li>"),
            (4, "From: help@example.com\r\n", "multipart/alternative"),
        ] {
            let start = desk.inbox("0", "").await.key();
            let whole = desk.inbox(&start, &body(kind, None)).await;
            let data = text(whole.document(), base::DATA);
            assert!(data.starts_with(beginning) && data.contains(inside), "{version} {kind}: {data}");
            assert_eq!(text(whole.document(), base::TYPE), kind.to_string());
            assert_eq!(text(whole.document(), base::ESTIMATED_DATA_SIZE), data.len().to_string());
            assert!(texts(whole.document(), base::TRUNCATED).iter().all(|value| value == "0"));

            let start = desk.inbox("0", "").await.key();
            let cut = desk.inbox(&start, &body(kind, Some(100))).await;
            let begun = text(cut.document(), base::DATA);
            assert!(
                !begun.is_empty() && begun.len() <= 100 && data.starts_with(&begun),
                "{version} {kind}: {begun}"
            );
            assert_eq!(texts(cut.document(), base::TRUNCATED), ["1"]);
            assert_eq!(text(cut.document(), base::ESTIMATED_DATA_SIZE), data.len().to_string());

            let options = body(kind, None)
                .replace("<MIMESupport>2</MIMESupport>", "<airsync:MIMESupport>2</airsync:MIMESupport>");
            let fetched = desk.xml(EasCommand::ItemOperations, &fetch(MESSAGE, &options)).await;
            assert_eq!(text(&fetched, base::DATA), data, "{version} {kind}");
            assert_eq!(text(&fetched, email::SUBJECT), SUBJECT);
        }
    }
}

#[tokio::test]
async fn sync_fetches_the_message_and_nothing_else() {
    for version in ProtocolVersion::SERVED {
        let desk = shut_out(version).await;
        let key = desk.primed().await;
        let fetch = |id: &str| format!("<Fetch><ServerId>{id}</ServerId></Fetch>");
        let asked = format!("<Commands>{}{}</Commands>", fetch(MESSAGE), fetch("2:other"));
        let replies = desk.inbox(&key, &asked).await.replies();
        assert_eq!(replies, [("Fetch", MESSAGE.to_owned(), 1), ("Fetch", "2:other".to_owned(), 8)]);
    }
}

#[tokio::test]
async fn a_read_message_is_remembered_and_not_sent_again() {
    for version in ProtocolVersion::SERVED {
        let desk = shut_out(version).await;
        let key = desk.primed().await;
        let answer = desk.inbox(&key, &mark(MESSAGE, true)).await;
        assert!(answer.is_empty() || answer.replies().is_empty() && answer.changes().is_empty());
        let key = if answer.is_empty() { key } else { answer.key() };
        assert_eq!(desk.shut_out.as_ref().unwrap().noted(), ["read true"]);
        let desk = desk.restarted().await;
        assert!(desk.inbox(&key, "").await.is_empty());
        // A phone that starts anew sees it as it is.
        let start = desk.inbox("0", "").await.key();
        let answer = desk.inbox(&start, "").await;
        assert_eq!(
            (answer.adds(), text(answer.document(), email::READ)),
            (vec![MESSAGE.to_owned()], "1".into())
        );
        desk.inbox(&answer.key(), &mark(MESSAGE, false)).await;
        assert_eq!(desk.shut_out.as_ref().unwrap().noted(), ["read true", "read false"]);
    }
}

#[tokio::test]
async fn a_deleted_message_is_gone_for_good() {
    for version in ProtocolVersion::SERVED {
        for as_moves in ["", "<DeletesAsMoves>0</DeletesAsMoves>", "<DeletesAsMoves>1</DeletesAsMoves>"] {
            let desk = shut_out(version).await;
            let key = desk.primed().await;
            let answer = desk.inbox(&key, &format!("{as_moves}{}", delete(MESSAGE))).await;
            assert!(answer.replies().is_empty() && answer.deletes().is_empty());
            assert_eq!(desk.shut_out.as_ref().unwrap().noted(), ["deleted"]);
            assert!(desk.inbox(&answer.key(), "").await.is_empty());
            let desk = desk.restarted().await;
            let start = desk.inbox("0", "").await.key();
            assert!(desk.inbox(&start, "").await.is_empty(), "it came back");
            let fetched = desk.xml(EasCommand::ItemOperations, &fetch(MESSAGE, "")).await;
            assert_eq!(texts(&fetched, o::STATUS), ["1", "6"]);
        }
    }
}

#[tokio::test]
async fn what_cannot_be_noted_is_asked_again() {
    let desk = shut_out(ProtocolVersion::V14_1).await;
    let key = desk.primed().await;
    let shut_out = desk.shut_out.clone().unwrap();
    for change in [mark(MESSAGE, true), delete(MESSAGE)] {
        shut_out.set_down(true);
        assert!(desk.try_sync(&collections(&[(&key, 2, &change)])).await.is_err());
        assert!(shut_out.noted().is_empty());
        shut_out.set_down(false);
        assert!(desk.inbox(&key, "").await.is_empty(), "half of it was done");
    }
    desk.inbox(&key, &delete(MESSAGE)).await;
    assert_eq!(shut_out.noted(), ["deleted"]);
}

#[tokio::test]
async fn a_flag_is_taken_back_once() {
    for version in ProtocolVersion::SERVED {
        let desk = shut_out(version).await;
        let key = desk.primed().await;
        let flag = format!(
            "<Commands><Change><ServerId>{MESSAGE}</ServerId><ApplicationData><email:Flag>\
             <email:Status>2</email:Status><email:FlagType>x</email:FlagType></email:Flag></ApplicationData>\
             </Change></Commands>"
        );
        let answer = desk.inbox(&key, &flag).await;
        assert_eq!(answer.changes().len(), 1, "{version}");
        assert!(desk.inbox(&answer.key(), "").await.is_empty(), "it loops");
        assert!(desk.shut_out.as_ref().unwrap().noted().is_empty());
    }
}
