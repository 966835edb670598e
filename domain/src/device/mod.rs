//! A device of an account: registration, policy, what it says about itself.

mod decide;
mod event;
mod submission;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

pub use decide::*;
pub use event::{
    DeviceEvent, DeviceInfo, DeviceInfoChanged, DeviceRegistered, DeviceRegisteredV1, DeviceSeen, Empty,
    ItemsMoved, MessageSubmitted, MessageSubmittedV1, PingParametersChanged, PolicyAcknowledged,
    PolicyDeclined, PolicyOffered, ProtocolVersionChanged, SyncStateReset,
};
pub use submission::Recognition;

use crate::{
    Aggregate,
    event::Timestamp,
    ids::{ClientId, DeviceType, ProtocolVersion, ServerId},
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
            DeviceEvent::PolicyOffered(offered) => self.offered_policy = Some(*offered),
            DeviceEvent::PolicyAcknowledged(acknowledged) => {
                self.offered_policy = None;
                self.previous_policy = self.policy.replace(*acknowledged);
            }
            DeviceEvent::PolicyDeclined(_) => {
                self.offered_policy = None;
                self.policy = None;
                self.previous_policy = None;
            }
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
