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

    // The same import again finds everything there.
    let file = other.with_extension("jsonl");
    let again = call(&other, &["--json", "log", "import", file.to_str().unwrap()]).json();
    assert_eq!((&again["events"], &again["already_there"]), (&0.into(), &exported.lines().count().into()));
    // A log that has something else takes none.
    call(&other, &["domain", "create", "example.net"]).ok();
    let longer = call(&other, &["log", "export"]).ok();
    let refused = call(&other, &["log", "import", file.to_str().unwrap()]).refused();
    assert!(refused.contains("not empty"), "{refused}");
    assert_eq!(call(&other, &["log", "export"]).ok(), longer);
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

/// The end of a log cut off leaves a log that is whole; a seal that was noted elsewhere tells.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_end_is_missed_by_a_seal_noted_elsewhere() {
    let (world, before) = history().await;
    // The stop sealed what came after the seal before.
    let sealed = world.query(&["log", "seal"]);
    assert_eq!(sealed["new"], false, "there is nothing more to seal, and the last one is told");
    let note = sealed["seal"].as_str().unwrap();
    let verified = world.query(&["log", "verify", "--seal", note]);
    assert_eq!((&verified["last_seal"], &verified["fits_seal"]), (&note.into(), &note.into()));
    assert!(world.call(&["log", "verify"]).ok().contains(note), "what to note is said");

    let cut = world.scratch().join("cut");
    let lines: Vec<&str> = before.lines().collect();
    import(&cut, &format!("{}\n", lines[..lines.len() - 2].join("\n"))).ok();
    call(&cut, &["log", "verify"]).ok();
    let refused = call(&cut, &["log", "verify", "--seal", note]).refused();
    assert!(refused.contains("noted earlier"), "{refused}");
    assert_eq!(call(&cut, &["log", "verify", "--seal", "1:2"]).status.code(), Some(64));
    world.finish();
}

/// Two events of different streams that change places break no chain.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moved_events_are_missed_by_the_seals() {
    let (world, exported) = history().await;
    let mut events: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let at = (0..events.len()).find(|at| events[*at]["stream"] != events[at + 1]["stream"]).unwrap();
    let (first, second) = (events[at]["position"].clone(), events[at + 1]["position"].clone());
    events.swap(at, at + 1);
    (events[at]["position"], events[at + 1]["position"]) = (first, second);
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    let into = world.scratch().join("moved");
    import(&into, &format!("{}\n", lines.join("\n"))).ok();
    let refused = call(&into, &["log", "verify"]).refused();
    assert!(refused.contains("seal"), "{refused}");
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_looked_at_is_left_as_it_is() {
    let (world, exported) = history().await;
    let evidence = world.scratch().join("evidence");
    fs::create_dir(&evidence).unwrap();
    fs::copy(world.dir().join("ledger.db"), evidence.join("ledger.db")).unwrap();
    let before = fs::read(evidence.join("ledger.db")).unwrap();
    for look in [&["log", "verify"][..], &["log", "tail"], &["log", "stats"]] {
        call(&evidence, look).ok();
    }
    assert_eq!(call(&evidence, &["log", "export"]).ok(), exported);
    let files: Vec<_> = fs::read_dir(&evidence).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["ledger.db"], "nothing lies beside it");
    assert_eq!(fs::read(evidence.join("ledger.db")).unwrap(), before);
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
