//! The one table of stored event names and versions, and the union of all events.
//!
//! A new event: a variant in its aggregate's `event.rs`, a row here, golden bytes in `tests/golden/events`.

use super::{DecodeError, EventType, RecordedEvent, StoredEvent, StreamCategory};
use crate::{
    abq::AbqEvent,
    abq_messages::MessagesEvent,
    config::ConfigEvent,
    device::DeviceEvent,
    directory::{AccountEvent, CosEvent, DomainEvent},
    eas_filter::FiltersEvent,
    event::seal::LogEvent,
    folders::FoldersEvent,
    loggers::LoggersEvent,
    notices::NoticesEvent,
    services::ServicesEvent,
    sync_state::SyncEvent,
};

/// Any event this build can read, by the aggregate it belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// Of a domain.
    Domain(DomainEvent),
    /// Of a class of service.
    Cos(CosEvent),
    /// Of an account.
    Account(AccountEvent),
    /// Of an account's folder map.
    Folders(FoldersEvent),
    /// Of a device.
    Device(DeviceEvent),
    /// Of a collection of a device.
    Sync(SyncEvent),
    /// Of the global configuration.
    Config(ConfigEvent),
    /// Of the list of filters on protocol versions.
    EasFilters(FiltersEvent),
    /// Of the Device Control List and its rules.
    Abq(AbqEvent),
    /// Of the dummy messages.
    AbqMessages(MessagesEvent),
    /// Of account loggers.
    Loggers(LoggersEvent),
    /// Of services.
    Services(ServicesEvent),
    /// Of notices and mail to administrators.
    Notices(NoticesEvent),
    /// Of the log itself.
    Log(LogEvent),
}

/// Every stored (name, version) and the kind of stream it lives in, written by hand: renaming a Rust type changes no
/// history, and a name is never used again for something else.
pub const STORED_EVENTS: &[(&str, &[EventType])] = &[
    ("domain", &[named("domain-created", 1), named("attribute-set", 1), named("attribute-cleared", 1)]),
    ("cos", &[named("cos-created", 1), named("attribute-set", 1), named("attribute-cleared", 1)]),
    (
        "account",
        &[
            named("account-created", 1),
            named("account-password-set", 1),
            named("account-password-cleared", 1),
            named("account-cos-set", 1),
            named("account-disabled", 1),
            named("account-enabled", 1),
            named("account-removed", 1),
            named("mobile-password-added", 1),
            named("mobile-password-updated", 1),
            named("mobile-password-deleted", 1),
            named("attribute-set", 1),
            named("attribute-cleared", 1),
        ],
    ),
    (
        "folders",
        &[
            named("folder-seen", 1),
            named("folder-renamed", 1),
            named("folder-moved", 1),
            named("folder-gone", 1),
            named("folder-sync-disabled", 1),
            named("folder-sync-enabled", 1),
        ],
    ),
    (
        "device",
        &[
            named("device-registered", 1),
            named("device-registered", 2),
            named("device-info-changed", 1),
            named("protocol-version-changed", 1),
            named("policy-offered", 1),
            named("policy-acknowledged", 1),
            named("policy-declined", 1),
            named("sync-state-reset", 1),
            named("ping-parameters-changed", 1),
            named("message-submitted", 1),
            named("message-submitted", 2),
            named("items-moved", 1),
            named("device-seen", 1),
            named("device-removed", 1),
            named("sync-suspended", 1),
            named("sync-resumed", 1),
            named("wipe-requested", 1),
            named("wipe-sent", 1),
            named("wipe-acknowledged", 1),
            named("wipe-cancelled", 1),
            named("device-jailed", 1),
            named("device-released", 1),
            named("access-judged", 1),
            named("device-id-spelled", 1),
            named("dummy-message-marked", 1),
        ],
    ),
    (
        "sync",
        &[
            named("collection-started", 1),
            named("options-changed", 1),
            named("sync-offered", 1),
            named("item-skipped", 1),
            named("item-unskipped", 1),
            named("items-registered", 1),
            named("collection-dropped", 1),
        ],
    ),
    ("config", &[named("attribute-set", 1), named("attribute-cleared", 1)]),
    ("eas-filters", &[named("filter-added", 1), named("filter-moved", 1), named("filter-deleted", 1)]),
    (
        "abq",
        &[
            named("device-status-set", 1),
            named("device-status-deleted", 1),
            named("rule-set", 1),
            named("rule-deleted", 1),
            named("list-seeded", 1),
        ],
    ),
    (
        "abq-messages",
        &[named("message-set", 1), named("message-deleted", 1), named("messages-initialised", 1)],
    ),
    ("loggers", &[named("logger-added", 1), named("logger-removed", 1)]),
    (
        "services",
        &[
            named("node-started", 1),
            named("service-started", 1),
            named("service-stopped", 1),
            named("service-restarted", 1),
        ],
    ),
    (
        "notices",
        &[
            named("notice-raised", 1),
            named("mail-prepared", 1),
            named("mail-taken", 1),
            named("mail-sent", 1),
            named("mail-refused", 1),
        ],
    ),
    ("log", &[named("log-sealed", 1), named("log-sealed", 2)]),
];

const fn named(name: &'static str, version: u16) -> EventType {
    EventType { name, version }
}

impl Event {
    /// Reads a recorded event. Which events are possible depends on the stream.
    ///
    /// # Errors
    /// [`DecodeError`] when this build does not know the type, or the payload is damaged.
    pub fn decode(recorded: &RecordedEvent) -> Result<Self, DecodeError> {
        let (name, version, payload) = (&recorded.event_type, recorded.version, &recorded.payload);
        match recorded.stream.category() {
            StreamCategory::Domain(_) => DomainEvent::decode(name, version, payload).map(Self::Domain),
            StreamCategory::Cos(_) => CosEvent::decode(name, version, payload).map(Self::Cos),
            StreamCategory::Account(_) => AccountEvent::decode(name, version, payload).map(Self::Account),
            StreamCategory::Folders(_) => FoldersEvent::decode(name, version, payload).map(Self::Folders),
            StreamCategory::Device(..) => DeviceEvent::decode(name, version, payload).map(Self::Device),
            StreamCategory::Sync(..) => SyncEvent::decode(name, version, payload).map(Self::Sync),
            StreamCategory::Config => ConfigEvent::decode(name, version, payload).map(Self::Config),
            StreamCategory::EasFilters => FiltersEvent::decode(name, version, payload).map(Self::EasFilters),
            StreamCategory::Abq => AbqEvent::decode(name, version, payload).map(Self::Abq),
            StreamCategory::AbqMessages => {
                MessagesEvent::decode(name, version, payload).map(Self::AbqMessages)
            }
            StreamCategory::Loggers => LoggersEvent::decode(name, version, payload).map(Self::Loggers),
            StreamCategory::Services => ServicesEvent::decode(name, version, payload).map(Self::Services),
            StreamCategory::Notices => NoticesEvent::decode(name, version, payload).map(Self::Notices),
            StreamCategory::Log => LogEvent::decode(name, version, payload).map(Self::Log),
            StreamCategory::Other => Err(DecodeError::UnknownType { name: name.clone(), version }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_lists_exactly_what_the_aggregates_can_read() {
        let coded: &[(&str, &[EventType])] = &[
            ("domain", DomainEvent::TYPES),
            ("cos", CosEvent::TYPES),
            ("account", AccountEvent::TYPES),
            ("folders", FoldersEvent::TYPES),
            ("device", DeviceEvent::TYPES),
            ("sync", SyncEvent::TYPES),
            ("config", ConfigEvent::TYPES),
            ("eas-filters", FiltersEvent::TYPES),
            ("abq", AbqEvent::TYPES),
            ("abq-messages", MessagesEvent::TYPES),
            ("loggers", LoggersEvent::TYPES),
            ("services", ServicesEvent::TYPES),
            ("notices", NoticesEvent::TYPES),
            ("log", LogEvent::TYPES),
        ];
        let sorted = |types: &[EventType]| {
            let mut types = types.to_vec();
            types.sort_unstable();
            types
        };
        for ((category, listed), (_, coded)) in STORED_EVENTS.iter().zip(coded) {
            assert_eq!(sorted(listed), sorted(coded), "stream kind {category}");
        }
        assert_eq!(STORED_EVENTS.len(), coded.len());
    }
}
