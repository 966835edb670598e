//! Keys: starting, confirming, repeating, and being refused.

use syncledger_domain::ids::ProtocolVersion;
use syncledger_wbxml::pages::air_sync as a;

use crate::ascmd::testing::{Desk, READ, collections, texts};

#[tokio::test]
async fn key_0_gives_a_key_and_nothing_else() {
    let desk = Desk::new().await;
    desk.deliver("there already", 0);
    let answer = desk.inbox("0", "<GetChanges>1</GetChanges>").await;
    let names: Vec<_> = answer.collection().elements().map(|child| child.tag.name().unwrap()).collect();
    assert_eq!(names, ["SyncKey", "CollectionId", "Status"]);
    assert_eq!((answer.key().as_str(), answer.status()), ("1.1", 1));
}

#[tokio::test]
async fn client_commands_with_key_0_are_a_protocol_error_and_change_nothing() {
    let desk = Desk::new().await;
    let before = desk.events().await;
    let answer = desk.inbox("0", "<Commands><Delete><ServerId>2:1</ServerId></Delete></Commands>").await;
    assert_eq!((answer.status(), answer.any_key().as_str()), (4, "0"));
    assert_eq!(desk.events().await, before);
}

#[tokio::test]
async fn before_14_0_answers_name_the_class_first() {
    for (version, named) in [
        (ProtocolVersion::V12_1, true),
        (ProtocolVersion::V14_0, false),
        (ProtocolVersion::V14_1, false),
        (ProtocolVersion::V16_1, false),
    ] {
        let mut desk = Desk::new().await;
        let answer = desk.speak(version).inbox("0", "").await;
        assert_eq!(answer.collection().elements().next().unwrap().tag == a::CLASS, named, "{version}");
        assert_eq!(texts(answer.collection(), a::CLASS).concat(), if named { "Email" } else { "" });
    }
}

#[tokio::test]
async fn a_lost_answer_is_told_again_under_a_new_key() {
    let desk = Desk::new().await;
    let first = desk.deliver("first", 1);
    let start = desk.inbox("0", "").await.key();
    let lost = desk.inbox(&start, "").await;
    assert_eq!(lost.adds(), [first.as_str()]);
    let second = desk.deliver("second", 0);
    let again = desk.inbox(&start, "").await;
    assert_eq!(again.adds(), [second, first]);
    assert!(desk.inbox(&again.key(), "").await.is_empty());
}

#[tokio::test]
async fn of_several_answers_to_one_key_the_last_two_are_good() {
    let desk = Desk::new().await;
    let first = desk.deliver("first", 1);
    let start = desk.inbox("0", "").await.key();
    let one = desk.inbox(&start, "").await;
    let two = desk.inbox(&start, "").await;
    let second = desk.deliver("second", 0);
    let three = desk.inbox(&start, "").await;
    assert_eq!((two.adds(), three.adds()), (vec![first.clone()], vec![second.clone(), first]));
    assert_eq!(desk.inbox(&one.key(), "").await.status(), 3);
    let goes_on = desk.inbox(&two.key(), "").await;
    assert_eq!(goes_on.adds(), [second]);
    assert_eq!(desk.inbox(&three.key(), "").await.status(), 3);
    assert!(desk.inbox(&goes_on.key(), "").await.is_empty());
}

#[tokio::test]
async fn key_0_twice_is_one_start() {
    let desk = Desk::new().await;
    let item = desk.deliver("one", 0);
    let first = desk.inbox("0", "").await.key();
    let before = desk.events().await;
    assert_eq!(desk.inbox("0", "").await.key(), first);
    assert_eq!(desk.events().await, before);
    assert_eq!(desk.inbox(&first, "").await.adds(), [item]);
}

#[tokio::test]
async fn what_the_lost_answer_told_and_is_gone_since_is_not_told() {
    let desk = Desk::new().await;
    let item = desk.deliver("short lived", 0);
    let start = desk.inbox("0", "").await.key();
    assert_eq!(desk.inbox(&start, "").await.adds(), [item.as_str()]);
    desk.remove(&item);
    let again = desk.inbox(&start, "").await;
    assert!(again.adds().is_empty() && again.deletes().is_empty());
    assert!(desk.inbox(&again.key(), "").await.is_empty());
}

#[tokio::test]
async fn keys_that_are_not_to_go_on_from_are_refused_in_the_collection() {
    let desk = Desk::new().await;
    desk.deliver("one", 0);
    let start = desk.inbox("0", "").await.key();
    let second = desk.inbox(&start, "").await.key();
    desk.deliver("two", 0);
    desk.inbox(&second, "").await.key();
    let before = desk.events().await;
    for key in [start.as_str(), "1.9", "2.1", "{garbage}7", "1", "01.1", "1.1 "] {
        let answer = desk.inbox(key, "").await;
        assert_eq!((answer.status(), answer.any_key().as_str()), (3, "0"), "{key}");
        assert_eq!(texts(answer.collection(), a::COLLECTION_ID), ["2"]);
        assert!(answer.adds().is_empty());
    }
    assert_eq!(desk.events().await, before);
}

#[tokio::test]
async fn starting_again_voids_every_older_key() {
    let desk = Desk::new().await;
    let item = desk.deliver("one", 0);
    let old = desk.primed().await;
    let new = desk.inbox("0", "").await.key();
    assert_eq!(new, "2.1");
    assert_eq!(desk.inbox(&old, "").await.status(), 3);
    assert_eq!(desk.inbox(&new, "").await.adds(), [item]);
}

#[tokio::test]
async fn a_key_lives_on_over_a_restart() {
    let desk = Desk::new().await;
    desk.deliver("before", 1);
    let key = desk.primed().await;
    let after = desk.deliver("after", 0);
    let restarted = desk.restarted().await;
    let answer = restarted.inbox(&key, "").await;
    assert_eq!(answer.adds(), [after]);
    // Its answer was lost, and so was the node.
    let again = restarted.restarted().await;
    assert_eq!(again.inbox(&key, "").await.adds(), answer.adds());
}

#[tokio::test]
async fn a_folder_nobody_knows_is_a_changed_hierarchy() {
    let desk = Desk::new().await;
    for id in ["999", "RI", "x:y", "02"] {
        let xml = format!(
            "<Collections><Collection><SyncKey>0</SyncKey><CollectionId>{id}</CollectionId></Collection></Collections>"
        );
        let answer = desk.sync(&xml).await;
        assert_eq!(answer.status(), 12, "{id}");
        assert_eq!(texts(answer.collection(), a::COLLECTION_ID), [id]);
    }
}

#[tokio::test]
async fn a_class_that_is_not_the_folders_is_a_protocol_error() {
    let mut desk = Desk::new().await;
    let desk = desk.speak(ProtocolVersion::V12_1);
    let xml = |class: &str| {
        format!(
            "<Collections><Collection><Class>{class}</Class><SyncKey>0</SyncKey><CollectionId>2</CollectionId></Collection></Collections>"
        )
    };
    assert_eq!(desk.sync(&xml("Calendar")).await.status(), 4);
    assert_eq!(desk.sync(&xml("Email")).await.status(), 1);
}

#[tokio::test]
async fn the_outbox_can_be_synchronised_and_is_always_empty() {
    let desk = Desk::new().await;
    let key = desk.sync(&collections(&[("0", 14, "")])).await.key();
    assert!(desk.sync(&collections(&[(&key, 14, "")])).await.is_empty());
}

#[tokio::test]
async fn what_breaks_the_schema_is_a_protocol_error_of_the_whole() {
    let desk = Desk::new().await;
    let two = collections(&[("0", 2, ""), ("0", 2, "")]);
    for broken in [
        "",
        "<Collections/>",
        "<Collections><Collection><CollectionId>2</CollectionId></Collection></Collections>",
        "<Collections><Collection><SyncKey>0</SyncKey></Collection></Collections>",
        &two,
        &collections(&[("0", 2, "<WindowSize>x</WindowSize>")]),
        &collections(&[("0", 2, "<GetChanges>2</GetChanges>")]),
        &collections(&[("1.1", 2, "<Commands><Change><ServerId>2:1</ServerId></Change></Commands>")]),
        &collections(&[("1.1", 2, "<Commands><Delete/></Commands>")]),
        &collections(&[("1.1", 2, "<Commands><SoftDelete><ServerId>2:1</ServerId></SoftDelete></Commands>")]),
        &collections(&[(&"9".repeat(65), 2, "")]),
    ] {
        assert_eq!(desk.sync(broken).await.global(), (4, None), "{broken}");
    }
}

#[tokio::test]
async fn more_collections_than_allowed_are_refused_with_the_limit() {
    let desk = Desk::new().await;
    desk.world.set("pingMaxFolders", "2").await;
    let three = collections(&[("0", 2, ""), ("0", 3, ""), ("0", 4, "")]);
    assert_eq!(desk.sync(&three).await.global(), (15, Some(2)));
    assert_eq!(desk.sync(&collections(&[("0", 2, ""), ("0", 3, "")])).await.collections().len(), 2);
}

#[tokio::test]
async fn more_than_200_client_commands_are_refused() {
    let desk = Desk::new().await;
    let key = desk.primed().await;
    let commands = |count: usize| {
        let one = "<Delete><ServerId>2:77</ServerId></Delete>";
        format!("<Commands>{}</Commands>", one.repeat(count))
    };
    assert_eq!(desk.inbox(&key, &commands(201)).await.global(), (4, None));
    assert_eq!(desk.inbox(&key, &commands(200)).await.status(), 1);
}

#[tokio::test]
async fn nothing_new_answers_nothing_and_appends_nothing() {
    let desk = Desk::new().await;
    desk.deliver("known", 0);
    let key = desk.primed().await;
    let (before, calls) = (desk.events().await, desk.mailbox.faults().calls());
    for _ in 0..3 {
        assert!(desk.inbox(&key, "<GetChanges/>").await.is_empty());
    }
    assert_eq!(desk.events().await, before);
    let after = desk.mailbox.faults().calls();
    assert_eq!(after.total() - calls.total(), 3, "one look at the index each, and no body");
}

#[tokio::test]
async fn read_elsewhere_comes_as_a_change_of_that_alone() {
    let desk = Desk::new().await;
    let item = desk.deliver("news", 0);
    let key = desk.primed().await;
    desk.mark(&item, READ);
    let answer = desk.inbox(&key, "").await;
    assert_eq!(answer.changes(), [(item, "1".to_owned())]);
    let data = &answer.document().to_string();
    assert!(!data.contains("Subject") && !data.contains("Body"), "{data}");
}
