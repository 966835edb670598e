//! What the loggers of an account write of its requests, and what they never do.

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};
use syncledger_commands::{add_logger, remove_logger};
use syncledger_domain::{
    Event,
    event::{Position, Timestamp},
    loggers::{Draft, Level, LoggerEnd, LoggerId, LoggersEvent},
    ports::{clock::Clock, event_log::EventLog},
};
use tokio::task::JoinHandle;

use super::{
    rooms::Panicking,
    world::{Ask, Options, PASSWORD, World, alice},
};
use crate::{
    http::{FrontConfig, router},
    loggers::{AccountLoggers, LogPlace, Writer},
};

const FOLDER_SYNC: &str = "<FolderSync xmlns=\"FolderHierarchy\"><SyncKey>0</SyncKey></FolderSync>";

/// A world whose node has a log directory.
struct Logging {
    world: World,
    loggers: AccountLoggers,
    /// Taken when it is run.
    writer: Option<Writer>,
    running: Option<JoinHandle<()>>,
    dir: PathBuf,
    _temp: tempfile::TempDir,
}

impl Drop for Logging {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.abort();
        }
    }
}

impl Logging {
    async fn new() -> Self {
        let world = World::with_alice().await;
        world.set("policyRequired", "false").await;
        let mut logging = Self::of(world);
        logging.run();
        logging
    }

    /// Nothing is written before it is run.
    fn of(mut world: World) -> Self {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().canonicalize().unwrap().join("logs");
        let place = LogPlace { dir: dir.clone(), allow_any_path: false, keep_out: None };
        let (loggers, writer) = AccountLoggers::new(&world.services, place);
        let config = FrontConfig { loggers: loggers.clone(), ..world.config.clone() };
        world.router = router(Arc::clone(&world.services), config);
        Self { world, loggers, writer: Some(writer), running: None, dir, _temp: temp }
    }

    fn run(&mut self) {
        self.running = self.writer.take().map(|writer| tokio::spawn(writer.run()));
    }

    async fn add(&self, level: Level, name: &str) -> LoggerId {
        self.add_until(level, name, None).await
    }

    async fn add_until(&self, level: Level, name: &str, until: Option<Timestamp>) -> LoggerId {
        let file = self.dir.join(name).to_str().unwrap().to_owned();
        let draft = Draft { account: alice(), level, file, window_size: None, until };
        let done = add_logger::run(&self.world.services.repository, &World::admin(), &draft).await.unwrap();
        self.world.settle().await;
        LoggerId(done.state.last_id)
    }

    /// What a file holds after everything was written.
    async fn text(&self, name: &str) -> String {
        self.loggers.flush().await;
        fs::read_to_string(self.dir.join(name)).unwrap_or_default()
    }

    async fn events(&self) -> Vec<LoggersEvent> {
        let recorded = self.world.log.read_all(Position::START, Some("loggers"), 1000).await.unwrap();
        let decode = |event: &_| match Event::decode(event).unwrap() {
            Event::Loggers(event) => event,
            other => panic!("{other:?}"),
        };
        recorded.iter().map(decode).collect()
    }

    /// Cause of the end of a logger.
    async fn end_of(&self, id: LoggerId) -> Option<LoggerEnd> {
        let mut ends = self.events().await.into_iter().filter_map(|event| match event {
            LoggersEvent::Removed(removed) if removed.id == id => Some(removed.cause),
            _ => None,
        });
        ends.next_back()
    }
}

fn folder_sync() -> Ask {
    Ask::command("FolderSync").xml(FOLDER_SYNC)
}

#[tokio::test]
async fn each_level_adds_to_those_before() {
    let logging = Logging::new().await;
    for level in Level::ALL {
        logging.add(level, level.as_str()).await;
    }
    assert_eq!(logging.world.send(folder_sync().build()).await.ends(), (200, Some(1)));
    logging.world.send(Ask::command("FolderSync").body("text/plain", "hello").build()).await;
    let stale = FOLDER_SYNC.replace(">0<", ">999<");
    assert_eq!(
        logging.world.send(Ask::command("FolderSync").xml(&stale).build()).await.ends(),
        (200, Some(9))
    );
    logging.world.log.fail_next_appends(1);
    let other = "Cmd=FolderSync&User=alice&DeviceId=Phone2&DeviceType=Android";
    assert_eq!(logging.world.send(folder_sync().query(other).build()).await.status, 503);

    let mut texts = BTreeMap::new();
    for level in Level::ALL {
        texts.insert(level, logging.text(level.as_str()).await);
    }
    for (part, from) in [
        (" ERR   ", Level::Err),
        ("request failed", Level::Err),
        (" WARN  ", Level::Warn),
        ("request refused", Level::Warn),
        ("statuses=\"FolderSync 9\"", Level::Warn),
        (" INFO  ", Level::Info),
        ("http.status=200 eas.status=1 ", Level::Info),
        ("<SyncKey>0</SyncKey>", Level::Debug),
        ("<DisplayName>Sent</DisplayName>", Level::Debug),
        ("request bytes\n    000000: 0301", Level::Trace),
        ("answer bytes\n    000000: 0301", Level::Trace),
        ("ms-asprotocolversion: 14.1", Level::Trace),
        ("content-type: application/vnd.ms-sync.wbxml", Level::Trace),
        ("http.target=\"/Microsoft-Server-ActiveSync?Cmd=FolderSync", Level::Trace),
    ] {
        for (level, text) in &texts {
            assert_eq!(text.contains(part), *level >= from, "{part:?} at {level}: {text}");
        }
    }
    let info = texts[&Level::Info].lines().find(|line| line.contains(" INFO ")).unwrap();
    for part in [
        "account=alice@example.com",
        "client.address=127.0.0.1",
        "eas.command=FolderSync",
        "device.id=phone1",
        "eas.version=14.1",
        "duration_ms=",
        "bytes.received=",
        "bytes.sent=",
        "items.sent=",
    ] {
        assert!(info.contains(part), "{part} is not in {info}");
    }
    // Each entry begins at the margin with its time; everything else is indented.
    for line in texts[&Level::Trace].lines().filter(|line| !line.starts_with("    ")) {
        assert!(line.starts_with("2024-05-01T"), "{line:?}");
    }
}

#[tokio::test]
async fn a_fault_of_the_server_is_critical() {
    let mailboxes = Arc::new(Panicking("Quarterly figures"));
    let world = World::with(Options { mailboxes: Some(mailboxes), ..Options::default() }).await;
    world.add("alice@example.com", PASSWORD).await;
    world.set("policyRequired", "false").await;
    let mut logging = Logging::of(world);
    logging.run();
    logging.add(Level::Crit, "a").await;
    assert_eq!(logging.world.send(folder_sync().build()).await.ends(), (200, Some(110)));
    let text = logging.text("a").await;
    assert!(text.contains(" CRIT ") && text.contains("request failed"), "{text}");
    assert!(!text.contains("Quarterly"), "{text}");
}

#[tokio::test]
async fn no_secret_is_written_at_any_level() {
    let logging = Logging::new().await;
    logging.add(Level::Trace, "a").await;
    let settings = "<Settings xmlns=\"Settings\"><DevicePassword><Set><Password>recover-4711</Password></Set>\
                    </DevicePassword><UserInformation><Get/></UserInformation></Settings>";
    logging.world.send(Ask::command("Settings").xml(settings).build()).await;
    // A document that belongs to another command, and one that cannot be decoded.
    logging.world.send(Ask::command("Ping").xml(settings).build()).await;
    let mut broken = syncledger_wbxml::encode(&syncledger_wbxml::from_xml(settings).unwrap());
    broken.truncate(broken.len() - 8);
    logging.world.send(Ask::command("Settings").body("application/vnd.ms-sync.wbxml", broken).build()).await;
    let cookie = Ask::command("FolderSync").xml(FOLDER_SYNC).header("Cookie", "session=recover-4711");
    logging.world.send(cookie.build()).await;

    let text = logging.text("a").await;
    let hex = "7265636f766572"; // recover
    let flat: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let login = BASE64_STANDARD.encode(format!("alice@example.com:{PASSWORD}"));
    for secret in ["recover", PASSWORD, "correcthorse", &login, "argon2id", hex] {
        assert!(!text.contains(secret) && !flat.contains(secret), "{secret} was written: {text}");
    }
    for kept in [
        "authorization: (withheld)",
        "cookie: (withheld)",
        "<Password>(withheld)</Password>",
        "request bytes",
    ] {
        assert!(text.contains(kept), "{kept} is not in {text}");
    }
}

#[tokio::test]
async fn loggers_come_and_go_between_requests_and_concern_one_account() {
    let logging = Logging::new().await;
    logging.world.add("bob@example.com", "bobs").await;
    logging.world.send(folder_sync().build()).await;
    let id = logging.add(Level::Info, "a").await;
    logging.world.send(folder_sync().login(b"bob@example.com", b"bobs").build()).await;
    assert_eq!(logging.text("a").await, "");
    logging.world.send(folder_sync().build()).await;
    let text = logging.text("a").await;
    assert_eq!(text.lines().count(), 1, "{text}");

    let repository = &logging.world.services.repository;
    remove_logger::run(repository, &World::admin(), id, LoggerEnd::Removed).await.unwrap();
    logging.world.settle().await;
    logging.world.send(folder_sync().build()).await;
    assert_eq!(logging.text("a").await, text);
}

#[tokio::test]
async fn a_login_that_fails_is_told_to_the_account_it_was_meant_for() {
    let logging = Logging::new().await;
    logging.world.add("bob@example.com", "bobs").await;
    logging.add(Level::Warn, "a").await;
    for (user, password) in
        [("alice", "guess-4711"), ("bob", "guess-4711"), ("nobody", "guess-4711"), ("alice", PASSWORD)]
    {
        logging.world.send(folder_sync().login(user.as_bytes(), password.as_bytes()).build()).await;
    }
    let text = logging.text("a").await;
    assert_eq!(text.lines().count(), 1, "{text}");
    for part in ["WARN", "login refused", "client.address=127.0.0.1", "device.id=phone1", "wrong password"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains("4711"), "{text}");
}

#[tokio::test]
async fn folders_are_named() {
    let logging = Logging::new().await;
    logging.add(Level::Info, "a").await;
    logging.world.send(folder_sync().build()).await;
    let ping = "<Ping xmlns=\"Ping\"><HeartbeatInterval>60000</HeartbeatInterval><Folders>\
                <Folder><Id>2</Id><Class>Email</Class></Folder><Folder><Id>4711</Id><Class>Email</Class></Folder>\
                </Folders></Ping>";
    logging.world.send(Ask::command("Ping").xml(ping).build()).await;
    let text = logging.text("a").await;
    assert!(text.contains("folders=\"INBOX, 4711 (unknown)\""), "{text}");
}

#[tokio::test]
async fn a_disk_that_is_too_slow_loses_lines_and_holds_up_nobody() {
    let world = World::with_alice().await;
    world.set("policyRequired", "false").await;
    let mut logging = Logging::of(world);
    logging.add(Level::Trace, "a").await;
    // Five entries each, and nobody who writes them.
    for _ in 0..300 {
        assert_eq!(logging.world.send(folder_sync().build()).await.status, 200);
    }
    logging.run();
    let text = logging.text("a").await;
    let entries = text.lines().filter(|line| line.starts_with("2024")).count();
    assert!(text.contains("entries lost: the file is written too slowly"), "{entries} entries");
    assert_eq!(entries, 1024 + 1);
    logging.world.send(folder_sync().build()).await;
    let after = logging.text("a").await;
    assert_eq!(after.matches("entries lost").count(), 1);
    assert!(after.len() > text.len(), "it goes on");
}

#[tokio::test]
async fn a_file_that_cannot_be_written_ends_its_logger_and_nothing_else() {
    let logging = Logging::new().await;
    let (broken, whole) = (logging.add(Level::Info, "a").await, logging.add(Level::Info, "b").await);
    logging.world.send(folder_sync().build()).await;
    assert_eq!(logging.text("a").await.lines().count(), 1);
    fs::remove_file(logging.dir.join("a")).unwrap();
    fs::create_dir(logging.dir.join("a")).unwrap();
    assert_eq!(logging.world.send(folder_sync().build()).await.ends(), (200, Some(1)));
    assert_eq!(logging.text("b").await.lines().count(), 2);
    let Some(LoggerEnd::Unwritable(why)) = logging.end_of(broken).await else { panic!("it runs on") };
    assert!(why.contains(logging.dir.join("a").to_str().unwrap()), "{why}");
    assert_eq!(logging.end_of(whole).await, None);
    assert_eq!(logging.world.events("notices").await, ["notice-raised"]);
    logging.world.send(folder_sync().build()).await;
    assert_eq!(logging.text("b").await.lines().count(), 3);
    assert_eq!(logging.world.events("notices").await.len(), 1, "it is told once");
}

#[tokio::test]
async fn the_server_trusts_no_path_of_the_log() {
    let logging = Logging::new().await;
    let outside = logging.dir.parent().unwrap().join("outside");
    fs::create_dir(&outside).unwrap();
    logging.loggers.flush().await;
    fs::create_dir_all(&logging.dir).unwrap();
    std::os::unix::fs::symlink(&outside, logging.dir.join("link")).unwrap();
    let elsewhere = outside.join("a");
    let ids = [
        logging.add(Level::Info, elsewhere.to_str().unwrap()).await,
        logging.add(Level::Info, "link/b").await,
    ];
    logging.loggers.flush().await;
    assert_eq!(
        logging.events().await.len(),
        2,
        "a node that has nothing to write ends no logger of the others"
    );
    assert_eq!(logging.world.send(folder_sync().build()).await.ends(), (200, Some(1)));
    logging.loggers.flush().await;
    for id in ids {
        assert!(matches!(logging.end_of(id).await, Some(LoggerEnd::Unwritable(_))), "{id}");
    }
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}

#[tokio::test]
async fn a_logger_whose_time_is_over_ends_once_however_many_nodes_there_are() {
    let logging = Logging::new().await;
    let second = World::node(
        logging.world.log.clone(),
        Arc::clone(&logging.world.clock),
        logging.world.mailboxes.clone(),
        Options::default(),
        2,
    );
    let mut second = Logging::of(second.await);
    second.run();
    let until = logging.world.clock.now().plus_seconds(3600);
    let id = logging.add_until(Level::Info, "a", Some(until)).await;
    logging.world.send(folder_sync().build()).await;
    logging.loggers.flush().await;
    assert_eq!(logging.end_of(id).await, None);
    logging.world.advance(3601);
    logging.world.send(folder_sync().build()).await;
    assert_eq!(logging.text("a").await.lines().count(), 1);
    second.loggers.flush().await;
    assert_eq!(logging.end_of(id).await, Some(LoggerEnd::Expired));
    assert_eq!(logging.events().await.len(), 2, "added once, removed once");
}
