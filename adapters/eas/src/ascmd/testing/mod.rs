//! A desk to test the rooms at: Alice's mailbox and log in memory, a phone past all gates, and answers that read well.

mod answers;
mod client;
mod shut_out;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use syncledger_commands::{Issuer, register_device};
use syncledger_domain::{
    abq::Decision,
    device::Introduction,
    event::{Actor, CorrelationId},
    ids::{Address, DeviceId, DeviceType, FolderId, ItemId, ProtocolVersion, ServerId},
    ports::{
        event_log::EventLog,
        mailbox::{BackendKey, MailFlags},
        transport::{Outgoing, SendError, Transport},
    },
};
use syncledger_mailbox_memory::MemoryMailbox;
use syncledger_wbxml::{Element, from_xml};
use tokio_util::sync::CancellationToken;

pub(super) use answers::{Synced, status_of, texts};
pub(super) use client::Client;
pub(super) use shut_out::ShutOut;

use super::EasCommand;
use crate::{
    answer::{Answer, Failure},
    context::{self, Context, Parameters, RequestBody},
    http::{
        OpenedBy,
        tests::world::{Options, PASSWORD, World, alice},
    },
    services::NodeLimits,
};

/// Noon of the day on which all desks stand.
pub(super) const NOON: i64 = 1_714_564_800;
/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// Keeps what is sent, and fails when told to.
#[derive(Default)]
pub(super) struct Post {
    sent: Mutex<Vec<Outgoing>>,
    failures: Mutex<Vec<SendError>>,
    delay: Mutex<Duration>,
}

impl Post {
    /// Everything sent so far.
    pub(super) fn sent(&self) -> Vec<Outgoing> {
        self.sent.lock().unwrap().clone()
    }

    /// Each message takes so long.
    pub(super) fn delay(&self, delay: Duration) {
        *self.delay.lock().unwrap() = delay;
    }

    /// The next message is not taken.
    pub(super) fn fail_next(&self, error: SendError) {
        self.failures.lock().unwrap().push(error);
    }
}

#[async_trait]
impl Transport for Post {
    async fn send(&self, outgoing: Outgoing) -> Result<(), SendError> {
        let delay = *self.delay.lock().unwrap();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if let Some(error) = self.failures.lock().unwrap().pop() {
            return Err(error);
        }
        self.sent.lock().unwrap().push(outgoing);
        Ok(())
    }
}

/// One node, and Alice's phone at it.
pub(super) struct Desk {
    pub(super) world: World,
    pub(super) mailbox: MemoryMailbox,
    pub(super) post: Arc<Post>,
    pub(super) version: ProtocolVersion,
    pub(super) parameters: Parameters,
    pub(super) device: DeviceId,
    /// While the phone may not synchronise.
    pub(super) shut_out: Option<Arc<ShutOut>>,
    nodes: u64,
}

impl Desk {
    /// A registered phone that speaks 14.1 and knows the folders.
    pub(super) async fn new() -> Self {
        Self::with_limits(NodeLimits::default()).await
    }

    /// The same at a node with other limits.
    pub(super) async fn with_limits(limits: NodeLimits) -> Self {
        let post = Arc::new(Post::default());
        let transport = Arc::clone(&post) as Arc<dyn Transport>;
        let world = World::with(Options { transport: Some(transport), limits, ..Options::default() }).await;
        let mailbox = world.add("alice@example.com", PASSWORD).await;
        world.set("policyRequired", "false").await;
        let desk = Self {
            world,
            mailbox,
            post,
            version: ProtocolVersion::V14_1,
            parameters: Parameters::default(),
            device: DeviceId::new("phone1").unwrap(),
            shut_out: None,
            nodes: 0,
        };
        desk.register().await;
        desk.folder_sync("0").await;
        desk
    }

    async fn register(&self) {
        let told = Introduction {
            shown: (&self.device).into(),
            device_type: DeviceType::new("Phone").unwrap(),
            user_agent: String::new(),
            protocol_version: Some(self.version),
        };
        let repository = &self.world.services.repository;
        register_device::run(repository, &self.issuer(), alice(), &self.device, &told).await.unwrap();
        self.world.settle().await;
    }

    fn issuer(&self) -> Issuer {
        let id =
            self.world.services.repository.randomness().uuid_v7(self.world.services.repository.clock().now());
        Issuer { actor: Actor::Device, correlation_id: CorrelationId(id) }
    }

    /// The phone speaks another version from now on.
    pub(super) fn speak(&mut self, version: ProtocolVersion) -> &mut Self {
        self.version = version;
        self
    }

    /// A new node over the same log and mailbox, as after a restart; nothing is left in memory.
    pub(super) async fn restarted(&self) -> Self {
        let nodes = self.nodes + 1;
        let options = Options {
            transport: Some(Arc::clone(&self.post) as Arc<dyn Transport>),
            limits: self.world.services.limits,
            ..Options::default()
        };
        let (log, clock) = (self.world.log.clone(), Arc::clone(&self.world.clock));
        Self {
            world: World::node(log, clock, self.world.mailboxes.clone(), options, nodes).await,
            mailbox: self.mailbox.clone(),
            post: Arc::clone(&self.post),
            version: self.version,
            parameters: self.parameters.clone(),
            device: self.device.clone(),
            shut_out: self.shut_out.clone(),
            nodes,
        }
    }

    /// A request that has passed all gates.
    pub(super) fn context(&self) -> Context {
        let context = Context {
            services: Arc::clone(&self.world.services),
            issuer: self.issuer(),
            account: alice(),
            address: Address::new("alice@example.com").unwrap(),
            opened_by: OpenedBy::own_secret(self.world.services.policy.current().account(alice()).unwrap()),
            device: self.device.clone(),
            shown: (&self.device).into(),
            device_type: DeviceType::new("Phone").unwrap(),
            user_agent: String::new(),
            version: self.version,
            decision: if self.shut_out.is_some() { Decision::Block } else { Decision::Allow },
            world: context::World::Real,
            mailbox: Arc::new(self.mailbox.clone()),
            transport: Arc::clone(&self.post) as Arc<dyn Transport>,
            parameters: self.parameters.clone(),
            hung_up: CancellationToken::new(),
        };
        match &self.shut_out {
            None => context,
            Some(shut_out) => context.into_dummy_world(shut_out.mailbox()),
        }
    }

    /// Asks with a body, or without.
    pub(super) async fn ask(&self, command: EasCommand, body: RequestBody) -> Result<Answer, Failure> {
        super::handle(&self.context(), command, body).await
    }

    /// Asks with a document; the answer has one, too.
    pub(super) async fn xml(&self, command: EasCommand, xml: &str) -> Element {
        match self.ask(command, RequestBody::Wbxml(from_xml(xml).unwrap())).await {
            Ok(Answer::Wbxml(document)) => document,
            other => panic!("{other:?}"),
        }
    }

    /// Asks with a document and fails; gives the common status, 503 for "later".
    pub(super) async fn fails(&self, command: EasCommand, xml: &str) -> u16 {
        match self.ask(command, RequestBody::Wbxml(from_xml(xml).unwrap())).await {
            Err(Failure::Status { status, .. }) => status.value(),
            Err(Failure::RetryLater { .. }) => 503,
            Err(Failure::Forbidden { .. }) => 403,
            Ok(answer) => panic!("{answer:?}"),
        }
    }

    /// FolderSync with a key.
    pub(super) async fn folder_sync(&self, key: &str) -> Element {
        let xml = format!("<FolderSync xmlns=\"FolderHierarchy\"><SyncKey>{key}</SyncKey></FolderSync>");
        self.xml(EasCommand::FolderSync, &xml).await
    }

    /// Sync with the content of its root element.
    pub(super) async fn try_sync(&self, content: &str) -> Result<Answer, Failure> {
        self.ask(EasCommand::Sync, RequestBody::Wbxml(sync_document(content))).await
    }

    /// Sync that is answered at all.
    pub(super) async fn sync(&self, content: &str) -> Synced {
        Synced::of(self.try_sync(content).await.unwrap())
    }

    /// Sync of the Inbox with a key, and elements behind the CollectionId.
    pub(super) async fn inbox(&self, key: &str, more: &str) -> Synced {
        self.sync(&collections(&[(key, 2, more)])).await
    }

    /// Starts the Inbox and takes everything; gives the key to go on with.
    pub(super) async fn primed(&self) -> String {
        self.primed_with("").await
    }

    /// The same with elements behind the CollectionId of the first request that has a key.
    pub(super) async fn primed_with(&self, more: &str) -> String {
        let mut key = self.inbox("0", "").await.key();
        let mut more = more;
        loop {
            let answer = self.inbox(&key, more).await;
            more = "";
            if answer.is_empty() {
                return key;
            }
            key = answer.key();
        }
    }

    /// Delivers a small message into the Inbox, some days ago.
    pub(super) fn deliver(&self, subject: &str, days_ago: i64) -> String {
        self.deliver_to(&MemoryMailbox::inbox(), FolderId::INBOX, subject, days_ago)
    }

    /// Delivers into any folder.
    pub(super) fn deliver_to(
        &self,
        key: &BackendKey,
        folder: FolderId,
        subject: &str,
        days_ago: i64,
    ) -> String {
        let raw = format!(
            "From: bob@example.com\nTo: alice@example.com\nSubject: {subject}\n\nText of {subject}.\n"
        );
        let date = NOON - days_ago * DAY;
        let item = self.mailbox.deliver(key, raw.as_bytes(), date, MailFlags::default()).unwrap();
        ServerId { folder, item }.to_string()
    }

    /// Delivers these bytes into the Inbox.
    pub(super) fn deliver_raw(&self, raw: &[u8]) -> String {
        let item = self.mailbox.deliver(&MemoryMailbox::inbox(), raw, NOON, MailFlags::default()).unwrap();
        ServerId { folder: FolderId::INBOX, item }.to_string()
    }

    /// Marks a message of the Inbox elsewhere.
    pub(super) fn mark(&self, server_id: &str, flags: MailFlags) {
        assert!(self.mailbox.set_flags(&MemoryMailbox::inbox(), &item(server_id), flags));
    }

    /// Removes a message of the Inbox elsewhere.
    pub(super) fn remove(&self, server_id: &str) {
        assert!(self.mailbox.remove(&MemoryMailbox::inbox(), &item(server_id)));
    }

    /// How many events there are.
    pub(super) async fn events(&self) -> u64 {
        self.world.log.head().await.unwrap().0
    }

    /// Polls until so many requests wait.
    pub(super) async fn until_waiting(&self, count: usize) {
        let patience = tokio::time::Instant::now() + Duration::from_secs(20);
        while self.world.services.waiting.len() != count {
            assert!(tokio::time::Instant::now() < patience, "{count} requests never waited");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// The flags of a read message.
pub(super) const READ: MailFlags =
    MailFlags { read: true, flagged: false, answered: false, forwarded: false };

/// The item of a ServerId.
pub(super) fn item(server_id: &str) -> ItemId {
    server_id.parse::<ServerId>().unwrap().item
}

/// `Sync` around its content, the usual prefixes declared.
pub(super) fn sync_document(content: &str) -> Element {
    let namespaces =
        "xmlns=\"AirSync\" xmlns:email=\"Email\" xmlns:base=\"AirSyncBase\" xmlns:tasks=\"Tasks\"";
    from_xml(&format!("<Sync {namespaces}>{content}</Sync>")).unwrap()
}

/// `Collections` of key, folder, and elements behind the CollectionId.
pub(super) fn collections(all: &[(&str, u32, &str)]) -> String {
    let one = |(key, folder, more): &(&str, u32, &str)| {
        format!(
            "<Collection><SyncKey>{key}</SyncKey><CollectionId>{folder}</CollectionId>{more}</Collection>"
        )
    };
    format!("<Collections>{}</Collections>", all.iter().map(one).collect::<String>())
}
