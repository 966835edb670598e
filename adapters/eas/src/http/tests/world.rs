//! A whole server without a socket: the log in memory, mailboxes in memory, a clock moved by hand.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use argon2::{Argon2, Params, password_hash::PasswordHasher};
use async_trait::async_trait;
use axum::{Router, body::Body, extract::ConnectInfo};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use syncledger_commands::{
    AttributeTarget, Devices, FolderMaps, Issuer, KeyedLocks, NoSnapshots, Repository, SyncStates,
    create_account, create_domain, set_attribute, set_password,
};
use syncledger_domain::{
    Event,
    event::{Actor, CorrelationId, Position, Timestamp},
    ids::{AccountId, Address, DomainName, NodeName},
    ports::{
        clock::{Clock, Randomness},
        event_log::EventLog,
        mailbox::Mailboxes,
        transport::{Outgoing, SendError, Transport},
    },
};
use syncledger_eventlog_memory::MemoryEventLog;
use syncledger_mailbox_memory::{MemoryMailbox, MemoryMailboxes};
use syncledger_projections::PolicySnapshots;
use syncledger_wbxml::{Element, Limits};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::{
    ascmd::{provision::Policies, sync::RequestCache},
    http::{FrontConfig, router},
    services::{Backend, Backends, NodeLimits, Services},
    waiting::WaitingRoom,
};

pub(crate) const PASSWORD: &str = "correct horse";
pub(crate) const PERMISSIVE_TYPE: &str = "MS-EAS-Provisioning-WBXML";

/// A clock moved by hand.
pub(crate) struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// Never the same bytes twice, always the same sequence.
struct Sequence(AtomicU64);

impl Randomness for Sequence {
    fn fill(&self, buffer: &mut [u8]) {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0.fetch_add(1, Ordering::SeqCst).to_le_bytes());
        hasher.finalize_xof().fill(buffer);
    }
}

/// A domain that sends no mail.
struct NoTransport;

#[async_trait]
impl Transport for NoTransport {
    async fn send(&self, _outgoing: Outgoing) -> Result<(), SendError> {
        Err(SendError::Refused("this domain sends no mail".into()))
    }
}

pub(crate) struct World {
    pub(crate) services: Arc<Services>,
    pub(crate) mailboxes: MemoryMailboxes,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) log: MemoryEventLog,
    pub(crate) config: FrontConfig,
    pub(crate) router: Router,
}

/// How a world differs from the usual one.
pub(crate) struct Options {
    pub(crate) backend_checks: bool,
    pub(crate) config: FrontConfig,
    pub(crate) limits: NodeLimits,
    /// In place of the mailboxes in memory.
    pub(crate) mailboxes: Option<Arc<dyn Mailboxes>>,
    /// Where mail leaves; `None` sends none.
    pub(crate) transport: Option<Arc<dyn Transport>>,
}

impl Default for Options {
    fn default() -> Self {
        let mut config = FrontConfig::default();
        config.login.default_domain = Some(DomainName::new("example.com").unwrap());
        Self {
            backend_checks: false,
            config,
            limits: NodeLimits::default(),
            mailboxes: None,
            transport: None,
        }
    }
}

impl World {
    /// With a domain `example.com` and nobody in it.
    pub(crate) async fn with(options: Options) -> Self {
        let log = MemoryEventLog::new();
        let clock = Arc::new(HandClock(AtomicI64::new(1_714_564_800_000_000)));
        let mailboxes = MemoryMailboxes::new(options.backend_checks);
        let world = Self::node(log, clock, mailboxes, options, 0).await;
        let repository = &world.services.repository;
        create_domain::run(repository, &Self::admin(), &"example.com".parse().unwrap()).await.unwrap();
        world.settle().await;
        world
    }

    /// A node over a log that may have a history: a restarted server, or a second one beside the first. Nodes of one
    /// log differ in their number.
    pub(crate) async fn node(
        log: MemoryEventLog,
        clock: Arc<HandClock>,
        mailboxes: MemoryMailboxes,
        options: Options,
        number: u64,
    ) -> Self {
        let randomness = Arc::new(Sequence(AtomicU64::new(number << 32)));
        let repository = Repository::new(Arc::new(log.clone()), Arc::clone(&clock) as _, randomness);
        let backend = Backend {
            mailboxes: options.mailboxes.unwrap_or_else(|| Arc::new(mailboxes.clone())),
            transport: options.transport.unwrap_or_else(|| Arc::new(NoTransport)),
        };
        let services = Arc::new(Services {
            repository: repository.clone(),
            sync_states: SyncStates::new(repository.clone(), Arc::new(NoSnapshots), 1 << 20),
            folder_maps: FolderMaps::new(repository.clone(), 1 << 20),
            devices: Devices::new(repository, 1 << 20),
            sending: KeyedLocks::default(),
            policy: Arc::new(PolicySnapshots::start(Arc::new(log.clone()), None).await.unwrap()),
            backends: Backends { default: Some(backend), ..Backends::default() },
            waiting: WaitingRoom::default(),
            sync_requests: RequestCache::new(1 << 20),
            policies: Policies::default(),
            administrator: None,
            node: NodeName::new(&format!("node{number}")).unwrap(),
            limits: options.limits,
            shutdown: CancellationToken::new(),
        });
        let router = router(Arc::clone(&services), options.config.clone());
        let world = Self { services, mailboxes, clock, log, config: options.config, router };
        world.settle().await;
        world
    }

    /// With `alice@example.com`, her local password and her mailbox.
    pub(crate) async fn with_alice() -> Self {
        let world = Self::with(Options::default()).await;
        world.add("alice@example.com", PASSWORD).await;
        world
    }

    /// Adds an account with a local password.
    pub(crate) async fn add(&self, address: &str, password: &str) -> MemoryMailbox {
        let address: Address = address.parse().unwrap();
        let (id, _) =
            create_account::run(&self.services.repository, &Self::admin(), &address, None).await.unwrap();
        self.set_password(id, password).await;
        self.mailboxes.add_account(&address, password)
    }

    pub(crate) async fn set_password(&self, account: AccountId, password: &str) {
        // The cheapest hash there is: tests log in a lot.
        let cheap = Argon2::from(Params::new(8, 1, 1, None).unwrap());
        let hash = cheap.hash_password_with_salt(password.as_bytes(), b"salt of a test").unwrap().to_string();
        set_password::run(&self.services.repository, &Self::admin(), account, &hash).await.unwrap();
        self.settle().await;
    }

    pub(crate) async fn set(&self, attribute: &str, value: &str) {
        let target = AttributeTarget::Global;
        set_attribute::run(&self.services.repository, &Self::admin(), &target, attribute, value)
            .await
            .unwrap();
        self.settle().await;
    }

    pub(crate) fn admin() -> Issuer {
        Issuer { actor: Actor::Admin("root".into()), correlation_id: CorrelationId(uuid::Uuid::nil()) }
    }

    /// Waits until the policy snapshot has read the whole log.
    pub(crate) async fn settle(&self) {
        let head = self.log.head().await.unwrap();
        assert!(self.services.policy.wait_for(head, std::time::Duration::from_secs(10)).await);
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        Reply::read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// Stored names of all events of streams whose name begins so.
    pub(crate) async fn events(&self, prefix: &str) -> Vec<String> {
        let recorded = self.log.read_all(Position::START, Some(prefix), 1000).await.unwrap();
        recorded
            .into_iter()
            .inspect(|event| drop(Event::decode(event).unwrap()))
            .map(|event| event.event_type)
            .collect()
    }
}

pub(crate) fn alice() -> AccountId {
    AccountId::for_address(&"alice@example.com".parse().unwrap())
}

/// A request under construction.
pub(crate) struct Ask {
    method: &'static str,
    uri: String,
    headers: Vec<(String, Vec<u8>)>,
    peer: SocketAddr,
    body: Body,
}

impl Ask {
    /// OPTIONS by Alice.
    pub(crate) fn options() -> Self {
        Self {
            method: "OPTIONS",
            uri: "/Microsoft-Server-ActiveSync".into(),
            headers: Vec::new(),
            peer: ([127, 0, 0, 1], 50_000).into(),
            body: Body::empty(),
        }
        .login(b"alice@example.com", PASSWORD.as_bytes())
    }

    /// A command by Alice from `phone1`, in the plain form, version 14.1, policy key 0, without body.
    pub(crate) fn command(name: &str) -> Self {
        let query = format!("Cmd={name}&User=alice&DeviceId=Phone1&DeviceType=Android");
        let ask = Self { method: "POST", ..Self::options() };
        ask.query(&query).header("MS-ASProtocolVersion", "14.1").header("X-MS-PolicyKey", "0")
    }

    pub(crate) fn method(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    pub(crate) fn path(self, path: &str) -> Self {
        let query = self.uri.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default();
        Self { uri: format!("{path}{query}"), ..self }
    }

    pub(crate) fn query(self, query: &str) -> Self {
        let path = self.uri.split('?').next().unwrap_or_default().to_owned();
        Self { uri: format!("{path}?{query}"), ..self }
    }

    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        self.bytes_header(name, value.as_bytes())
    }

    fn bytes_header(self, name: &str, value: &[u8]) -> Self {
        let mut ask = self.without(name);
        ask.headers.push((name.to_lowercase(), value.to_vec()));
        ask
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    pub(crate) fn version(self, version: &str) -> Self {
        self.header("MS-ASProtocolVersion", version)
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("X-MS-PolicyKey", key)
    }

    pub(crate) fn login(self, user: &[u8], password: &[u8]) -> Self {
        let pair = [user, b":", password].concat();
        self.header("Authorization", &format!("Basic {}", BASE64_STANDARD.encode(pair)))
    }

    pub(crate) fn from(self, peer: &str) -> Self {
        Self { peer: SocketAddr::new(peer.parse().unwrap(), 50_000), ..self }
    }

    pub(crate) fn body(self, content_type: &str, body: impl Into<Bytes>) -> Self {
        let body: Bytes = body.into();
        let ask = self.header("Content-Type", content_type).header("Content-Length", &body.len().to_string());
        Self { body: Body::from(body), ..ask }
    }

    pub(crate) fn xml(self, xml: &str) -> Self {
        let document = syncledger_wbxml::from_xml(xml).unwrap();
        self.body("application/vnd.ms-sync.wbxml", syncledger_wbxml::encode(&document))
    }

    pub(crate) fn build(self) -> Request<Body> {
        let mut request = Request::builder().method(self.method).uri(self.uri);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        request.extension(ConnectInfo(self.peer)).body(self.body).unwrap()
    }
}

/// An answer, read to its end.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) head: http::response::Parts,
    pub(crate) body: Bytes,
}

impl Reply {
    async fn read(response: Response<Body>) -> Self {
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        assert_eq!(head.headers["content-length"], body.len().to_string(), "exact length");
        assert_eq!(head.headers["cache-control"], "private");
        assert!(head.headers.contains_key("ms-server-activesync"));
        assert_eq!(
            head.headers.contains_key("content-type"),
            !body.is_empty(),
            "content type of a body only"
        );
        Self { status: head.status, head, body }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn document(&self) -> Element {
        assert_eq!(self.status, StatusCode::OK);
        assert_eq!(self.header("content-type"), Some("application/vnd.ms-sync.wbxml"));
        syncledger_wbxml::decode(&self.body, &Limits::default()).unwrap()
    }

    /// The document as one line of XML.
    pub(crate) fn is(&self, xml: &str) {
        assert_eq!(self.document(), syncledger_wbxml::from_xml(xml).unwrap());
    }

    /// HTTP code, and the Status of the document's root if there is one.
    pub(crate) fn ends(&self) -> (u16, Option<u16>) {
        let status = (!self.body.is_empty()).then(|| {
            let document = self.document();
            let status = syncledger_wbxml::Tag::named(document.tag.page_name().unwrap(), "Status").unwrap();
            document.child(status).unwrap().text_content().unwrap().parse().unwrap()
        });
        (self.status.as_u16(), status)
    }
}
