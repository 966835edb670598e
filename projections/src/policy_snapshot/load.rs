//! The first snapshot, made from the views.
//!
//! The rows are read page by page while another process may change them, so they are of different moments. That does
//! no harm: the checkpoints are read first, each row says up to which event it goes, and the events from the checkpoint
//! on are taken over where a row does not include them yet.

use std::sync::Arc;

use syncledger_domain::{
    abq::CompiledRules,
    config::Attributes,
    event::{Position, StreamId},
    ids::{CosId, DomainName},
    ports::{
        event_log::{EventLog, ReadError},
        views::ViewStore,
    },
};

use super::{AccountPolicy, DevicePolicy, Followed, PolicySnapshot, ScopePolicy};
use crate::{
    ProjectionError,
    devices::{self, DeviceRow},
    directory::{self, AccountRow},
    projection::read_all_rows,
};

pub(super) async fn from_views(store: &dyn ViewStore) -> Result<PolicySnapshot, ProjectionError> {
    let directory = store.checkpoint(directory::VIEW.stored).await?;
    let devices = store.checkpoint(devices::VIEW.stored).await?;
    let mut snapshot = PolicySnapshot { position: directory.min(devices), ..PolicySnapshot::default() };

    let mut accounts: Vec<AccountRow> = Vec::new();
    read_all_rows(store, directory::VIEW.stored, "account/", |row| accounts.push(row)).await?;
    accounts.retain(|row| row.removed_at.is_none());
    accounts.sort_by_key(|row| row.created);
    for row in accounts {
        snapshot.insert_account(account_policy(row));
    }
    let scope = |attributes: Attributes, as_of: Position| Arc::new(ScopePolicy { attributes, as_of });
    for row in directory::domains(store).await? {
        if let Ok(name) = DomainName::new(&row.name) {
            snapshot.domains.insert(name, scope(row.attributes, row.as_of));
        }
    }
    for row in directory::cos_list(store).await? {
        if let Ok(id) = CosId::new(&row.name) {
            snapshot.cos.insert(id, scope(row.attributes, row.as_of));
        }
    }
    if let Some(row) = directory::config(store).await? {
        snapshot.config = scope(row.attributes, row.as_of);
    }
    read_all_rows(store, devices::VIEW.stored, "", |row: DeviceRow| {
        snapshot.insert_device(row.account, device_policy(row));
    })
    .await?;
    Ok(snapshot)
}

impl PolicySnapshot {
    /// Reads what has a stream of its own; its events that come again later are passed over.
    pub(super) async fn load_followed(&mut self, log: &dyn EventLog) -> Result<(), ReadError> {
        self.abq = Followed::load(log, &StreamId::abq()).await?;
        self.rules = CompiledRules::new(&self.abq.state.rules);
        self.abq_messages = Followed::load(log, &StreamId::abq_messages()).await?;
        self.filters = Followed::load(log, &StreamId::eas_filters()).await?;
        self.loggers = Followed::load(log, &StreamId::loggers()).await?;
        self.services = Followed::load(log, &StreamId::services()).await?;
        self.notices = Followed::load(log, &StreamId::notices()).await?;
        Ok(())
    }
}

fn account_policy(row: AccountRow) -> AccountPolicy {
    AccountPolicy {
        id: row.id,
        address: row.address,
        cos: row.cos,
        password_hash: row.password_hash,
        disabled: row.disabled,
        attributes: row.attributes,
        mobile_passwords: row.mobile_passwords,
        as_of: row.as_of,
    }
}

fn device_policy(row: DeviceRow) -> DevicePolicy {
    DevicePolicy {
        id: row.id,
        device_type: row.device_type,
        user_agent: row.user_agent,
        protocol_version: row.protocol_version,
        offered_policy: row.offered_policy,
        policy: row.policy,
        previous_policy: row.previous_policy,
        ping: row.ping,
        standing: row.standing,
        as_of: row.as_of,
    }
}
