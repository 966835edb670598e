//! The log as evidence: it travels without loss, and whoever changes it is found out.

use std::{fs, path::Path};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;
use syncledger_tests::{
    binary::call,
    mail::{Mail, Message},
    world::{ALICE, World, sync_all},
};

/// A node with some history, stopped; and its log as exported.
async fn history() -> (World, String) {
    let mut world = World::files();
    let mail = world.maildir(ALICE);
    for n in 0..5 {
        mail.deliver("Inbox", &Message::new(format!("Message {n}")).bytes());
    }
    let mut phone = world.phone(ALICE, "phone1");
    sync_all(&mut phone).await;
    world.call(&["log", "seal"]).ok();
    mail.set_flags("Inbox", "Message 1", true, true);
    sync_all(&mut phone).await;
    world.stop();
    let exported = world.call(&["log", "export"]).ok();
    (world, exported)
}

fn import(into: &Path, lines: &str) -> syncledger_tests::binary::Ran {
    fs::create_dir(into).expect("own directory");
    let file = into.with_extension("jsonl");
    fs::write(&file, lines).expect("own directory");
    call(into, &["log", "import", file.to_str().expect("plain names")])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exported_log_is_imported_without_loss() {
    let (world, exported) = history().await;
    assert!(exported.lines().count() > 20);
    let other = world.scratch().join("other");
    import(&other, &exported).ok();
    assert_eq!(call(&other, &["log", "export"]).ok(), exported);
    call(&other, &["log", "verify"]).ok();
    call(&other, &["views", "rebuild"]).ok();
    call(&other, &["views", "verify"]).ok();
    // The past can be asked there, too.
    let asked = ["audit", "syncstate", ALICE, "phone1", "--items", "--json"];
    assert_eq!(call(&other, &asked).json(), world.query(&asked[..asked.len() - 1]));

    // Only an empty log takes an import.
    let file = other.with_extension("jsonl");
    let refused = call(&other, &["log", "import", file.to_str().unwrap()]).refused();
    assert!(!refused.is_empty());
    assert_eq!(call(&other, &["log", "export"]).ok(), exported);
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_byte_is_found_and_named() {
    let (world, exported) = history().await;
    let database = fs::read(world.dir().join("ledger.db")).unwrap();
    let payload = |line: &str| {
        let event: Value = serde_json::from_str(line).unwrap();
        BASE64_STANDARD.decode(event["payload"].as_str().unwrap()).unwrap()
    };
    let payloads: Vec<Vec<u8>> = exported.lines().map(payload).collect();
    let mut tried = 0;
    for line in exported.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let payload = payload(line);
        // One that no other event has a part in; the file may hold old copies of it in pages no longer used.
        if payload.len() < 6 || payloads.iter().filter(|other| !find(other, &payload).is_empty()).count() > 1
        {
            continue;
        }
        tried += 1;
        let copy = world.scratch().join(format!("copy-{tried}"));
        fs::create_dir(&copy).unwrap();
        let mut changed = database.clone();
        for place in find(&database, &payload) {
            changed[place + payload.len() / 2] ^= 0x10;
        }
        fs::write(copy.join("ledger.db"), changed).unwrap();
        let refused = call(&copy, &["log", "verify"]).refused();
        let (stream, revision) = (event["stream"].as_str().unwrap(), event["revision"].to_string());
        let position = event["position"].to_string();
        assert!(
            refused.contains(stream) && refused.contains(&revision) && refused.contains(&position),
            "position {position}, {stream} {revision}: {refused}"
        );
        if tried == 6 {
            break;
        }
    }
    assert_eq!(tried, 6);
    world.finish();
}

fn find(haystack: &[u8], needle: &[u8]) -> Vec<usize> {
    haystack
        .windows(needle.len())
        .enumerate()
        .filter(|(_, found)| *found == needle)
        .map(|(at, _)| at)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edited_export_is_refused() {
    let (world, exported) = history().await;
    let lines: Vec<String> = exported.lines().map(str::to_owned).collect();
    let middle = lines.len() / 2;
    let edited = |name: &str, value: Value| {
        let mut event: Value = serde_json::from_str(&lines[middle]).unwrap();
        event[name] = value;
        let mut edited = lines.clone();
        edited[middle] = event.to_string();
        edited
    };
    let without = |at: usize| {
        lines.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, line)| line.clone()).collect()
    };
    // An event with others of its stream behind it.
    let event = |line: &String| serde_json::from_str::<Value>(line).unwrap();
    let within = lines.iter().position(|line| event(line)["type"] == "account-created").unwrap();
    let mut swapped = lines.clone();
    swapped.swap(middle, middle + 1);
    let cases: Vec<(&str, Vec<String>)> = vec![
        ("payload", edited("payload", "AAAA".into())),
        ("actor", edited("actor", "admin:mallory".into())),
        ("time", edited("recorded_at", 1.into())),
        ("hash", edited("hash", "00".repeat(32).into())),
        ("kind", edited("type", "device-removed".into())),
        ("an event left out", without(within)),
        ("order", swapped),
        ("no JSON", edited("payload", 7.into())),
    ];
    for (number, (what, lines)) in cases.into_iter().enumerate() {
        let into = world.scratch().join(format!("import-{number}"));
        let refused = import(&into, &format!("{}\n", lines.join("\n")));
        assert_eq!(refused.status.code(), Some(1), "{what}: {refused:?}");
        // Nothing of it was kept.
        let left = call(&into, &["log", "export"]);
        assert_eq!(left.stdout, "", "{what}");
    }
    world.finish();
}

/// A stream that is left out as a whole breaks no chain: the seals tell.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_was_taken_away_is_missed_by_the_seals() {
    let (world, exported) = history().await;
    let of_domain =
        |line: &&str| serde_json::from_str::<Value>(line).unwrap()["stream"] == "domain-example.com";
    let rest: Vec<&str> = exported.lines().filter(|line| !of_domain(line)).collect();
    assert_eq!(rest.len() + 1, exported.lines().count());
    let into = world.scratch().join("without");
    if import(&into, &format!("{}\n", rest.join("\n"))).status.success() {
        let refused = call(&into, &["log", "verify"]).refused();
        assert!(refused.contains("seal"), "{refused}");
    }
    world.finish();
}
