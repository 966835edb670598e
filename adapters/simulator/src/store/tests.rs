//! The rules for applying answers, one by one.

use syncledger_wbxml::{
    Element, Tag,
    pages::{air_sync, air_sync_base, email},
};

use super::{Anomaly, ClientCommand, Collection, Folder, HierarchyChange, Item, PhoneState, Sent, apply};
use crate::{
    BodyChoice,
    ascmd::sync::{CollectionAnswer, CollectionOutcome, Reply, ServerCommand},
    tests::golden_tree,
};

fn sent(key: &str, commands: Vec<ClientCommand>) -> Sent {
    Sent {
        id: "2".to_owned(),
        key: key.to_owned(),
        get_changes: key != "0",
        window: 10,
        commands,
        fetch: Vec::new(),
        body: None,
    }
}

fn answer(key: &str, commands: Vec<ServerCommand>) -> CollectionAnswer {
    CollectionAnswer {
        sync_key: Some(key.to_owned()),
        collection_id: Some("2".to_owned()),
        status: Some(1),
        commands,
        ..CollectionAnswer::default()
    }
}

fn command(tag: Tag, id: &str, data: Option<Element>) -> ServerCommand {
    ServerCommand { tag, server_id: Some(id.to_owned()), data }
}

fn mail(subject: &str, read: bool) -> Element {
    data([Element::text(email::SUBJECT, subject), Element::text(email::READ, if read { "1" } else { "0" })])
}

fn data(properties: impl IntoIterator<Item = Element>) -> Element {
    Element::new(air_sync::APPLICATION_DATA).with_all(properties)
}

fn add(id: &str) -> ServerCommand {
    command(air_sync::ADD, id, Some(mail(id, false)))
}

/// A collection at `key` with these items.
fn holding(key: &str, ids: &[&str]) -> Collection {
    let items = ids.iter().map(|id| ((*id).to_owned(), Item::new(&mail(id, false), false))).collect();
    Collection { key: key.to_owned(), items, ..Collection::default() }
}

fn applied(
    collection: &mut Collection,
    sent: &Sent,
    answer: CollectionAnswer,
) -> (CollectionOutcome, Vec<Anomaly>) {
    apply(collection, sent, answer, false)
}

#[test]
fn adds_changes_and_deletes_of_known_items_are_applied_without_complaint() {
    let mut collection = holding("1", &["2:1", "2:2", "2:3", "2:4"]);
    let read = data([Element::text(email::READ, "1")]);
    let commands = vec![
        add("2:5"),
        command(air_sync::CHANGE, "2:1", Some(read)),
        command(air_sync::DELETE, "2:2", None),
        command(air_sync::SOFT_DELETE, "2:3", None),
        command(air_sync::ADD, "2:4", Some(mail("new subject", true))),
    ];
    let (outcome, anomalies) = applied(&mut collection, &sent("1", Vec::new()), answer("2", commands));
    assert_eq!(anomalies, []);
    assert_eq!(outcome.added, ["2:5"]);
    assert_eq!(outcome.changed, ["2:1", "2:4"], "an Add of a known item is a change");
    assert_eq!((outcome.deleted, outcome.soft_deleted), (vec!["2:2".to_owned()], vec!["2:3".to_owned()]));
    assert_eq!(collection.key, "2");
    assert_eq!(collection.items.keys().collect::<Vec<_>>(), ["2:1", "2:4", "2:5"]);
    let first = &collection.items["2:1"];
    assert_eq!((first.subject.as_deref(), first.read), (Some("2:1"), Some(true)), "the rest stays");
}

#[test]
fn changes_and_deletes_of_unknown_items_are_anomalies() {
    let mut collection = holding("1", &[]);
    let commands =
        vec![command(air_sync::CHANGE, "2:1", Some(mail("x", true))), command(air_sync::DELETE, "2:2", None)];
    let (outcome, anomalies) = applied(&mut collection, &sent("1", Vec::new()), answer("2", commands));
    let (c, one, two) = ("2".to_owned(), "2:1".to_owned(), "2:2".to_owned());
    assert_eq!(
        anomalies,
        [
            Anomaly::ChangeOfUnknownItem { collection: c.clone(), server_id: one },
            Anomaly::DeleteOfUnknownItem { collection: c, server_id: two },
        ]
    );
    assert_eq!((outcome.changes(), collection.items.len()), (0, 0));
}

#[test]
fn an_echo_of_the_users_own_change_is_an_anomaly() {
    let mut collection = holding("1", &["2:1"]);
    let reading = ClientCommand::SetRead { server_id: "2:1".to_owned(), read: true };
    collection.queue.push(reading);
    let sent = sent("1", collection.take_off(100));
    let echo = command(air_sync::CHANGE, "2:1", Some(data([Element::text(email::READ, "1")])));
    let (outcome, anomalies) = applied(&mut collection, &sent, answer("2", vec![echo]));
    let expected = Anomaly::ChangeWithoutNews { collection: "2".to_owned(), server_id: "2:1".to_owned() };
    assert_eq!(anomalies, [expected]);
    assert_eq!(outcome.replies[0].status, 1, "silence means success");
    assert!(!collection.has_changes());
}

#[test]
fn a_key_that_does_not_move_is_noticed() {
    let key = || "7".to_owned();
    let collection = || "2".to_owned();
    let more = CollectionAnswer { more_available: true, ..answer("7", vec![add("2:1")]) };
    let (_, anomalies) = applied(&mut holding("7", &[]), &sent("7", Vec::new()), more);
    assert_eq!(anomalies, [Anomaly::MoreAvailableWithoutNewKey { collection: collection(), key: key() }]);

    let (_, anomalies) =
        applied(&mut holding("7", &[]), &sent("7", Vec::new()), answer("7", vec![add("2:1")]));
    assert_eq!(anomalies, [Anomaly::ChangesWithoutNewKey { collection: collection(), key: key() }]);

    let delete = ClientCommand::Delete { server_id: "2:1".to_owned() };
    let (_, anomalies) =
        applied(&mut holding("7", &["2:1"]), &sent("7", vec![delete]), answer("7", Vec::new()));
    assert_eq!(anomalies, [Anomaly::ChangesWithoutNewKey { collection: collection(), key: key() }]);

    let (_, anomalies) = applied(&mut holding("7", &[]), &sent("7", Vec::new()), answer("7", Vec::new()));
    assert_eq!(anomalies, [], "nothing new, the same key: fine");
}

#[test]
fn success_without_a_key_changes_nothing() {
    for key in [None, Some("0".to_owned()), Some(String::new())] {
        let mut collection = holding("1", &["2:1"]);
        let before = collection.clone();
        let keyless = CollectionAnswer { sync_key: key, ..answer("", vec![add("2:2")]) };
        let (_, anomalies) = applied(&mut collection, &sent("1", Vec::new()), keyless);
        assert_eq!(anomalies, [Anomaly::NoKey { collection: "2".to_owned() }]);
        assert_eq!(collection, before);
    }
}

#[test]
fn rules_about_windows_and_key_nought() {
    let (_, anomalies) =
        applied(&mut holding("0", &[]), &sent("0", Vec::new()), answer("1", vec![add("2:1")]));
    assert_eq!(anomalies, [Anomaly::ContentWithKeyZero { collection: "2".to_owned() }]);

    let eleven = (0..11).map(|at| add(&format!("2:{at}"))).collect();
    let (_, anomalies) = applied(&mut holding("1", &[]), &sent("1", Vec::new()), answer("2", eleven));
    assert_eq!(anomalies, [Anomaly::WindowExceeded { collection: "2".to_owned(), commands: 11, window: 10 }]);

    let quiet = Sent { get_changes: false, ..sent("1", Vec::new()) };
    let (_, anomalies) = applied(&mut holding("1", &[]), &quiet, answer("2", vec![add("2:1")]));
    assert_eq!(anomalies, [Anomaly::UnaskedChanges { collection: "2".to_owned() }]);

    let twice = vec![add("2:1"), command(air_sync::CHANGE, "2:1", Some(mail("other", true)))];
    let (_, anomalies) = applied(&mut holding("1", &[]), &sent("1", Vec::new()), answer("2", twice));
    assert_eq!(anomalies, [Anomaly::ItemTwice { collection: "2".to_owned(), server_id: "2:1".to_owned() }]);
}

#[test]
fn an_added_item_gets_the_id_of_the_reply_and_one_without_reply_is_noticed() {
    let adding = |client_id: &str| ClientCommand::Add {
        client_id: client_id.to_owned(),
        data: super::Document(mail("draft", true)),
    };
    let reply = Reply {
        tag: air_sync::ADD,
        client_id: Some("a".to_owned()),
        server_id: Some("2:9".to_owned()),
        status: 1,
        data: None,
    };
    let stray = Reply { client_id: Some("z".to_owned()), ..reply.clone() };
    let replies = CollectionAnswer { replies: vec![reply, stray], ..answer("2", Vec::new()) };
    let mut collection = holding("1", &[]);
    let (outcome, anomalies) = applied(&mut collection, &sent("1", vec![adding("a"), adding("b")]), replies);
    assert_eq!(collection.items["2:9"].subject.as_deref(), Some("draft"));
    assert_eq!(outcome.replies[0].server_id.as_deref(), Some("2:9"));
    let (what, collection) = ("Add".to_owned(), "2".to_owned());
    assert_eq!(
        anomalies,
        [
            Anomaly::NoReply { collection: collection.clone(), what: what.clone(), id: "b".to_owned() },
            Anomaly::UnaskedReply { collection, what, id: "z".to_owned() },
        ]
    );
}

#[test]
fn a_refused_change_leaves_the_phones_copy_alone() {
    let mut collection = holding("1", &["2:1"]);
    let delete = ClientCommand::Delete { server_id: "2:1".to_owned() };
    let refused = Reply {
        tag: air_sync::DELETE,
        client_id: None,
        server_id: Some("2:1".to_owned()),
        status: 5,
        data: None,
    };
    let replies = CollectionAnswer { replies: vec![refused], ..answer("1", Vec::new()) };
    let (outcome, anomalies) = applied(&mut collection, &sent("1", vec![delete]), replies);
    assert_eq!((outcome.replies[0].status, anomalies), (5, Vec::new()));
    assert!(collection.items.contains_key("2:1"));
}

#[test]
fn a_delete_after_a_move_is_expected_once() {
    let mut collection = holding("1", &[]);
    collection.moved_away.insert("2:1".to_owned());
    let delete = || vec![command(air_sync::DELETE, "2:1", None)];
    let (outcome, anomalies) = applied(&mut collection, &sent("1", Vec::new()), answer("2", delete()));
    assert_eq!((outcome.deleted, anomalies), (vec!["2:1".to_owned()], Vec::new()));
    let (_, anomalies) = applied(&mut collection, &sent("2", Vec::new()), answer("3", delete()));
    assert_eq!(anomalies.len(), 1);
}

#[test]
fn news_that_a_ping_promised_must_come() {
    let mut collection = Collection { pinged: true, ..holding("1", &[]) };
    let (_, anomalies) = applied(&mut collection, &sent("1", Vec::new()), answer("1", Vec::new()));
    assert_eq!(anomalies, [Anomaly::PingWithoutNews { collection: "2".to_owned() }]);
    assert!(!collection.pinged, "told once");

    let mut collection = Collection { pinged: true, ..holding("1", &[]) };
    let (_, anomalies) = applied(&mut collection, &sent("1", Vec::new()), answer("2", vec![add("2:1")]));
    assert_eq!((anomalies, collection.pinged), (Vec::new(), false));
}

#[test]
fn bodies_and_text_are_inspected() {
    let body = |children: &[(Tag, &str)]| {
        let children = children.iter().map(|(tag, text)| Element::text(*tag, *text));
        data([Element::new(air_sync_base::BODY).with_all(children)])
    };
    let complaint = |data: Element| {
        let asked =
            Sent { body: Some(BodyChoice { kind: 1, truncation_size: Some(3) }), ..sent("1", Vec::new()) };
        let commands = vec![command(air_sync::ADD, "2:1", Some(data))];
        applied(&mut holding("1", &[]), &asked, answer("2", commands)).1
    };
    let (c, id) = ("2".to_owned(), "2:1".to_owned());
    let long = body(&[(air_sync_base::TYPE, "1"), (air_sync_base::DATA, "four")]);
    let expected =
        Anomaly::BodyTooLong { collection: c.clone(), server_id: id.clone(), bytes: 4, allowed: 3 };
    assert_eq!(complaint(long), [expected]);
    let other_type = body(&[(air_sync_base::TYPE, "2"), (air_sync_base::DATA, "four")]);
    assert_eq!(complaint(other_type), []);
    let cut = body(&[(air_sync_base::TYPE, "1"), (air_sync_base::TRUNCATED, "1")]);
    let what = "EstimatedDataSize".to_owned();
    assert_eq!(complaint(cut), [Anomaly::BodyLacks { collection: c.clone(), server_id: id.clone(), what }]);
    let bell = data([Element::text(email::SUBJECT, "ding\u{7}")]);
    let property = "Email:Subject".to_owned();
    assert_eq!(complaint(bell), [Anomaly::ForbiddenCharacters { collection: c, server_id: id, property }]);
}

#[test]
fn the_published_mail_is_read_whole() {
    let root = golden_tree("09-sync-start", "answer", 1);
    let mut at = &root;
    for tag in [air_sync::COLLECTIONS, air_sync::COLLECTION, air_sync::COMMANDS, air_sync::ADD] {
        at = at.child(tag).unwrap();
    }
    let item = Item::new(at.child(air_sync::APPLICATION_DATA).unwrap(), true);
    assert_eq!(item.subject.as_deref(), Some("Lunch?"));
    assert_eq!(item.from.as_deref(), Some("\"Bob\" <bob@example.net>"));
    assert_eq!((item.read, item.flag, item.importance), (Some(false), None, Some(1)));
    let attachment = &item.attachments[0];
    assert_eq!(
        (attachment.display_name.as_str(), attachment.file_reference.as_str()),
        ("menu.pdf", "2:41:2")
    );
    assert_eq!(attachment.estimated_size, Some(18233));
    let body = item.body.unwrap();
    // The published size is an estimate indeed.
    assert_eq!((body.kind, body.estimated_size, body.bytes), (2, Some(35), Some(32)));
    assert_eq!(body.data.as_deref(), Some("<html><body>At 12?</body></html>"));
    assert!(item.properties.contains_key("Email2:ConversationId"));
}

fn folder(id: &str, parent: &str, name: &str) -> Folder {
    Folder { id: id.to_owned(), parent: parent.to_owned(), name: name.to_owned(), kind: 12 }
}

#[test]
fn key_nought_replaces_the_tree_but_keeps_items_of_folders_that_are_still_there() {
    let mut state = PhoneState::default();
    let add = |id: &str| HierarchyChange::Add(folder(id, "0", id));
    let changes = state.apply_hierarchy("0", "1".to_owned(), Some(2), vec![add("2"), add("3")]);
    assert_eq!(changes.added, ["2", "3"]);
    for id in ["2", "3"] {
        state.collections.insert(id.to_owned(), holding("5", &["x"]));
    }
    let changes = state.apply_hierarchy("0", "2".to_owned(), Some(1), vec![add("2")]);
    assert_eq!((changes.deleted.as_slice(), changes.added.len()), (["3".to_owned()].as_slice(), 0));
    assert_eq!(state.collections.keys().collect::<Vec<_>>(), ["2"]);
    assert_eq!(state.collections["2"].items.len(), 1);
    assert_eq!(state.anomalies, []);
}

#[test]
fn anomalies_of_the_hierarchy() {
    let mut state = PhoneState::default();
    let changes =
        vec![HierarchyChange::Update(folder("9", "8", "x")), HierarchyChange::Delete("7".to_owned())];
    state.apply_hierarchy("1", "1".to_owned(), Some(5), changes);
    let unknown = |what: &str, folder: &str| Anomaly::UnknownFolder {
        what: what.to_owned(),
        folder: folder.to_owned(),
    };
    assert_eq!(
        state.anomalies,
        [
            Anomaly::WrongCount { said: 5, found: 2 },
            Anomaly::HierarchyKeyNotMoved { key: "1".to_owned() },
            unknown("Update of", "9"),
            unknown("Delete of", "7"),
            unknown("parent", "8"),
        ]
    );
}

#[test]
fn a_restart_keeps_the_users_changes_in_order() {
    let delete = |id: &str| ClientCommand::Delete { server_id: id.to_owned() };
    let mut collection = holding("5", &["2:1"]);
    collection.queue.extend([delete("a"), delete("b")]);
    collection.complete = true;
    assert_eq!(collection.take_off(1), [delete("a")]);
    collection.restart();
    assert_eq!((collection.key.as_str(), collection.items.len()), ("0", 0));
    assert_eq!((collection.queue, collection.in_flight), (vec![delete("a"), delete("b")], Vec::new()));
}

#[test]
fn after_a_restart_items_are_touched_when_they_have_come_again_or_will_not_come() {
    let delete = |id: &str| ClientCommand::Delete { server_id: id.to_owned() };
    let mut collection = holding("5", &["2:1"]);
    collection.queue.extend([delete("2:1"), delete("2:2")]);
    assert_eq!(collection.take_off(100), [delete("2:1")]);
    let (_, anomalies) = applied(&mut collection, &sent("5", vec![delete("2:1")]), answer("6", Vec::new()));
    assert_eq!(anomalies, []);
    assert_eq!(collection.take_off(100), [delete("2:2")], "everything was told");
}

#[test]
fn anomalies_are_bounded_and_memory_survives_json() {
    let mut state = PhoneState::default();
    for at in 0..1005 {
        state.note(Anomaly::NoKey { collection: at.to_string() });
    }
    assert_eq!((state.anomalies.len(), state.anomalies_dropped), (1000, 5));
    let mut collection = holding("5", &["2:1"]);
    collection
        .queue
        .push(ClientCommand::Add { client_id: "c".to_owned(), data: super::Document(mail("draft", false)) });
    state.collections.insert("2".to_owned(), collection);
    let json = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<PhoneState>(&json).unwrap(), state);
}
