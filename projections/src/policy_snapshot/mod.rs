//! The policy snapshot: everything the gates in front of an EAS command ask, in memory, as of one position of the log.
//!
//! Gates read [`PolicySnapshots::current`], an atomic pointer: no lock, no I/O. The maps inside share structure between
//! snapshots, so that taking over one event copies a few nodes and not all accounts.
//!
//! Before it has caught up with an append, a snapshot shows the state before it. A request that has itself appended and
//! must see the effect waits by [`PolicySnapshots::wait_for`]; a request that waits for something to happen (Ping, a
//! waiting Sync) holds a [`DeviceWatch`].

mod fold;
mod follow;
mod followed;
mod load;
#[cfg(test)]
mod tests;
mod watches;

use std::{collections::BTreeMap, fmt, sync::Arc};

use imbl::{HashMap, OrdMap};
use serde::{Deserialize, Serialize};
use syncledger_domain::{
    abq::{CompiledRules, DeviceControl},
    abq_messages::Messages,
    config::Attributes,
    device::{PingParametersChanged, PolicyAcknowledged, PolicyOffered},
    directory::{CredentialId, MobilePassword},
    eas_filter::Filters,
    event::Position,
    ids::{AccountId, Address, CosId, DeviceId, DeviceType, DomainName, ProtocolVersion, ShownDeviceId},
    loggers::Loggers,
    notices::Notices,
    services::Services,
};

use crate::Standing;

pub use follow::PolicySnapshots;
pub use followed::Followed;
pub use watches::{Cause, Change, DeviceWatch};

/// argon2id in PHC string form. Hidden from debug output.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// What the gates know of an account. Removed accounts are not in the snapshot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountPolicy {
    /// Its id.
    pub id: AccountId,
    /// Its primary address.
    pub address: Address,
    /// Its class of service.
    pub cos: CosId,
    /// Its local password; without one the backend checks.
    pub password_hash: Option<PasswordHash>,
    /// Why it may not use the service, if so; the reason may be empty.
    pub disabled: Option<String>,
    /// Values set for it.
    pub attributes: Attributes,
    /// Its passwords for single services.
    pub mobile_passwords: BTreeMap<CredentialId, MobilePassword>,
    /// The last event taken over: older ones are skipped.
    pub(crate) as_of: Position,
}

/// What the gates know of a device. Removed devices are not in the snapshot; those of a removed account are until they
/// are removed themselves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DevicePolicy {
    /// Its id.
    pub id: DeviceId,
    /// As it names its kind.
    pub device_type: DeviceType,
    /// Header `User-Agent` of its first request.
    pub user_agent: String,
    /// The version it spoke last.
    pub protocol_version: Option<ProtocolVersion>,
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
    /// The last event taken over: older ones are skipped.
    pub(crate) as_of: Position,
}

impl DevicePolicy {
    /// Its id as it writes it.
    pub fn shown(&self) -> ShownDeviceId {
        self.standing.shown.clone().unwrap_or_else(|| ShownDeviceId::from(&self.id))
    }
}

/// Values set for a domain, a class of service or globally.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ScopePolicy {
    /// The values.
    pub attributes: Attributes,
    /// The last event taken over: older ones are skipped.
    pub(crate) as_of: Position,
}

/// Everything the gates ask, as of one position. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct PolicySnapshot {
    position: Position,
    accounts: HashMap<AccountId, Arc<AccountPolicy>>,
    /// Holders of an address, the first come first. More than one only when two nodes created accounts with the same
    /// address at the same moment; the first is the one that counts.
    by_address: HashMap<Address, Arc<[AccountId]>>,
    domains: OrdMap<DomainName, Arc<ScopePolicy>>,
    cos: OrdMap<CosId, Arc<ScopePolicy>>,
    config: Arc<ScopePolicy>,
    /// Sorted by id; few per account.
    devices: HashMap<AccountId, Arc<[Arc<DevicePolicy>]>>,
    abq: Followed<DeviceControl>,
    /// The rules of `abq`, ready to be asked.
    rules: CompiledRules,
    abq_messages: Followed<Messages>,
    filters: Followed<Filters>,
    loggers: Followed<Loggers>,
    services: Followed<Services>,
    notices: Followed<Notices>,
}

impl PolicySnapshot {
    /// Everything up to here is taken into account.
    pub fn position(&self) -> Position {
        self.position
    }

    /// An account by id.
    pub fn account(&self, id: AccountId) -> Option<&Arc<AccountPolicy>> {
        self.accounts.get(&id)
    }

    /// The account that holds an address.
    pub fn account_by_address(&self, address: &Address) -> Option<&Arc<AccountPolicy>> {
        self.by_address.get(address).and_then(|holders| holders.first()).and_then(|id| self.account(*id))
    }

    /// How many accounts there are.
    pub fn account_count(&self) -> usize {
        self.accounts.len()
    }

    /// All accounts, in no particular order.
    pub fn accounts(&self) -> impl Iterator<Item = &Arc<AccountPolicy>> {
        self.accounts.values()
    }

    /// Values set for a domain; `None` for a domain that was never created.
    pub fn domain(&self, name: &DomainName) -> Option<&Attributes> {
        self.domains.get(name).map(|scope| &scope.attributes)
    }

    /// All domains, by name.
    pub fn domains(&self) -> impl Iterator<Item = &DomainName> {
        self.domains.keys()
    }

    /// Values set for a class of service; `None` for one that was never created.
    pub fn cos(&self, id: &CosId) -> Option<&Attributes> {
        self.cos.get(id).map(|scope| &scope.attributes)
    }

    /// Global values.
    pub fn config(&self) -> &Attributes {
        &self.config.attributes
    }

    /// A registered device of an account.
    pub fn device(&self, account: AccountId, device: &DeviceId) -> Option<&Arc<DevicePolicy>> {
        let devices = self.devices_of(account);
        devices.binary_search_by(|candidate| candidate.id.cmp(device)).ok().map(|index| &devices[index])
    }

    /// The registered devices of an account, by id.
    pub fn devices_of(&self, account: AccountId) -> &[Arc<DevicePolicy>] {
        self.devices.get(&account).map_or(&[], |devices| devices)
    }

    /// All registered devices with their accounts, in no particular order.
    pub fn devices(&self) -> impl Iterator<Item = (AccountId, &Arc<DevicePolicy>)> {
        self.devices.iter().flat_map(|(account, devices)| devices.iter().map(|device| (*account, device)))
    }

    /// The Device Control List and the rules.
    pub fn abq(&self) -> &Followed<DeviceControl> {
        &self.abq
    }

    /// The rules, ready to be asked.
    pub fn rules(&self) -> &CompiledRules {
        &self.rules
    }

    /// What devices that may not synchronise are shown.
    pub fn abq_messages(&self) -> &Messages {
        &self.abq_messages.state
    }

    /// The filters on protocol versions.
    pub fn filters(&self) -> &Filters {
        &self.filters.state
    }

    /// The account loggers.
    pub fn loggers(&self) -> &Loggers {
        &self.loggers.state
    }

    /// What was ordered about services.
    pub fn services(&self) -> &Services {
        &self.services.state
    }

    /// Notices and mail to administrators.
    pub fn notices(&self) -> &Notices {
        &self.notices.state
    }

    /// Changes whenever a value an account is under may have changed, and with it what is derived from them.
    pub fn settings_stamp(&self, account: &AccountPolicy) -> [Position; 4] {
        let of = |scope: Option<&Arc<ScopePolicy>>| scope.map_or(Position::START, |scope| scope.as_of);
        let domain = self.domains.get(&account.address.domain());
        [account.as_of, of(self.cos.get(&account.cos)), of(domain), self.config.as_of]
    }

    /// The values an account is under, from the narrowest scope to the widest: its own, its class of service's, its
    /// domain's, the global ones. Scopes without values are left out.
    pub fn scopes_of(&self, account: &AccountPolicy) -> impl Iterator<Item = &Attributes> {
        [
            self.accounts.get(&account.id).map(|account| &account.attributes),
            self.cos(&account.cos),
            self.domain(&account.address.domain()),
            Some(self.config()),
        ]
        .into_iter()
        .flatten()
    }

    /// The value that holds for an account: that of the narrowest scope that has one. Which scopes an attribute may be
    /// set at, and its default, the attribute registry says.
    pub fn attribute(&self, account: &AccountPolicy, name: &str) -> Option<&str> {
        self.scopes_of(account).find_map(|attributes| attributes.get(name))
    }
}
