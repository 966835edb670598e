//! Every command's good path, its bad parameters with their codes, and that a refusal appends nothing.

mod deciding;
mod listing;
mod messages;
mod refusals;

use std::path::PathBuf;

use clap::Parser as _;
use syncledger_commands::{register_device, set_attribute};
use syncledger_domain::{
    abq,
    device::Introduction,
    event::Position,
    ids::{AccountId, DeviceId, DeviceType, ShownDeviceId},
    ports::event_log::EventLog as _,
};

use super::*;
use crate::{
    args::{Args, Command},
    codes,
    commands::account,
};

pub(super) const ALICE: &str = "alice@example.com";
pub(super) const BOB: &str = "bob@example.org";

/// A node with two accounts in two domains.
pub(super) struct World {
    place: tempfile::TempDir,
    pub(super) config: Config,
    pub(super) node: Node,
    pub(super) alice: AccountId,
    pub(super) bob: AccountId,
}

impl World {
    pub(super) async fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let config = Config { dir: place.path().join("data"), ..Config::default() };
        let node = Node::open_or_create(&config).await.unwrap();
        let alice = account::create(&node, &ALICE.parse().unwrap(), None, None).await.unwrap();
        let bob = account::create(&node, &BOB.parse().unwrap(), None, None).await.unwrap();
        node.catch_up().await.unwrap();
        Self { place, config, node, alice, bob }
    }

    /// A device that came.
    pub(super) async fn device(&self, account: AccountId, id: &str) {
        let introduction = Introduction {
            shown: ShownDeviceId::new(id).unwrap(),
            device_type: DeviceType::new("phone").unwrap(),
            user_agent: "Phone/1.0".to_owned(),
            protocol_version: None,
        };
        let id = DeviceId::new(id).unwrap();
        register_device::run(&self.node.repository, &self.node.admin(), account, &id, &introduction)
            .await
            .unwrap();
        self.node.catch_up().await.unwrap();
    }

    /// Sets the mode globally.
    pub(super) async fn mode(&self, mode: &str) {
        let target = syncledger_commands::AttributeTarget::Global;
        set_attribute::run(&self.node.repository, &self.node.admin(), &target, "abqMode", mode)
            .await
            .unwrap();
    }

    /// A file.
    pub(super) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.place.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Calls `abq` with these words.
    pub(super) async fn run(&self, words: &[&str]) -> anyhow::Result<()> {
        Box::pin(parse(words).run(&self.config, true)).await?;
        self.node.catch_up().await
    }

    /// Calls it for people, too: what is printed there must not fail either.
    pub(super) async fn show(&self, words: &[&str]) {
        for json in [true, false] {
            Box::pin(parse(words).run(&self.config, json)).await.unwrap();
        }
        self.node.catch_up().await.unwrap();
    }

    /// Calls it, is refused with this code, and nothing is appended. What is said.
    pub(super) async fn refused(&self, words: &[&str], code: &str) -> String {
        let before = self.head().await;
        let refused = self.run(words).await.expect_err(&format!("{words:?} is accepted"));
        assert_eq!(codes::of(&refused), code, "{words:?}: {refused:#}");
        assert_eq!(self.head().await, before, "{words:?} appends");
        let said = refused.to_string();
        assert!(said.len() < 600, "{said}");
        said
    }

    pub(super) async fn head(&self) -> Position {
        self.node.log.head().await.unwrap()
    }

    /// All entries, in words.
    pub(super) async fn entries(&self) -> Vec<String> {
        let rows = list::rows(&self.node, &list::Wanted::default()).await.unwrap();
        let text = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap().to_owned();
        rows.iter().map(|row| format!("{} {}", text(row, "device_id"), text(row, "status"))).collect()
    }
}

pub(super) fn parse(words: &[&str]) -> Abq {
    let words = ["syncledger", "abq"].into_iter().chain(words.iter().copied());
    match Args::try_parse_from(words).unwrap().command {
        Command::Abq(abq) => abq,
        other => panic!("{other:?}"),
    }
}
