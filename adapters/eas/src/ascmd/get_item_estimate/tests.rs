//! Tests of the room.

use syncledger_domain::ids::ProtocolVersion;
use syncledger_mailbox_memory::MemoryMailbox;
use syncledger_wbxml::{Element, from_xml, pages::get_item_estimate as g};

use crate::ascmd::{
    EasCommand,
    testing::{Desk, READ, collections, texts},
};

fn request(collections: &str) -> String {
    format!(
        "<GetItemEstimate xmlns=\"GetItemEstimate\" xmlns:airsync=\"AirSync\"><Collections>{collections}\
         </Collections></GetItemEstimate>"
    )
}

fn collection(key: &str, id: &str, options: &str) -> String {
    format!(
        "<Collection><airsync:SyncKey>{key}</airsync:SyncKey><CollectionId>{id}</CollectionId>{options}</Collection>"
    )
}

fn filter(value: &str) -> String {
    format!(
        "<airsync:Options><airsync:FilterType>{value}</airsync:FilterType><airsync:Class>Email</airsync:Class>\
         </airsync:Options>"
    )
}

/// Status, collection and estimate of each response.
async fn estimates(desk: &Desk, collections: &str) -> Vec<(u16, String, usize)> {
    let answer = desk.xml(EasCommand::GetItemEstimate, &request(collections)).await;
    let response = |one: &Element| {
        let text = |tag| texts(one, tag).concat();
        (text(g::STATUS).parse().unwrap(), text(g::COLLECTION_ID), text(g::ESTIMATE).parse().unwrap())
    };
    answer.children_with(g::RESPONSE).map(response).collect()
}

async fn estimate(desk: &Desk, key: &str, id: &str, options: &str) -> (u16, usize) {
    let all = estimates(desk, &collection(key, id, options)).await;
    let [(status, named, estimate)] = &all[..] else { panic!("{all:?}") };
    assert_eq!(named, id);
    (*status, *estimate)
}

#[tokio::test]
async fn what_is_counted_is_what_sync_delivers_and_no_key_moves() {
    let desk = Desk::new().await;
    for days_ago in [1, 2, 20] {
        desk.deliver("mail", days_ago);
    }
    let start = desk.inbox("0", "").await.key();
    let before = desk.events().await;
    assert_eq!(estimate(&desk, &start, "2", "").await, (1, 3));
    assert_eq!(estimate(&desk, &start, "2", &filter("3")).await, (1, 2));
    assert_eq!(desk.events().await, before);
    let first =
        desk.inbox(&start, "<WindowSize>1</WindowSize><Options><FilterType>3</FilterType></Options>").await;
    assert_eq!(estimate(&desk, &first.key(), "2", "").await, (1, 1), "the filter sticks");
    assert_eq!(estimate(&desk, &start, "2", "").await, (1, 2), "of the key before as well");
    let second = desk.inbox(&first.key(), "").await;
    assert_eq!(estimate(&desk, &second.key(), "2", "").await, (1, 0));
    desk.mark(&second.adds()[0], READ);
    desk.remove(&first.adds()[0]);
    desk.deliver("new", 0);
    assert_eq!(estimate(&desk, &second.key(), "2", "").await, (1, 3));
    let answer = desk.inbox(&second.key(), "").await;
    assert_eq!(answer.adds().len() + answer.changes().len() + answer.deletes().len(), 3);
}

#[tokio::test]
async fn the_layout_of_12_1_names_the_class() {
    let mut desk = Desk::new().await;
    desk.deliver("new", 1);
    desk.deliver("old", 20);
    let start = desk.inbox("0", "").await.key();
    desk.speak(ProtocolVersion::V12_1);
    let xml = request(&format!(
        "<Collection><Class>Email</Class><CollectionId>2</CollectionId><airsync:FilterType>3</airsync:FilterType>\
         <airsync:SyncKey>{start}</airsync:SyncKey></Collection>"
    ));
    let expected = "<GetItemEstimate xmlns=\"GetItemEstimate\"><Response><Status>1</Status><Collection>\
                    <Class>Email</Class><CollectionId>2</CollectionId><Estimate>1</Estimate></Collection></Response>\
                    </GetItemEstimate>";
    assert_eq!(desk.xml(EasCommand::GetItemEstimate, &xml).await, from_xml(expected).unwrap());
    desk.speak(ProtocolVersion::V14_1);
    let xml = request(&collection(&start, "2", &filter("3")));
    let expected = expected.replace("<Class>Email</Class>", "");
    assert_eq!(desk.xml(EasCommand::GetItemEstimate, &xml).await, from_xml(&expected).unwrap());
}

#[tokio::test]
async fn each_way_to_fail_has_its_status_and_an_estimate_of_0() {
    let desk = Desk::new().await;
    desk.deliver("one", 1);
    assert_eq!(estimate(&desk, "0", "2", "").await, (3, 0));
    assert_eq!(estimate(&desk, "1.1", "2", "").await, (3, 0), "never started");
    let start = desk.inbox("0", "").await.key();
    for (key, id, options, status) in [
        (start.as_str(), "999", String::new(), 2),
        (&start, "RI", String::new(), 2),
        ("nonsense", "2", String::new(), 4),
        ("1.7", "2", String::new(), 4),
        ("2.1", "2", String::new(), 4),
        (&start, "2", filter("8"), 110),
    ] {
        assert_eq!(estimate(&desk, key, id, &options).await, (status, 0), "{key} {id} {options}");
    }
    desk.mailbox.remove_folder(&MemoryMailbox::inbox());
    assert_eq!(estimate(&desk, &start, "2", "").await, (2, 0), "gone and not noticed yet");
}

#[tokio::test]
async fn each_collection_is_answered_for_itself_in_the_order_asked() {
    let desk = Desk::new().await;
    desk.deliver("one", 1);
    let start = desk.sync(&collections(&[("0", 2, ""), ("0", 14, "")])).await;
    assert_eq!(start.collections().len(), 2);
    let xml = collection("1.1", "999", "") + &collection("1.1", "2", "") + &collection("1.1", "14", "");
    let expected = [(2, "999".to_owned(), 0), (1, "2".to_owned(), 1), (1, "14".to_owned(), 0)];
    assert_eq!(estimates(&desk, &xml).await, expected);
}

#[tokio::test]
async fn requests_the_schema_forbids_are_103() {
    let desk = Desk::new().await;
    for xml in [
        request(""),
        "<GetItemEstimate xmlns=\"GetItemEstimate\"/>".to_owned(),
        request("<Collection><CollectionId>2</CollectionId></Collection>"),
        request(&collection("1.1", "2", &filter("9"))),
        request(&collection("1.1", "2", "").repeat(1001)),
        "<Sync xmlns=\"AirSync\"/>".to_owned(),
    ] {
        assert_eq!(desk.fails(EasCommand::GetItemEstimate, &xml).await, 103);
    }
    assert_eq!(estimates(&desk, &collection("1.1", "2", "").repeat(1000)).await.len(), 1000);
}

#[tokio::test]
async fn a_mailbox_that_is_down_is_503() {
    let desk = Desk::new().await;
    let start = desk.inbox("0", "").await.key();
    desk.mailbox.set_down(true);
    assert_eq!(desk.fails(EasCommand::GetItemEstimate, &request(&collection(&start, "2", ""))).await, 503);
}

#[tokio::test]
async fn an_empty_filter_is_none_and_the_stored_one_holds() {
    let mut desk = Desk::new().await;
    desk.deliver("new", 1);
    desk.deliver("old", 20);
    let start = desk.inbox("0", "<Options><FilterType>3</FilterType></Options>").await.key();
    desk.speak(ProtocolVersion::V12_1);
    assert_eq!(estimate(&desk, &start, "2", "<airsync:FilterType/>").await, (1, 1));
    assert_eq!(estimate(&desk, &start, "2", "<airsync:FilterType>0</airsync:FilterType>").await, (1, 2));
}

#[tokio::test]
async fn parts_of_bodies_that_are_not_html_are_164() {
    let mut desk = Desk::new().await;
    let start = desk.inbox("0", "").await.key();
    let part = |kind: &str| {
        format!(
            "<airsync:Options><BodyPartPreference xmlns=\"AirSyncBase\"><Type>{kind}</Type></BodyPartPreference>\
             </airsync:Options>"
        )
    };
    let ask = |kind: &str| request(&collection(&start, "2", &part(kind)));
    assert_eq!(desk.fails(EasCommand::GetItemEstimate, &ask("1")).await, 164);
    assert_eq!(estimate(&desk, &start, "2", &part("2")).await, (1, 0));
    desk.speak(ProtocolVersion::V14_0);
    assert_eq!(estimate(&desk, &start, "2", &part("1")).await, (1, 0));
}
