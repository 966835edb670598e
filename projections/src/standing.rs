//! How a device stands with its administrators: the same in the view of devices and in the policy snapshot.

use serde::{Deserialize, Serialize};
use syncledger_domain::{
    device::{
        AccessJudged, Barrier, Device, DeviceEvent, DeviceJailed, DummyMessageMarked, Wipe, WipeProgress,
    },
    event::{Position, Timestamp},
    ids::ShownDeviceId,
};

/// What was decided about a device, and when.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Standing {
    /// Its id as it writes it, where that is not the canonical form.
    pub shown: Option<ShownDeviceId>,
    /// Whether it ever asked for a policy.
    pub provisionable: bool,
    /// When it acknowledged its policy last.
    pub policy_since: Option<Timestamp>,
    /// Whether it is suspended.
    pub suspended: bool,
    /// The order to erase itself, if there is one.
    pub wipe: Option<Wipe>,
    /// When it was given.
    pub wipe_requested: Option<Timestamp>,
    /// When the device answered it last.
    pub wipe_answered: Option<Timestamp>,
    /// The last jail, which may be over.
    pub jail: Option<Jail>,
    /// How its access was judged last.
    pub access: Option<Judged>,
    /// What it did with the message that tells it that it may not synchronise.
    pub dummy_message: DummyMessageMarked,
}

/// A jail.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Jail {
    /// Until when, and why.
    pub jailed: DeviceJailed,
    /// When it began.
    pub since: Timestamp,
    /// The event.
    pub position: Position,
}

/// A verdict on a device's access.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Judged {
    /// The verdict and its reason.
    pub verdict: AccessJudged,
    /// When it was recorded.
    pub since: Timestamp,
    /// The event.
    pub position: Position,
}

impl Standing {
    /// Takes an event of the device over, recorded at `now` as `position`.
    pub(crate) fn take(&mut self, event: &DeviceEvent, now: Timestamp, position: Position) {
        match event {
            DeviceEvent::Registered(_) => *self = Self::default(),
            DeviceEvent::IdSpelled(spelled) => self.shown = Some(spelled.shown.clone()),
            DeviceEvent::PolicyOffered(_) => self.provisionable = true,
            DeviceEvent::PolicyAcknowledged(_) => self.policy_since = Some(now),
            DeviceEvent::PolicyDeclined(_) => self.policy_since = None,
            DeviceEvent::SyncSuspended(_) => self.suspended = true,
            DeviceEvent::SyncResumed(_) => {
                self.suspended = false;
                self.policy_since = None;
            }
            DeviceEvent::WipeRequested(request) => {
                let account_only = request.account_only;
                self.wipe = Some(Wipe { account_only, progress: WipeProgress::Requested });
                (self.wipe_requested, self.wipe_answered) = (Some(now), None);
            }
            DeviceEvent::WipeSent(_) => self.wipe_progresses(WipeProgress::Sent),
            DeviceEvent::WipeAcknowledged(answer) => {
                self.wipe_answered = Some(now);
                self.wipe_progresses(if answer.status == 1 {
                    WipeProgress::Done
                } else {
                    WipeProgress::Failed(answer.status)
                });
                if answer.status == 1 {
                    self.policy_since = None;
                }
            }
            DeviceEvent::WipeCancelled(_) => {
                (self.wipe, self.wipe_requested, self.wipe_answered) = (None, None, None);
            }
            DeviceEvent::Jailed(jailed) => {
                self.jail = Some(Jail { jailed: *jailed, since: now, position });
            }
            DeviceEvent::Released(_) => self.jail = None,
            DeviceEvent::AccessJudged(verdict) => {
                self.access = Some(Judged { verdict: verdict.clone(), since: now, position });
                self.dummy_message = DummyMessageMarked::default();
            }
            DeviceEvent::DummyMessageMarked(marked) => self.dummy_message = *marked,
            DeviceEvent::InfoChanged(_)
            | DeviceEvent::ProtocolVersionChanged(_)
            | DeviceEvent::SyncStateReset(_)
            | DeviceEvent::PingParametersChanged(_)
            | DeviceEvent::MessageSubmitted(_)
            | DeviceEvent::ItemsMoved(_)
            | DeviceEvent::Seen(_)
            | DeviceEvent::Removed(_) => {}
        }
    }

    fn wipe_progresses(&mut self, progress: WipeProgress) {
        if let Some(wipe) = &mut self.wipe {
            wipe.progress = progress;
        }
    }

    /// The strongest order that stands.
    pub fn barrier(&self) -> Option<Barrier> {
        Device { suspended: self.suspended, wipe: self.wipe, ..Device::default() }.barrier()
    }

    /// The jail the device is in now, if it is in one.
    pub fn jailed_at(&self, now: Timestamp) -> Option<&Jail> {
        self.jail.as_ref().filter(|jail| now < jail.jailed.until)
    }
}
