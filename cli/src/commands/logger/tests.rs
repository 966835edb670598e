use std::{fs, os::unix::fs::symlink};

use syncledger_domain::codes;

use crate::commands::workbench::{ALICE, Workbench};

async fn bench() -> Workbench {
    Workbench::new().await
}

#[tokio::test]
async fn a_logger_is_added_shown_and_removed() {
    let bench = bench().await;
    let added = bench.told(&["logger", "add", ALICE, "Debug", "alice.log", "--window-size", "1"]).await;
    assert_eq!(
        (&added["id"], &added["level"], &added["name"]),
        (&1.into(), &"DEBUG".into(), &"AccountLogger".into())
    );
    assert!(added["file"].as_str().unwrap().ends_with("/data/logs/alice.log"), "{added}");
    let until = ["logger", "add", ALICE, "info", "other.log", "--until", "2999-01-01T00:00:00Z"];
    assert_eq!(bench.told(&until).await["id"], 2);

    let listed = bench.told(&["logger", "list"]).await;
    let first = &listed[0];
    assert_eq!(first["remove_command"], "syncledger logger remove 1");
    let words = first["description"].as_str().unwrap();
    assert!(
        [ALICE, "debug", "alice.log", "at most 1 item of"].iter().all(|part| words.contains(part)),
        "{words}"
    );
    assert!(listed[1]["description"].as_str().unwrap().contains("until 2999-01-01T00:00:00"), "{listed}");
    assert!(bench.text(&["logger", "list"]).await.contains("INFO"));

    bench.told(&["logger", "remove", "1"]).await;
    assert_eq!(bench.told(&["logger", "list"]).await.as_array().unwrap().len(), 1);
    assert_eq!(bench.told(&["logger", "remove", "--all"]).await["ids"], serde_json::json!([2]));
    assert_eq!(
        bench.told(&["logger", "add", ALICE, "crit", "alice.log"]).await["id"],
        3,
        "numbers are not reused"
    );
}

#[tokio::test]
async fn what_is_no_logger_is_refused_under_its_code() {
    let bench = bench().await;
    let place = bench.told(&["logger", "add", ALICE, "info", "taken.log"]).await;
    let dir = std::path::Path::new(place["file"].as_str().unwrap()).parent().unwrap().to_owned();
    fs::create_dir(&dir).unwrap();
    symlink("/etc", dir.join("out")).unwrap();
    symlink("/etc/passwd", dir.join("link.log")).unwrap();
    fs::create_dir(dir.join("sub")).unwrap();
    let add = |level: &'static str, file: &'static str| vec!["logger", "add", ALICE, level, file];
    for (words, code) in [
        (vec!["logger", "add", "nobody@example.com", "info", "a.log"], codes::NO_SUCH_ACCOUNT),
        (add("loud", "a.log"), codes::INVALID_VALUE),
        ([add("info", "a.log"), vec!["--window-size", "0"]].concat(), codes::INVALID_VALUE),
        ([add("info", "a.log"), vec!["--window-size", "513"]].concat(), codes::INVALID_VALUE),
        ([add("info", "a.log"), vec!["--window-size", "few"]].concat(), codes::INVALID_VALUE),
        ([add("info", "a.log"), vec!["--until", "2020-01-01T00:00:00Z"]].concat(), codes::INVALID_VALUE),
        ([add("info", "a.log"), vec!["--for", "soon"]].concat(), codes::INVALID_VALUE),
        (add("info", "../a.log"), codes::FILE_UNWRITABLE),
        (add("info", "/etc/a.log"), codes::FILE_UNWRITABLE),
        (add("info", "out/a.log"), codes::FILE_UNWRITABLE),
        (add("info", "link.log"), codes::FILE_UNWRITABLE),
        (add("info", "sub"), codes::FILE_UNWRITABLE),
        (add("info", "missing/a.log"), codes::FILE_UNWRITABLE),
        (add("info", "taken.log"), codes::CONFLICTING_PARAMETERS),
        (vec!["logger", "remove", "7"], codes::NO_SUCH_ENTRY),
        (vec!["logger", "remove", "seven"], codes::INVALID_VALUE),
    ] {
        bench.refused(&words, code).await;
    }
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 3, "a refusal leaves nothing behind");
}
