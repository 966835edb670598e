//! Decisions about a device.

use crate::{
    codes,
    event::EventHash,
    ids::{ClientId, DeviceId, DeviceType, FolderId, PolicyKey, ProtocolVersion, ServerId, ShownDeviceId},
};

use super::{
    Device, DeviceEvent, DeviceIdSpelled, DeviceInfo, DeviceInfoChanged, DeviceRegistered, DeviceSeen, Empty,
    ItemsMoved, MessageSubmitted, PingParametersChanged, PolicyAcknowledged, PolicyDeclined, PolicyOffered,
    ProtocolVersionChanged, Recognition, SyncStateReset,
};

/// Longest `User-Agent` kept at registration, in characters.
const USER_AGENT_CHARS: usize = 256;
/// Longest text a device may tell about itself, in characters (MS-ASCMD, "DeviceInformation").
const INFO_CHARS: usize = 1024;
/// Longest cause of a reset, in characters.
const CAUSE_CHARS: usize = 256;

/// Why a device's wish, or a wish about a device, is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// The id is the one some clients test a connection with: it must leave no trace.
    #[error("device id '{0}' is used for connection tests and is never registered")]
    ConnectionTest(DeviceId),
    /// No such device: never registered, or removed since.
    #[error("the device is not registered")]
    NotRegistered,
    /// The acknowledged key is not the temporary key offered last: Policy Status 5.
    #[error("the acknowledged policy key is not the one offered last")]
    StalePolicyKey,
    /// The message was handed to the mail server before; a repeated request is answered as the first was.
    #[error("message '{0}' was submitted before")]
    AlreadySubmitted(ClientId),
    /// It never asked for a policy, and who does not provision cannot be told to erase anything.
    #[error("the device never provisioned, so it cannot be wiped")]
    NotProvisionable,
    /// Erasing the account's data alone is understood from 16.1 on; for others the order would erase the whole device.
    #[error("the device speaks {}, and account-only wipes need 16.1", .0.map_or("no known version".to_owned(), |version| version.to_string()))]
    AccountOnlyUnsupported(Option<ProtocolVersion>),
    /// It has erased itself; it is refused until it is removed.
    #[error("the device has been wiped; remove it before anything else")]
    WipeDone,
    /// It answers an order that does not stand.
    #[error("the device was not told to wipe itself")]
    NoWipePending,
}

impl Refusal {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ConnectionTest(_) => codes::BAD_DEVICE_ID,
            Self::NotRegistered => codes::NO_SUCH_DEVICE,
            Self::NotProvisionable | Self::AccountOnlyUnsupported(_) => codes::UNSUPPORTED_BY_DEVICE,
            Self::WipeDone | Self::NoWipePending => codes::CONFLICTING_PARAMETERS,
            // Of requests of devices, which are answered in the protocol's own words.
            Self::StalePolicyKey | Self::AlreadySubmitted(_) => codes::INVALID_VALUE,
        }
    }
}

pub(super) type Decided = Result<Vec<DeviceEvent>, Refusal>;

/// What a request tells of the device that makes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Introduction {
    /// Its id as it writes it.
    pub shown: ShownDeviceId,
    /// As it names itself.
    pub device_type: DeviceType,
    /// Header `User-Agent`; empty when it sent none.
    pub user_agent: String,
    /// The protocol version of the request; `None` for a request without one (OPTIONS).
    pub protocol_version: Option<ProtocolVersion>,
}

/// Takes note of a device that makes a request: registers it, or records what is new.
///
/// Nothing happens when all is as known. The device type of the first request stays: it is part of the identity an
/// administrator allows or blocks. A changed `User-Agent` counts for devices that never described themselves by
/// `DeviceInformation`, which is more exact and would otherwise alternate with the header.
///
/// # Errors
/// [`Refusal::ConnectionTest`].
pub fn register(device: &Device, id: &DeviceId, told: &Introduction) -> Decided {
    if id.is_connection_test() {
        return Err(Refusal::ConnectionTest(id.clone()));
    }
    let user_agent = cut(&told.user_agent, USER_AGENT_CHARS);
    // The first spelling stays: rules tell cases apart, and a device must not choose its verdict from request to request.
    let is_other = told.shown.canonical() == *id && told.shown.as_str() != id.as_str();
    let spelled = (device.shown.is_none() && is_other)
        .then(|| DeviceEvent::IdSpelled(DeviceIdSpelled { shown: told.shown.clone() }));
    if !device.registered {
        let registered = DeviceEvent::Registered(DeviceRegistered {
            device_type: told.device_type.clone(),
            user_agent,
            protocol_version: told.protocol_version,
        });
        return Ok([registered].into_iter().chain(spelled).collect());
    }
    let mut events: Vec<_> = spelled.into_iter().collect();
    if let Some(version) = told.protocol_version.filter(|version| device.protocol_version != Some(*version)) {
        events.push(DeviceEvent::ProtocolVersionChanged(ProtocolVersionChanged { version }));
    }
    let described = DeviceInfo { user_agent: None, ..device.info.clone() } != DeviceInfo::default();
    let known = device.info.user_agent.as_deref().unwrap_or(&device.user_agent);
    if !described && !user_agent.is_empty() && user_agent != known {
        let info = DeviceInfo { user_agent: Some(user_agent), ..DeviceInfo::default() };
        events.push(DeviceEvent::InfoChanged(DeviceInfoChanged { info }));
    }
    Ok(events)
}

/// Takes over what the device tells about itself: an event of only what changed. Texts are cut to 1024 characters; an
/// empty text forgets what was told before.
///
/// # Errors
/// [`Refusal::NotRegistered`].
pub fn change_info(device: &Device, told: &DeviceInfo) -> Decided {
    must_be_registered(device)?;
    let known = &device.info;
    let changed = |known: &Option<String>, told: &Option<String>| {
        let told = cut(told.as_deref()?, INFO_CHARS);
        (told != known.as_deref().unwrap_or_default()).then_some(told)
    };
    let info = DeviceInfo {
        model: changed(&known.model, &told.model),
        imei: changed(&known.imei, &told.imei),
        friendly_name: changed(&known.friendly_name, &told.friendly_name),
        os: changed(&known.os, &told.os),
        os_language: changed(&known.os_language, &told.os_language),
        phone_number: changed(&known.phone_number, &told.phone_number),
        mobile_operator: changed(&known.mobile_operator, &told.mobile_operator),
        user_agent: changed(&known.user_agent, &told.user_agent),
        enable_outbound_sms: told.enable_outbound_sms.filter(|wish| known.enable_outbound_sms != Some(*wish)),
    };
    let nothing = info == DeviceInfo::default();
    Ok(if nothing { Vec::new() } else { vec![DeviceEvent::InfoChanged(DeviceInfoChanged { info })] })
}

/// Offers a policy under a temporary key. While the same policy stands offered nothing happens and its key stays, so
/// that a device asking again and again (iOS does, at full speed, after server errors) does not fill the log: after
/// the decision the key to answer with is `offered_policy`'s.
///
/// # Errors
/// [`Refusal::NotRegistered`].
pub fn offer_policy(device: &Device, key: PolicyKey, digest: EventHash) -> Decided {
    must_be_registered(device)?;
    match &device.offered_policy {
        Some(standing) if standing.digest == digest => Ok(Vec::new()),
        _ => Ok(vec![DeviceEvent::PolicyOffered(PolicyOffered { key, digest })]),
    }
}

/// Which acknowledgements other than "applied fully" count as one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AcknowledgementRules {
    /// Status 2, applied in part; else common status 139.
    pub partial: bool,
    /// Status 3, not applied.
    pub unapplied: bool,
    /// Status 4, managed by a third party; else common status 145.
    pub external: bool,
}

impl AcknowledgementRules {
    /// Whether a client's status (MS-ASPROV, "Status (Policy)") counts as an acknowledgement.
    pub fn accept(self, status: u8) -> bool {
        match status {
            1 => true,
            2 => self.partial,
            3 => self.unapplied,
            4 => self.external,
            _ => false,
        }
    }
}

/// The device acknowledges the policy offered under the temporary key `presented` (that of the request's body; many
/// clients send another one in the header). Accepted, it gets `new_key`; else `policy-declined` is recorded and the
/// device has no valid key any more. [`Device::final_key_for`] tells which of the two happened.
///
/// A repetition, made because the answer was lost, gets the final key of the first time without an event, until
/// another policy is offered.
///
/// # Errors
/// [`Refusal::NotRegistered`], [`Refusal::StalePolicyKey`].
pub fn acknowledge_policy(
    device: &Device,
    presented: PolicyKey,
    status: u8,
    rules: AcknowledgementRules,
    new_key: PolicyKey,
) -> Decided {
    must_be_registered(device)?;
    let declined = || Ok(vec![DeviceEvent::PolicyDeclined(PolicyDeclined { offered: presented, status })]);
    match (&device.offered_policy, &device.policy) {
        (Some(offered), _) if offered.key == presented && rules.accept(status) => {
            Ok(vec![DeviceEvent::PolicyAcknowledged(PolicyAcknowledged {
                offered: presented,
                key: new_key,
                status,
                digest: offered.digest,
            })])
        }
        (Some(offered), _) if offered.key == presented => declined(),
        (None, Some(policy)) if policy.offered == presented && rules.accept(status) => Ok(Vec::new()),
        (None, Some(policy)) if policy.offered == presented => declined(),
        _ => Err(Refusal::StalePolicyKey),
    }
}

/// What is wrong with the policy key of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyFault {
    /// The request has no key, or the device never acknowledged a policy: common status 142.
    NotProvisioned,
    /// Not the key the device was given: common status 144.
    WrongKey,
    /// The right key, but of a policy that is not the required one any more: common status 144.
    PolicyChanged,
}

/// Checks the policy key of a request's header against the policy the device must have acknowledged.
///
/// The last two final keys are good as long as the policy they stand for is the required one: a device that provisioned
/// again has other requests in flight, and either key proves the acknowledgement. A policy under a temporary key proves
/// nothing, and an offer that stands takes nothing away.
///
/// # Errors
/// [`KeyFault`].
pub fn check_policy_key(
    device: &Device,
    presented: Option<PolicyKey>,
    required: &EventHash,
) -> Result<(), KeyFault> {
    let (Some(presented), Some(policy)) = (presented, &device.policy) else {
        return Err(KeyFault::NotProvisioned);
    };
    let mut given = [Some(policy), device.previous_policy.as_ref()].into_iter().flatten();
    match given.find(|given| given.key == presented) {
        None => Err(KeyFault::WrongKey),
        Some(given) if given.digest != *required => Err(KeyFault::PolicyChanged),
        Some(_) => Ok(()),
    }
}

/// Records that all its sync states are dropped.
///
/// # Errors
/// [`Refusal::NotRegistered`].
pub fn reset_sync_state(device: &Device, cause: &str) -> Decided {
    must_be_registered(device)?;
    Ok(vec![DeviceEvent::SyncStateReset(SyncStateReset { cause: cut(cause, CAUSE_CHARS) })])
}

/// Remembers what the device's next empty Ping stands for. Nothing happens when it stands for that already, in whatever
/// order the folders are named.
///
/// # Errors
/// [`Refusal::NotRegistered`].
pub fn set_ping_parameters(device: &Device, heartbeat_secs: u32, folders: &[FolderId]) -> Decided {
    must_be_registered(device)?;
    let sorted = |folders: &[FolderId]| {
        let mut folders = folders.to_vec();
        folders.sort_unstable();
        folders.dedup();
        folders
    };
    let folders = sorted(folders);
    let unchanged = device
        .ping
        .as_ref()
        .is_some_and(|ping| ping.heartbeat_secs == heartbeat_secs && sorted(&ping.folders) == folders);
    let changed = || DeviceEvent::PingParametersChanged(PingParametersChanged { heartbeat_secs, folders });
    Ok(if unchanged { Vec::new() } else { vec![changed()] })
}

/// Records that a message was handed to the mail server.
///
/// # Errors
/// [`Refusal::NotRegistered`]; [`Refusal::AlreadySubmitted`] when it was before.
pub fn submit_message(device: &Device, message: MessageSubmitted, by: Recognition) -> Decided {
    must_be_registered(device)?;
    if device.has_submitted(&message.client_id, by, message.at) {
        return Err(Refusal::AlreadySubmitted(message.client_id));
    }
    Ok(vec![DeviceEvent::MessageSubmitted(message)])
}

/// Records moves of items with the ids they had and have. Moves recorded before are left out.
///
/// # Errors
/// [`Refusal::NotRegistered`].
pub fn record_moves(device: &Device, moves: Vec<(ServerId, ServerId)>) -> Decided {
    must_be_registered(device)?;
    let moves: Vec<_> = moves
        .into_iter()
        .filter(|(from, to)| device.moved_to(from).is_none_or(|known| known != to))
        .collect();
    Ok(if moves.is_empty() { Vec::new() } else { vec![DeviceEvent::ItemsMoved(ItemsMoved { moves })] })
}

/// Records a sign of life. Nothing happens when there was none. How seldom this is asked for is the caller's matter
/// (attribute `deviceSeenInterval`).
///
/// # Errors
/// [`Refusal::NotRegistered`].
pub fn seen(device: &Device, counters: DeviceSeen) -> Decided {
    must_be_registered(device)?;
    Ok(if counters.requests == 0 { Vec::new() } else { vec![DeviceEvent::Seen(counters)] })
}

/// Removes the device. It registers anew if it ever comes back.
///
/// # Errors
/// [`Refusal::NotRegistered`].
pub fn remove(device: &Device) -> Decided {
    must_be_registered(device)?;
    Ok(vec![DeviceEvent::Removed(Empty {})])
}

impl Device {
    /// The final key the device got, or gets again, for acknowledging this temporary key; `None` when it was declined.
    pub fn final_key_for(&self, offered: PolicyKey) -> Option<PolicyKey> {
        self.policy.filter(|policy| policy.offered == offered).map(|policy| policy.key)
    }

    /// Where an item the device knew under this id was moved for it, if that is remembered.
    pub fn moved_to(&self, from: &ServerId) -> Option<&ServerId> {
        self.moved.iter().rev().find(|(source, _)| source == from).map(|(_, target)| target)
    }
}

pub(super) fn must_be_registered(device: &Device) -> Result<(), Refusal> {
    if device.registered { Ok(()) } else { Err(Refusal::NotRegistered) }
}

/// At most so many characters, without control characters, which no text of a device needs and which could break a
/// table or a log line.
pub(super) fn cut(text: &str, chars: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(chars).collect()
}
