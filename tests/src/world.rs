//! A node in a directory of its own with accounts, their mail, and phones: what an end-to-end test plays with.
//!
//! Every test ends with [`World::finish`], which stops the node as an operator does and then has the log and the
//! views verified. A world that is dropped without it fails the test.

#![expect(clippy::missing_panics_doc, reason = "helpers of tests: a panic is how they fail")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::{Duration, Instant},
};

use syncledger_simulator::{Phone, PhoneConfig, verify::Expected};
use tempfile::TempDir;

use crate::{
    binary::{self, Binary, Ran},
    mail::{Mail, Maildir},
    servers::PATIENCE,
};

/// An account every world has.
pub const ALICE: &str = "alice@example.com";
/// Another one.
pub const BOB: &str = "bob@example.com";
/// The password of both.
pub const PASSWORD: &str = "demo";
/// The longest a node may take to end (it promises five seconds), with some air for a busy machine.
pub const LONGEST_END: Duration = Duration::from_secs(8);

/// A node with its data directory.
pub struct World {
    temp: TempDir,
    port: u16,
    listens_as_configured: bool,
    binary: Option<Binary>,
    finished: bool,
}

impl World {
    /// A running node that keeps mail in Maildirs, with both accounts and local passwords.
    pub fn files() -> Self {
        let mut world = Self::prepare("");
        for account in [ALICE, BOB] {
            world.call(&["account", "create", account, "--password", PASSWORD]).ok();
            world.maildir(account);
        }
        world.start();
        world
    }

    /// A node that does not run yet and knows nobody, with this text as its configuration file.
    pub fn prepare(configuration: &str) -> Self {
        let temp = tempfile::Builder::new().prefix("syncledger").tempdir().expect("a temporary directory");
        let world =
            Self { temp, port: binary::port(), listens_as_configured: false, binary: None, finished: false };
        fs::create_dir(world.dir()).expect("own directory");
        if !configuration.is_empty() {
            world.configure(configuration);
        }
        world
    }

    /// Replaces the configuration file.
    pub fn configure(&self, text: &str) {
        fs::write(self.dir().join("syncledger.toml"), text).expect("own directory");
    }

    /// The node listens where its configuration says, which must include [`World::port`].
    pub fn listen_as_configured(&mut self) {
        self.listens_as_configured = true;
    }

    /// The data directory.
    pub fn dir(&self) -> PathBuf {
        self.temp.path().join("node")
    }

    /// A directory for whatever else the test needs.
    pub fn scratch(&self) -> &Path {
        self.temp.path()
    }

    /// Port of 127.0.0.1 the node listens on, through all its restarts.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where phones reach it.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The running node.
    pub fn node(&mut self) -> &mut Binary {
        self.binary.as_mut().expect("the node was started")
    }

    /// Starts the node and waits until it serves.
    pub fn start(&mut self) {
        assert!(self.binary.is_none(), "the node runs already");
        let port = (!self.listens_as_configured).then_some(self.port);
        let mut binary = Binary::spawn(&self.dir(), port, &self.log_file());
        binary.wait_until_serving(self.port);
        self.binary = Some(binary);
    }

    /// Stops it by SIGTERM and says how it exited and how long that took.
    pub fn terminate(&mut self) -> (ExitStatus, Duration) {
        self.binary.take().expect("the node was started").terminate()
    }

    /// Stops it by SIGTERM, which must end well and soon.
    pub fn stop(&mut self) {
        let (status, took) = self.terminate();
        assert!(status.success(), "the node exits with {status}");
        assert!(took < LONGEST_END, "the node took {took:?} to end");
    }

    /// Stops it by SIGKILL.
    pub fn kill(&mut self) {
        self.binary.take().expect("the node was started").kill();
    }

    /// Calls the command line on this node's directory.
    pub fn call(&self, arguments: &[&str]) -> Ran {
        binary::call(&self.dir(), arguments)
    }

    /// Calls it and reads its JSON.
    #[track_caller]
    pub fn query(&self, arguments: &[&str]) -> serde_json::Value {
        self.call(&[arguments, &["--json"]].concat()).json()
    }

    /// The Maildir of an account, made if need be.
    pub fn maildir(&self, account: &str) -> Maildir {
        let (local, domain) = account.split_once('@').expect("an address");
        Maildir::open(&self.dir().join("mail").join(domain).join(local).join("Maildir"))
    }

    /// Settings of a phone of an account.
    pub fn phone_config(&self, account: &str, device: &str) -> PhoneConfig {
        let mut config = PhoneConfig::new(self.url(), account, PASSWORD).device_id(device);
        config.timeouts.answer = PATIENCE;
        config
    }

    /// A new phone of an account.
    pub fn phone(&self, account: &str, device: &str) -> Phone {
        Phone::new(self.phone_config(account, device)).expect("usable settings")
    }

    /// What the node logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// The log's last position.
    pub fn position(&self) -> u64 {
        self.query(&["log", "stats"])["last_position"].as_u64().expect("a number")
    }

    /// Stops the node, and has log and views verified.
    pub fn finish(mut self) {
        if self.binary.is_some() {
            self.stop();
        }
        self.verify();
        let log = self.log();
        let panics: Vec<&str> = log.lines().filter(|line| line.contains("panic")).collect();
        assert!(panics.is_empty(), "the node panicked: {panics:#?}");
        self.finished = true;
    }

    /// The log and the views of a node that does not run are whole.
    pub fn verify(&self) {
        self.call(&["log", "verify"]).ok();
        self.call(&["views", "verify"]).ok();
    }

    fn log_file(&self) -> PathBuf {
        self.temp.path().join("node.log")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let from = log.lines().count().saturating_sub(30);
            eprintln!("the node's last lines:");
            log.lines()
                .skip(from)
                .for_each(|line| eprintln!("  {}", line.chars().take(400).collect::<String>()));
        } else {
            assert!(self.finished, "a test must end with World::finish");
        }
    }
}

/// The phone holds exactly what lies in the mailbox, every message once, with its flags, and has not once been told
/// anything a careful client cannot accept.
#[track_caller]
pub fn assert_in_step(phone: &Phone, mail: &dyn Mail) {
    let expected = mail.stored().into_iter().map(|stored| Expected {
        folder: stored.folder,
        subject: stored.subject,
        read: Some(stored.read),
        flagged: Some(stored.flagged),
    });
    if let Err(mismatch) = phone.verify_against(expected) {
        panic!("phone and mailbox differ: {mismatch}");
    }
    assert_unharmed(phone);
}

/// The phone has not been told anything wrong, and never had to begin anew.
#[track_caller]
pub fn assert_unharmed(phone: &Phone) {
    let state = phone.state();
    assert_eq!(state.anomalies, []);
    assert_eq!(state.resyncs_from_zero, 0, "a folder was synchronised from zero again");
    assert_eq!(state.hierarchy_resyncs, 0, "the folder tree was synchronised from zero again");
}

/// Brings everything on the phone up to date: the tree, then all folders.
pub async fn sync_all(phone: &mut Phone) {
    phone.folder_sync().await.expect("FolderSync");
    let folders: Vec<String> = phone.synchronised_folders().iter().map(|folder| folder.id.clone()).collect();
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    phone.sync_folders(&folders).await.expect("Sync");
}

/// Id of a folder the phone knows.
#[track_caller]
pub fn folder(phone: &Phone, path: &str) -> String {
    phone.folder_named(path).unwrap_or_else(|| panic!("the phone has no folder {path}")).id.clone()
}

/// Id of the only item with a subject.
#[track_caller]
pub fn item(phone: &Phone, folder: &str, subject: &str) -> String {
    let items = phone.state().items(folder);
    let found: Vec<_> =
        items.filter(|(_, item)| item.subject.as_deref() == Some(subject)).map(|(id, _)| id).collect();
    assert_eq!(found.len(), 1, "items with subject {subject:?}");
    found[0].to_owned()
}

/// Asks again and again until the answer is there, without holding up the runtime.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} in vain for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Does something a moment later, when a long poll that was begun meanwhile most likely waits. Nothing depends on it:
/// a poll that comes later must answer at once.
pub async fn meanwhile(act: impl FnOnce()) {
    tokio::time::sleep(Duration::from_millis(400)).await;
    act();
}
