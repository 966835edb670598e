//! A data directory with an account and devices, for tests of subcommands. Calls go through the command line as a person
//! would type them.

use std::sync::Arc;

use clap::Parser as _;
use serde_json::Value;
use syncledger_commands::{Issuer, Repository, offer_policy, register_device};
use syncledger_domain::{
    device::Introduction,
    event::{Actor, EventHash, Position, Timestamp},
    ids::{AccountId, DeviceId, DeviceType, ShownDeviceId},
    ports::{clock::Clock, event_log::EventLog as _},
};

use super::account;
use crate::{args::Args, codes, config::Config, node::Node, output, system::SystemRandomness};

/// The account every workbench has.
pub(crate) const ALICE: &str = "alice@example.com";

/// A data directory.
pub(crate) struct Workbench {
    pub(crate) dir: String,
    pub(crate) node: Node,
    pub(crate) alice: AccountId,
    _place: tempfile::TempDir,
}

/// A clock that stands.
struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

impl Workbench {
    /// With [`ALICE`] and nothing else.
    pub(crate) async fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let config = Config { dir: place.path().join("data"), ..Config::default() };
        let node = Node::open_or_create(&config).await.unwrap();
        let alice = account::create(&node, &ALICE.parse().unwrap(), None, None).await.unwrap();
        Self { dir: config.dir.to_str().unwrap().to_owned(), node, alice, _place: place }
    }

    /// Runs a call with --json and gives what it tells.
    pub(crate) async fn call(&self, words: &[&str]) -> anyhow::Result<Vec<Value>> {
        self.try_call(&[&["--json"], words].concat()).await
    }

    /// Runs a call for people and gives the text.
    pub(crate) async fn text(&self, words: &[&str]) -> String {
        let lines = self.try_call(words).await.unwrap_or_else(|error| panic!("{words:?}: {error:#}"));
        lines.iter().map(|line| line.as_str().unwrap_or_default()).collect::<Vec<_>>().join("\n")
    }

    async fn try_call(&self, words: &[&str]) -> anyhow::Result<Vec<Value>> {
        let all = [&["syncledger", "--dir", &self.dir], words].concat();
        let args = Args::try_parse_from(all)?;
        let (result, told) = output::captured(Box::pin(super::run(args))).await;
        result.map(|()| told)
    }

    /// Runs a call that must succeed and tell one value.
    pub(crate) async fn told(&self, words: &[&str]) -> Value {
        let mut told = self.call(words).await.unwrap_or_else(|error| panic!("{words:?}: {error:#}"));
        assert_eq!(told.len(), 1, "{words:?}: {told:?}");
        told.remove(0)
    }

    /// Runs a call that must be refused under this code and append nothing; gives the sentence.
    pub(crate) async fn refused(&self, words: &[&str], code: &str) -> String {
        let before = self.head().await;
        let Err(error) = self.call(words).await else { panic!("{words:?} was not refused") };
        assert_eq!(codes::of(&error), code, "{words:?}: {error:#}");
        assert_eq!(self.head().await, before, "{words:?} appended something");
        format!("{error:#}")
    }

    /// The end of the log.
    pub(crate) async fn head(&self) -> Position {
        self.node.log.head().await.unwrap()
    }

    /// Registers a device of an account, in a request of its own so many days ago.
    pub(crate) async fn device(
        &self,
        account: AccountId,
        id: &str,
        user_agent: &str,
        version: &str,
        days: i64,
    ) {
        let at = self.node.repository.clock().now().plus_seconds(-days * 86_400);
        let repository = self.repository_at(at);
        let introduction = Introduction {
            shown: ShownDeviceId::new(id).unwrap(),
            device_type: DeviceType::new("phone").unwrap(),
            user_agent: user_agent.to_owned(),
            protocol_version: Some(version.parse().unwrap()),
        };
        let id = DeviceId::new(id).unwrap();
        register_device::run(&repository, &self.issuer(), account, &id, &introduction).await.unwrap();
    }

    /// Lets a device ask for a policy, so that it can be told to erase itself.
    pub(crate) async fn provisions(&self, device: &str) {
        let (device, digest) = (DeviceId::new(device).unwrap(), EventHash([7; 32]));
        offer_policy::run(&self.node.repository, &self.issuer(), self.alice, &device, digest).await.unwrap();
    }

    /// A device in a request of its own.
    pub(crate) fn issuer(&self) -> Issuer {
        self.node.issuer(Actor::Device)
    }

    fn repository_at(&self, at: Timestamp) -> Repository {
        Repository::new(self.node.event_log(), Arc::new(At(at)), Arc::new(SystemRandomness))
    }
}
