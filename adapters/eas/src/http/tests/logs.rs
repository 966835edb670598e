//! What is written about a request, and what never is.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use tracing_subscriber::fmt::MakeWriter;

use super::world::{Ask, PASSWORD, World, alice};

/// Everything logged on this thread, down to the last detail.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Lines about the ends of requests.
    fn lines(&self) -> Vec<String> {
        let ends = ["request answered", "request refused", "request failed"];
        self.text()
            .lines()
            .filter(|line| ends.iter().any(|end| line.contains(end)))
            .map(str::to_owned)
            .collect()
    }
}

#[tokio::test]
async fn a_request_is_one_line_without_names_or_secrets() {
    let world = World::with_alice().await;
    let captured = Captured::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(captured.clone())
        .with_ansi(false)
        .with_max_level(tracing::level_filters::LevelFilter::TRACE)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

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

    let lines = captured.lines();
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
        assert!(!captured.text().contains(secret), "{secret} was logged");
    }
}
