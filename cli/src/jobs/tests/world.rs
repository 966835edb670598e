use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use syncledger_commands::{
    AttributeTarget, Issuer, NoSnapshots, Repository, clear_attribute, create_account, create_domain,
    jail_device, judge_access, register_device, set_attribute,
};
use syncledger_domain::{
    anti_dos::Evidence,
    device::{DeviceJailed, Introduction},
    event::{Actor, CorrelationId, Revision, StreamId, Timestamp},
    ids::{AccountId, DeviceId, DeviceType, ShownDeviceId},
    notices::Notices,
    ports::{
        clock::Clock,
        event_log::EventLog as _,
        transport::{Outgoing, SendError, Transport},
    },
};
use syncledger_eas::services::{Backend, Backends};
use syncledger_eventlog_memory::MemoryEventLog;
use syncledger_mailbox_files::FilesMailboxes;
use syncledger_projections::{LiveViews, MemoryViews, PolicySnapshots, Runner};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    jobs::{self, Context},
    node,
    system::SystemRandomness,
};

/// When every world begins: a whole hour.
pub(super) const NOON: Timestamp = Timestamp(1_714_564_800_000_000);
pub(super) const ADMIN: &str = "admin@example.com";

/// Goes as the runtime's own clock does, so many seconds late.
struct Ticking(Instant, i64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        let since = i64::try_from(self.0.elapsed().as_micros()).unwrap();
        Timestamp(NOON.0 + since).plus_seconds(self.1)
    }
}

/// What the mail server does with the next message.
pub(super) enum Answer {
    Fail(SendError),
    /// It takes the message, and its word of that never comes.
    TakeInSilence,
}

#[derive(Default)]
pub(super) struct MailServer {
    sent: Mutex<Vec<Outgoing>>,
    answers: Mutex<VecDeque<Answer>>,
}

impl MailServer {
    /// What it took, as text.
    pub(super) fn sent(&self) -> Vec<String> {
        let sent = self.sent.lock().unwrap();
        sent.iter().map(|outgoing| String::from_utf8(outgoing.message.to_vec()).unwrap()).collect()
    }

    pub(super) fn recipients(&self) -> Vec<String> {
        let sent = self.sent.lock().unwrap();
        sent.iter().flat_map(|outgoing| &outgoing.recipients).map(ToString::to_string).collect()
    }

    pub(super) fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.answers.lock().unwrap().extend(answers);
    }
}

#[async_trait]
impl Transport for MailServer {
    async fn send(&self, outgoing: Outgoing) -> Result<(), SendError> {
        let answer = self.answers.lock().unwrap().pop_front();
        match answer {
            Some(Answer::Fail(error)) => return Err(error),
            Some(Answer::TakeInSilence) => {
                self.sent.lock().unwrap().push(outgoing);
                std::future::pending::<()>().await;
            }
            None => self.sent.lock().unwrap().push(outgoing),
        }
        Ok(())
    }
}

/// A log, a mail server, and Alice.
pub(super) struct World {
    pub(super) log: Arc<MemoryEventLog>,
    pub(super) post: Arc<MailServer>,
    pub(super) repository: Repository,
    pub(super) alice: AccountId,
    began: Instant,
}

/// A node that runs. Dropping it is its crash.
pub(super) struct RunningNode {
    pub(super) context: Arc<Context>,
    pub(super) tasks: JoinSet<()>,
    _views: LiveViews,
}

impl World {
    pub(super) async fn new() -> Self {
        let (log, began) = (Arc::new(MemoryEventLog::new()), Instant::now());
        let repository =
            Repository::new(log.clone(), Arc::new(Ticking(began, 0)), Arc::new(SystemRandomness));
        create_domain::run(&repository, &admin(), &"example.com".parse().unwrap()).await.unwrap();
        let address = "alice@example.com".parse().unwrap();
        let (alice, _) = create_account::run(&repository, &admin(), &address, None).await.unwrap();
        let world = Self { log, post: Arc::default(), repository, alice, began };
        world.set("abqMode", "Interactive").await;
        world.set("notificationRecipients", ADMIN).await;
        world
    }

    /// A repository whose clock is so many seconds ahead.
    pub(super) fn repository_ahead(&self, seconds: i64) -> Repository {
        Repository::new(self.log.clone(), Arc::new(Ticking(self.began, seconds)), Arc::new(SystemRandomness))
    }

    pub(super) async fn context(&self, name: &str) -> (Arc<Context>, LiveViews) {
        let config = Config { node: Some(name.parse().unwrap()), ..Config::default() };
        let views = Arc::new(MemoryViews::new());
        let live = Runner::new(self.log.clone(), views.clone()).spawn();
        let policy = PolicySnapshots::start(self.log.clone(), None).await.unwrap();
        let mailboxes = Arc::new(FilesMailboxes::new("nowhere".into()));
        let backend = Backend { mailboxes, transport: self.post.clone() };
        let backends = Backends { default: Some(backend), ..Backends::default() };
        let (snapshots, shutdown) = (Arc::new(NoSnapshots), CancellationToken::new());
        let services =
            node::services(self.repository.clone(), snapshots, policy, backends, &config, shutdown);
        (Arc::new(Context::new(Arc::new(services), views, config.notifications)), live)
    }

    pub(super) async fn start(&self, name: &str) -> RunningNode {
        let (context, views) = self.context(name).await;
        jobs::before_serving(&context).await.unwrap();
        let mut tasks = JoinSet::new();
        jobs::start(&context, &mut tasks);
        RunningNode { context, tasks, _views: views }
    }

    pub(super) async fn set(&self, attribute: &str, value: &str) {
        let target = AttributeTarget::Global;
        if value.is_empty() {
            clear_attribute::run(&self.repository, &admin(), &target, attribute).await.unwrap();
        } else {
            set_attribute::run(&self.repository, &admin(), &target, attribute, value).await.unwrap();
        }
    }

    pub(super) async fn device(&self, id: &str) -> DeviceId {
        self.device_in(&self.repository, id).await
    }

    pub(super) async fn device_in(&self, repository: &Repository, id: &str) -> DeviceId {
        let introduction = Introduction {
            shown: ShownDeviceId::new(id).unwrap(),
            device_type: DeviceType::new("Phone").unwrap(),
            user_agent: "Phone/1.0".to_owned(),
            protocol_version: None,
        };
        let device = DeviceId::new(id).unwrap();
        register_device::run(repository, &admin(), self.alice, &device, &introduction).await.unwrap();
        device
    }

    /// A new device comes into quarantine.
    pub(super) async fn quarantined(&self, id: &str) -> DeviceId {
        self.quarantined_in(&self.repository, id).await
    }

    pub(super) async fn quarantined_in(&self, repository: &Repository, id: &str) -> DeviceId {
        let device = self.device_in(repository, id).await;
        let why = "no entry and no rule is about this device";
        judge_access::run(repository, &admin(), self.alice, &device, "quarantine", why).await.unwrap();
        device
    }

    /// A new device is jailed.
    pub(super) async fn jailed(&self, id: &str) -> DeviceId {
        let device = self.device(id).await;
        let evidence = Evidence { requests: 151, span_ms: 29_850, window_ms: 30_000 };
        let until = self.repository.clock().now().plus_seconds(600);
        let jailed = DeviceJailed { until, evidence };
        jail_device::run(&self.repository, &admin(), self.alice, &device, jailed).await.unwrap();
        device
    }

    pub(super) async fn notices(&self) -> Notices {
        self.repository.load::<Notices>(&StreamId::notices()).await.unwrap().state
    }

    /// Subjects of the notices.
    pub(super) async fn subjects(&self) -> Vec<String> {
        self.notices().await.recent.into_iter().map(|notice| notice.subject).collect()
    }

    /// Seconds since noon at which mail was written.
    pub(super) async fn written_at(&self) -> Vec<i64> {
        let events = self.log.read_stream(&StreamId::notices(), Revision(0), 1000).await.unwrap();
        let mails = events.iter().filter(|event| event.event_type == "mail-prepared");
        mails.map(|mail| (mail.recorded_at.0 - NOON.0) / 1_000_000).collect()
    }
}

pub(super) fn admin() -> Issuer {
    Issuer { actor: Actor::Admin("root".into()), correlation_id: CorrelationId(uuid::Uuid::nil()) }
}

pub(super) async fn minutes(count: u64) {
    sleep(Duration::from_mins(count)).await;
}

pub(super) async fn seconds(count: u64) {
    sleep(Duration::from_secs(count)).await;
}
