//! Mobile passwords, with the real program: on Maildirs, and on Dovecot by a master user.

use std::{fs, time::Instant};

use syncledger_simulator::Phone;
use syncledger_tests::{
    control::obeyed,
    imap_mail::MailServers,
    mail::{Mail, Message},
    servers::{MASTER, PATIENCE},
    world::{ALICE, BOB, PASSWORD, World, assert_in_step, folder, meanwhile, sync_all, until},
};

/// What a phone that says this password hears.
async fn answer(phone: &mut Phone, password: &str) -> u16 {
    phone.config_mut().password = password.into();
    match phone.folder_sync().await {
        Ok(_) => 200,
        Err(error) => error.http_status().unwrap_or_else(|| panic!("{error:?}")),
    }
}

/// Adds a password and gives its id and itself.
fn add(world: &World, arguments: &[&str]) -> (String, String) {
    let added = world.query(&[&["credential", "add", ALICE], arguments].concat());
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    assert_eq!(added["text_data"]["user"], ALICE, "{added}");
    (text(&added["credential"]["id"]), text(&added["text_data"]["password"]))
}

async fn change(world: &World, arguments: &[&str]) {
    world.call(&[&["credential"], arguments].concat()).ok();
    obeyed(world).await;
}

/// The life of passwords as an administrator and two phones see it. The account exists and opens to its own password.
async fn passwords_come_and_go(world: &World, mail: &dyn Mail) {
    let (mut phone, mut tablet) = (world.phone(ALICE, "phone1"), world.phone(ALICE, "tablet1"));
    for device in [&mut phone, &mut tablet] {
        device.config_mut().repeat.times = 0;
    }
    assert_eq!(answer(&mut phone, PASSWORD).await, 200);
    let (phones, secret) = add(world, &["--label", "Phone"]);
    obeyed(world).await;
    assert_eq!(answer(&mut phone, PASSWORD).await, 401);
    assert_eq!(answer(&mut phone, &secret).await, 200);
    let (tablets, supplied) = add(world, &["--password", "tablet's own", "--label", "Tablet"]);
    assert_eq!(supplied, "tablet's own");
    obeyed(world).await;
    assert_eq!(answer(&mut tablet, &supplied).await, 200);
    assert_eq!(answer(&mut phone, &secret).await, 200);
    for device in [&mut phone, &mut tablet] {
        mail.deliver("Inbox", &Message::new("For both").bytes());
        sync_all(device).await;
        assert_in_step(device, mail);
    }

    change(world, &["update", ALICE, &phones, "--disable"]).await;
    assert_eq!(answer(&mut phone, &secret).await, 401);
    assert_eq!(answer(&mut phone, PASSWORD).await, 401);
    assert_eq!(answer(&mut tablet, &supplied).await, 200, "the other one");
    change(world, &["update", ALICE, &phones, "--enable"]).await;
    assert_eq!(answer(&mut phone, &secret).await, 200);
    change(world, &["delete", ALICE, &tablets]).await;
    assert_eq!(answer(&mut tablet, &supplied).await, 401);

    // A phone that waits is told as soon as its password is gone.
    let inbox = [folder(&phone, "Inbox")];
    let taken_away = async {
        meanwhile(|| drop(world.call(&["credential", "delete", ALICE, &phones]).ok())).await;
        Instant::now()
    };
    sync_all(&mut phone).await;
    let wait = async { (phone.ping_once(Some((600, &inbox))).await, Instant::now()) };
    let ((ended, at), deleted) = tokio::join!(wait, taken_away);
    assert_eq!(ended.expect_err("the wait is refused").http_status(), Some(401));
    assert!(at < deleted + PATIENCE, "{:?} later", at - deleted);
    assert_eq!(answer(&mut phone, PASSWORD).await, 200, "with the last one the account's own is back");
    sync_all(&mut phone).await;
    assert_in_step(&phone, mail);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passwords_come_and_go_on_maildirs() {
    let world = World::files();
    passwords_come_and_go(&world, &world.maildir(ALICE)).await;
    world.finish();
}

/// A node before Dovecot and Exim, with these lines more about the IMAP server.
fn imap_world(servers: &MailServers, more: &str) -> World {
    let mut world = servers.world();
    world.stop();
    let file = world.dir().join("syncledger.toml");
    let text = fs::read_to_string(file).expect("the world has a configuration");
    world.configure(&text.replace("poll_seconds", &format!("{more} poll_seconds")));
    world.start();
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passwords_come_and_go_on_dovecot_with_a_master_user() {
    let servers = MailServers::start();
    let secrets = tempfile::tempdir().expect("a temporary directory");
    let file = secrets.path().join("master");
    fs::write(&file, MASTER.1).expect("own directory");
    let master = format!("master_user = \"{}\", master_password_file = \"{}\",", MASTER.0, file.display());
    let world = imap_world(&servers, &master);
    let mail = servers.mailbox(ALICE);
    // The account comes to be by its first login.
    assert_eq!(answer(&mut world.phone(ALICE, "phone1"), PASSWORD).await, 200);
    passwords_come_and_go(&world, &mail).await;

    let (_, secret) = add(&world, &[]);
    obeyed(&world).await;
    let mut phone = world.phone(ALICE, "phone2");
    assert_eq!(answer(&mut phone, &secret).await, 200);
    let message = Message { from: ALICE.to_owned(), to: BOB.to_owned(), ..Message::new("By a master") };
    let mime = String::from_utf8(message.bytes()).expect("text").replace('\n', "\r\n");
    phone.send_mail_as("one", mime.as_bytes(), true).await.expect("SendMail");
    let bob = servers.mailbox(BOB);
    until("the message", async || (!bob.content("Inbox", "By a master").is_empty()).then_some(())).await;
    assert_eq!(mail.content("Sent", "By a master").len(), 1);
    let log = world.log();
    assert!(!log.contains(MASTER.1) && !log.contains(&secret), "no secret is logged");
    world.call(&["config", "check"]).ok();
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_master_user_the_phone_has_patience_and_the_administrator_is_told() {
    let servers = MailServers::start();
    let world = servers.world();
    let mut phone = world.phone(ALICE, "phone1");
    phone.config_mut().repeat.times = 0;
    assert_eq!(answer(&mut phone, PASSWORD).await, 200);
    world.call(&["config", "check"]).ok();
    let (id, secret) = add(&world, &[]);
    obeyed(&world).await;
    assert_eq!(answer(&mut phone, &secret).await, 503);
    assert_eq!(answer(&mut phone, PASSWORD).await, 401);
    assert!(world.log().contains("imap.master_user is not set"), "{}", world.log());
    let told = world.call(&["config", "check"]).refused();
    assert!(told.contains("imap.master_user") && told.contains(ALICE), "{told}");
    change(&world, &["delete", ALICE, &id]).await;
    assert_eq!(answer(&mut phone, PASSWORD).await, 200);
    world.call(&["config", "check"]).ok();
    world.finish();
}

#[test]
fn only_adding_shows_the_secret() {
    let world = World::files();
    let (id, secret) = add(&world, &["--label", "Phone", "--service", "eas,dav"]);
    assert_eq!(secret.len(), 23, "{secret}");
    let listed = world.query(&["credential", "list", ALICE]);
    let record = &listed[0];
    assert_eq!(record["id"], id);
    assert_eq!(record["label"], "Phone");
    assert_eq!(record["services"], serde_json::json!(["EAS", "Dav"]));
    assert_eq!((&record["enabled"], &record["generated"]), (&true.into(), &true.into()));
    assert_eq!(record["algorithm"], "BLAKE3");
    assert!(record["created"].as_str().is_some_and(|at| at.ends_with('Z')), "{record}");
    assert_eq!(record.as_object().map(serde_json::Map::len), Some(7), "{record}");
    let url = "https://mail.example.com";
    let added = world.query(&[
        "credential",
        "add",
        ALICE,
        "--password",
        "a \"b\"",
        "--qr",
        "--url",
        url,
        "--label",
        "By code",
    ]);
    let told = serde_json::json!({
        "auth_method": "password",
        "auth_payload": { "user": ALICE, "password": "a \"b\"" },
        "auth_endpoint": [{ "url": url }],
    });
    assert_eq!(added["qrcode_data"], told);
    assert_eq!(added["credential"]["algorithm"], "argon2id");
    let shown = world.call(&["credential", "add", ALICE, "--qr", "--url", url]).ok();
    world.call(&["config", "set", "--domain", "example.com", "publicServiceHostname=mail.example.com"]).ok();
    let known = world.query(&["credential", "add", ALICE, "--qr"]);
    assert_eq!(known["qrcode_data"]["auth_endpoint"][0]["url"], url, "the domain says where");
    assert!(shown.contains("Credential correctly added") && shown.contains('▀'), "{shown}");
    let everything = ["list", "timeline"].map(|what| match what {
        "list" => world.call(&["credential", "list", ALICE]).ok(),
        _ => world.call(&["audit", "timeline", ALICE, "--json"]).ok(),
    });
    for text in everything {
        assert!(text.contains("By code"), "{text}");
        for hidden in [secret.as_str(), "a \"b\"", "a \\\"b\\\"", "$argon2id$", "$blake3$"] {
            assert!(!text.contains(hidden), "{hidden}: {text}");
        }
    }
    world.finish();
}

#[test]
fn bad_input_gets_its_code_and_changes_nothing() {
    let world = World::files();
    let (id, _) = add(&world, &["--label", "Phone"]);
    let position = world.position();
    let long = "x".repeat(5000);
    let long_label = "x".repeat(129);
    let cases: &[(&[&str], &str)] = &[
        (&["add", ""], "NO_SUCH_ACCOUNT"),
        (&["add", &long], "NO_SUCH_ACCOUNT"),
        (&["add", "nobody@example.com"], "NO_SUCH_ACCOUNT"),
        (&["add"], "USAGE"),
        (&["add", ALICE, "--frobnicate"], "USAGE"),
        (&["add", ALICE, "--label", &long_label], "INVALID_VALUE"),
        (&["add", ALICE, "--label", "two\nlines"], "INVALID_VALUE"),
        (&["add", ALICE, "--label", "pHONE"], "INVALID_VALUE"),
        (&["add", ALICE, "--service", ""], "INVALID_VALUE"),
        (&["add", ALICE, "--service", "EAS,Telnet"], "INVALID_VALUE"),
        (&["add", ALICE, "--service", &long], "INVALID_VALUE"),
        (&["add", ALICE, "--password", ""], "INVALID_VALUE"),
        (&["add", ALICE, "--password", &long], "INVALID_VALUE"),
        (&["add", ALICE, "--password", "tab\there"], "INVALID_VALUE"),
        (&["add", ALICE, "--password-stdin"], "INVALID_VALUE"),
        (&["add", ALICE, "--password", "x", "--password-stdin"], "USAGE"),
        (&["add", ALICE, "--url", "https://mail.example.com"], "USAGE"),
        (&["add", ALICE, "--qr"], "USAGE"),
        (&["add", ALICE, "--qr", "--url", ""], "INVALID_VALUE"),
        (&["add", ALICE, "--qr", "--url", "mail.example.com"], "INVALID_VALUE"),
        (&["add", ALICE, "--qr", "--url", &long], "INVALID_VALUE"),
        (&["list", ""], "NO_SUCH_ACCOUNT"),
        (&["list", "nobody@example.com"], "NO_SUCH_ACCOUNT"),
        (&["update", ALICE, &id], "USAGE"),
        (&["update", ALICE, "", "--disable"], "INVALID_VALUE"),
        (&["update", ALICE, &long, "--disable"], "INVALID_VALUE"),
        (&["update", ALICE, "zzzzz", "--disable"], "NO_SUCH_ENTRY"),
        (&["update", "nobody@example.com", &id, "--disable"], "NO_SUCH_ACCOUNT"),
        (&["update", BOB, &id, "--disable"], "NO_SUCH_ENTRY"),
        (&["update", ALICE, &id, "--enable", "--disable"], "USAGE"),
        (&["update", ALICE, &id, "--label", &long_label], "INVALID_VALUE"),
        (&["update", ALICE, &id, "--service", ""], "INVALID_VALUE"),
        (&["update", ALICE, &id, "--password", "x"], "USAGE"),
        (&["delete", ALICE, ""], "INVALID_VALUE"),
        (&["delete", ALICE, "zzzzz"], "NO_SUCH_ENTRY"),
        (&["delete", BOB, &id], "NO_SUCH_ENTRY"),
        (&["delete", "", &id], "NO_SUCH_ACCOUNT"),
    ];
    for (arguments, code) in cases {
        let ran = world.call(&[&["--json", "credential"], *arguments].concat());
        assert!(!ran.status.success(), "{arguments:?}");
        let refusal: serde_json::Value = serde_json::from_str(&ran.stderr)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", ran.stderr));
        assert_eq!(refusal["error"]["code"], *code, "{arguments:?}: {refusal}");
    }
    assert_eq!(world.position(), position, "nothing was appended");
    world.finish();
}
