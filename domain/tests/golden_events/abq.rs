//! Examples of the Device Control List, its rules, and the dummy messages.

use syncledger_domain::{
    Event,
    abq::{
        AbqEvent, DeviceStatus, DeviceStatusDeleted, DeviceStatusSet, EntryOrigin, ListSeeded, RuleDeleted,
        RuleScope, RuleSet,
    },
    abq_messages::{
        Fields, MessageDeleted, MessageKind, MessageScope, MessageSet, MessagesEvent, MessagesInitialised,
    },
    event::Timestamp,
    ids::{AccountId, DomainName, ShownDeviceId},
};

use super::examples::{Example, current};

/// All of them.
pub(crate) fn all() -> Vec<Example> {
    [list_and_rules(), messages()].into_iter().flatten().collect()
}

fn domain() -> DomainName {
    DomainName::new("example.com").unwrap()
}

fn list_and_rules() -> Vec<Example> {
    let device = || ShownDeviceId::new("ApplF17XK0D2").unwrap();
    let account: AccountId = "0193b2c4-6f1e-7c3a-9d5b-2f4e6a8c0d1e".parse().unwrap();
    let status_set = |account, status, until, origin| {
        AbqEvent::StatusSet(DeviceStatusSet { device: device(), account, status, until, origin })
    };
    let rule = |scope, regex: &str, status, order| {
        AbqEvent::RuleSet(RuleSet { scope, regex: regex.to_owned(), status, order })
    };
    let until = Some(Timestamp(1_715_159_553_000_000));
    let events = vec![
        status_set(None, DeviceStatus::Allowed, None, EntryOrigin::Seed),
        status_set(None, DeviceStatus::Quarantined, None, EntryOrigin::Interactive),
        status_set(Some(account), DeviceStatus::Allowed, until, EntryOrigin::Admin),
        status_set(None, DeviceStatus::Blocked, None, EntryOrigin::Import),
        AbqEvent::StatusDeleted(DeviceStatusDeleted { device: device(), account: None }),
        AbqEvent::StatusDeleted(DeviceStatusDeleted { device: device(), account: Some(account) }),
        rule(RuleScope::Global, "(?i)android.*", DeviceStatus::Quarantined, 10),
        rule(RuleScope::Domain(domain()), "Appl.*", DeviceStatus::Allowed, -1),
        AbqEvent::RuleDeleted(RuleDeleted { scope: RuleScope::Global, regex: "(?i)android.*".to_owned() }),
        AbqEvent::Seeded(ListSeeded { devices: 5_000 }),
    ];
    current("abq", Event::Abq, events)
}

fn messages() -> Vec<Example> {
    let text = |text: &str| Some(text.to_owned());
    let set = |scope, kind, locale: &str, fields| {
        MessagesEvent::Set(MessageSet { scope, kind, locale: locale.parse().unwrap(), fields })
    };
    let whole = Fields {
        from: text("Help desk <help@example.com>"),
        reply_to: text("help@example.com"),
        subject: text("Please wait"),
        body_plain: text("Hello {account}\n"),
        body_html: text("<p>Hello {account}</p>\n"),
    };
    let forgets = Fields { reply_to: text(""), ..Fields::default() };
    let (scope, locale) = (MessageScope::Domain(domain()), "zh_Hant_TW".parse().unwrap());
    let events = vec![
        set(MessageScope::Global, MessageKind::Quarantined, "default", whole),
        set(scope.clone(), MessageKind::Blocked, "fr_CA", forgets),
        MessagesEvent::Deleted(MessageDeleted { scope, kind: MessageKind::Blocked, locale }),
        MessagesEvent::Initialised(MessagesInitialised { written: 13, kept: 1, forced: false }),
    ];
    current("abq-messages", Event::AbqMessages, events)
}
