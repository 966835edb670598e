//! What is written about a request, and what never is.

use std::{cell::RefCell, io::Write, sync::Once};

use super::world::{Ask, PASSWORD, World, alice};

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
        let subscriber = tracing_subscriber::fmt()
            .with_writer(|| ToThread)
            .with_ansi(false)
            .with_max_level(tracing::level_filters::LevelFilter::TRACE)
            .finish();
        tracing::subscriber::set_global_default(subscriber).expect("nobody else subscribes in this process");
    });
    LOGGED.set(Some(Vec::new()));
}

fn logged() -> String {
    LOGGED.with_borrow(|logged| String::from_utf8(logged.clone().unwrap()).unwrap())
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
    let lines: Vec<_> = text.lines().filter(|line| ends.iter().any(|end| line.contains(end))).collect();
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
    assert!(lines[1].contains("eas.status=101") && lines[1].contains("text/plain"), "{}", lines[1]);
    assert!(lines[2].contains("http.status=401") && lines[2].contains("wrong password"), "{}", lines[2]);
    for secret in [PASSWORD, "guess-4711", "Basic ", "alice@example.com", "+49301234567", "argon2id"] {
        assert!(!text.contains(secret), "{secret} was logged");
    }
}
