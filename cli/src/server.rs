//! A running node: listeners, views, seals, and an orderly end.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum_server::{
    Handle,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use syncledger_domain::ports::event_log::EventLog;
use syncledger_eas::{
    http::{self, FrontConfig, LoginConfig, peer::Proxies},
    loggers::AccountLoggers,
    services::Services,
};
use syncledger_projections::Runner;
use tokio::{
    task::JoinSet,
    time::{Instant, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    config::{Config, ListenConfig, TlsFiles},
    connections::Connections,
    jobs,
    node::Node,
    open_files, seals,
};

/// Files and sockets a node needs beside its connections: the log, the views, mailboxes, mail servers.
const OTHER_FILES: usize = 512;
/// How long everything may take to end after a signal, all in all.
const DRAIN: Duration = Duration::from_secs(5);
/// What of that is left for the log and the views, whatever a job is at.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How often the times of certificate files are looked at.
const TLS_RELOAD: Duration = Duration::from_secs(1);

/// A node that serves.
pub(crate) struct Server {
    /// What its requests share.
    pub(crate) services: Arc<Services>,
    /// Where it listens, with the ports the system chose.
    pub(crate) addresses: Vec<SocketAddr>,
    node: Arc<Node>,
    handles: Vec<Handle<SocketAddr>>,
    connections: Arc<Connections>,
    listeners: JoinSet<std::io::Result<()>>,
    jobs: JoinSet<()>,
    /// Those that are waited for at the end: what they are at is not to be cut off.
    background: JoinSet<()>,
    requests: TaskTracker,
    loggers: AccountLoggers,
    shutdown: CancellationToken,
    views: syncledger_projections::LiveViews,
    /// Whether it seals the log.
    seals: bool,
}

impl Server {
    /// Starts listening.
    pub(crate) async fn start(node: Arc<Node>, config: &Config) -> anyhow::Result<Self> {
        let limits = &config.limits;
        let (most, proxies) =
            (connections_allowed(limits.max_connections, open_files::raise_limit()), proxies(config)?);
        let connections = Connections::new(most, limits.max_connections_per_address, proxies);
        let shutdown = CancellationToken::new();
        let views = Runner::new(node.event_log(), node.view_store()).spawn();
        let services = Arc::new(node.services(config, shutdown.clone()).await?);
        let context =
            jobs::Context::new(Arc::clone(&services), node.view_store(), config.notifications.clone());
        jobs::before_serving(&context).await?;
        let requests = TaskTracker::new();
        let (loggers, writer) = AccountLoggers::new(&services, config.log_place());
        let mut server = Self {
            services,
            addresses: Vec::new(),
            handles: Vec::new(),
            connections,
            listeners: JoinSet::new(),
            jobs: JoinSet::new(),
            background: JoinSet::new(),
            requests,
            loggers,
            shutdown,
            views,
            seals: config.seal.interval_minutes > 0,
            node,
        };
        for listen in &config.listen {
            server.listen(config, listen).await?;
        }
        server.seal_regularly(config);
        server.jobs.spawn(writer.run());
        jobs::start(&Arc::new(context), &mut server.background);
        Ok(server)
    }

    async fn listen(&mut self, config: &Config, listen: &ListenConfig) -> anyhow::Result<()> {
        let socket = std::net::TcpListener::bind(listen.address)
            .with_context(|| format!("cannot listen on {}", listen.address))?;
        socket.set_nonblocking(true)?;
        self.addresses.push(socket.local_addr()?);
        let front = self.front(config, listen.tls.is_none())?;
        let service = http::router(Arc::clone(&self.services), front)
            .into_make_service_with_connect_info::<SocketAddr>();
        let handle = Handle::new();
        self.handles.push(handle.clone());
        let server = axum_server::from_tcp(socket)?.handle(handle);
        let acceptor = self.connections.acceptor();
        match &listen.tls {
            None => {
                let server = self.connections.bound(server.acceptor(acceptor));
                self.listeners.spawn(server.serve(service));
            }
            Some(files) => {
                let tls = load_tls(files).await?;
                self.jobs.spawn(reload_tls(files.clone(), tls.clone(), self.shutdown.clone()));
                let acceptor = RustlsAcceptor::new(tls).acceptor(acceptor);
                let server = self.connections.bound(server.acceptor(acceptor));
                self.listeners.spawn(server.serve(service));
            }
        }
        Ok(())
    }

    fn front(&self, config: &Config, plain: bool) -> anyhow::Result<FrontConfig> {
        let default_domain = config.login.default_domain.as_deref().map(str::parse).transpose();
        Ok(FrontConfig {
            plain,
            proxies: proxies(config)?,
            login: LoginConfig {
                default_domain: default_domain.context("login.default_domain")?,
                remember_secs: config.login.remember_seconds,
                ..LoginConfig::default()
            },
            tasks: self.requests.clone(),
            loggers: self.loggers.clone(),
            ..FrontConfig::default()
        })
    }

    fn seal_regularly(&mut self, config: &Config) {
        if !self.seals {
            return;
        }
        let interval = Duration::from_secs(u64::from(config.seal.interval_minutes) * 60);
        let repository = self.node.repository.clone();
        self.jobs.spawn(seals::regularly(repository, interval, self.shutdown.clone()));
    }

    /// Ends: answers everybody who waits, lets requests in progress finish, seals what has come, closes the stores.
    pub(crate) async fn stop(mut self) {
        let deadline = Instant::now() + DRAIN;
        self.shutdown.cancel();
        for handle in &self.handles {
            handle.graceful_shutdown(Some(DRAIN));
        }
        self.requests.close();
        if timeout_at(deadline, self.requests.wait()).await.is_err() {
            tracing::warn!("requests were still in progress after {} s and are cut off", DRAIN.as_secs());
        }
        while let Ok(Some(_)) = timeout_at(deadline, self.listeners.join_next()).await {}
        // Who has not ended by now is cut off, and holds nothing any more.
        self.handles.iter().for_each(Handle::shutdown);
        self.listeners.shutdown().await;
        while let Ok(Some(_)) = timeout_at(deadline - LAST_WORDS, self.background.join_next()).await {}
        self.background.shutdown().await;
        let _ = timeout_at(deadline, self.loggers.flush()).await;
        self.jobs.shutdown().await;
        if self.seals && timeout_at(deadline, seals::now(&self.node.repository)).await.is_err() {
            tracing::warn!("no time was left to seal the log; it is sealed when the next seal is due");
        }
        if let Ok(Ok(head)) = timeout_at(deadline, EventLog::head(&*self.node.log)).await {
            self.views.wait_for(head, deadline.saturating_duration_since(Instant::now())).await;
        }
        // Who follows the log stops before it is closed.
        let Self { services, loggers, views, node, .. } = self;
        drop((services, loggers, views));
        node.log.close().await;
    }
}

/// As many connections as are wanted (0: any number), or fewer where not so many files may be open: who comes too late is
/// then sent away, and nobody else suffers.
fn connections_allowed(wanted: usize, files: Option<u64>) -> usize {
    let Some(files) = files else { return wanted };
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    let possible = files.saturating_sub(OTHER_FILES).max(files / 2);
    if wanted > 0 && wanted <= possible {
        return wanted;
    }
    tracing::info!(
        limit.files = files,
        limit.connections = possible,
        "the limit of open files bounds connections"
    );
    possible
}

fn proxies(config: &Config) -> anyhow::Result<Proxies> {
    let trusted = config.trusted_proxies.iter().map(|text| text.parse()).collect::<Result<Vec<_>, _>>();
    Ok(Proxies { trusted: trusted.context("trusted_proxies")?, header: config.proxy_header.into() })
}

pub(crate) async fn load_tls(files: &TlsFiles) -> anyhow::Result<RustlsConfig> {
    RustlsConfig::from_pem_file(&files.certificate, &files.key)
        .await
        .with_context(|| format!("cannot use {} with {}", files.certificate.display(), files.key.display()))
}

/// Certificates are renewed while the node runs: the files are read again whenever one of them changed.
async fn reload_tls(files: TlsFiles, tls: RustlsConfig, shutdown: CancellationToken) {
    let changed_at = |path: &PathBuf| std::fs::metadata(path).and_then(|meta| meta.modified()).ok();
    let stamp = || (changed_at(&files.certificate), changed_at(&files.key));
    let mut served = stamp();
    // Certificate and key are rarely replaced in one moment: what fails now is tried again, and told once.
    let mut failed = None;
    while shutdown.run_until_cancelled(tokio::time::sleep(TLS_RELOAD)).await.is_some() {
        let now = stamp();
        if now == served {
            continue;
        }
        match tls.reload_from_pem_file(&files.certificate, &files.key).await {
            Ok(()) => {
                tracing::info!(file = %files.certificate.display(), "certificate reloaded");
                (served, failed) = (now, None);
            }
            Err(_) if failed == Some(now) => {}
            Err(error) => {
                tracing::error!(%error, file = %files.certificate.display(), "certificate not reloaded; the old one serves on");
                failed = Some(now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_everything_else() {
        assert_eq!(connections_allowed(20_000, None), 20_000);
        assert_eq!(connections_allowed(20_000, Some(524_288)), 20_000);
        assert_eq!(connections_allowed(20_000, Some(20_000)), 20_000 - OTHER_FILES);
        assert_eq!(connections_allowed(0, Some(20_000)), 20_000 - OTHER_FILES);
        assert_eq!(connections_allowed(20_000, Some(256)), 128);
    }
}
