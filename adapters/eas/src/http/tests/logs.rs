//! What is written about a request, and what never is.

use std::{
    cell::RefCell,
    io::Write,
    sync::{Arc, Once},
};

use tracing_subscriber::{Layer, filter::LevelFilter, fmt, layer::SubscriberExt};

use super::{
    rooms::Panicking,
    world::{Ask, Options, PASSWORD, World, alice},
};

thread_local! {
    /// What this thread has logged, while somebody listens.
    static LOGGED: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

struct ToThread;

impl Write for ToThread {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOGGED.with_borrow_mut(|logged| logged.as_mut().map(|logged| logged.extend_from_slice(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Collects everything logged on this thread, down to the last detail. One subscriber serves the whole process: with one
/// per thread, whichever thread meets a log statement first would decide for all whether anybody listens.
fn listen() {
    static SUBSCRIBED: Once = Once::new();
    SUBSCRIBED.call_once(|| {
        // The two forms a node writes, side by side: each line of text is followed by the same one as JSON.
        let text = fmt::layer().with_writer(|| ToThread).with_ansi(false).boxed();
        let json = fmt::layer().with_writer(|| ToThread).json().flatten_event(true).boxed();
        let layers = vec![text, json];
        let subscriber = tracing_subscriber::registry().with(layers.with_filter(LevelFilter::TRACE));
        tracing::subscriber::set_global_default(subscriber).expect("nobody else subscribes in this process");
    });
    LOGGED.set(Some(Vec::new()));
}

fn logged() -> String {
    LOGGED.with_borrow(|logged| String::from_utf8(logged.clone().unwrap()).unwrap())
}

fn is_json(line: &str) -> bool {
    line.starts_with('{')
}

#[tokio::test]
async fn a_request_is_one_line_without_names_or_secrets() {
    let world = World::with_alice().await;
    listen();
    let settings = "<Settings xmlns=\"Settings\"><DeviceInformation><Set><PhoneNumber>+49301234567</PhoneNumber></Set>\
                    </DeviceInformation></Settings>";
    world.set("policyRequired", "false").await;
    let query = "Cmd=Settings&User=bob&DeviceId=Phone1&DeviceType=Android";
    assert_eq!(
        world.send(Ask::command("Settings").query(query).xml(settings).build()).await.ends(),
        (200, Some(1))
    );
    world.send(Ask::command("FolderSync").body("text/plain", "hello").build()).await;
    world.send(Ask::options().login(b"alice", b"guess-4711").build()).await;

    let (text, ends) = (logged(), ["request answered", "request refused", "request failed"]);
    let lines = text.lines().filter(|line| !is_json(line));
    let lines: Vec<_> = lines.filter(|line| ends.iter().any(|end| line.contains(end))).collect();
    assert_eq!(lines.len(), 3, "{lines:#?}");
    let account = format!("account.id=\"{}\"", alice());
    for part in [
        " INFO ",
        "request.id=",
        "client.address=127.0.0.1",
        account.as_str(),
        "device.id=\"phone1\"",
        "eas.command=\"Settings\"",
        "eas.version=\"14.1\"",
        "eas.status=1",
        "http.status=200",
        "query.other_user=true",
        "bytes.received=",
        "bytes.sent=",
        "duration_ms=",
    ] {
        assert!(lines[0].contains(part), "{part} is not in {}", lines[0]);
    }
    assert!(!lines[0].contains("reason="));
    assert_eq!(lines[0].matches("request.id").count(), 1, "{}", lines[0]);
    assert!(lines[1].contains("eas.status=101") && lines[1].contains("text/plain"), "{}", lines[1]);
    assert!(lines[2].contains("http.status=401") && lines[2].contains("wrong password"), "{}", lines[2]);
    for secret in [PASSWORD, "guess-4711", "Basic ", "alice@example.com", "+49301234567", "argon2id"] {
        assert!(!text.contains(secret), "{secret} was logged");
    }
}

#[tokio::test]
async fn every_line_tells_whose_request_it_belongs_to() {
    let world = World::with_alice().await;
    world.set("policyRequired", "false").await;
    listen();
    let unknown_key = "<FolderSync xmlns=\"FolderHierarchy\"><SyncKey>999</SyncKey></FolderSync>";
    assert_eq!(world.send(Ask::command("FolderSync").xml(unknown_key).build()).await.ends(), (200, Some(9)));
    let malformed = "<Ping xmlns=\"Ping\"><HeartbeatInterval>often</HeartbeatInterval></Ping>";
    world.send(Ask::command("Ping").xml(malformed).build()).await;
    world.advance(3601);
    // What is written behind the answer's back belongs to the request, too.
    world.log.fail_next_appends(1);
    world.send(Ask::command("FolderSync").xml(unknown_key).build()).await;
    world.config.tasks.close();
    world.config.tasks.wait().await;

    let text = logged();
    let ours = text.lines().filter(|line| line.contains("syncledger_eas"));
    let (json, plain): (Vec<_>, Vec<_>) = ours.partition(|line| is_json(line));
    for expected in ["document=", "Ping malformed", "sign of life not recorded"] {
        assert!(plain.iter().any(|line| line.contains(expected)), "{expected} was not logged: {text}");
    }
    assert_eq!(json.len(), plain.len());
    let account = alice().to_string();
    for line in plain {
        for field in ["request.id=", "account.id=", "device.id=", "eas.command="] {
            assert!(line.contains(field), "{field} is not in {line}");
        }
        assert!(line.contains(&account) && line.contains("phone1"), "{line}");
    }
    for line in json {
        for field in ["\"request.id\":", "\"account.id\":", "\"device.id\":", "\"eas.command\":"] {
            assert!(line.contains(field), "{field} is not in {line}");
            let is_last = line.contains("request answered");
            assert!(!is_last || line.matches(field).count() == 1, "{field} is told twice: {line}");
        }
    }
}

#[tokio::test]
async fn what_a_panic_quotes_is_not_written() {
    let mailboxes = Arc::new(Panicking("Quarterly figures"));
    let world = World::with(Options { mailboxes: Some(mailboxes), ..Options::default() }).await;
    world.add("alice@example.com", PASSWORD).await;
    world.set("policyRequired", "false").await;
    listen();
    let start = "<FolderSync xmlns=\"FolderHierarchy\"><SyncKey>0</SyncKey></FolderSync>";
    assert_eq!(world.send(Ask::command("FolderSync").xml(start).build()).await.ends(), (200, Some(110)));
    let text = logged();
    let panic = text.lines().find(|line| line.contains("ERROR")).unwrap();
    assert!(panic.contains("withheld") && panic.contains("request.id="), "{panic}");
    assert!(!text.contains("Quarterly"), "{text}");
}
