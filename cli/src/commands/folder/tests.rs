//! Folder selection by the command line.

use syncledger_commands::observe_folders;
use syncledger_domain::ports::mailbox::{BackendKey, Folder, FolderClass, FolderRole};

use crate::commands::workbench::{ALICE, Workbench};

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

/// Inbox and Sent are 2 and 5; gives the ids of the others too: Projects, Old inside it, Zeta with Sent inside.
async fn bench() -> (Workbench, [String; 3]) {
    let bench = Workbench::new().await;
    let listing = [
        folder("INBOX", Some(FolderRole::Inbox)),
        folder("Projects", None),
        folder("Projects/Old", None),
        folder("Zeta", None),
        folder("Zeta/Sent", Some(FolderRole::Sent)),
    ];
    let repository = &bench.node.repository;
    let map = observe_folders::run(repository, &bench.issuer(), bench.alice, &listing).await.unwrap();
    let id = |key: &str| map.by_key(&BackendKey(key.to_owned())).unwrap().id.to_string();
    let ids = ["Projects", "Projects/Old", "Zeta"].map(id);
    (bench, ids)
}

fn number(id: &str) -> u64 {
    id.parse().unwrap()
}

async fn shown(bench: &Workbench) -> Vec<(u64, bool, bool)> {
    let listed = bench.told(&["folder", "list", ALICE]).await;
    let row = |row: &serde_json::Value| {
        (row["id"].as_u64().unwrap(), row["hidden"].as_bool().unwrap(), row["shown"].as_bool().unwrap())
    };
    listed.as_array().unwrap().iter().map(row).collect()
}

#[tokio::test]
async fn a_folder_is_hidden_with_what_is_inside_and_shown_again() {
    let (bench, [projects, old, _]) = bench().await;
    assert_eq!(bench.told(&["folder", "hide", ALICE, &projects]).await["changed"], true);
    assert_eq!(bench.told(&["folder", "hide", ALICE, &projects]).await["changed"], false);
    let hidden = shown(&bench).await;
    assert!(
        hidden.contains(&(number(&projects), true, false)) && hidden.contains(&(number(&old), false, false)),
        "{hidden:?}"
    );
    assert!(hidden.contains(&(2, false, true)), "{hidden:?}");
    let text = bench.text(&["folder", "list", ALICE]).await;
    assert!(text.contains("by the folder around it") && text.contains("inbox"), "{text}");
    assert_eq!(bench.told(&["folder", "show", ALICE, &projects]).await["changed"], true);
    assert!(shown(&bench).await.iter().all(|(_, hidden, shown)| !hidden && *shown));
}

#[tokio::test]
async fn folders_devices_need_and_folders_that_are_none_are_refused() {
    let (bench, [projects, _, zeta]) = bench().await;
    for verb in ["hide", "show"] {
        for (account, folder, code) in [
            (ALICE, "2", "SYSTEM_FOLDER"),
            (ALICE, "5", "SYSTEM_FOLDER"),
            (ALICE, "4711", "NO_SUCH_FOLDER"),
            (ALICE, "0", "INVALID_VALUE"),
            (ALICE, "-1", "INVALID_VALUE"),
            (ALICE, "Inbox", "INVALID_VALUE"),
            (ALICE, "", "INVALID_VALUE"),
            (ALICE, "99999999999", "INVALID_VALUE"),
            ("bob@example.com", projects.as_str(), "NO_SUCH_ACCOUNT"),
        ] {
            bench.refused(&["folder", verb, account, folder], code).await;
        }
    }
    let around_sent = bench.refused(&["folder", "hide", ALICE, &zeta], "SYSTEM_FOLDER").await;
    assert!(around_sent.contains(&zeta) && around_sent.contains('5'), "{around_sent}");
    bench.refused(&["folder", "list", "bob@example.com"], "NO_SUCH_ACCOUNT").await;
}
