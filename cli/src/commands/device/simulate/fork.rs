//! A copy of one account's part of the log, in memory, and a server over it: what happens there leaves no trace.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum_server::Handle;
use syncledger_commands::{
    Issuer, NoSnapshots, Repository,
    add_mobile_password::{self, NewPassword},
    set_password,
};
use syncledger_domain::{
    directory::Service,
    event::{Actor, CorrelationId, Position, RecordedEvent, Revision, StreamCategory, StreamId},
    ids::{AccountId, DeviceId},
    ports::{
        clock::{Clock, Randomness},
        event_log::EventLog,
    },
};
use syncledger_eas::{
    http::{self, FrontConfig, LoginConfig},
    services::Backends,
};
use syncledger_eventlog_memory::MemoryEventLog;
use syncledger_projections::{PolicySnapshots, directory::AccountRow};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::read_only;
use crate::{
    config::Config,
    node::{self, Node},
    password,
    system::{SystemClock, SystemRandomness},
};

/// Events read at a time.
const PAGE: usize = 1000;
/// How long the server's end is waited for.
const DRAIN: Duration = Duration::from_secs(5);

/// The copy, and the server over it once it serves.
pub(super) struct Fork {
    log: Arc<MemoryEventLog>,
    repository: Repository,
    backends: Backends,
    shutdown: CancellationToken,
    handle: Handle<SocketAddr>,
    server: Option<JoinHandle<std::io::Result<()>>>,
}

impl Fork {
    /// Copies what decides how a device of the account is served: the account, its domain, class of service and folders,
    /// the configuration, and what the named device was told so far.
    pub(super) async fn of(
        node: &Node,
        config: &Config,
        account: &AccountRow,
        device: Option<&DeviceId>,
    ) -> anyhow::Result<Self> {
        let log = Arc::new(MemoryEventLog::new());
        log.import(true, copied(&*node.log, account, device).await?).await?;
        let repository = Repository::new(
            Arc::clone(&log) as Arc<dyn EventLog>,
            Arc::new(SystemClock) as Arc<dyn Clock>,
            Arc::new(SystemRandomness) as Arc<dyn Randomness>,
        );
        node::make_mail_root(config)?;
        Ok(Self {
            log,
            repository,
            backends: read_only::backends(node::backends(config, node::Purpose::Look)?),
            shutdown: CancellationToken::new(),
            handle: Handle::new(),
            server: None,
        })
    }

    /// Whether the account's mailbox opens to its password alone.
    pub(super) fn checks_secrets(&self, account: &AccountRow) -> bool {
        self.backends.of(&account.address.domain()).is_some_and(|backend| backend.mailboxes.checks_secrets())
    }

    /// Gives the account another local password, here only.
    pub(super) async fn random_password(&self, account: AccountId) -> anyhow::Result<String> {
        let (clock, randomness) = (self.repository.clock(), self.repository.randomness());
        let secret = randomness.uuid_v7(clock.now()).simple().to_string();
        set_password::run(&self.repository, &self.issuer(), account, &password::hash(&secret)?).await?;
        Ok(secret)
    }

    /// Gives the account one more mobile password for ActiveSync, here only.
    pub(super) async fn mobile_password(&self, account: AccountId) -> anyhow::Result<String> {
        let (issuer, new) = (self.issuer(), NewPassword::Generated);
        let services = [Service::Eas];
        let added = add_mobile_password::run(&self.repository, &issuer, account, "", &services, new).await?;
        let secret = added.secret.context("a password made up by the server is given back")?;
        Ok(String::from_utf8_lossy(&secret.0).into_owned())
    }

    fn issuer(&self) -> Issuer {
        let (clock, randomness) = (self.repository.clock(), self.repository.randomness());
        Issuer {
            actor: Actor::Job("simulation".to_owned()),
            correlation_id: CorrelationId(randomness.uuid_v7(clock.now())),
        }
    }

    /// Serves on a port of this computer that the system chooses; returns the URL.
    pub(super) async fn serve(&mut self, config: &Config) -> anyhow::Result<String> {
        let log = Arc::clone(&self.log) as Arc<dyn EventLog>;
        let policy = PolicySnapshots::start(log, None).await?;
        let services = node::services(
            self.repository.clone(),
            Arc::new(NoSnapshots),
            policy,
            self.backends.clone(),
            config,
            self.shutdown.clone(),
        );
        let default_domain = config.login.default_domain.as_deref().map(str::parse).transpose();
        let login = LoginConfig {
            default_domain: default_domain.context("login.default_domain")?,
            ..LoginConfig::default()
        };
        let front = FrontConfig { plain: true, login, ..FrontConfig::default() };
        let app = http::router(Arc::new(services), front).into_make_service_with_connect_info::<SocketAddr>();
        let socket = std::net::TcpListener::bind(("127.0.0.1", 0)).context("cannot listen on 127.0.0.1")?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        let server = axum_server::from_tcp(socket)?.handle(self.handle.clone());
        self.server = Some(tokio::spawn(server.serve(app)));
        Ok(format!("http://{address}"))
    }

    /// Ends the server. The copy goes with it.
    pub(super) async fn stop(self) {
        self.shutdown.cancel();
        self.handle.graceful_shutdown(Some(DRAIN));
        if let Some(server) = self.server {
            // What is cut off then is a simulation.
            let _ = server.await;
        }
    }

    /// The copy.
    #[cfg(test)]
    pub(super) fn log(&self) -> &MemoryEventLog {
        &self.log
    }
}

async fn copied(
    log: &dyn EventLog,
    account: &AccountRow,
    device: Option<&DeviceId>,
) -> anyhow::Result<Vec<RecordedEvent>> {
    let id = account.id;
    let mut streams = vec![
        StreamId::config(),
        StreamId::domain(&account.address.domain()),
        StreamId::cos(&account.cos),
        StreamId::account(id),
        StreamId::folders(id),
    ];
    streams.extend(device.map(|device| StreamId::device(id, device)));
    let mut events = Vec::new();
    for stream in &streams {
        events.extend(stream_of(log, stream).await?);
    }
    if let Some(device) = device {
        events.extend(sync_states(log, id, device).await?);
    }
    events.sort_by_key(|event| event.position);
    Ok(events)
}

async fn stream_of(log: &dyn EventLog, stream: &StreamId) -> anyhow::Result<Vec<RecordedEvent>> {
    let (mut events, mut from) = (Vec::new(), Revision(0));
    loop {
        let page = log.read_stream(stream, from, PAGE).await?;
        let Some(last) = page.last() else { return Ok(events) };
        from = last.revision.next();
        events.extend(page);
    }
}

/// All collections of a device, those included that were dropped.
async fn sync_states(
    log: &dyn EventLog,
    account: AccountId,
    device: &DeviceId,
) -> anyhow::Result<Vec<RecordedEvent>> {
    let prefix = format!("sync-{account}-");
    let (mut events, mut after) = (Vec::new(), Position::START);
    loop {
        let page = log.read_all(after, Some(&prefix), PAGE).await?;
        let Some(last) = page.last() else { return Ok(events) };
        after = last.position;
        events.extend(page.into_iter().filter(
            |event| matches!(event.stream.category(), StreamCategory::Sync(_, of, _) if of == *device),
        ));
    }
}
