//! The devices as a view: everything `device list` and `device info` print.
//!
//! Rows: `<account>/<device>`. A removed device has no row; its history is in the timeline.

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use syncledger_domain::{
    Aggregate, Event,
    device::{Device, DeviceEvent, DeviceInfo, PingParametersChanged, PolicyAcknowledged, PolicyOffered},
    event::{Actor, Position, StreamCategory, Timestamp},
    ids::{AccountId, CollectionId, DeviceId, DeviceType, ProtocolVersion},
    ports::views::ViewStore,
    sync_state::{ClientOperation, SyncEvent, SyncOffered},
};

use crate::{
    ProjectionError, Standing,
    projection::{LogEntry, Projection, Rows, View, read_all_rows, read_one},
};

/// The view.
pub const VIEW: View = View { name: "devices", layout: 2, stored: "devices-2" };

/// A registered device.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeviceRow {
    /// Whose it is.
    pub account: AccountId,
    /// Its id.
    pub id: DeviceId,
    /// As it names its kind.
    pub device_type: DeviceType,
    /// Header `User-Agent` of its first request.
    pub user_agent: String,
    /// The version it spoke last.
    pub protocol_version: Option<ProtocolVersion>,
    /// What it told about itself.
    pub info: DeviceInfo,
    /// The policy offered and not yet acknowledged.
    pub offered_policy: Option<PolicyOffered>,
    /// The policy it acknowledged last.
    pub policy: Option<PolicyAcknowledged>,
    /// The one before that, whose key stays good for requests in flight.
    pub previous_policy: Option<PolicyAcknowledged>,
    /// What its empty Ping stands for.
    pub ping: Option<PingParametersChanged>,
    /// How it stands with its administrators.
    pub standing: Standing,
    /// When it registered.
    pub first_seen: Timestamp,
    /// The last event it caused itself.
    pub last_seen: Timestamp,
    /// When it was last told something by Sync or FolderSync.
    pub last_sync: Option<Timestamp>,
    /// When its states were last reset, and why.
    pub last_reset: Option<(Timestamp, String)>,
    /// The collections it synchronises, the hierarchy included.
    pub collections: BTreeSet<CollectionId>,
    /// Since it registered.
    pub counters: DeviceCounters,
    /// The last event the row includes.
    pub as_of: Position,
}

/// What a device did since it registered. What was told or taken in an answer that got lost counts again in the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DeviceCounters {
    /// Requests, as counted by its signs of life.
    pub requests: u64,
    /// Bytes of request bodies, likewise.
    pub bytes_in: u64,
    /// Bytes of answer bodies, likewise.
    pub bytes_out: u64,
    /// Answers that told or took something, by Sync and FolderSync.
    pub answers: u64,
    /// Items it was told of: added, changed and removed.
    pub items_told: u64,
    /// Items it created itself.
    pub client_adds: u64,
    /// Items it changed.
    pub client_changes: u64,
    /// Items it deleted.
    pub client_deletes: u64,
    /// Items it moved.
    pub moves: u64,
    /// Messages it sent.
    pub messages_sent: u64,
}

/// Where a device stands with the policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PolicyState {
    /// It was never offered one, or it declined.
    None,
    /// Offered, not acknowledged.
    Offered,
    /// Acknowledged, with the device's status (MS-ASPROV, "Status (Policy)").
    Acknowledged(u8),
    /// Acknowledged, and since then another one was offered.
    Renewing,
}

impl DeviceRow {
    /// Its id as it writes it, for people.
    pub fn shown(&self) -> &str {
        self.standing.shown.as_ref().map_or(self.id.as_str(), |shown| shown.as_str())
    }

    /// Where it stands with the policy.
    pub fn policy_state(&self) -> PolicyState {
        match (&self.policy, &self.offered_policy) {
            (None, None) => PolicyState::None,
            (None, Some(_)) => PolicyState::Offered,
            (Some(policy), None) => PolicyState::Acknowledged(policy.status),
            (Some(_), Some(_)) => PolicyState::Renewing,
        }
    }
}

/// The projection.
pub struct Devices;

#[async_trait]
impl Projection for Devices {
    fn view(&self) -> View {
        VIEW
    }

    async fn fold(&mut self, entry: &LogEntry, rows: &mut Rows<'_>) -> Result<(), ProjectionError> {
        let (StreamCategory::Device(account, device) | StreamCategory::Sync(account, device, _)) =
            &entry.category
        else {
            return Ok(());
        };
        let key = format!("{account}/{device}");
        let row = match (&entry.event, rows.get::<DeviceRow>(&key).await?) {
            (Some(Event::Device(DeviceEvent::Registered(_))), _) => DeviceRow::new(*account, device, entry),
            (_, row) => row,
        };
        let Some(mut row) = row else { return Ok(()) };
        match &entry.event {
            Some(Event::Device(DeviceEvent::Removed(_))) => {
                rows.delete(key);
                return Ok(());
            }
            Some(Event::Device(event)) => {
                row.take_device_event(event, entry.recorded.recorded_at);
                row.standing.take(event, entry.recorded.recorded_at, entry.recorded.position);
            }
            Some(Event::Sync(event)) => {
                if let StreamCategory::Sync(_, _, collection) = entry.category {
                    row.take_sync_event(collection, event, entry.recorded.recorded_at);
                }
            }
            _ => {}
        }
        if entry.recorded.actor == Actor::Device {
            row.last_seen = row.last_seen.max(entry.recorded.recorded_at);
        }
        row.as_of = entry.recorded.position;
        rows.put(key, &row);
        Ok(())
    }
}

impl DeviceRow {
    fn new(account: AccountId, device: &DeviceId, entry: &LogEntry) -> Option<Self> {
        let Some(Event::Device(DeviceEvent::Registered(registered))) = &entry.event else { return None };
        let now = entry.recorded.recorded_at;
        Some(Self {
            account,
            id: device.clone(),
            device_type: registered.device_type.clone(),
            user_agent: registered.user_agent.clone(),
            protocol_version: registered.protocol_version,
            info: DeviceInfo::default(),
            offered_policy: None,
            policy: None,
            previous_policy: None,
            ping: None,
            standing: Standing::default(),
            first_seen: now,
            last_seen: now,
            last_sync: None,
            last_reset: None,
            collections: BTreeSet::new(),
            counters: DeviceCounters::default(),
            as_of: entry.recorded.position,
        })
    }

    fn take_device_event(&mut self, event: &DeviceEvent, now: Timestamp) {
        self.evolve(event);
        let counters = &mut self.counters;
        match event {
            DeviceEvent::Seen(seen) => {
                counters.requests = counters.requests.saturating_add(seen.requests);
                counters.bytes_in = counters.bytes_in.saturating_add(seen.bytes_in);
                counters.bytes_out = counters.bytes_out.saturating_add(seen.bytes_out);
            }
            DeviceEvent::MessageSubmitted(_) => counters.messages_sent += 1,
            DeviceEvent::ItemsMoved(moved) => counters.moves += moved.moves.len() as u64,
            DeviceEvent::SyncStateReset(reset) => self.last_reset = Some((now, reset.cause.clone())),
            DeviceEvent::Registered(_)
            | DeviceEvent::InfoChanged(_)
            | DeviceEvent::ProtocolVersionChanged(_)
            | DeviceEvent::PolicyOffered(_)
            | DeviceEvent::PolicyAcknowledged(_)
            | DeviceEvent::PolicyDeclined(_)
            | DeviceEvent::PingParametersChanged(_)
            | DeviceEvent::Removed(_)
            | DeviceEvent::SyncSuspended(_)
            | DeviceEvent::SyncResumed(_)
            | DeviceEvent::WipeRequested(_)
            | DeviceEvent::WipeSent(_)
            | DeviceEvent::WipeAcknowledged(_)
            | DeviceEvent::WipeCancelled(_)
            | DeviceEvent::Jailed(_)
            | DeviceEvent::Released(_)
            | DeviceEvent::AccessJudged(_)
            | DeviceEvent::IdSpelled(_)
            | DeviceEvent::DummyMessageMarked(_) => {}
        }
    }

    /// By the aggregate's own fold, so that the two cannot drift apart.
    fn evolve(&mut self, event: &DeviceEvent) {
        let mut device = Device {
            registered: true,
            device_type: Some(self.device_type.clone()),
            user_agent: std::mem::take(&mut self.user_agent),
            protocol_version: self.protocol_version,
            info: std::mem::take(&mut self.info),
            offered_policy: self.offered_policy,
            policy: self.policy,
            previous_policy: self.previous_policy,
            ping: self.ping.take(),
            ..Device::default()
        };
        device.evolve(event);
        if let Some(device_type) = device.device_type {
            self.device_type = device_type;
        }
        self.user_agent = device.user_agent;
        self.protocol_version = device.protocol_version;
        self.info = device.info;
        self.offered_policy = device.offered_policy;
        self.policy = device.policy;
        self.previous_policy = device.previous_policy;
        self.ping = device.ping;
    }

    fn take_sync_event(&mut self, collection: CollectionId, event: &SyncEvent, now: Timestamp) {
        match event {
            SyncEvent::Started(_) => {
                self.collections.insert(collection);
            }
            SyncEvent::Dropped(_) => {
                self.collections.remove(&collection);
            }
            SyncEvent::Offered(offered) => {
                self.last_sync = self.last_sync.max(Some(now));
                self.count_answer(offered);
            }
            SyncEvent::OptionsChanged(_)
            | SyncEvent::Skipped(_)
            | SyncEvent::Unskipped(_)
            | SyncEvent::Registered(_) => {}
        }
    }

    fn count_answer(&mut self, offered: &SyncOffered) {
        let counters = &mut self.counters;
        counters.answers += 1;
        counters.items_told += offered.delta.len() as u64;
        for change in &offered.client {
            match change.operation {
                ClientOperation::Add(_) => counters.client_adds += 1,
                ClientOperation::Change { .. } => counters.client_changes += 1,
                ClientOperation::Delete => counters.client_deletes += 1,
            }
        }
    }
}

/// One device.
///
/// # Errors
/// When the store fails.
pub async fn device(
    store: &dyn ViewStore,
    account: AccountId,
    device: &DeviceId,
) -> Result<Option<DeviceRow>, ProjectionError> {
    read_one(store, VIEW.stored, &format!("{account}/{device}")).await
}

/// The devices of an account, or of all accounts, by account and id.
///
/// # Errors
/// When the store fails.
pub async fn list(
    store: &dyn ViewStore,
    account: Option<AccountId>,
) -> Result<Vec<DeviceRow>, ProjectionError> {
    let prefix = account.map_or(String::new(), |account| format!("{account}/"));
    let mut found = Vec::new();
    read_all_rows(store, VIEW.stored, &prefix, |row| found.push(row)).await?;
    Ok(found)
}
