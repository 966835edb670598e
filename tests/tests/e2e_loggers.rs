//! Account loggers as an administrator uses them, with the real binary, its files and its devices.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use syncledger_simulator::{Phone, Version, VersionChoice};
use syncledger_tests::{
    mail::{Mail, Maildir, Message},
    world::{ALICE, BOB, PASSWORD, World, assert_in_step, folder, sync_all, until},
};

fn world() -> (World, Maildir, Phone) {
    let world = World::files();
    let mail = world.maildir(ALICE);
    let mut phone = world.phone(ALICE, "phone1");
    phone.config_mut().version = VersionChoice::Fixed(Version::V14_1);
    phone.config_mut().repeat.times = 0;
    (world, mail, phone)
}

fn file(world: &World, name: &str) -> PathBuf {
    world.dir().join("logs").join(name)
}

fn text(world: &World, name: &str) -> String {
    fs::read_to_string(file(world, name)).unwrap_or_default()
}

/// Lines of finished requests of a command.
fn requests(text: &str, command: &str) -> usize {
    let command = format!(" eas.command={command} ");
    text.lines().filter(|line| line.contains(" request ") && line.contains(&command)).count()
}

/// Synchronises until the file shows that the logger runs.
async fn runs(world: &World, phone: &mut Phone, name: &str) {
    until("the logger to run", async || {
        phone.folder_sync().await.unwrap();
        (requests(&text(world, name), "FolderSync") > 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logger_starts_and_stops_while_the_node_runs_and_survives_its_restart() {
    let (mut world, mail, mut phone) = world();
    mail.deliver("Inbox", &Message::new("Quarterly figures").bytes());
    sync_all(&mut phone).await;
    assert!(!world.dir().join("logs").exists());

    let added = world.query(&["logger", "add", ALICE, "trace", "alice.log"]);
    assert_eq!((added["id"].as_u64(), added["level"].as_str()), (Some(1), Some("TRACE")));
    runs(&world, &mut phone, "alice.log").await;
    assert_eq!(fs::metadata(file(&world, "alice.log")).unwrap().permissions().mode() & 0o777, 0o600);
    mail.deliver("Inbox", &Message::new("Very special").bytes());
    sync_all(&mut phone).await;
    until("the message in the log", async || {
        text(&world, "alice.log").contains("Very special").then_some(())
    })
    .await;
    let written = text(&world, "alice.log");
    for part in [
        "account=alice@example.com",
        "device.id=phone1",
        "folders=",
        "authorization: (withheld)",
        "answer bytes",
    ] {
        assert!(written.contains(part), "{part} is not in the file");
    }
    for secret in [PASSWORD.to_owned(), BASE64_STANDARD.encode(format!("{ALICE}:{PASSWORD}"))] {
        let words = |c: char| !(c.is_alphanumeric() || c == '=');
        assert!(!written.split(words).any(|word| word == secret), "a secret was written");
    }
    assert!(!world.log().contains("Very special"), "content is in the node's own log");

    world.stop();
    world.start();
    let before = requests(&text(&world, "alice.log"), "FolderSync");
    phone.folder_sync().await.unwrap();
    until("a line after the restart", async || {
        (requests(&text(&world, "alice.log"), "FolderSync") > before).then_some(())
    })
    .await;

    // Rotated as logrotate does it.
    fs::rename(file(&world, "alice.log"), file(&world, "alice.log.1")).unwrap();
    runs(&world, &mut phone, "alice.log").await;

    world.call(&["logger", "remove", "1"]).ok();
    let mut bob = world.phone(BOB, "phone2");
    world.call(&["logger", "add", BOB, "info", "bob.log"]).ok();
    runs(&world, &mut bob, "bob.log").await;
    // By now the node knows of the removal, which came before.
    let ended = text(&world, "alice.log");
    sync_all(&mut phone).await;
    sync_all(&mut bob).await;
    world.stop();
    assert_eq!(text(&world, "alice.log"), ended);
    assert!(!text(&world, "bob.log").contains("alice@"));
    assert_eq!(world.query(&["logger", "list"]).as_array().unwrap().len(), 1);
    world.start();
    assert_in_step(&phone, &mail);
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_of_one_gives_items_one_by_one() {
    let (world, mail, mut phone) = world();
    sync_all(&mut phone).await;
    let inbox = folder(&phone, "Inbox");
    world.call(&["logger", "add", ALICE, "info", "alice.log", "--window-size", "1", "--for", "2h"]).ok();
    runs(&world, &mut phone, "alice.log").await;
    for n in 0..5 {
        mail.deliver("Inbox", &Message::new(format!("Message {n}")).bytes());
    }
    phone.sync_folder(&inbox).await.unwrap();
    assert_in_step(&phone, &mail);
    let one_each = |text: &str| {
        let syncs = text.lines().filter(|line| line.contains("eas.command=Sync "));
        let sent: Vec<&str> =
            syncs.filter_map(|line| line.split("items.sent=").nth(1)?.split(' ').next()).collect();
        (sent.iter().filter(|count| **count == "1").count() == 5)
            .then_some(sent.iter().all(|count| ["0", "1"].contains(count)))
    };
    let alone = until("five answers with an item", async || one_each(&text(&world, "alice.log"))).await;
    assert!(alone, "{}", text(&world, "alice.log"));
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_that_cannot_be_written_ends_the_logger_and_the_device_syncs_on() {
    let (world, mail, mut phone) = world();
    let dir = world.dir().join("logs/alice");
    fs::create_dir_all(&dir).unwrap();
    world.call(&["logger", "add", ALICE, "info", "alice/phone.log"]).ok();
    runs(&world, &mut phone, "alice/phone.log").await;

    fs::remove_file(dir.join("phone.log")).unwrap();
    fs::set_permissions(&dir, Permissions::from_mode(0o500)).unwrap();
    if fs::write(dir.join("probe"), "").is_ok() {
        // Permissions stop nobody here: then a file in the directory's place does.
        fs::remove_dir_all(&dir).unwrap();
        fs::write(&dir, "").unwrap();
    }
    mail.deliver("Inbox", &Message::new("Afterwards").bytes());
    sync_all(&mut phone).await;
    until("the logger to end", async || {
        world.query(&["logger", "list"]).as_array().unwrap().is_empty().then_some(())
    })
    .await;
    let refused = world.call(&["logger", "remove", "1"]).refused();
    assert!(refused.contains("logger 1 does not exist"), "{refused}");
    sync_all(&mut phone).await;
    assert_in_step(&phone, &mail);
    let told = world.log();
    assert!(told.contains("an account logger ends: its file cannot be written"), "{told}");
    world.finish();
}
