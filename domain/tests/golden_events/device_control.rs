//! Examples of what administrators do to devices, accounts and the list of filters.

use syncledger_domain::{
    Event,
    anti_dos::Evidence,
    device::{
        AccessJudged, DeviceEvent, DeviceIdSpelled, DeviceJailed, DeviceReleased, DummyMessageMarked, Empty,
        ReleaseCause, WipeAcknowledged, WipeRequested,
    },
    directory::{
        AccountEvent, CredentialId, MobilePasswordAdded, MobilePasswordDeleted, MobilePasswordUpdated,
        Service,
    },
    eas_filter::{
        FilterAdded, FilterDeleted, FilterMoved, FilterUid, FiltersEvent, Mode, Rule, parse_versions,
    },
    event::{Position, Timestamp},
    folders::{FolderSyncDisabled, FolderSyncEnabled, FoldersEvent},
    ids::{Address, FolderId, NodeName, ShownDeviceId},
    loggers::{Level, LoggerAdded, LoggerEnd, LoggerId, LoggerRemoved, LoggersEvent},
    notices::{MailPrepared, MailRefused, MailSent, MailTaken, NoticeRaised, NoticesEvent, Severity, Topic},
    services::{self, NodeStarted, ServiceSwitched, ServicesEvent},
};

use super::examples::{Example, current};

/// All of them.
pub(crate) fn all() -> Vec<Example> {
    [eas_filters(), device(), account(), folders(), loggers(), services(), notices()]
        .into_iter()
        .flatten()
        .collect()
}

fn eas_filters() -> Vec<Example> {
    let added = |uid, (rule_type, parameter), mode, versions, blocking, at| {
        FiltersEvent::Added(FilterAdded {
            uid: FilterUid(uid),
            rule: Rule::parse(rule_type, parameter).unwrap(),
            mode,
            versions: parse_versions(versions).unwrap(),
            blocking,
            at,
        })
    };
    let uid = "0193b2c4-6f1e-7c3a-9d5b-2f4e6a8c0d1e";
    let everything = "contains=a, b,regex=^x+$,account=alice@example.com,domain=example.com";
    let events = vec![
        added(1, ("or", "contains=outlook/,contains=microsoft.outlook"), Mode::Fixed, "14.0", true, 0),
        added(2, ("contains", "Samsung"), Mode::Limit, "2.5", false, 1),
        added(3, ("always", "*"), Mode::Limit, "14.1", false, 2),
        added(300, ("and", everything), Mode::Add, "16.0,16.1", false, 0),
        added(301, ("account", uid), Mode::Subtract, "2.0,2.1,2.5,12.0,12.1", false, 70_000),
        added(302, ("regex", "(iphone|ipad)[0-9]+"), Mode::Limit, "16.1", false, 1),
        FiltersEvent::Moved(FilterMoved { uid: FilterUid(300), to: 2 }),
        FiltersEvent::Deleted(FilterDeleted { uid: FilterUid(300) }),
    ];
    current("eas-filters", Event::EasFilters, events)
}

fn node() -> NodeName {
    NodeName::new("mail1.example.com").unwrap()
}

fn loggers() -> Vec<Example> {
    let added = |id, level, window_size, until| {
        LoggersEvent::Added(LoggerAdded {
            id: LoggerId(id),
            account: "0193b2c4-6f1e-7c3a-9d5b-2f4e6a8c0d1e".parse().unwrap(),
            level,
            file: "/var/log/syncledger/alice.log".to_owned(),
            window_size,
            until,
        })
    };
    let removed = |cause| LoggersEvent::Removed(LoggerRemoved { id: LoggerId(300), cause });
    let mut events: Vec<_> = Level::ALL.into_iter().map(|level| added(7, level, None, None)).collect();
    events.extend([
        added(300, Level::Trace, Some(1), Some(Timestamp(1_714_555_353_000_001))),
        removed(LoggerEnd::Removed),
        removed(LoggerEnd::Expired),
        removed(LoggerEnd::Unwritable("No space left on device".to_owned())),
    ]);
    current("loggers", Event::Loggers, events)
}

fn services() -> Vec<Example> {
    let switched = |service, node| ServiceSwitched { service, node };
    let mut events = vec![
        ServicesEvent::NodeStarted(NodeStarted { node: node(), stopped: Vec::new() }),
        ServicesEvent::NodeStarted(NodeStarted { node: node(), stopped: services::Service::ALL.to_vec() }),
        ServicesEvent::Stopped(switched(services::Service::Abq, Some(node()))),
        ServicesEvent::Started(switched(services::Service::Abq, Some(node()))),
        ServicesEvent::Restarted(switched(services::Service::AntiDos, None)),
    ];
    events.extend(services::Service::ALL.map(|service| ServicesEvent::Started(switched(service, None))));
    current("services", Event::Services, events)
}

fn notices() -> Vec<Example> {
    let raised = |id, severity, node| {
        let (subject, text) = ("wipe acknowledged".to_owned(), "phone1 of alice@example.com".to_owned());
        NoticesEvent::Raised(NoticeRaised { id, severity, node, subject, text })
    };
    let prepared = |number, topic, recipients| {
        NoticesEvent::MailPrepared(MailPrepared {
            number,
            topic,
            up_to: Position(70_000),
            recipients,
            subject: "1 device in quarantine".to_owned(),
            body: "phone1".to_owned(),
            by: node(),
        })
    };
    let admin = Address::new("admin@example.com").unwrap();
    let events = vec![
        raised(1, Severity::Information, None),
        raised(2, Severity::Warning, Some(node())),
        raised(3, Severity::Error, None),
        raised(300, Severity::Critical, None),
        prepared(1, Topic::Quarantine, vec![admin.clone()]),
        prepared(300, Topic::Jails, vec![admin.clone(), admin]),
        NoticesEvent::MailTaken(MailTaken { number: 1, by: node() }),
        NoticesEvent::MailSent(MailSent { number: 1 }),
        NoticesEvent::MailRefused(MailRefused { number: 300, why: "550 no such user".to_owned() }),
    ];
    current("notices", Event::Notices, events)
}

fn device() -> Vec<Example> {
    let wipe = |account_only| DeviceEvent::WipeRequested(WipeRequested { account_only });
    let acknowledged = |status| DeviceEvent::WipeAcknowledged(WipeAcknowledged { status });
    let released = |cause| DeviceEvent::Released(DeviceReleased { cause });
    let events = vec![
        DeviceEvent::IdSpelled(DeviceIdSpelled { shown: ShownDeviceId::new("ApplF17XK0D2").unwrap() }),
        DeviceEvent::DummyMessageMarked(DummyMessageMarked { read: true, deleted: false }),
        DeviceEvent::DummyMessageMarked(DummyMessageMarked { read: false, deleted: true }),
        DeviceEvent::SyncSuspended(Empty {}),
        DeviceEvent::SyncResumed(Empty {}),
        wipe(false),
        wipe(true),
        DeviceEvent::WipeSent(Empty {}),
        acknowledged(1),
        acknowledged(2),
        DeviceEvent::WipeCancelled(Empty {}),
        DeviceEvent::Jailed(DeviceJailed {
            until: Timestamp(1_714_555_353_000_001),
            evidence: Evidence { requests: 151, span_ms: 29_850, window_ms: 30_000 },
        }),
        released(ReleaseCause::Administrator),
        released(ReleaseCause::ServiceRestart),
        DeviceEvent::AccessJudged(AccessJudged {
            verdict: "quarantined".to_owned(),
            why: "mode Interactive, no entry and no rule".to_owned(),
        }),
    ];
    current("device", Event::Device, events)
}

fn account() -> Vec<Example> {
    let id = || CredentialId::new("Fr2jM").unwrap();
    let updated = |label: Option<&str>, services, enabled| {
        let label = label.map(str::to_owned);
        AccountEvent::MobilePasswordUpdated(MobilePasswordUpdated { id: id(), label, services, enabled })
    };
    let events = vec![
        AccountEvent::MobilePasswordAdded(MobilePasswordAdded {
            id: id(),
            label: "Telefon im Büro".to_owned(),
            services: Service::ALL.to_vec(),
            hash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g".to_owned(),
            generated: false,
        }),
        AccountEvent::MobilePasswordAdded(MobilePasswordAdded {
            id: id(),
            label: String::new(),
            services: vec![Service::Eas],
            hash: format!("$blake3${}${}", "5a".repeat(16), "7e".repeat(32)),
            generated: true,
        }),
        updated(Some("Tablet"), Some(vec![Service::Eas, Service::Dav]), Some(false)),
        updated(None, None, Some(true)),
        AccountEvent::MobilePasswordDeleted(MobilePasswordDeleted { id: id() }),
    ];
    current("account", Event::Account, events)
}

fn folders() -> Vec<Example> {
    let id = FolderId(300);
    let events = vec![
        FoldersEvent::SyncDisabled(FolderSyncDisabled { id }),
        FoldersEvent::SyncEnabled(FolderSyncEnabled { id }),
    ];
    current("folders", Event::Folders, events)
}
