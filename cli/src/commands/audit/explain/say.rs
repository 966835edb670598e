//! What an event meant for a device, in a few words.

use syncledger_domain::{
    Event,
    abq::{AbqEvent, Pattern, RuleOutcome, RuleScope},
    config::{ConfigEvent, registry},
    device::DeviceEvent,
    directory::{AccountEvent, CosEvent, DomainEvent},
    eas_filter::FiltersEvent,
    ids::{AccountId, ShownDeviceId},
    services::ServicesEvent,
};

use super::past::Past;

/// Of a setting that decides.
const SET: &str = "setting changed";
const CLEARED: &str = "setting taken back";

impl Past {
    /// What an event meant for this device, in a few words; `None` when it had no say.
    pub(super) fn say_of(&self, event: &Event) -> Option<&'static str> {
        Some(match event {
            Event::Device(event) => of_device(event)?,
            Event::Abq(event) => self.of_list(event)?,
            Event::Account(event) => of_account(event)?,
            Event::Config(ConfigEvent::Set(set))
            | Event::Cos(CosEvent::AttributeSet(set))
            | Event::Domain(DomainEvent::AttributeSet(set)) => decides(&set.name).then_some(SET)?,
            Event::Config(ConfigEvent::Cleared(cleared))
            | Event::Cos(CosEvent::AttributeCleared(cleared))
            | Event::Domain(DomainEvent::AttributeCleared(cleared)) => {
                decides(&cleared.name).then_some(CLEARED)?
            }
            Event::EasFilters(FiltersEvent::Added(_)) => "filter on versions added",
            Event::EasFilters(FiltersEvent::Moved(_)) => "filter on versions moved",
            Event::EasFilters(FiltersEvent::Deleted(_)) => "filter on versions deleted",
            Event::Services(ServicesEvent::Started(_)) => "service started",
            Event::Services(ServicesEvent::Stopped(_)) => "service stopped",
            Event::Services(ServicesEvent::Restarted(_)) => "service restarted",
            Event::Cos(CosEvent::Created(_))
            | Event::Domain(DomainEvent::Created(_))
            | Event::Services(ServicesEvent::NodeStarted(_))
            | Event::Folders(_)
            | Event::Sync(_)
            | Event::AbqMessages(_)
            | Event::Loggers(_)
            | Event::Notices(_)
            | Event::Log(_) => return None,
        })
    }

    fn of_list(&self, event: &AbqEvent) -> Option<&'static str> {
        let concerns = |device: &ShownDeviceId, account: Option<AccountId>| {
            device.canonical() == self.device_id && account.is_none_or(|account| account == self.account_id)
        };
        let matches = |scope: &RuleScope, regex: &str| {
            let reaches = match scope {
                RuleScope::Global => true,
                RuleScope::Domain(name) => {
                    self.account.address.as_ref().is_some_and(|address| address.domain() == *name)
                }
            };
            reaches
                && Pattern::new(regex)
                    .is_ok_and(|pattern| pattern.is_match(&self.shown) == RuleOutcome::Matches)
        };
        match event {
            AbqEvent::StatusSet(set) => concerns(&set.device, set.account).then_some("entry of the list set"),
            AbqEvent::StatusDeleted(deleted) => {
                concerns(&deleted.device, deleted.account).then_some("entry of the list deleted")
            }
            AbqEvent::RuleSet(set) => matches(&set.scope, &set.regex).then_some("rule that matches it set"),
            AbqEvent::RuleDeleted(deleted) => {
                matches(&deleted.scope, &deleted.regex).then_some("rule that matches it deleted")
            }
            AbqEvent::Seeded(_) => None,
        }
    }
}

fn of_device(event: &DeviceEvent) -> Option<&'static str> {
    Some(match event {
        DeviceEvent::Registered(_) => "first request",
        DeviceEvent::Removed(_) => "removed with its states",
        DeviceEvent::AccessJudged(_) => "access judged",
        DeviceEvent::SyncStateReset(_) => "sync states dropped",
        DeviceEvent::SyncSuspended(_) => "suspended",
        DeviceEvent::SyncResumed(_) => "resumed",
        DeviceEvent::WipeRequested(_) => "wipe ordered",
        DeviceEvent::WipeSent(_) => "wipe order sent",
        DeviceEvent::WipeAcknowledged(_) => "wipe order answered",
        DeviceEvent::WipeCancelled(_) => "wipe cancelled",
        DeviceEvent::Jailed(_) => "jailed",
        DeviceEvent::Released(_) => "released from jail",
        DeviceEvent::PolicyAcknowledged(_) => "policy acknowledged",
        DeviceEvent::PolicyDeclined(_) => "policy declined",
        DeviceEvent::ProtocolVersionChanged(_) => "speaks another version",
        DeviceEvent::DummyMessageMarked(_) => "read or deleted the message that keeps it out",
        DeviceEvent::InfoChanged(_)
        | DeviceEvent::IdSpelled(_)
        | DeviceEvent::PolicyOffered(_)
        | DeviceEvent::PingParametersChanged(_)
        | DeviceEvent::MessageSubmitted(_)
        | DeviceEvent::ItemsMoved(_)
        | DeviceEvent::Seen(_) => return None,
    })
}

fn of_account(event: &AccountEvent) -> Option<&'static str> {
    Some(match event {
        AccountEvent::Created(_) => "account created",
        AccountEvent::Removed(_) => "account removed",
        AccountEvent::Disabled(_) => "account disabled",
        AccountEvent::Enabled(_) => "account enabled",
        AccountEvent::CosSet(_) => "account put into another class of service",
        AccountEvent::PasswordSet(_) => "account password set",
        AccountEvent::PasswordCleared(_) => "account password cleared",
        AccountEvent::MobilePasswordAdded(_) => "mobile password added",
        AccountEvent::MobilePasswordUpdated(_) => "mobile password changed",
        AccountEvent::MobilePasswordDeleted(_) => "mobile password deleted",
        AccountEvent::AttributeSet(set) => decides(&set.name).then_some(SET)?,
        AccountEvent::AttributeCleared(cleared) => decides(&cleared.name).then_some(CLEARED)?,
    })
}

/// Where a setting was changed; `None` for what is no setting.
pub(super) fn scope_of(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::Account(AccountEvent::AttributeSet(_) | AccountEvent::AttributeCleared(_)) => "account",
        Event::Cos(CosEvent::AttributeSet(_) | CosEvent::AttributeCleared(_)) => "cos",
        Event::Domain(DomainEvent::AttributeSet(_) | DomainEvent::AttributeCleared(_)) => "domain",
        Event::Config(_) => "global",
        _ => return None,
    })
}

/// Whether an attribute decides whether a device comes in.
fn decides(name: &str) -> bool {
    [
        registry::ABQ_MODE.name,
        registry::ABQ_FAIL_CLOSED.name,
        registry::EAS_ENABLED.name,
        registry::EAS_VERSIONS.name,
        registry::POLICY_REQUIRED.name,
        registry::POLICY_ALLOW_NON_PROVISIONABLE.name,
        registry::POLICY_ALLOW_PARTIAL.name,
        registry::POLICY_ALLOW_EXTERNAL.name,
        registry::ANTI_DOS_ENABLED.name,
    ]
    .contains(&name)
}
