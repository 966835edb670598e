//! Opens the stores and wires ports to adapters.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, bail};
use syncledger_commands::{Devices, FolderMaps, Issuer, KeyedLocks, Repository, SnapshotSource, SyncStates};
use syncledger_domain::{
    event::{Actor, CorrelationId},
    ids::DomainName,
    ports::{
        clock::{Clock, Randomness},
        event_log::EventLog,
        mailbox::Mailboxes,
        transport::Transport,
        views::ViewStore,
    },
};
use syncledger_eas::services::{Backend, Backends, NodeLimits, Services};
use syncledger_eventlog_sqlite::{Reading, SqliteEventLog};
use syncledger_mailbox_cached::CachedMailboxes;
use syncledger_mailbox_files::FilesMailboxes;
use syncledger_projections::{PolicySnapshots, Runner};
use syncledger_views_sqlite::SqliteViews;
use tokio_util::sync::CancellationToken;

use crate::{
    config::{BackendConfig, Config},
    local_delivery::LocalDelivery,
    mail_servers,
    system::{SystemClock, SystemRandomness},
};

/// The stores of a node, open.
pub(crate) struct Node {
    pub(crate) log: Arc<SqliteEventLog>,
    pub(crate) views: Arc<SqliteViews>,
    pub(crate) repository: Repository,
}

impl Node {
    /// Opens the stores of an existing data directory.
    pub(crate) async fn open(config: &Config) -> anyhow::Result<Self> {
        must_have_ledger(config)?;
        Self::open_or_create(config).await
    }

    /// Opens the stores, making the data directory when it is missing.
    pub(crate) async fn open_or_create(config: &Config) -> anyhow::Result<Self> {
        let log = open_log(config).await?;
        let views = config.views();
        let opened = SqliteViews::open(&views).await;
        let views = opened.with_context(|| format!("cannot open {}", views.display()))?;
        Ok(Self::of(log, views))
    }

    /// As [`Self::open_or_create`], for who makes the views anew or keeps them up to date: a file of views that cannot be
    /// read is moved aside. Nobody else may do that, because a running server may have the file open.
    pub(crate) async fn open_to_serve(config: &Config) -> anyhow::Result<Self> {
        let log = open_log(config).await?;
        let views = config.views();
        let (views, replaced) = SqliteViews::open_or_replace(&views)
            .await
            .with_context(|| format!("cannot open {}", views.display()))?;
        if let Some(old) = replaced {
            tracing::warn!(file = %old.display(), "views could not be read; they are rebuilt, the old file is kept");
        }
        Ok(Self::of(log, views))
    }

    fn of(log: SqliteEventLog, views: SqliteViews) -> Self {
        let log = Arc::new(log);
        let repository = Repository::new(
            Arc::clone(&log) as Arc<dyn EventLog>,
            Arc::new(SystemClock) as Arc<dyn Clock>,
            Arc::new(SystemRandomness) as Arc<dyn Randomness>,
        );
        Self { log, views: Arc::new(views), repository }
    }

    /// The log as a port.
    pub(crate) fn event_log(&self) -> Arc<dyn EventLog> {
        Arc::clone(&self.log) as Arc<dyn EventLog>
    }

    /// The views as a port.
    pub(crate) fn view_store(&self) -> Arc<dyn ViewStore> {
        Arc::clone(&self.views) as Arc<dyn ViewStore>
    }

    /// Brings all views up to the end of the log: what a query is about to read is what the log says now.
    pub(crate) async fn catch_up(&self) -> anyhow::Result<()> {
        let head = self.log.head().await?;
        Runner::new(self.event_log(), self.view_store()).catch_up(head, |_| ()).await?;
        Ok(())
    }

    /// The administrator at this terminal, for one call.
    pub(crate) fn admin(&self) -> Issuer {
        let name = std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).unwrap_or_default();
        let name = if name.is_empty() { "root".to_owned() } else { name };
        self.issuer(Actor::Admin(name))
    }

    /// Somebody, for one call.
    pub(crate) fn issuer(&self, actor: Actor) -> Issuer {
        let now = self.repository.clock().now();
        Issuer { actor, correlation_id: CorrelationId(self.repository.randomness().uuid_v7(now)) }
    }

    /// Everything requests share.
    pub(crate) async fn services(
        &self,
        config: &Config,
        shutdown: CancellationToken,
    ) -> anyhow::Result<Services> {
        let policy = PolicySnapshots::start(self.event_log(), Some(self.view_store())).await?;
        let snapshots: Arc<dyn SnapshotSource> = Arc::new(StoredSnapshots(self.view_store()));
        make_mail_root(config)?;
        Ok(services(
            self.repository.clone(),
            snapshots,
            policy,
            backends(config, Purpose::Serve)?,
            config,
            shutdown,
        ))
    }
}

/// That the data directory is one.
pub(crate) fn must_have_ledger(config: &Config) -> anyhow::Result<()> {
    if !config.ledger().exists() {
        bail!(
            "{} holds no ledger.db: name the data directory by --dir, or make one with `syncledger domain create`",
            config.dir.display()
        );
    }
    Ok(())
}

/// The event log alone, to append to; the data directory is made when it is missing.
pub(crate) async fn open_log(config: &Config) -> anyhow::Result<SqliteEventLog> {
    make_private(&config.dir)?;
    let ledger = config.ledger();
    SqliteEventLog::open(&ledger).await.with_context(|| format!("cannot open {}", ledger.display()))
}

/// The event log alone, as evidence: nothing is written into it.
pub(crate) async fn open_evidence(config: &Config, reading: Reading) -> anyhow::Result<SqliteEventLog> {
    must_have_ledger(config)?;
    let ledger = config.ledger();
    let opened = SqliteEventLog::open_read_only(&ledger, reading).await;
    opened.with_context(|| format!("cannot read {}", ledger.display()))
}

/// Everything requests share, over any log.
pub(crate) fn services(
    repository: Repository,
    snapshots: Arc<dyn SnapshotSource>,
    policy: PolicySnapshots,
    backends: Backends,
    config: &Config,
    shutdown: CancellationToken,
) -> Services {
    let megabytes = |count: u64| count.saturating_mul(1 << 20);
    let state_cache = megabytes(config.limits.state_cache_mb);
    Services {
        sync_states: SyncStates::new(repository.clone(), snapshots, state_cache),
        folder_maps: FolderMaps::new(repository.clone(), state_cache / 8),
        devices: Devices::new(repository.clone(), state_cache / 8),
        sending: KeyedLocks::default(),
        repository,
        policy: Arc::new(policy),
        backends,
        waiting: syncledger_eas::waiting::WaitingRoom::default(),
        sync_requests: syncledger_eas::ascmd::sync::RequestCache::new(state_cache / 8),
        policies: syncledger_eas::ascmd::provision::Policies::default(),
        administrator: config.notifications.administrator.clone(),
        node: config.node_name(),
        limits: NodeLimits {
            max_request_bytes: config.limits.max_request_mb.saturating_mul(1 << 20),
            max_message_bytes: config.limits.max_message_mb.saturating_mul(1 << 20),
        },
        shutdown,
    }
}

/// Snapshots of sync states as the view keeps them.
struct StoredSnapshots(Arc<dyn ViewStore>);

#[async_trait::async_trait]
impl SnapshotSource for StoredSnapshots {
    async fn newest(
        &self,
        stream: &syncledger_domain::event::StreamId,
    ) -> Option<(syncledger_domain::sync_state::SyncState, syncledger_domain::event::Revision)> {
        syncledger_projections::sync_states::newest_snapshot(&*self.0, stream).await.ok().flatten()
    }
}

/// Makes a directory that only its owner can read: the log tells who synchronises what.
pub(crate) fn make_private(dir: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(dir).with_context(|| format!("cannot make the data directory {}", dir.display()))
}

/// Makes the directory of the Maildirs that are served when no backend is configured.
pub(crate) fn make_mail_root(config: &Config) -> anyhow::Result<()> {
    if config.backend.is_none() { make_private(&config.mail()) } else { Ok(()) }
}

/// What mailboxes are opened for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    /// To serve devices: folders they cannot do without are made.
    Serve,
    /// To look at: nothing is made.
    Look,
}

/// The mail backends of the configuration. Nothing is made and nobody is connected to.
pub(crate) fn backends(config: &Config, purpose: Purpose) -> anyhow::Result<Backends> {
    let default_files;
    let default = if let Some(backend) = &config.backend {
        backend
    } else {
        default_files = BackendConfig::Files { root: config.mail(), smtp: None };
        &default_files
    };
    let mut by_domain = std::collections::HashMap::new();
    for (name, section) in &config.domain {
        let domain = DomainName::new(name).with_context(|| format!("section [domain.\"{name}\"]"))?;
        let made =
            backend(config, section, purpose).with_context(|| format!("section [domain.\"{name}\"]"))?;
        by_domain.insert(domain, made);
    }
    let default = backend(config, default, purpose).context("section [backend]")?;
    Ok(Backends { by_domain, default: Some(default) })
}

fn backend(config: &Config, section: &BackendConfig, purpose: Purpose) -> anyhow::Result<Backend> {
    let (mailboxes, transport): (Arc<dyn Mailboxes>, Arc<dyn Transport>) = match section {
        BackendConfig::Files { root, smtp } => {
            let files = FilesMailboxes::new(root.clone());
            let files = if purpose == Purpose::Look { files.leaving_folders() } else { files };
            let transport: Arc<dyn Transport> = match smtp {
                Some(smtp) => mail_servers::smtp(smtp)?,
                None => Arc::new(LocalDelivery::new(files.clone())),
            };
            (Arc::new(files), transport)
        }
        BackendConfig::Imap { imap, smtp } => {
            (mail_servers::imap(imap, &config.login, purpose)?, mail_servers::smtp(smtp)?)
        }
    };
    let cached = CachedMailboxes::new(mailboxes, config.limits.index_cache_mb.saturating_mul(1 << 20));
    Ok(Backend { mailboxes: Arc::new(cached), transport })
}
