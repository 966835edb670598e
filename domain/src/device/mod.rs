//! A device of an account: registration, policy, what it says about itself, and what administrators do to it.

mod control;
#[cfg(test)]
mod control_tests;
mod decide;
mod event;
pub mod purge;
mod status;
mod submission;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

pub use control::*;
pub use decide::*;
pub use event::{
    AccessJudged, DeviceEvent, DeviceIdSpelled, DeviceInfo, DeviceInfoChanged, DeviceJailed,
    DeviceRegistered, DeviceRegisteredV1, DeviceReleased, DeviceSeen, DummyMessageMarked, Empty, ItemsMoved,
    MessageSubmitted, MessageSubmittedV1, PingParametersChanged, PolicyAcknowledged, PolicyDeclined,
    PolicyOffered, ProtocolVersionChanged, ReleaseCause, SyncStateReset, WipeAcknowledged, WipeRequested,
};
pub use status::{Status, status};
pub use submission::Recognition;

use crate::{
    Aggregate,
    event::Timestamp,
    ids::{ClientId, DeviceType, ProtocolVersion, ServerId, ShownDeviceId},
};

/// How many submitted messages are remembered to recognise repetitions.
const MESSAGES_REMEMBERED: usize = 256;
/// How many moves are remembered to recognise repetitions: as many as one MoveItems may ask for.
const MOVES_REMEMBERED: usize = 1000;

/// State of a device.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Device {
    /// Registered and not removed.
    pub registered: bool,
    /// As it names itself.
    pub device_type: Option<DeviceType>,
    /// Header `User-Agent` of its first request.
    pub user_agent: String,
    /// The version it speaks.
    pub protocol_version: Option<ProtocolVersion>,
    /// What it told about itself.
    pub info: DeviceInfo,
    /// The policy offered and not yet acknowledged.
    pub offered_policy: Option<PolicyOffered>,
    /// The policy it acknowledged last.
    pub policy: Option<PolicyAcknowledged>,
    /// What it acknowledged before that: its key stays good for requests in flight, see [`check_policy_key`].
    pub previous_policy: Option<PolicyAcknowledged>,
    /// What its empty Ping stands for.
    pub ping: Option<PingParametersChanged>,
    /// Messages sent for it lately and when, newest last.
    pub submitted: VecDeque<(ClientId, Timestamp)>,
    /// Moves made for it lately, newest last.
    pub moved: VecDeque<(ServerId, ServerId)>,
    /// Whether it ever asked for a policy: what a device must be able to do to be ordered to erase itself.
    pub provisionable: bool,
    /// Whether an administrator suspended it.
    pub suspended: bool,
    /// The order to erase itself, if there is one.
    pub wipe: Option<Wipe>,
    /// The last jail, which may be over: see [`Device::jailed_until`].
    pub jail: Option<DeviceJailed>,
    /// How its access was judged last.
    pub access: Option<AccessJudged>,
    /// Its id as it writes it, where that is not the canonical form.
    pub shown: Option<ShownDeviceId>,
    /// What it did with the message that tells it that it may not synchronise.
    pub dummy_message: DummyMessageMarked,
}

/// An order to a device to erase itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Wipe {
    /// Only the account's data, not the whole device.
    pub account_only: bool,
    /// How far it is.
    pub progress: WipeProgress,
}

/// How far an order to a device to erase itself is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum WipeProgress {
    /// The device does not know yet.
    Requested,
    /// It was told at least once and has not answered.
    Sent,
    /// It answered that it could not, with this status; it is told again.
    Failed(u8),
    /// It erases itself.
    Done,
}

impl Aggregate for Device {
    type Event = DeviceEvent;

    fn evolve(&mut self, event: &DeviceEvent) {
        match event {
            DeviceEvent::Registered(registered) => {
                *self = Self {
                    registered: true,
                    device_type: Some(registered.device_type.clone()),
                    user_agent: registered.user_agent.clone(),
                    protocol_version: registered.protocol_version,
                    ..Self::default()
                };
            }
            DeviceEvent::InfoChanged(changed) => self.info.merge(&changed.info),
            DeviceEvent::ProtocolVersionChanged(changed) => self.protocol_version = Some(changed.version),
            DeviceEvent::PolicyOffered(offered) => {
                self.offered_policy = Some(*offered);
                self.provisionable = true;
            }
            DeviceEvent::PolicyAcknowledged(acknowledged) => {
                self.offered_policy = None;
                self.previous_policy = self.policy.replace(*acknowledged);
            }
            DeviceEvent::PolicyDeclined(_) => self.forget_policy(),
            DeviceEvent::SyncStateReset(_) => self.ping = None,
            DeviceEvent::PingParametersChanged(ping) => self.ping = Some(ping.clone()),
            DeviceEvent::MessageSubmitted(message) => {
                remember(&mut self.submitted, (message.client_id.clone(), message.at), MESSAGES_REMEMBERED);
            }
            DeviceEvent::ItemsMoved(moved) => {
                for pair in &moved.moves {
                    remember(&mut self.moved, pair.clone(), MOVES_REMEMBERED);
                }
            }
            DeviceEvent::Seen(_) => {}
            DeviceEvent::Removed(_) => *self = Self::default(),
            DeviceEvent::SyncSuspended(_) => self.suspended = true,
            DeviceEvent::SyncResumed(_) => {
                self.suspended = false;
                self.forget_policy();
            }
            DeviceEvent::WipeRequested(request) => {
                let progress = WipeProgress::Requested;
                self.wipe = Some(Wipe { account_only: request.account_only, progress });
            }
            DeviceEvent::WipeSent(_) => self.wipe_progresses(WipeProgress::Sent),
            DeviceEvent::WipeAcknowledged(WipeAcknowledged { status: 1 }) => {
                self.wipe_progresses(WipeProgress::Done);
                self.forget_policy();
                self.ping = None;
            }
            DeviceEvent::WipeAcknowledged(failed) => {
                self.wipe_progresses(WipeProgress::Failed(failed.status));
            }
            DeviceEvent::WipeCancelled(_) => self.wipe = None,
            DeviceEvent::Jailed(jailed) => self.jail = Some(*jailed),
            DeviceEvent::Released(_) => self.jail = None,
            DeviceEvent::AccessJudged(judged) => {
                self.access = Some(judged.clone());
                // Another verdict is another message.
                self.dummy_message = DummyMessageMarked::default();
            }
            DeviceEvent::IdSpelled(spelled) => self.shown = Some(spelled.shown.clone()),
            DeviceEvent::DummyMessageMarked(marked) => self.dummy_message = *marked,
        }
    }
}

impl Device {
    fn forget_policy(&mut self) {
        self.offered_policy = None;
        self.policy = None;
        self.previous_policy = None;
    }

    fn wipe_progresses(&mut self, progress: WipeProgress) {
        if let Some(wipe) = &mut self.wipe {
            wipe.progress = progress;
        }
    }
}

fn remember<T>(queue: &mut VecDeque<T>, value: T, limit: usize) {
    queue.push_back(value);
    while queue.len() > limit {
        queue.pop_front();
    }
}

impl DeviceInfo {
    /// Takes over the values given; the others stay.
    pub fn merge(&mut self, newer: &Self) {
        let take = |old: &mut Option<String>, new: &Option<String>| {
            if new.is_some() {
                old.clone_from(new);
            }
        };
        take(&mut self.model, &newer.model);
        take(&mut self.imei, &newer.imei);
        take(&mut self.friendly_name, &newer.friendly_name);
        take(&mut self.os, &newer.os);
        take(&mut self.os_language, &newer.os_language);
        take(&mut self.phone_number, &newer.phone_number);
        take(&mut self.mobile_operator, &newer.mobile_operator);
        take(&mut self.user_agent, &newer.user_agent);
        self.enable_outbound_sms = newer.enable_outbound_sms.or(self.enable_outbound_sms);
    }
}
