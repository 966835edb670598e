//! What all requests share: the log behind commands, the policy snapshot, the backends and the waiting room.

use std::{collections::HashMap, sync::Arc};

use syncledger_commands::{Devices, FolderMaps, KeyedLocks, Repository, SyncStates};
use syncledger_domain::{
    abq::AbqMode,
    config::{
        Scopes,
        registry::{ABQ_MODE, ANTI_DOS_ENABLED, NOTIFICATION_RECIPIENTS},
    },
    ids::{AccountId, Address, ClientId, DeviceId, DomainName, NodeName},
    ports::{mailbox::Mailboxes, transport::Transport},
    services::{Facts, Service},
};
use syncledger_projections::{PolicySnapshot, PolicySnapshots};
use tokio_util::sync::CancellationToken;

use crate::waiting::WaitingRoom;

/// Where the mail of a domain lives and leaves.
#[derive(Clone)]
pub struct Backend {
    /// Opens mailboxes.
    pub mailboxes: Arc<dyn Mailboxes>,
    /// Sends messages.
    pub transport: Arc<dyn Transport>,
}

/// Backends by mail domain, with one for all others.
#[derive(Clone, Default)]
pub struct Backends {
    /// Of particular domains.
    pub by_domain: HashMap<DomainName, Backend>,
    /// Of every other domain; `None` refuses them.
    pub default: Option<Backend>,
}

impl Backends {
    /// The backend of a domain.
    pub fn of(&self, domain: &DomainName) -> Option<&Backend> {
        self.by_domain.get(domain).or(self.default.as_ref())
    }
}

/// Everything a request can reach.
pub struct Services {
    /// Loads aggregates and appends events.
    pub repository: Repository,
    /// Loads and commits sync states.
    pub sync_states: SyncStates,
    /// Loads folder maps.
    pub folder_maps: FolderMaps,
    /// Loads devices.
    pub devices: Devices,
    /// Messages being sent, one request at a time.
    pub sending: KeyedLocks<(AccountId, DeviceId, ClientId)>,
    /// Accounts, configuration and devices in memory.
    pub policy: Arc<PolicySnapshots>,
    /// Mail backends.
    pub backends: Backends,
    /// Requests that wait for news.
    pub waiting: WaitingRoom,
    /// The Sync requests that empty and partial ones stand for.
    pub sync_requests: crate::ascmd::sync::RequestCache,
    /// The policies devices must acknowledge.
    pub policies: crate::ascmd::provision::Policies,
    /// Whom users may turn to where the installation names nobody.
    pub administrator: Option<Address>,
    /// This node's name.
    pub node: NodeName,
    /// Static limits of this node.
    pub limits: NodeLimits,
    /// Cancelled when the node shuts down: every waiting request answers at once.
    pub shutdown: CancellationToken,
}

impl Services {
    /// What decides, besides orders, which services run.
    pub fn facts(&self, snapshot: &PolicySnapshot) -> Facts {
        let global = Scopes { global: Some(snapshot.config()), ..Scopes::default() };
        Facts {
            abq_disabled: global.read(&ABQ_MODE) == AbqMode::Disabled,
            anti_dos_enabled: global.flag(&ANTI_DOS_ENABLED),
        }
    }

    /// Whether a service runs on this node.
    pub fn runs(&self, snapshot: &PolicySnapshot, service: Service) -> bool {
        snapshot.services().runs(&self.node, service, self.facts(snapshot))
    }

    /// Whom users of a domain may turn to: the first administrator who gets mail, else the domain's postmaster.
    pub fn administrator(&self, snapshot: &PolicySnapshot, domain: &DomainName) -> String {
        let global = Scopes { global: Some(snapshot.config()), ..Scopes::default() };
        let recipients = global.read(&NOTIFICATION_RECIPIENTS);
        let first = recipients.split(',').map(str::trim).find(|address| !address.is_empty());
        let configured = || self.administrator.as_ref().map(ToString::to_string);
        let named = first.map(str::to_owned).or_else(configured);
        named.unwrap_or_else(|| format!("postmaster@{domain}"))
    }
}

/// Static limits of a node.
#[derive(Clone, Copy, Debug)]
pub struct NodeLimits {
    /// Largest request body, bytes, after decompression.
    pub max_request_bytes: usize,
    /// Messages larger than this are fetched only in part while synchronising, bytes.
    pub max_message_bytes: u32,
}

impl Default for NodeLimits {
    fn default() -> Self {
        Self { max_request_bytes: 64 << 20, max_message_bytes: 32 << 20 }
    }
}
