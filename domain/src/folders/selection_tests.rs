//! Given/when/then of folder selection.

use super::*;
use crate::{
    codes,
    event::fold,
    ports::mailbox::{BackendKey, Folder, FolderClass, FolderRole},
    testing::given,
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

/// Inbox 2, A 257, A/B 258, A/B/C 259, Archive 260, S 261 with Sent (5) inside.
fn history() -> Vec<FoldersEvent> {
    observe(&FolderMap::default(), &listing())
}

fn listing() -> Vec<Folder> {
    vec![
        folder("INBOX", Some(FolderRole::Inbox)),
        folder("A", None),
        folder("A/B", None),
        folder("A/B/C", None),
        folder("Archive", Some(FolderRole::Archive)),
        folder("S", None),
        folder("S/Sent", Some(FolderRole::Sent)),
    ]
}

fn id_of(key: &str) -> FolderId {
    let map: FolderMap = fold(&history());
    map.by_key(&BackendKey(key.to_owned())).unwrap().id
}

fn disabled(key: &str) -> FoldersEvent {
    FoldersEvent::SyncDisabled(FolderSyncDisabled { id: id_of(key) })
}

fn enabled(key: &str) -> FoldersEvent {
    FoldersEvent::SyncEnabled(FolderSyncEnabled { id: id_of(key) })
}

fn with(events: &[FoldersEvent]) -> Vec<FoldersEvent> {
    [&history(), events].concat()
}

fn shown(map: &FolderMap) -> Vec<String> {
    map.hierarchy().into_iter().map(|folder| folder.name).collect()
}

#[test]
fn a_folder_is_kept_from_devices_with_all_that_is_inside_it() {
    let all = ["INBOX", "A", "Archive", "S", "B", "Sent", "C"];
    let map = given::<FolderMap>(history())
        .when(|map| {
            assert_eq!(shown(map), all);
            set_folder_sync(map, id_of("A/B"), false)
        })
        .then([disabled("A/B")]);
    assert_eq!(shown(&map), ["INBOX", "A", "Archive", "S", "Sent"]);
    assert!(!map.is_shown(id_of("A/B/C")));
    assert!(map.is_shown(id_of("A")));
    let map = given::<FolderMap>(with(&[disabled("A/B")]))
        .when(|map| set_folder_sync(map, id_of("A/B"), true))
        .then([enabled("A/B")]);
    assert_eq!(shown(&map), all);
}

#[test]
fn what_is_so_already_is_nothing_new() {
    given::<FolderMap>(history()).when(|map| set_folder_sync(map, id_of("A"), true)).then_nothing();
    given::<FolderMap>(with(&[disabled("A")]))
        .when(|map| set_folder_sync(map, id_of("A"), false))
        .then_nothing();
}

#[test]
fn system_folders_and_what_holds_one_are_shown_for_ever() {
    for wish in [true, false] {
        for key in ["INBOX", "S/Sent"] {
            let refused = Refusal::SystemFolder(id_of(key));
            given::<FolderMap>(history())
                .when(|map| set_folder_sync(map, id_of(key), wish))
                .then_refused(&refused);
            assert_eq!(refused.code(), codes::SYSTEM_FOLDER);
        }
    }
    let refused = Refusal::HoldsSystemFolder { folder: id_of("S"), inside: FolderId::SENT };
    given::<FolderMap>(history()).when(|map| set_folder_sync(map, id_of("S"), false)).then_refused(&refused);
    assert_eq!(refused.code(), codes::SYSTEM_FOLDER);
    given::<FolderMap>(history())
        .when(|map| set_folder_sync(map, id_of("Archive"), false))
        .then([disabled("Archive")]);
}

#[test]
fn a_folder_that_is_not_there_cannot_be_chosen() {
    let gone = FoldersEvent::Gone(FolderGone { id: id_of("A/B/C") });
    for (events, id) in [(history(), FolderId(999)), (with(&[gone]), id_of("A/B/C"))] {
        given::<FolderMap>(events)
            .when(|map| set_folder_sync(map, id, false))
            .then_refused(&Refusal::NoSuchFolder(id));
    }
    assert_eq!(Refusal::NoSuchFolder(FolderId(999)).code(), codes::NO_SUCH_FOLDER);
}

#[test]
fn a_hidden_folder_stays_hidden_when_it_goes_and_comes_back_and_shows_up_once_devices_need_it() {
    let mut map: FolderMap = fold(&with(&[disabled("A")]));
    for listed in [vec![folder("INBOX", Some(FolderRole::Inbox))], listing()] {
        for event in observe(&map, &listed) {
            map.evolve(&event);
        }
    }
    assert!(!map.is_shown(id_of("A")));
    let mut trash = listing();
    trash[1].role = Some(FolderRole::Trash);
    for event in observe(&map, &trash) {
        map.evolve(&event);
    }
    assert!(map.is_shown(id_of("A")));
}
