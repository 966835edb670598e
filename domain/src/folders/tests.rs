//! Given/when/then.

use std::convert::Infallible;

use super::*;
use crate::{
    ports::mailbox::{BackendKey, Folder, FolderClass, FolderRole},
    testing::{Outcome, given},
};

fn folder(key: &str, role: Option<FolderRole>) -> Folder {
    let (parent, name) = key.rsplit_once('/').map_or((None, key), |(parent, name)| (Some(parent), name));
    Folder {
        key: BackendKey(key.to_owned()),
        parent: parent.map(|parent| BackendKey(parent.to_owned())),
        name: name.to_owned(),
        class: FolderClass::Mail,
        role,
        identity: None,
    }
}

fn plain(key: &str) -> Folder {
    folder(key, None)
}

fn identified(key: &str, identity: &str) -> Folder {
    Folder { identity: Some(identity.to_owned()), ..plain(key) }
}

fn seen(id: u32, parent: Option<u32>, listed: &Folder) -> FoldersEvent {
    FoldersEvent::Seen(FolderSeen {
        id: FolderId(id),
        parent: parent.map(FolderId),
        class: listed.class,
        role: listed.role,
        name: listed.name.clone(),
        key: listed.key.clone(),
        identity: listed.identity.clone(),
    })
}

fn gone(id: u32) -> FoldersEvent {
    FoldersEvent::Gone(FolderGone { id: FolderId(id) })
}

fn renamed(id: u32, name: &str, key: &str) -> FoldersEvent {
    FoldersEvent::Renamed(FolderRenamed {
        id: FolderId(id),
        name: name.to_owned(),
        key: BackendKey(key.to_owned()),
    })
}

fn moved(id: u32, parent: Option<u32>, key: &str) -> FoldersEvent {
    FoldersEvent::Moved(FolderMoved {
        id: FolderId(id),
        parent: parent.map(FolderId),
        key: BackendKey(key.to_owned()),
    })
}

/// A map that has seen these listings one after the other.
fn history(listings: &[&[Folder]]) -> Vec<FoldersEvent> {
    let mut map = FolderMap::default();
    let mut events = Vec::new();
    for listing in listings {
        let new = observe(&map, listing);
        for event in &new {
            map.evolve(event);
        }
        events.extend(new);
    }
    events
}

fn given_listings(listings: &[&[Folder]]) -> FolderMapGiven {
    FolderMapGiven(history(listings))
}

struct FolderMapGiven(Vec<FoldersEvent>);

impl FolderMapGiven {
    fn when_listed(self, listing: &[Folder]) -> Outcome<FolderMap, Infallible> {
        given::<FolderMap>(self.0).when(|map| Ok(observe(map, listing)))
    }
}

#[test]
fn well_known_folders_get_fixed_ids_and_all_others_count_from_257() {
    let listing = [
        plain("Work"),
        folder("Deleted", Some(FolderRole::Trash)),
        folder("INBOX", Some(FolderRole::Inbox)),
        folder("Entwürfe", Some(FolderRole::Drafts)),
        folder("Sent", Some(FolderRole::Sent)),
        folder("Spam", Some(FolderRole::Junk)),
        folder("Archive", Some(FolderRole::Archive)),
        plain("Alpha"),
    ];
    let default = |key: &str, class| Folder { class, ..folder(key, Some(FolderRole::Default)) };
    let dav = [
        default("cal", FolderClass::Calendar),
        default("card", FolderClass::Contacts),
        default("todo", FolderClass::Tasks),
    ];
    let listing = [&listing[..], &dav].concat();
    let map = given_listings(&[]).when_listed(&listing).then(history(&[&listing]));
    let ids: Vec<_> = map.iter().map(|folder| (folder.id.0, folder.key.0.as_str())).collect();
    let expected = [
        (2, "INBOX"),
        (3, "Deleted"),
        (4, "Spam"),
        (5, "Sent"),
        (6, "Entwürfe"),
        (7, "card"),
        (10, "cal"),
        (15, "todo"),
        (257, "Alpha"),
        (258, "Archive"),
        (259, "Work"),
    ];
    assert_eq!(ids, expected);
}

#[test]
fn nothing_happens_when_nothing_changed_whatever_the_order_of_the_listing() {
    let mut listing = [folder("INBOX", Some(FolderRole::Inbox)), plain("A"), plain("A/B"), plain("A/B/C")];
    let before = history(&[&listing]);
    listing.reverse();
    given::<FolderMap>(before).when(|map| Ok::<_, Infallible>(observe(map, &listing))).then_nothing();
}

#[test]
fn parents_come_before_children_and_go_after_them() {
    let listing = [plain("A/B/C"), plain("A/B"), plain("A")];
    given_listings(&[]).when_listed(&listing).then([
        seen(257, None, &listing[2]),
        seen(258, Some(257), &listing[1]),
        seen(259, Some(258), &listing[0]),
    ]);
    given_listings(&[&listing]).when_listed(&[]).then([gone(259), gone(258), gone(257)]);
}

#[test]
fn a_folder_whose_parent_is_not_listed_hangs_at_the_top() {
    let orphan = plain("A/B");
    given_listings(&[]).when_listed(std::slice::from_ref(&orphan)).then([seen(257, None, &orphan)]);
}

#[test]
fn folders_listed_inside_each_other_or_twice_do_no_harm() {
    let inside =
        |key: &str, parent: &str| Folder { parent: Some(BackendKey(parent.to_owned())), ..plain(key) };
    let circle = [inside("A", "B"), inside("B", "A"), inside("C", "C"), inside("A", "B")];
    let map = given_listings(&[]).when_listed(&circle).then([
        seen(257, None, &circle[0]),
        seen(258, Some(257), &circle[1]),
        seen(259, None, &circle[2]),
    ]);
    assert!(observe(&map, &circle).is_empty());
}

#[test]
fn a_folder_with_an_identity_keeps_its_id_through_rename_and_move() {
    let before = [identified("A", "i1"), identified("B", "i2")];
    given_listings(&[&before])
        .when_listed(&[identified("A", "i1"), identified("C", "i2")])
        .then([renamed(258, "C", "C")]);
    given_listings(&[&before]).when_listed(&[identified("A", "i1"), identified("A/B", "i2")]).then([moved(
        258,
        Some(257),
        "A/B",
    )]);
    given_listings(&[&before])
        .when_listed(&[identified("A", "i1"), identified("A/C", "i2")])
        .then([renamed(258, "C", "A/C"), moved(258, Some(257), "A/C")]);
    given_listings(&[&before])
        .when_listed(&[identified("A", "i2"), identified("B", "i1")])
        .then([renamed(258, "A", "A"), renamed(257, "B", "B")]);
}

#[test]
fn folders_inside_a_renamed_one_get_new_keys_and_keep_their_ids() {
    let before = [identified("A", "i1"), identified("A/B", "i2")];
    given_listings(&[&before])
        .when_listed(&[identified("Z", "i1"), identified("Z/B", "i2")])
        .then([renamed(257, "Z", "Z"), moved(258, Some(257), "Z/B")]);
}

#[test]
fn without_an_identity_a_renamed_folder_is_another_one() {
    let after = plain("B");
    given_listings(&[&[plain("A")]])
        .when_listed(std::slice::from_ref(&after))
        .then([seen(258, None, &after), gone(257)]);
}

#[test]
fn a_folder_that_comes_back_has_its_old_id_and_ids_are_never_given_to_others() {
    let (a, b) = (plain("A"), plain("B"));
    given_listings(&[std::slice::from_ref(&a), &[]])
        .when_listed(&[a.clone(), b.clone()])
        .then([seen(257, None, &a), seen(258, None, &b)]);
    let elsewhere = identified("New name", "i1");
    given_listings(&[&[identified("A", "i1")], &[]])
        .when_listed(std::slice::from_ref(&elsewhere))
        .then([seen(257, None, &elsewhere)]);
}

#[test]
fn a_folder_made_anew_under_the_same_key_keeps_the_id_and_shows_its_new_identity() {
    let anew = identified("A", "i9");
    given_listings(&[&[identified("A", "i1")]])
        .when_listed(std::slice::from_ref(&anew))
        .then([seen(257, None, &anew)]);
}

#[test]
fn a_backend_that_for_once_cannot_tell_identities_changes_nothing() {
    given_listings(&[&[identified("A", "i1")]]).when_listed(&[plain("A")]).then_nothing();
    let trash = folder("A", Some(FolderRole::Trash));
    let remembered = Folder { identity: Some("i1".to_owned()), ..trash.clone() };
    given_listings(&[&[identified("A", "i1")]]).when_listed(&[trash]).then([seen(257, None, &remembered)]);
}

#[test]
fn an_identity_shared_by_two_folders_serves_the_one_under_the_known_key() {
    let second = identified("A copy", "i1");
    given_listings(&[&[identified("B", "i1")]])
        .when_listed(&[second.clone(), identified("B", "i1")])
        .then([seen(258, None, &second)]);
}

#[test]
fn another_folder_made_the_trash_changes_roles_and_no_ids() {
    let before = [folder("Trash", Some(FolderRole::Trash)), plain("Bin")];
    let after = [plain("Trash"), folder("Bin", Some(FolderRole::Trash))];
    let map = given_listings(&[&before])
        .when_listed(&after)
        .then([seen(257, None, &after[1]), seen(3, None, &after[0])]);
    assert_eq!(
        map.with_role(FolderClass::Mail, FolderRole::Trash).map(|folder| folder.id),
        Some(FolderId(257))
    );
    let third = folder("Papierkorb", Some(FolderRole::Trash));
    given_listings(&[&before, &after])
        .when_listed(&[plain("Trash"), plain("Bin"), third.clone()])
        .then([seen(257, None, &plain("Bin")), seen(258, None, &third)]);
}

#[test]
fn a_folder_of_another_class_is_another_folder() {
    let mail = plain("Team");
    let calendar = Folder { class: FolderClass::Calendar, ..plain("Team") };
    given_listings(&[&[mail]])
        .when_listed(std::slice::from_ref(&calendar))
        .then([seen(258, None, &calendar), gone(257)]);
}

#[test]
fn any_prefix_of_the_events_leads_to_the_same_map() {
    let before =
        [identified("A", "1"), identified("A/B", "2"), identified("C", "3"), plain("D"), plain("D/E")];
    let after = [
        identified("C", "1"),
        identified("C/B", "2"),
        identified("A", "3"),
        identified("A/X", "4"),
        folder("D", Some(FolderRole::Trash)),
        plain("F"),
    ];
    let map: FolderMap = crate::event::fold(&history(&[&before]));
    let events = observe(&map, &after);
    let whole: FolderMap = crate::event::fold(&history(&[&before, &after]));
    for cut in 0..=events.len() {
        let mut state = map.clone();
        for event in &events[..cut] {
            state.evolve(event);
        }
        for event in observe(&state, &after) {
            state.evolve(&event);
        }
        assert_eq!(state, whole, "after {cut} of {} events", events.len());
    }
}

#[test]
fn the_hierarchy_names_siblings_apart_parents_first() {
    let titled = |key: &str, name: &str| Folder { name: name.to_owned(), ..plain(key) };
    let listing = [
        plain("A"),
        titled("a1", "Work"),
        titled("a2", "work"),
        titled("a3", "work (2)"),
        titled("a4", "WORK"),
        titled("A/x", "Work"),
        titled("b1", " \u{7}"),
        titled("b2", &"x".repeat(300)),
        titled("b3", &"x".repeat(301)),
        titled("b4", &"😀".repeat(200)),
        folder("z", Some(FolderRole::Inbox)),
    ];
    let map: FolderMap = crate::event::fold(&history(&[&listing]));
    let tree = map.hierarchy();
    let names: Vec<_> = tree.iter().map(|folder| (folder.id.0, folder.name.clone())).collect();
    let expected = [
        (2, "z".to_owned()),
        (257, "A".to_owned()),
        (258, "Work".to_owned()),
        (259, "work (2)".to_owned()),
        (260, "work (2) (2)".to_owned()),
        (261, "WORK (3)".to_owned()),
        (262, "Folder 262".to_owned()),
        (263, "x".repeat(256)),
        (264, "x".repeat(252) + " (2)"),
        (265, "😀".repeat(128)),
        (266, "Work".to_owned()),
    ];
    assert_eq!(names, expected);
    assert_eq!(tree.last().and_then(|folder| folder.parent), Some(FolderId(257)));
    assert_eq!(tree[0].role, Some(FolderRole::Inbox));
}

#[test]
fn a_map_from_a_damaged_history_still_has_a_hierarchy() {
    let a = plain("A");
    let map: FolderMap = crate::event::fold(&[
        seen(257, Some(258), &a),
        seen(258, Some(257), &plain("B")),
        seen(259, Some(300), &plain("C")),
        renamed(999, "x", "x"),
        moved(998, None, "y"),
        gone(997),
    ]);
    let tree: Vec<_> = map.hierarchy().iter().map(|f| (f.id.0, f.parent.map(|id| id.0))).collect();
    assert_eq!(tree, [(257, None), (259, None), (258, Some(257))]);
    assert_eq!(observe(&map, &[]).len(), 3);
}
