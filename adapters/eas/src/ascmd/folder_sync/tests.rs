//! Tests of the room.

use syncledger_domain::ports::mailbox::{BackendKey, FolderRole};
use syncledger_mailbox_memory::MemoryMailbox;
use syncledger_wbxml::{Element, from_xml, pages::folder_hierarchy as f};

use crate::{
    ascmd::{
        EasCommand,
        testing::{Desk, status_of, texts},
    },
    context::RequestBody,
};

/// Id, parent, name and type of the folders under these elements.
fn folders(answer: &Element, tag: syncledger_wbxml::Tag) -> Vec<[String; 4]> {
    let text = |folder: &Element, tag| texts(folder, tag).concat();
    let row = |folder: &Element| {
        [
            text(folder, f::SERVER_ID),
            text(folder, f::PARENT_ID),
            text(folder, f::DISPLAY_NAME),
            text(folder, f::TYPE),
        ]
    };
    answer.child(f::CHANGES).unwrap().children_with(tag).map(row).collect()
}

fn count(answer: &Element) -> usize {
    texts(answer, f::COUNT)[0].parse().unwrap()
}

fn key(answer: &Element) -> String {
    assert_eq!(status_of(answer), 1, "{answer}");
    texts(answer, f::SYNC_KEY).concat()
}

fn row(id: &str, parent: &str, name: &str, kind: &str) -> [String; 4] {
    [id, parent, name, kind].map(str::to_owned)
}

#[tokio::test]
async fn key_0_tells_every_folder_with_its_type_and_an_outbox() {
    let desk = Desk::new().await;
    let answer = desk.folder_sync("0").await;
    let expected = [
        row("2", "0", "INBOX", "2"),
        row("3", "0", "Trash", "4"),
        row("4", "0", "Junk", "12"),
        row("5", "0", "Sent", "5"),
        row("6", "0", "Drafts", "3"),
        row("14", "0", "Outbox", "6"),
    ];
    assert_eq!(folders(&answer, f::ADD), expected);
    assert_eq!(count(&answer), 6);
    let names: Vec<_> = answer.elements().map(|child| child.tag).collect();
    assert_eq!(names, [f::STATUS, f::SYNC_KEY, f::CHANGES]);
}

#[tokio::test]
async fn the_published_answers_without_changes_have_this_shape() {
    let desk = Desk::new().await;
    let key = key(&desk.folder_sync("0").await);
    let xml = format!(
        "<FolderSync xmlns=\"FolderHierarchy\"><Status>1</Status><SyncKey>{key}</SyncKey><Changes><Count>0</Count>\
         </Changes></FolderSync>"
    );
    assert_eq!(desk.folder_sync(&key).await, from_xml(&xml).unwrap());
    let before = desk.events().await;
    desk.folder_sync(&key).await;
    assert_eq!(desk.events().await, before, "nothing new, nothing appended");
    let refused = from_xml("<FolderSync xmlns=\"FolderHierarchy\"><Status>9</Status></FolderSync>").unwrap();
    for bad in ["7.7", "nonsense", "1", "1.1.1"] {
        assert_eq!(desk.folder_sync(bad).await, refused, "{bad}");
    }
}

#[tokio::test]
async fn new_renamed_moved_and_removed_folders_are_told() {
    let desk = Desk::new().await;
    let work = desk.mailbox.add_folder("Work", None);
    desk.mailbox.add_folder("Work/Deep", None);
    let old = desk.mailbox.add_folder("Old", None);
    let first = desk.folder_sync("1.1").await;
    let added = folders(&first, f::ADD);
    assert_eq!((added.len(), count(&first)), (3, 3));
    let id = |name: &str| added.iter().find(|row| row[2] == name).unwrap()[0].clone();
    assert_eq!(added.iter().find(|row| row[2] == "Deep").unwrap()[1], id("Work"));
    assert!(added.iter().all(|row| row[3] == "12" && row[0].parse::<u32>().unwrap() >= 257));

    desk.mailbox.rename_folder(&work, "Office").unwrap();
    desk.mailbox.remove_folder(&old);
    desk.mailbox.add_folder("Lists", None);
    let second = desk.folder_sync(&key(&first)).await;
    assert_eq!(folders(&second, f::UPDATE), [row(&id("Work"), "0", "Office", "12")]);
    assert_eq!(folders(&second, f::DELETE).iter().map(|row| row[0].clone()).collect::<Vec<_>>(), [id("Old")]);
    assert_eq!(folders(&second, f::ADD)[0][2], "Lists");
    assert_eq!(count(&second), 3);
    let names: Vec<_> = second.child(f::CHANGES).unwrap().elements().map(|child| child.tag).collect();
    assert_eq!(names, [f::COUNT, f::UPDATE, f::DELETE, f::ADD]);

    desk.mailbox.rename_folder(&BackendKey("Office/Deep".into()), "Lists/Deep").unwrap();
    let third = desk.folder_sync(&key(&second)).await;
    assert_eq!(folders(&third, f::UPDATE), [row(&id("Deep"), &folders(&second, f::ADD)[0][0], "Deep", "12")]);
    assert_eq!(folders(&desk.folder_sync(&key(&third)).await, f::UPDATE).len(), 0);
}

#[tokio::test]
async fn a_lost_answer_is_told_again() {
    let desk = Desk::new().await;
    let key_1 = key(&desk.folder_sync("0").await);
    desk.mailbox.add_folder("Work", None);
    let lost = desk.folder_sync(&key_1).await;
    let again = desk.folder_sync(&key_1).await;
    assert_eq!(folders(&lost, f::ADD), folders(&again, f::ADD));
    let again = desk.restarted().await.folder_sync(&key_1).await;
    assert_eq!(folders(&lost, f::ADD), folders(&again, f::ADD));
    assert_eq!(count(&desk.folder_sync(&key(&again)).await), 0);
    assert_eq!(status_of(&desk.folder_sync(&key_1).await), 1, "the last confirmed key, until the next offer");
}

#[tokio::test]
async fn key_0_keeps_ids_and_the_keys_of_the_folders() {
    let desk = Desk::new().await;
    desk.deliver("one", 1);
    let inbox = desk.primed().await;
    desk.mailbox.add_folder("Work", None);
    let first = desk.folder_sync("0").await;
    let second = desk.folder_sync(&key(&first)).await;
    assert_eq!(count(&second), 0);
    let third = desk.folder_sync("0").await;
    assert_eq!(folders(&first, f::ADD), folders(&third, f::ADD));
    let new = desk.deliver("new", 0);
    assert_eq!(desk.inbox(&inbox, "").await.adds(), [new]);
    // Once a key has proven to have arrived, key 0 in a changed tree is a new start and voids it.
    desk.mailbox.add_folder("Lists", None);
    let fourth = desk.folder_sync(&key(&third)).await;
    desk.folder_sync(&key(&fourth)).await;
    desk.mailbox.add_folder("More", None);
    desk.folder_sync("0").await;
    assert_eq!(status_of(&desk.folder_sync(&key(&fourth)).await), 9);
}

#[tokio::test]
async fn refreshing_an_unchanged_tree_from_key_0_appends_nothing() {
    let desk = Desk::new().await;
    let before = desk.events().await;
    let first = desk.folder_sync("0").await;
    for _ in 0..3 {
        assert_eq!(desk.folder_sync("0").await, first, "asked twice, or the answer was lost");
    }
    assert_eq!(count(&desk.folder_sync(&key(&first)).await), 0);
    for _ in 0..3 {
        assert_eq!(desk.folder_sync("0").await, first, "a client that starts anew at every refresh");
        assert_eq!(count(&desk.folder_sync(&key(&first)).await), 0);
    }
    assert_eq!(desk.restarted().await.folder_sync("0").await, first);
    assert_eq!(desk.events().await, before);
}

#[tokio::test]
async fn key_0_after_changes_gives_a_key_that_stands_for_exactly_the_tree_it_tells() {
    let desk = Desk::new().await;
    let first = key(&desk.folder_sync("0").await);
    // Told as a change and given, not confirmed: key 0 tells the whole tree under the key given.
    desk.mailbox.add_folder("Work", None);
    let told = desk.folder_sync(&first).await;
    let before = desk.events().await;
    let all = desk.folder_sync("0").await;
    assert_eq!((key(&all), folders(&all, f::ADD).len()), (key(&told), 7));
    assert_eq!(desk.events().await, before);
    assert_eq!(count(&desk.folder_sync(&key(&all)).await), 0);
    // Changed since: a new key, and then nothing is left to tell.
    desk.mailbox.rename_folder(&BackendKey("Work".into()), "Office").unwrap();
    let anew = desk.folder_sync("0").await;
    assert_ne!(key(&anew), key(&all));
    assert!(folders(&anew, f::ADD).iter().any(|row| row[2] == "Office"));
    assert_eq!(count(&desk.folder_sync(&key(&anew)).await), 0);
    // A folder gone, likewise: the key of the longer list does not stand for the shorter.
    desk.mailbox.remove_folder(&BackendKey("Office".into()));
    let shorter = desk.folder_sync("0").await;
    assert_eq!(folders(&shorter, f::ADD).len(), 6);
    assert_eq!(count(&desk.folder_sync(&key(&shorter)).await), 0);
}

#[tokio::test]
async fn parents_come_before_their_children_and_siblings_have_names_of_their_own() {
    let desk = Desk::new().await;
    for path in ["a/b/c/d", "a/b/c", "a/b", "a", "work", "Work"] {
        desk.mailbox.add_folder(path, None);
    }
    let added = folders(&desk.folder_sync("0").await, f::ADD);
    for (at, row) in added.iter().enumerate() {
        assert!(row[1] == "0" || added[..at].iter().any(|parent| parent[0] == row[1]), "{row:?}");
    }
    let mut names: Vec<_> = added.iter().map(|row| (row[1].clone(), row[2].to_lowercase())).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), added.len());
}

#[tokio::test]
async fn a_second_folder_for_a_role_is_a_user_folder() {
    let desk = Desk::new().await;
    desk.mailbox.add_folder("Other Trash", Some(FolderRole::Trash));
    desk.mailbox.add_folder("Archive", Some(FolderRole::Archive));
    let kinds: Vec<_> =
        folders(&desk.folder_sync("0").await, f::ADD).into_iter().map(|row| row[3].clone()).collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "4").count(), 1);
    assert_eq!(kinds.iter().filter(|kind| *kind == "12").count(), 3);
}

#[tokio::test]
async fn malformed_requests_are_10_and_others_common_failures() {
    let desk = Desk::new().await;
    for xml in [
        "<FolderSync xmlns=\"FolderHierarchy\"/>",
        "<FolderSync xmlns=\"FolderHierarchy\"><SyncKey/></FolderSync>",
    ] {
        assert_eq!(status_of(&desk.xml(EasCommand::FolderSync, xml).await), 10);
    }
    assert_eq!(desk.fails(EasCommand::FolderSync, "<Sync xmlns=\"AirSync\"/>").await, 103);
    assert!(desk.ask(EasCommand::FolderSync, RequestBody::Empty).await.is_err());
}

#[tokio::test]
async fn a_mailbox_or_log_that_is_down_is_503_and_changes_nothing() {
    let desk = Desk::new().await;
    let xml = "<FolderSync xmlns=\"FolderHierarchy\"><SyncKey>0</SyncKey></FolderSync>";
    desk.mailbox.set_down(true);
    assert_eq!(desk.fails(EasCommand::FolderSync, xml).await, 503);
    desk.mailbox.set_down(false);
    desk.world.services.folder_maps.load(crate::http::tests::world::alice()).await.unwrap();
    desk.mailbox.add_folder("Work", None);
    desk.world.log.fail_next_appends(1);
    assert_eq!(desk.fails(EasCommand::FolderSync, xml).await, 503);
    assert_eq!(folders(&desk.folder_sync("0").await, f::ADD).len(), 7);
    assert!(desk.mailbox.messages(&MemoryMailbox::inbox()).is_empty());
}

#[tokio::test(start_paused = true)]
async fn two_nodes_that_answer_one_request_both_answer() {
    let desk = Desk::new().await;
    let other = desk.restarted().await;
    desk.mailbox.faults().delay(std::time::Duration::from_millis(20));
    let (one, two) = tokio::join!(desk.folder_sync("0"), other.folder_sync("0"));
    assert_eq!(folders(&one, f::ADD), folders(&two, f::ADD));
    assert_eq!(count(&desk.folder_sync(&key(&two)).await), 0);
}
