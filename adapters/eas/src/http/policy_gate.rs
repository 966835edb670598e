//! The gate of the policy: whoever has not acknowledged the one that holds for the account, or did so too long ago, is sent
//! to Provision (MS-ASPROV, "Policy Enforcement").

use syncledger_domain::{
    config::{
        Scopes,
        registry::{POLICY_ALLOW_NON_PROVISIONABLE, POLICY_REQUIRED},
    },
    device::{self, Device, KeyFault},
    event::Timestamp,
    ids::PolicyKey,
    policy,
};
use syncledger_projections::policy_snapshot::DevicePolicy;

use super::gates::{DeviceFacts, Facts, scopes};
use crate::{
    answer::{CommonStatus, Failure},
    ascmd::EasCommand,
};

/// Kinds of device that never provision (they send no key at all): Outlook for Windows, and the connectivity tests
/// of its vendor. Beginning of `DeviceType`, in lower case.
const NEVER_PROVISION: [&str; 3] = ["windowsoutlook", "microsoftoutlook", "testactivesyncconnectivity"];

/// # Errors
/// 141 for a kind of device that never provisions, where that is not allowed; 142 for a device without policy; 143 when it
/// must acknowledge the same policy again; 144 for another key, or a policy that has changed.
pub(super) fn policy_acknowledged(facts: &Facts<'_>) -> Result<(), Failure> {
    let Some(device) = facts.device else { return Ok(()) };
    let scopes = scopes(facts.snapshot, facts.account);
    // Provision leads to the key. Ping comes without one (MS-ASHTTP, "X-MS-PolicyKey"). A connection test must leave
    // no trace, so it cannot have a key.
    let exempt = matches!(device.command, EasCommand::Provision | EasCommand::Ping);
    if exempt || device.id.is_connection_test() || !scopes.flag(&POLICY_REQUIRED) {
        return Ok(());
    }
    if never_provisions(&device) {
        let allowed = scopes.flag(&POLICY_ALLOW_NON_PROVISIONABLE);
        let refusal = || {
            Failure::status(CommonStatus::LegacyDeviceOnStrictPolicy, "this kind of device never provisions")
        };
        return allowed.then_some(()).ok_or_else(refusal);
    }
    let known = facts.snapshot.device(facts.account.id, device.id);
    let provisioned = known.map(|known| provisioned(known)).unwrap_or_default();
    let presented = device.policy_key.and_then(PolicyKey::new);
    let digest = facts.node.policies.digest(facts.snapshot, facts.account);
    device::check_policy_key(&provisioned, presented, &digest).map_err(|fault| match fault {
        KeyFault::NotProvisioned => {
            Failure::status(CommonStatus::DeviceNotProvisioned, "no policy acknowledged")
        }
        KeyFault::WrongKey => {
            Failure::status(CommonStatus::InvalidPolicyKey, "policy key is not the device's")
        }
        KeyFault::PolicyChanged => Failure::status(CommonStatus::InvalidPolicyKey, "policy has changed"),
    })?;
    must_be_fresh(&scopes, known.and_then(|known| known.standing.policy_since), facts.node.now)
}

/// By its kind; one that sends a key does provision, whatever its kind.
fn never_provisions(device: &DeviceFacts<'_>) -> bool {
    device.policy_key.is_none() && {
        let kind = device.device_type.as_str().to_ascii_lowercase();
        NEVER_PROVISION.iter().any(|beginning| kind.starts_with(beginning))
    }
}

/// An acknowledgement of unknown age is taken as the oldest.
fn must_be_fresh(scopes: &Scopes<'_>, since: Option<Timestamp>, now: Timestamp) -> Result<(), Failure> {
    if policy::refresh_is_due(scopes, since.unwrap_or(Timestamp(0)), now) {
        return Err(Failure::status(CommonStatus::PolicyRefresh, "the policy must be acknowledged again"));
    }
    Ok(())
}

/// As much of the device as the check of its key asks for.
fn provisioned(device: &DevicePolicy) -> Device {
    Device { policy: device.policy, previous_policy: device.previous_policy, ..Device::default() }
}
