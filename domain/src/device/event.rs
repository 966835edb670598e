//! Events of a device.

use serde::{Deserialize, Serialize};

pub use crate::directory::Empty;
use crate::{
    anti_dos::Evidence,
    event::{EventHash, Timestamp, stored_events},
    ids::{ClientId, DeviceType, FolderId, PolicyKey, ProtocolVersion, ServerId, ShownDeviceId},
};

/// A device of an account was seen for the first time (or again after its removal).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeviceRegistered {
    /// As it names itself.
    pub device_type: DeviceType,
    /// Its `User-Agent`, cut to 256 characters; empty when it sent none.
    pub user_agent: String,
    /// The protocol version of its first request.
    pub protocol_version: Option<ProtocolVersion>,
}

/// The form of [`DeviceRegistered`] before it named the protocol version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeviceRegisteredV1 {
    /// As it names itself.
    pub device_type: DeviceType,
    /// Its `User-Agent`.
    pub user_agent: String,
}

impl From<DeviceRegisteredV1> for DeviceRegistered {
    fn from(old: DeviceRegisteredV1) -> Self {
        Self { device_type: old.device_type, user_agent: old.user_agent, protocol_version: None }
    }
}

/// What a device tells about itself (MS-ASPROV and MS-ASCMD, "DeviceInformation"); each at most 1024 characters.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// Model name.
    pub model: Option<String>,
    /// International mobile equipment identity.
    pub imei: Option<String>,
    /// Name its owner gave it.
    pub friendly_name: Option<String>,
    /// Operating system with version.
    pub os: Option<String>,
    /// Language of the operating system.
    pub os_language: Option<String>,
    /// Phone number.
    pub phone_number: Option<String>,
    /// Mobile operator.
    pub mobile_operator: Option<String>,
    /// User agent, from the body or the header.
    pub user_agent: Option<String>,
    /// Whether it can send SMS for the server.
    pub enable_outbound_sms: Option<bool>,
}

/// It told something new about itself: the values given, the others stay.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeviceInfoChanged {
    /// Only what changed.
    pub info: DeviceInfo,
}

/// It speaks another protocol version than before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ProtocolVersionChanged {
    /// The new version.
    pub version: ProtocolVersion,
}

/// A policy was offered with a temporary key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PolicyOffered {
    /// Temporary, valid for the acknowledgement only.
    pub key: PolicyKey,
    /// BLAKE3 of the policy document offered.
    pub digest: EventHash,
}

/// The device says it applies the offered policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PolicyAcknowledged {
    /// The temporary key it acknowledged.
    pub offered: PolicyKey,
    /// The final key it was given.
    pub key: PolicyKey,
    /// What it said: 1 applied fully, 2 partially, 3 not at all, 4 managed by a third party (MS-ASPROV, "Status
    /// (Policy)"); other than 1 only where the rules of the moment allowed it.
    pub status: u8,
    /// Digest of the policy.
    pub digest: EventHash,
}

/// The device says it does not apply the offered policy in a way the server accepts; it has to provision anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PolicyDeclined {
    /// The temporary key.
    pub offered: PolicyKey,
    /// What it said: 2, 3 or 4 where the rules of the moment did not allow it, or a value without meaning.
    pub status: u8,
}

/// All its sync states were dropped; its next requests start from key 0.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SyncStateReset {
    /// Why, for people.
    pub cause: String,
}

/// The parameters its next empty Ping stands for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PingParametersChanged {
    /// Seconds.
    pub heartbeat_secs: u32,
    /// The collections it watches.
    pub folders: Vec<FolderId>,
}

/// A message was handed to the mail server for it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MessageSubmitted {
    /// The id the client gave, or one derived from the message where the protocol version has none.
    pub client_id: ClientId,
    /// Number of envelope recipients.
    pub recipients: u32,
    /// Bytes.
    pub size: u32,
    /// Whether a copy was asked for in Sent Items.
    pub save_in_sent: bool,
    /// When; 1970 where version 1 did not tell.
    pub at: Timestamp,
}

/// The form of [`MessageSubmitted`] before it told the time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MessageSubmittedV1 {
    /// As now.
    pub client_id: ClientId,
    /// As now.
    pub recipients: u32,
    /// As now.
    pub size: u32,
    /// As now.
    pub save_in_sent: bool,
}

impl From<MessageSubmittedV1> for MessageSubmitted {
    fn from(old: MessageSubmittedV1) -> Self {
        let MessageSubmittedV1 { client_id, recipients, size, save_in_sent } = old;
        Self { client_id, recipients, size, save_in_sent, at: Timestamp(0) }
    }
}

/// Items were moved for it between folders, with the ids they had and have: what a repeated MoveItems is answered from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ItemsMoved {
    /// From and to.
    pub moves: Vec<(ServerId, ServerId)>,
}

/// A sign of life with counters since the last one; at most hourly, and none while nothing but waiting happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DeviceSeen {
    /// Requests.
    pub requests: u64,
    /// Bytes of request bodies.
    pub bytes_in: u64,
    /// Bytes of answer bodies.
    pub bytes_out: u64,
}

/// An administrator ordered the device to erase itself, or took an order before back and gave another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WipeRequested {
    /// Only the account's data, not the whole device.
    pub account_only: bool,
}

/// The device answered the order to erase itself (MS-ASPROV, "Status (`RemoteWipe`)").
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WipeAcknowledged {
    /// 1 it erases itself, 2 it could not; other values have no meaning and count as failures.
    pub status: u8,
}

/// It asked too often and is dropped for a while.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeviceJailed {
    /// From then on it is served again, without a further event.
    pub until: Timestamp,
    /// Why.
    pub evidence: Evidence,
}

/// Why a device left its jail before the time was over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ReleaseCause {
    /// An administrator let it out.
    Administrator,
    /// The service that jails was restarted, which lets all out.
    ServiceRestart,
}

/// It left its jail before the time was over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeviceReleased {
    /// Why.
    pub cause: ReleaseCause,
}

/// Whether it may have the account's data was judged otherwise than before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AccessJudged {
    /// The verdict, in one word.
    pub verdict: String,
    /// What decided: the mode, the entry or the rule, for people.
    pub why: String,
}

/// It writes its id with other capitals than the canonical form has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeviceIdSpelled {
    /// As it writes it.
    pub shown: ShownDeviceId,
}

/// A device that may not synchronise read or deleted the message that tells it so.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DummyMessageMarked {
    /// Whether it counts as read.
    pub read: bool,
    /// Whether it is gone.
    pub deleted: bool,
}

stored_events! {
    /// What can happen to a device.
    pub enum DeviceEvent {
        /// It was seen for the first time.
        "device-registered" 2 => Registered(DeviceRegistered), from 1 DeviceRegisteredV1;
        /// It told something new about itself.
        "device-info-changed" 1 => InfoChanged(DeviceInfoChanged);
        /// It changed its protocol version.
        "protocol-version-changed" 1 => ProtocolVersionChanged(ProtocolVersionChanged);
        /// A policy was offered.
        "policy-offered" 1 => PolicyOffered(PolicyOffered);
        /// The policy was acknowledged.
        "policy-acknowledged" 1 => PolicyAcknowledged(PolicyAcknowledged);
        /// The policy was declined.
        "policy-declined" 1 => PolicyDeclined(PolicyDeclined);
        /// Its sync states were dropped.
        "sync-state-reset" 1 => SyncStateReset(SyncStateReset);
        /// Its Ping parameters changed.
        "ping-parameters-changed" 1 => PingParametersChanged(PingParametersChanged);
        /// A message was sent for it.
        "message-submitted" 2 => MessageSubmitted(MessageSubmitted), from 1 MessageSubmittedV1;
        /// Items were moved for it.
        "items-moved" 1 => ItemsMoved(ItemsMoved);
        /// It is alive.
        "device-seen" 1 => Seen(DeviceSeen);
        /// It was removed with its states; it may register again.
        "device-removed" 1 => Removed(Empty);
        /// It may not synchronise until resumed.
        "sync-suspended" 1 => SyncSuspended(Empty);
        /// It may synchronise again, once it has provisioned anew.
        "sync-resumed" 1 => SyncResumed(Empty);
        /// It was ordered to erase itself.
        "wipe-requested" 1 => WipeRequested(WipeRequested);
        /// The order was sent to it.
        "wipe-sent" 1 => WipeSent(Empty);
        /// It answered the order.
        "wipe-acknowledged" 1 => WipeAcknowledged(WipeAcknowledged);
        /// The order was taken back.
        "wipe-cancelled" 1 => WipeCancelled(Empty);
        /// It is dropped for a while.
        "device-jailed" 1 => Jailed(DeviceJailed);
        /// It is not dropped any more.
        "device-released" 1 => Released(DeviceReleased);
        /// Its access was judged otherwise than before.
        "access-judged" 1 => AccessJudged(AccessJudged);
        /// It writes its id so.
        "device-id-spelled" 1 => IdSpelled(DeviceIdSpelled);
        /// It read or deleted the message that tells it that it may not synchronise.
        "dummy-message-marked" 1 => DummyMessageMarked(DummyMessageMarked);
    }
}
