//! Commands against canned answers: what the phone makes of each Status.

use std::time::Duration;

use syncledger_simulator::{
    Anomaly, Command, Error, Phone, Version,
    ascmd::{
        item_operations::Target,
        move_items::{MOVED, Move},
        ping::News,
        send_mail::Sending,
        sync::{SyncRequest, Wait},
    },
};
use syncledger_wbxml::{
    Element,
    pages::{air_sync, ping, settings},
};

use crate::{
    canned::{Answer, Server, golden},
    mailbox::Shared,
};

const HALF_A_MINUTE: Duration = Duration::from_secs(30);

fn tree() -> Answer {
    Answer::golden("07-foldersync", "answer")
}

async fn with_tree(answers: impl IntoIterator<Item = Answer>) -> (Server, Phone) {
    let server = Server::saying([tree()].into_iter().chain(answers)).await;
    let mut phone = Phone::new(server.config()).unwrap();
    phone.folder_sync().await.unwrap();
    (server, phone)
}

fn pings(label: &str) -> Answer {
    Answer::golden("17-ping", label)
}

fn sync_status(status: &str) -> Answer {
    Answer::document(&Element::new(air_sync::SYNC).with(Element::text(air_sync::STATUS, status)))
}

fn collection(id: &str, key: &str, status: &str) -> Answer {
    let collection = Element::new(air_sync::COLLECTION)
        .with(Element::text(air_sync::SYNC_KEY, key))
        .with(Element::text(air_sync::COLLECTION_ID, id))
        .with(Element::text(air_sync::STATUS, status));
    Answer::document(&Element::new(air_sync::SYNC).with(Element::new(air_sync::COLLECTIONS).with(collection)))
}

#[tokio::test]
async fn the_tree_changes_as_published() {
    let answer = Answer::golden("07-foldersync", "answer: one renamed, one removed, one new");
    let (_server, mut phone) = with_tree([answer]).await;
    assert_eq!(phone.folder_named("Inbox/Projects").unwrap().id, "21");
    let changes = phone.folder_sync().await.unwrap();
    assert_eq!((changes.added, changes.updated), (vec!["22".to_owned()], vec!["21".to_owned()]));
    assert!(phone.folder_named("Inbox/Old projects").is_some());
    // Folder 19 was never told.
    let (what, folder) = ("Delete of".to_owned(), "19".to_owned());
    assert_eq!(phone.state().anomalies, [Anomaly::UnknownFolder { what, folder }]);
    let names: Vec<_> = phone.synchronised_folders().iter().map(|folder| folder.name.as_str()).collect();
    assert_eq!(names, ["Inbox", "Drafts", "Trash", "Sent", "Calendar", "Contacts", "Old projects", "Lists"]);
}

#[tokio::test]
async fn a_refused_hierarchy_key_starts_from_zero_once() {
    let refused = || Answer::golden("07-foldersync", "answer: key unknown");
    let (server, mut phone) = with_tree([refused(), tree(), refused()]).await;
    assert!(phone.folder_sync().await.unwrap().from_zero);
    assert_eq!(phone.state().hierarchy_resyncs, 1);
    assert_eq!(server.received()[2].body, golden("07-foldersync", "request"));
    let refused = phone.folder_sync().await.unwrap_err();
    assert!(matches!(refused, Error::Status { command: Command::FolderSync, status: 9 }));
}

#[tokio::test]
async fn ping_follows_the_servers_corrections() {
    let (server, mut phone) =
        with_tree([pings("answer: interval too long"), pings("answer: time over")]).await;
    assert_eq!(phone.ping(Duration::from_mins(59), &["2", "7"]).await.unwrap(), News::Nothing);
    let second = server.received()[2].document().unwrap();
    assert_eq!(second.child(ping::HEARTBEAT_INTERVAL).unwrap().text_lossy(), "1800");
    assert_eq!(phone.state().heartbeat_secs, 1800);
}

#[tokio::test]
async fn ping_with_too_many_folders_names_fewer() {
    let max = Element::text(ping::MAX_FOLDERS, "1");
    let many = Element::new(ping::PING).with(Element::text(ping::STATUS, "6")).with(max);
    let (server, mut phone) = with_tree([Answer::document(&many), pings("answer: time over")]).await;
    phone.ping(HALF_A_MINUTE, &["2", "7"]).await.unwrap();
    let folders = |at: usize| {
        server.received()[at].document().unwrap().child(ping::FOLDERS).unwrap().elements().count()
    };
    assert_eq!((folders(1), folders(2)), (2, 1));
}

#[tokio::test]
async fn a_repeated_ping_is_empty_until_the_server_has_forgotten() {
    let (server, mut phone) = with_tree([
        pings("answer: time over"),
        pings("answer: news in the Inbox"),
        pings("answer: parameters not cached"),
        pings("answer: FolderSync needed"),
        Answer::document(&Element::new(ping::PING).with(Element::text(ping::STATUS, "8"))),
    ])
    .await;
    assert_eq!(phone.ping(HALF_A_MINUTE, &["2"]).await.unwrap(), News::Nothing);
    assert_eq!(phone.ping_again().await.unwrap(), News::Folders(vec!["2".to_owned()]));
    assert_eq!(phone.ping_again().await.unwrap(), News::Hierarchy);
    let lengths: Vec<_> = server.received()[1..].iter().map(|request| request.body.is_empty()).collect();
    assert_eq!(lengths, [false, true, true, false]);
    let failed = phone.ping_again().await.unwrap_err();
    assert!(matches!(failed, Error::Status { command: Command::Ping, status: 8 }));
}

#[tokio::test]
async fn news_of_a_folder_nobody_asked_for_is_an_anomaly() {
    let (_server, mut phone) = with_tree([pings("answer: news in the Inbox")]).await;
    phone.ping(HALF_A_MINUTE, &["7"]).await.unwrap();
    assert_eq!(phone.state().anomalies, [Anomaly::UnaskedPingFolder { folder: "2".to_owned() }]);
}

#[tokio::test]
async fn a_wait_that_ends_in_silence_is_nothing_new_and_may_be_repeated_empty() {
    let forgotten = Answer::golden("11-sync-wait-empty", "answer when nothing is cached");
    let (server, mut phone) =
        with_tree([collection("2", "1", "1"), Answer::status(200), Answer::status(200), forgotten]).await;
    phone.sync_once(&SyncRequest::of(["2"])).await.unwrap();
    let wait = Wait::Minutes(10);
    let outcome = phone.sync_once(&SyncRequest::of(["2"]).waiting(wait)).await.unwrap();
    assert!(outcome.empty && outcome.collections.is_empty());
    assert!(phone.sync_empty(Some(wait)).await.unwrap().empty);
    assert_eq!(phone.sync_empty(Some(wait)).await.unwrap().status, Some(13));
    let received = server.received();
    assert_eq!(received[2].document().unwrap().child(air_sync::WAIT).unwrap().text_lossy(), "10");
    assert_eq!(received[3].body, b"");
    assert_eq!(phone.state().collections["2"].key, "1");
    assert_eq!(phone.state().anomalies, []);
}

#[tokio::test]
async fn a_wait_out_of_range_comes_with_its_limit() {
    let limit = Answer::golden("11-sync-wait-empty", "answer when Wait is out of range");
    let (_server, mut phone) = with_tree([limit]).await;
    let outcome = phone.sync_once(&SyncRequest::of(["2"]).waiting(Wait::Minutes(99))).await.unwrap();
    assert_eq!((outcome.status, outcome.limit), (Some(14), Some(59)));
}

#[tokio::test]
async fn a_vanished_folder_is_found_out_by_a_folder_sync() {
    let gone = Answer::golden("11-sync-wait-empty", "answer when a folder is gone");
    let removed = Answer::document(&hierarchy_without_projects());
    let (server, mut phone) = with_tree([gone, removed]).await;
    let run = phone.sync_folder("21").await.unwrap();
    assert_eq!(run.gone, ["21"]);
    assert_eq!(server.commands(), ["FolderSync", "Sync", "FolderSync"]);
}

fn hierarchy_without_projects() -> Element {
    use syncledger_wbxml::pages::folder_hierarchy as fh;
    let delete = Element::new(fh::DELETE).with(Element::text(fh::SERVER_ID, "21"));
    Element::new(fh::FOLDER_SYNC)
        .with(Element::text(fh::STATUS, "1"))
        .with(Element::text(fh::SYNC_KEY, "2"))
        .with(Element::new(fh::CHANGES).with(Element::text(fh::COUNT, "1")).with(delete))
}

#[tokio::test]
async fn too_many_collections_are_synchronised_in_turns() {
    let too_many = Element::new(air_sync::SYNC)
        .with(Element::text(air_sync::STATUS, "15"))
        .with(Element::text(air_sync::LIMIT, "1"));
    let answers = [
        Answer::document(&too_many),
        collection("2", "1", "1"),
        Answer::status(200),
        collection("7", "1", "1"),
        Answer::status(200),
    ];
    let (server, mut phone) = with_tree(answers).await;
    phone.sync_folders(&["2", "7"]).await.unwrap();
    assert_eq!(server.received().len(), 6);
    assert!(phone.state().collections.values().all(|collection| collection.key == "1"));
}

#[tokio::test]
async fn statuses_that_never_pass_end_in_an_error() {
    for answer in [sync_status("16"), collection("2", "0", "3")] {
        let (server, mut phone) = with_tree([answer]).await;
        let refused = phone.sync_folder("2").await.unwrap_err();
        assert!(matches!(refused, Error::NoEnd { command: Command::Sync, .. }), "{refused}");
        assert!(server.received().len() < 20);
    }
    let (_server, mut phone) = with_tree([collection("2", "1", "4")]).await;
    let refused = phone.sync_folder("2").await.unwrap_err();
    assert_eq!(refused.to_string(), "Sync of collection 2: Status 4");
    let (_server, mut phone) = with_tree([sync_status("126")]).await;
    assert_eq!(phone.sync_folder("2").await.unwrap_err().status(), Some(126));
}

#[tokio::test]
async fn a_server_that_always_has_more_without_moving_its_key_is_left() {
    let more = Element::new(air_sync::COLLECTION)
        .with(Element::text(air_sync::SYNC_KEY, "1"))
        .with(Element::text(air_sync::COLLECTION_ID, "2"))
        .with(Element::text(air_sync::STATUS, "1"))
        .with(Element::new(air_sync::MORE_AVAILABLE));
    let more = Element::new(air_sync::SYNC).with(Element::new(air_sync::COLLECTIONS).with(more));
    let (server, mut phone) = with_tree([collection("2", "1", "1"), Answer::document(&more)]).await;
    phone.sync_folder("2").await.unwrap();
    assert_eq!(server.received().len(), 3);
    let (collection, key) = ("2".to_owned(), "1".to_owned());
    assert!(phone.state().anomalies.contains(&Anomaly::MoreAvailableWithoutNewKey { collection, key }));
}

#[tokio::test]
async fn an_unknown_folder_is_refused_before_anything_is_sent() {
    let (server, mut phone) = with_tree([]).await;
    assert!(matches!(phone.sync_folder("99").await, Err(Error::UnknownFolder(id)) if id == "99"));
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn mail_goes_out_as_wbxml_or_as_mime_by_version() {
    let mime = b"To: bob@example.com\r\nSubject: x\r\n\r\nbody";
    let server = Server::saying([Answer::status(200)]).await;
    let mut phone = Phone::new(server.config().version(Version::V12_1)).unwrap();
    assert_eq!(phone.send_mail(mime, true).await.unwrap(), Sending::Sent);
    phone.send_mail(mime, false).await.unwrap();
    let received = server.received();
    assert!(received[0].line.contains("&SaveInSent=T "));
    assert!(!received[1].line.contains("SaveInSent"));
    assert_eq!(received[0].header("content-type"), Some("message/rfc822"));
    assert_eq!(received[0].body, mime);

    let refused = Server::saying([Answer::golden("20-sendmail", "answer: recipient missing")]).await;
    let mut phone = Phone::new(refused.config()).unwrap();
    let error = phone.send_mail(mime, true).await.unwrap_err();
    assert_eq!((error.status(), error.to_string()), (Some(119), "SendMail: Status 119".to_owned()));
}

#[tokio::test]
async fn moved_items_are_followed() {
    let shared = Shared::with_inbox(2);
    let server = shared.serve().await;
    let mut phone = Phone::new(server.config()).unwrap();
    phone.folder_sync().await.unwrap();
    phone.sync_folders(&["2", "21"]).await.unwrap();
    let memory = phone.save().unwrap();

    let moving = Server::saying([Answer::golden("19-moveitems", "answer")]).await;
    let memory = memory.replace("\"2:1\"", "\"2:41\"").replace("\"2:2\"", "\"2:99\"");
    let mut phone = Phone::load(moving.config(), &memory).unwrap();
    let asked =
        |id: &str| Move { server_id: id.to_owned(), from_folder: "2".to_owned(), to_folder: "21".to_owned() };
    let moved = phone.move_items(&[asked("2:41"), asked("2:99")]).await.unwrap();
    assert_eq!(moved.iter().map(|moved| moved.status).collect::<Vec<_>>(), [MOVED, 1]);
    phone.verify_against([("Archive", "message 0"), ("Inbox", "message 1")]).unwrap();
    assert!(phone.state().collections["21"].items.contains_key("21:3"));
}

#[tokio::test]
async fn an_attachment_comes_inline_and_as_a_part() {
    let document = golden("21-itemoperations", "the same as part 0 of a multipart answer");
    let mut body = Vec::new();
    for number in [2, 20, 66, 86, 15_u32] {
        body.extend(number.to_le_bytes());
    }
    body.extend(document);
    body.extend(b"%PDF-1.4 sample");
    let multipart = Answer::status(200).with("Content-Type", "application/vnd.ms-sync.multipart");
    let Answer::Http { status, headers, .. } = multipart else { unreachable!() };
    let server = Server::saying([Answer::Http { status, headers, body }]).await;
    let mut phone = Phone::new(server.config()).unwrap();
    assert_eq!(phone.fetch_attachment("2:41:2", true).await.unwrap(), "%PDF-1.4 sample");
    assert_eq!(server.received()[0].header("ms-asacceptmultipart"), Some("T"));
    assert_eq!(server.received()[0].body, golden("21-itemoperations", "fetch an attachment, inline answer"));
    // Two questions, one answer.
    let target = Target::Attachment { file_reference: "2:41:2".to_owned(), range: None };
    let refused = phone.fetch(&[target.clone(), target], true).await.unwrap_err();
    assert_eq!(refused.to_string(), "ItemOperations: 1 answers to 2 fetches");
}

#[tokio::test]
async fn device_information_is_stored_in_either_form_of_answer() {
    let status = || Element::text(settings::STATUS, "1");
    let plain = Element::new(settings::DEVICE_INFORMATION).with(status());
    let wrapped = Element::new(settings::DEVICE_INFORMATION).with(Element::new(settings::SET).with(status()));
    for property in [plain, wrapped] {
        let root = Element::new(settings::SETTINGS).with(status()).with(property);
        let server = Server::saying([Answer::document(&root)]).await;
        Phone::new(server.config()).unwrap().settings_device_information().await.unwrap();
    }
    let refused = Element::new(settings::SETTINGS)
        .with(status())
        .with(Element::new(settings::DEVICE_INFORMATION).with(Element::text(settings::STATUS, "3")));
    let server = Server::saying([Answer::document(&refused)]).await;
    let refused = Phone::new(server.config()).unwrap().settings_device_information().await.unwrap_err();
    assert_eq!(refused.status(), Some(3));
}
