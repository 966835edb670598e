//! Published requests byte for byte, published answers read.

use syncledger_wbxml::{Element, encode, pages::air_sync};

use super::{CollectionRequest, SyncRequest, Wait, response::parse};
use crate::{
    BodyChoice, Phone, PhoneConfig, Version,
    store::{ClientCommand, Folder},
    tests::{golden, golden_tree},
};

/// A phone that knows folders 2 (mail) and 7 (calendar) with these keys.
fn phone(keys: &[(&str, &str)]) -> Phone {
    let mut config = PhoneConfig::new("http://127.0.0.1:1", "alice@example.com", "demo");
    config.body = Some(BodyChoice { kind: 2, truncation_size: Some(200_000) });
    config.filter_type = Some(3);
    let mut phone = Phone::new(config).unwrap();
    for (id, kind) in [("2", 2), ("7", 8)] {
        let folder = Folder { id: id.to_owned(), parent: "0".to_owned(), name: id.to_owned(), kind };
        phone.state.folders.insert(id.to_owned(), folder);
    }
    for (id, key) in keys {
        let collection = phone.state.collections.entry((*id).to_owned()).or_default();
        (*key).clone_into(&mut collection.key);
        collection.complete = true;
    }
    phone
}

fn request(phone: &mut Phone, version: Version, request: &SyncRequest) -> Element {
    phone.prepare(version, request).unwrap().0
}

#[test]
fn key_nought_is_sent_alone() {
    let element = request(&mut phone(&[]), Version::V14_1, &SyncRequest::of(["2"]));
    assert_eq!(encode(&element), golden("09-sync-start", "request", 0));
}

#[test]
fn the_first_window_is_as_published() {
    let mut wanted = CollectionRequest::new("2");
    wanted.window_size = Some(1);
    wanted.get_changes = Some(true);
    let wanted = SyncRequest { collections: vec![wanted], ..SyncRequest::default() };
    let element = request(&mut phone(&[("2", "101")]), Version::V14_1, &wanted);
    // The published request asks for changes by an empty tag, which means the same as 1.
    let published = golden_tree("09-sync-start", "request", 1);
    assert_eq!(with_text(published, air_sync::GET_CHANGES, "1"), element);
}

#[test]
fn user_changes_are_as_published() {
    let mut phone = phone(&[("2", "102")]);
    phone.config.filter_type = None;
    phone.config.body = None;
    let id = |id: &str| id.to_owned();
    phone.queue(
        "2",
        [
            ClientCommand::SetRead { server_id: id("2:41"), read: true },
            ClientCommand::SetFlag { server_id: id("2:40"), flagged: true },
            ClientCommand::Delete { server_id: id("2:12") },
        ],
    );
    let mut wanted = CollectionRequest::new("2");
    wanted.window_size = Some(50);
    wanted.get_changes = Some(true);
    let wanted = SyncRequest { collections: vec![wanted], ..SyncRequest::default() };
    let element = request(&mut phone, Version::V14_1, &wanted);
    let published = golden_tree("10-sync-mail-changes", "request", 0);
    assert_eq!(with_text(published, air_sync::GET_CHANGES, "1"), element);
}

#[test]
fn wait_and_partial_come_after_the_collections() {
    let mut phone = phone(&[("2", "104")]);
    let wanted = SyncRequest { partial: true, ..SyncRequest::of(["2"]).waiting(Wait::Minutes(10)) };
    let element = request(&mut phone, Version::V14_1, &wanted);
    let published = golden_tree("11-sync-wait-empty", "Partial request: only what changed (12.1+)", 0);
    let tags = |element: &Element| element.elements().map(|child| child.tag).collect::<Vec<_>>();
    assert_eq!(tags(&element), tags(&published));
    assert_eq!(element.child(air_sync::WAIT), published.child(air_sync::WAIT));
}

#[test]
fn class_is_the_first_child_up_to_12_1_and_absent_later() {
    for (version, first) in [
        (Version::V12_1, air_sync::CLASS),
        (Version::V14_0, air_sync::SYNC_KEY),
        (Version::V16_1, air_sync::SYNC_KEY),
    ] {
        let element = request(&mut phone(&[]), version, &SyncRequest::of(["7"]));
        let collection = element.child(air_sync::COLLECTIONS).unwrap().elements().next().unwrap();
        assert_eq!(collection.elements().next().unwrap().tag, first, "{version}");
    }
}

#[test]
fn unanswered_changes_are_repeated_before_new_ones_are_sent() {
    let mut phone = phone(&[("2", "5")]);
    let delete = |id: &str| ClientCommand::Delete { server_id: id.to_owned() };
    phone.queue("2", [delete("2:1")]);
    let first = request(&mut phone, Version::V14_1, &SyncRequest::of(["2"]));
    phone.queue("2", [delete("2:2")]);
    let second = request(&mut phone, Version::V14_1, &SyncRequest::of(["2"]));
    assert_eq!(encode(&first), encode(&second));
}

#[test]
fn published_answers_read() {
    let answer = |file, label, nth| parse(&golden_tree(file, label, nth)).unwrap();

    let first = answer("09-sync-start", "answer", 0);
    assert_eq!(first.collections[0].sync_key.as_deref(), Some("101"));
    assert!(first.collections[0].commands.is_empty() && !first.collections[0].more_available);

    let window = answer("09-sync-start", "answer", 1);
    assert!(window.collections[0].more_available);
    assert_eq!(window.collections[0].commands[0].server_id.as_deref(), Some("2:41"));

    let mixed = answer("10-sync-mail-changes", "answer", 0);
    let tags: Vec<_> = mixed.collections[0].commands.iter().map(|command| command.tag).collect();
    assert_eq!(tags, [air_sync::CHANGE, air_sync::DELETE, air_sync::SOFT_DELETE]);

    let vanished = answer("10-sync-mail-changes", "answer if item 2:40 had vanished", 0);
    let reply = &vanished.collections[0].replies[0];
    assert_eq!((reply.tag, reply.id(), reply.status), (air_sync::CHANGE, Some("2:40"), 8));

    let added = answer("12-sync-contact-add", "answer", 0);
    let reply = &added.collections[0].replies[0];
    assert_eq!((reply.tag, reply.status), (air_sync::ADD, 1));
    assert!(reply.client_id.is_some() && reply.server_id.is_some());

    let nothing_cached = answer("11-sync-wait-empty", "answer when nothing is cached", 0);
    assert_eq!(nothing_cached.status, Some(13));
    let out_of_range = answer("11-sync-wait-empty", "answer when Wait is out of range", 0);
    assert_eq!((out_of_range.status, out_of_range.limit), (Some(14), Some(59)));
    let unknown_key = answer("11-sync-wait-empty", "answer when a key is unknown", 0);
    assert_eq!(unknown_key.collections[0].status, Some(3));
}

/// The element with `text` in every element of this tag.
fn with_text(mut element: Element, tag: syncledger_wbxml::Tag, text: &str) -> Element {
    if element.tag == tag {
        return Element::text(tag, text);
    }
    for node in &mut element.children {
        if let syncledger_wbxml::Node::Element(child) = node {
            *child = with_text(child.clone(), tag, text);
        }
    }
    element
}
