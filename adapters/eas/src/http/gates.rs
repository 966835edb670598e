//! The gates before a command: pure functions over the policy snapshot, each with its own answer and its own reason.
//!
//! They stand in lists, in the order in which they are asked; the first that refuses answers. A new gate is a function
//! here and a row in a list. Between the two lists an unknown device is registered.

use syncledger_domain::{
    config::{
        Scopes,
        registry::{EAS_ENABLED, EAS_VERSIONS, POLICY_ALLOW_NON_PROVISIONABLE, POLICY_REQUIRED},
    },
    device::{self, Device, KeyFault},
    ids::{DeviceId, DeviceType, PolicyKey, ProtocolVersion},
};
use syncledger_projections::{
    PolicySnapshot,
    policy_snapshot::{AccountPolicy, DevicePolicy},
};

use crate::{
    answer::{CommonStatus, Failure},
    ascmd::{EasCommand, provision},
    context::Context,
};

/// What the gates ask about. No I/O decides a gate.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// As of now.
    pub snapshot: &'a PolicySnapshot,
    /// Who asks.
    pub account: &'a AccountPolicy,
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

/// Refuses or lets through.
pub type Gate = fn(&Facts<'_>) -> Result<(), Failure>;

/// Asked before an unknown device is registered, by name.
pub const BEFORE_REGISTRATION: &[(&str, Gate)] =
    &[("account", account_active), ("service", service_enabled), ("version", version_served)];

/// Asked of a registered device, by name.
pub const AFTER_REGISTRATION: &[(&str, Gate)] = &[("policy", policy_acknowledged)];

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
pub fn recheck(context: &Context) -> Result<(), Failure> {
    let snapshot = context.services.policy.current();
    let gone = || Failure::status(CommonStatus::AccountDisabled, "the account was removed");
    let account = snapshot.account(context.account).ok_or_else(gone)?;
    secret_holds(context, account)?;
    let known = snapshot.device(context.account, &context.device);
    // The key itself was good when the request came; what may have changed is what it stands for.
    let policy_key = known.and_then(|device| device.policy).map(|policy| policy.key.value());
    let facts = Facts {
        snapshot: &snapshot,
        account,
        device: Some(DeviceFacts {
            id: &context.device,
            device_type: &context.device_type,
            version: Ok(context.version),
            command: EasCommand::Sync,
            policy_key,
        }),
    };
    pass(BEFORE_REGISTRATION, &facts)?;
    pass(AFTER_REGISTRATION, &facts)
}

/// That the secret a request came with still opens the account. Devices hear 401 for it, whatever the status here.
///
/// # Errors
/// When it was changed, disabled or taken away since.
fn secret_holds(context: &Context, account: &AccountPolicy) -> Result<(), Failure> {
    if context.opened_by.still_opens(account) {
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

/// The versions on offer to an account, ascending.
pub fn versions(snapshot: &PolicySnapshot, account: &AccountPolicy) -> Vec<ProtocolVersion> {
    let allowed = scopes(snapshot, account).versions(&EAS_VERSIONS);
    ProtocolVersion::SERVED.into_iter().filter(|version| allowed.contains(version)).collect()
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
    let offered = versions(facts.snapshot, facts.account);
    if offered.is_empty() {
        return Err(Failure::status(CommonStatus::UserDisabledForSync, "no protocol version is on offer"));
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

/// Kinds of device that never provision (they send no key at all): Outlook for Windows, and the connectivity tests
/// of its vendor. Beginning of `DeviceType`, in lower case.
const NEVER_PROVISION: [&str; 3] = ["windowsoutlook", "microsoftoutlook", "testactivesyncconnectivity"];

fn policy_acknowledged(facts: &Facts<'_>) -> Result<(), Failure> {
    let Some(device) = facts.device else { return Ok(()) };
    let scopes = scopes(facts.snapshot, facts.account);
    // Provision leads to the key. Ping comes without one (MS-ASHTTP, "X-MS-PolicyKey"). A connection test must leave
    // no trace, so it cannot have a key.
    let exempt = matches!(device.command, EasCommand::Provision | EasCommand::Ping);
    if exempt || device.id.is_connection_test() || !scopes.flag(&POLICY_REQUIRED) {
        return Ok(());
    }
    let never_provisions = device.policy_key.is_none() && {
        let kind = device.device_type.as_str().to_ascii_lowercase();
        NEVER_PROVISION.iter().any(|beginning| kind.starts_with(beginning))
    };
    if never_provisions {
        let allowed = scopes.flag(&POLICY_ALLOW_NON_PROVISIONABLE);
        let refusal = || {
            Failure::status(CommonStatus::LegacyDeviceOnStrictPolicy, "this kind of device never provisions")
        };
        return allowed.then_some(()).ok_or_else(refusal);
    }
    let known = facts
        .snapshot
        .device(facts.account.id, device.id)
        .map(|known| provisioned(known))
        .unwrap_or_default();
    let presented = device.policy_key.and_then(PolicyKey::new);
    device::check_policy_key(&known, presented, &provision::policy_digest()).map_err(|fault| match fault {
        KeyFault::NotProvisioned => {
            Failure::status(CommonStatus::DeviceNotProvisioned, "no policy acknowledged")
        }
        KeyFault::WrongKey => {
            Failure::status(CommonStatus::InvalidPolicyKey, "policy key is not the device's")
        }
        KeyFault::PolicyChanged => Failure::status(CommonStatus::InvalidPolicyKey, "policy has changed"),
    })
}

/// As much of the device as the check of its key asks for.
fn provisioned(device: &DevicePolicy) -> Device {
    Device { policy: device.policy, previous_policy: device.previous_policy, ..Device::default() }
}
