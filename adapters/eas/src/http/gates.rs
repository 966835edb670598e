//! The gates before a command: pure functions over the policy snapshot, each with its own answer and its own reason.
//!
//! They stand in lists, in the order in which they are asked; the first that refuses answers. A new gate is a function
//! here and a row in a list. Three lists: after the first an unknown device is registered, after the second its access is
//! judged.

use syncledger_domain::{
    config::{
        Scopes,
        registry::{EAS_ENABLED, EAS_VERSIONS},
    },
    device::Barrier,
    eas_filter::{Client, Pool, pool},
    event::Timestamp,
    ids::{DeviceId, DeviceType, ProtocolVersion},
    services::Service,
};
use syncledger_projections::{PolicySnapshot, policy_snapshot::AccountPolicy};

use super::{access, policy_gate::policy_acknowledged};
use crate::{
    answer::{CommonStatus, Failure},
    ascmd::{EasCommand, provision::Policies},
    context::Context,
    services::Services,
};

/// What the gates ask about. No I/O decides a gate.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// As of now.
    pub snapshot: &'a PolicySnapshot,
    /// Who asks.
    pub account: &'a AccountPolicy,
    /// What they ask of this node.
    pub node: NodeFacts<'a>,
    /// Header `User-Agent`; may be empty.
    pub user_agent: &'a str,
    /// With which device, and what it says of itself; `None` for OPTIONS.
    pub device: Option<DeviceFacts<'a>>,
}

/// What a request says about its device and itself.
#[derive(Clone, Copy, Debug)]
pub struct DeviceFacts<'a> {
    /// The device.
    pub id: &'a DeviceId,
    /// As it names its kind.
    pub device_type: &'a DeviceType,
    /// The version it speaks; the error says what it speaks instead of one.
    pub version: Result<ProtocolVersion, &'a str>,
    /// The command it wants.
    pub command: EasCommand,
    /// The policy key it presents; 0 and `None` are different: a device that provisions sends 0 at first.
    pub policy_key: Option<u32>,
}

/// What gates ask of this node.
#[derive(Clone, Copy, Debug)]
pub struct NodeFacts<'a> {
    /// Whether the service `activesync-services` runs.
    pub active_sync: bool,
    /// The policies devices must acknowledge.
    pub policies: &'a Policies,
    /// The time.
    pub now: Timestamp,
}

impl<'a> NodeFacts<'a> {
    /// As of a snapshot.
    pub fn of(services: &'a Services, snapshot: &PolicySnapshot) -> Self {
        Self {
            active_sync: services.runs(snapshot, Service::ActiveSync),
            policies: &services.policies,
            now: services.repository.clock().now(),
        }
    }
}

/// Refuses or lets through.
pub type Gate = fn(&Facts<'_>) -> Result<(), Failure>;

/// Asked before an unknown device is registered, by name.
pub const BEFORE_REGISTRATION: &[(&str, Gate)] = &[
    ("node", node_serves),
    ("account", account_active),
    ("service", service_enabled),
    ("version", version_served),
];

/// Asked of a registered device before its access is judged, by name.
pub const OF_DEVICE: &[(&str, Gate)] = &[("orders", no_order_stands)];

/// Asked of a registered device once it is known into which world it goes, by name.
pub const OF_POLICY: &[(&str, Gate)] = &[("policy", policy_acknowledged)];

/// Asks the gates of a list in order.
///
/// # Errors
/// What the first closed gate says.
pub fn pass(gates: &[(&str, Gate)], facts: &Facts<'_>) -> Result<(), Failure> {
    gates.iter().try_for_each(|(_, gate)| gate(facts))
}

/// Asks all gates again for a request that has been let in and waits. Call it when the policy snapshot has changed: a
/// device that is blocked, or whose policy is a new one, must not learn anything more.
///
/// # Errors
/// What the first closed gate says.
pub fn recheck(context: &Context) -> Result<(), Closed> {
    secret_holds(context)?;
    let snapshot = context.services.policy.current();
    let gone = || Failure::status(CommonStatus::AccountDisabled, "the account was removed");
    let account = snapshot.account(context.account).ok_or_else(gone)?;
    let known = snapshot.device(context.account, &context.device);
    // The key itself was good when the request came; what may have changed is what it stands for.
    let policy_key = known.and_then(|device| device.policy).map(|policy| policy.key.value());
    let facts = Facts {
        snapshot: &snapshot,
        account,
        node: NodeFacts::of(&context.services, &snapshot),
        user_agent: &context.user_agent,
        device: Some(DeviceFacts {
            id: &context.device,
            device_type: &context.device_type,
            version: Ok(context.version),
            command: EasCommand::Sync,
            policy_key,
        }),
    };
    pass(BEFORE_REGISTRATION, &facts)?;
    pass(OF_DEVICE, &facts)?;
    let now = context.services.repository.clock().now();
    let verdict = access::verdict(&context.services, &snapshot, account, &context.shown, now);
    if access::world(verdict.decision) != context.world || verdict.decision != context.decision {
        return Err(Closed::OtherWorld);
    }
    Ok(pass(OF_POLICY, &facts)?)
}

/// Why a request that waits must end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Closed {
    /// A gate has closed.
    Refused(Failure),
    /// The device belongs into another world, or is to be told something else there: its next request finds it.
    OtherWorld,
}

impl From<Failure> for Closed {
    fn from(failure: Failure) -> Self {
        Self::Refused(failure)
    }
}

/// That the secret a request came with still opens the account. Devices hear 401 for it, whatever the status here. Of an
/// account that was removed others speak.
///
/// # Errors
/// When it was changed, disabled or taken away since.
fn secret_holds(context: &Context) -> Result<(), Failure> {
    let snapshot = context.services.policy.current();
    if snapshot.account(context.account).is_none_or(|account| context.opened_by.still_opens(account)) {
        return Ok(());
    }
    Err(Failure::status(CommonStatus::AccessDenied, "the password of this request was taken away"))
}

/// The values that hold for an account.
pub fn scopes<'a>(snapshot: &'a PolicySnapshot, account: &'a AccountPolicy) -> Scopes<'a> {
    Scopes {
        account: Some(&account.attributes),
        cos: snapshot.cos(&account.cos),
        domain: snapshot.domain(&account.address.domain()),
        global: Some(snapshot.config()),
    }
}

/// The versions on offer to a client, and how the filters made them.
pub fn versions(snapshot: &PolicySnapshot, account: &AccountPolicy, user_agent: &str) -> Pool {
    let allowed = scopes(snapshot, account).versions(&EAS_VERSIONS);
    let served: Vec<_> =
        ProtocolVersion::SERVED.into_iter().filter(|version| allowed.contains(version)).collect();
    let domain = account.address.domain();
    let client = Client { user_agent, account: account.id, address: &account.address, domain: &domain };
    pool(&snapshot.filters().list, &served, &client)
}

fn node_serves(facts: &Facts<'_>) -> Result<(), Failure> {
    active_sync_runs(facts.node.active_sync)
}

/// What a node says whose service `activesync-services` is stopped.
///
/// # Errors
/// When it does not run.
pub fn active_sync_runs(runs: bool) -> Result<(), Failure> {
    if runs {
        return Ok(());
    }
    Err(Failure::retry_later(format!("{} is stopped on this node", Service::ActiveSync)))
}

/// A wipe goes before a suspension, and nothing but Provision can carry it.
fn no_order_stands(facts: &Facts<'_>) -> Result<(), Failure> {
    let Some(device) = facts.device else { return Ok(()) };
    let known = facts.snapshot.device(facts.account.id, device.id);
    match known.and_then(|known| known.standing.barrier()) {
        None => Ok(()),
        Some(Barrier::WipePending { .. }) if device.command == EasCommand::Provision => Ok(()),
        Some(Barrier::WipePending { .. }) => {
            Err(Failure::status(CommonStatus::RemoteWipeRequested, "a wipe is pending"))
        }
        Some(Barrier::Wiped) => Err(Failure::forbidden("the device was wiped and has not been removed")),
        Some(Barrier::Suspended) => Err(Failure::forbidden("the device is suspended")),
    }
}

fn account_active(facts: &Facts<'_>) -> Result<(), Failure> {
    match &facts.account.disabled {
        None => Ok(()),
        Some(reason) => Err(Failure::status(
            CommonStatus::AccountDisabled,
            if reason.is_empty() {
                "account disabled".to_owned()
            } else {
                format!("account disabled: {reason}")
            },
        )),
    }
}

fn service_enabled(facts: &Facts<'_>) -> Result<(), Failure> {
    if scopes(facts.snapshot, facts.account).flag(&EAS_ENABLED) {
        return Ok(());
    }
    Err(Failure::status(CommonStatus::UserDisabledForSync, format!("{} is false", EAS_ENABLED.name)))
}

fn version_served(facts: &Facts<'_>) -> Result<(), Failure> {
    let pool = versions(facts.snapshot, facts.account, facts.user_agent);
    let offered = &pool.versions;
    if offered.is_empty() {
        let filter =
            pool.emptied_by().map(|step| format!(": filter {} ({}) left none", step.position, step.uid));
        let reason = format!("no protocol version is on offer{}", filter.unwrap_or_default());
        return Err(Failure::forbidden(reason));
    }
    let refuse = |version: &dyn std::fmt::Display| {
        Err(Failure::status(
            CommonStatus::VersionNotSupported,
            format!("protocol version {version} is not on offer"),
        ))
    };
    match facts.device.map(|device| device.version) {
        None => Ok(()),
        Some(Ok(version)) if offered.contains(&version) => Ok(()),
        Some(Ok(version)) => refuse(&version),
        Some(Err(other)) => refuse(&other),
    }
}
