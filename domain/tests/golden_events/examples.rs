//! One or more example values of every stored event: together they use every variant of every enum that payloads hold.

use syncledger_domain::{
    Event, StoredEvent,
    config::{AttributeCleared, AttributeSet, ConfigEvent},
    device::{
        DeviceEvent, DeviceInfo, DeviceInfoChanged, DeviceRegistered, DeviceRegisteredV1, DeviceSeen,
        ItemsMoved, MessageSubmitted, MessageSubmittedV1, PingParametersChanged, PolicyAcknowledged,
        PolicyDeclined, PolicyOffered, ProtocolVersionChanged, SyncStateReset,
    },
    directory::{
        AccountCosSet, AccountCreated, AccountDisabled, AccountEvent, AccountPasswordSet, CosCreated,
        CosEvent, DomainCreated, DomainEvent, Empty,
    },
    event::{
        EventHash, Position, Timestamp,
        seal::{LogEvent, LogSealed, LogSealedV1},
    },
    folders::{FolderGone, FolderMoved, FolderRenamed, FolderSeen, FoldersEvent},
    ids::{
        Address, ClientId, CosId, DeviceType, DomainName, FolderId, ItemId, PolicyKey, ProtocolVersion,
        ServerId,
    },
    ports::mailbox::{BackendKey, Fingerprint, FolderClass, FolderRole},
    sync_state::{
        AppliedChange, BodyPreference, ClientOperation, CollectionDropped, CollectionOptions,
        CollectionStarted, Delta, Effect, ItemSkipped, ItemUnskipped, ItemsRegistered, OptionsChanged,
        SyncEvent, SyncOffered,
    },
};

/// A value, and the bytes it is stored as.
pub(crate) struct Example {
    /// Kind of stream, as the catalogue names it.
    pub(crate) kind: &'static str,
    /// Stored name.
    pub(crate) name: &'static str,
    /// Payload version.
    pub(crate) version: u16,
    /// What this build writes for that version.
    pub(crate) bytes: Vec<u8>,
    /// What reading them gives, upcast where the version is a former one.
    pub(crate) value: Event,
}

/// All examples.
pub(crate) fn all() -> Vec<Example> {
    let own = [domain(), cos(), account(), folders(), device(), sync(), config(), log()];
    own.into_iter().flatten().chain(super::device_control::all()).chain(super::abq::all()).collect()
}

pub(crate) fn current<E: StoredEvent>(
    kind: &'static str,
    wrap: fn(E) -> Event,
    events: Vec<E>,
) -> Vec<Example> {
    let example = |event: E| {
        let event_type = event.event_type();
        let (name, version, bytes) = (event_type.name, event_type.version, event.encode());
        Example { kind, name, version, bytes, value: wrap(event) }
    };
    events.into_iter().map(example).collect()
}

fn attribute_set() -> AttributeSet {
    AttributeSet { name: "pingMaxHeartbeat".to_owned(), value: "900".to_owned() }
}

fn attribute_cleared() -> AttributeCleared {
    AttributeCleared { name: "pingMaxHeartbeat".to_owned() }
}

fn domain() -> Vec<Example> {
    let name = DomainName::new("example.com").unwrap();
    let events = vec![
        DomainEvent::Created(DomainCreated { name }),
        DomainEvent::AttributeSet(attribute_set()),
        DomainEvent::AttributeCleared(attribute_cleared()),
    ];
    current("domain", Event::Domain, events)
}

fn cos() -> Vec<Example> {
    let events = vec![
        CosEvent::Created(CosCreated { id: cos_id() }),
        CosEvent::AttributeSet(attribute_set()),
        CosEvent::AttributeCleared(attribute_cleared()),
    ];
    current("cos", Event::Cos, events)
}

fn cos_id() -> CosId {
    CosId::new("staff").unwrap()
}

fn account() -> Vec<Example> {
    let address = |text| Address::new(text).unwrap();
    let hash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g".to_owned();
    let events = vec![
        AccountEvent::Created(AccountCreated { address: address("alice@example.com"), cos: None }),
        AccountEvent::Created(AccountCreated { address: address("bob@example.com"), cos: Some(cos_id()) }),
        AccountEvent::PasswordSet(AccountPasswordSet { hash }),
        AccountEvent::PasswordCleared(Empty {}),
        AccountEvent::CosSet(AccountCosSet { cos: cos_id() }),
        AccountEvent::Disabled(AccountDisabled { reason: "left in May".to_owned() }),
        AccountEvent::Enabled(Empty {}),
        AccountEvent::Removed(Empty {}),
        AccountEvent::AttributeSet(attribute_set()),
        AccountEvent::AttributeCleared(attribute_cleared()),
    ];
    current("account", Event::Account, events)
}

fn folders() -> Vec<Example> {
    let seen = |id, parent: Option<u32>, class, role, name: &str, identity: Option<&str>| {
        FoldersEvent::Seen(FolderSeen {
            id: FolderId(id),
            parent: parent.map(FolderId),
            class,
            role,
            name: name.to_owned(),
            key: BackendKey(format!("key/{name}")),
            identity: identity.map(str::to_owned),
        })
    };
    let mail = FolderClass::Mail;
    let events = vec![
        seen(2, None, mail, Some(FolderRole::Inbox), "INBOX", Some("F2212ea87")),
        seen(3, None, mail, Some(FolderRole::Trash), "Trash", None),
        seen(4, None, mail, Some(FolderRole::Junk), "Junk", None),
        seen(5, None, mail, Some(FolderRole::Sent), "Sent", None),
        seen(6, None, mail, Some(FolderRole::Drafts), "Entwürfe", None),
        seen(257, None, mail, Some(FolderRole::Archive), "Archive", None),
        seen(258, Some(257), mail, None, "2023", None),
        seen(10, None, FolderClass::Calendar, Some(FolderRole::Default), "Calendar", None),
        seen(7, None, FolderClass::Contacts, Some(FolderRole::Default), "Contacts", None),
        seen(15, None, FolderClass::Tasks, Some(FolderRole::Default), "Tasks", None),
        seen(259, None, FolderClass::Notes, None, "Notes", None),
        FoldersEvent::Renamed(FolderRenamed {
            id: FolderId(258),
            name: "2024".to_owned(),
            key: BackendKey("Archive/2024".to_owned()),
        }),
        FoldersEvent::Moved(FolderMoved {
            id: FolderId(258),
            parent: None,
            key: BackendKey("2024".to_owned()),
        }),
        FoldersEvent::Moved(FolderMoved {
            id: FolderId(258),
            parent: Some(FolderId::INBOX),
            key: BackendKey("INBOX/2024".to_owned()),
        }),
        FoldersEvent::Gone(FolderGone { id: FolderId(258) }),
    ];
    current("folders", Event::Folders, events)
}

fn policy_key(value: u32) -> PolicyKey {
    PolicyKey::new(value).unwrap()
}

fn device() -> Vec<Example> {
    let device_type = || DeviceType::new("iPhone").unwrap();
    let user_agent = || "Apple-iPhone16C2/2201.100".to_owned();
    let digest = EventHash([0xd1; 32]);
    let registered = |protocol_version| {
        let (device_type, user_agent) = (device_type(), user_agent());
        DeviceEvent::Registered(DeviceRegistered { device_type, user_agent, protocol_version })
    };
    let everything = DeviceInfo {
        model: Some("iPhone16C2".to_owned()),
        imei: Some("490154203237518".to_owned()),
        friendly_name: Some("Phone".to_owned()),
        os: Some("iOS 18.1 22B83".to_owned()),
        os_language: Some("en".to_owned()),
        phone_number: Some("+15550100".to_owned()),
        mobile_operator: Some("Operator".to_owned()),
        user_agent: Some(user_agent()),
        enable_outbound_sms: Some(false),
    };
    let little = DeviceInfo { os: Some("iOS 18.2".to_owned()), ..DeviceInfo::default() };
    let server_id = |text: &str| text.parse::<ServerId>().unwrap();
    let events = vec![
        registered(Some(ProtocolVersion::V16_1)),
        registered(None),
        DeviceEvent::InfoChanged(DeviceInfoChanged { info: everything }),
        DeviceEvent::InfoChanged(DeviceInfoChanged { info: little }),
        DeviceEvent::ProtocolVersionChanged(ProtocolVersionChanged { version: ProtocolVersion::V14_1 }),
        DeviceEvent::PolicyOffered(PolicyOffered { key: policy_key(1_123_581_321), digest }),
        DeviceEvent::PolicyAcknowledged(PolicyAcknowledged {
            offered: policy_key(1_123_581_321),
            key: policy_key(u32::MAX),
            status: 1,
            digest,
        }),
        DeviceEvent::PolicyDeclined(PolicyDeclined { offered: policy_key(1_123_581_321), status: 3 }),
        DeviceEvent::SyncStateReset(SyncStateReset { cause: "asked for by the owner".to_owned() }),
        DeviceEvent::PingParametersChanged(PingParametersChanged {
            heartbeat_secs: 3540,
            folders: vec![FolderId::INBOX, FolderId(257)],
        }),
        DeviceEvent::MessageSubmitted(MessageSubmitted {
            client_id: ClientId::new("4A8E0C3D-2").unwrap(),
            recipients: 3,
            size: 70_000,
            save_in_sent: true,
            at: Timestamp(1_714_564_800_123_456),
        }),
        DeviceEvent::ItemsMoved(ItemsMoved {
            moves: vec![
                (server_id("2:1714554753.42"), server_id("3:1714554753.7")),
                (server_id("2:a"), server_id("257:b")),
            ],
        }),
        DeviceEvent::Seen(DeviceSeen { requests: 12, bytes_in: 4_096, bytes_out: 5_000_000_000 }),
        DeviceEvent::Removed(Empty {}),
    ];
    let former = DeviceRegisteredV1 { device_type: device_type(), user_agent: user_agent() };
    let mut examples = current("device", Event::Device, events);
    examples.push(Example {
        kind: "device",
        name: "device-registered",
        version: 1,
        bytes: postcard::to_stdvec(&former).unwrap(),
        value: Event::Device(registered(None)),
    });
    let former = MessageSubmittedV1 {
        client_id: ClientId::new("4A8E0C3D-2").unwrap(),
        recipients: 3,
        size: 70_000,
        save_in_sent: true,
    };
    examples.push(Example {
        kind: "device",
        name: "message-submitted",
        version: 1,
        bytes: postcard::to_stdvec(&former).unwrap(),
        value: Event::Device(DeviceEvent::MessageSubmitted(former.into())),
    });
    examples
}

fn sync() -> Vec<Example> {
    let item = |text: &str| ItemId::new(text).unwrap();
    let body = |body_type, truncation, all_or_none, preview| BodyPreference {
        body_type,
        truncation,
        all_or_none,
        preview,
    };
    let options = CollectionOptions {
        filter_type: 5,
        client_wins: true,
        mime_support: 2,
        mime_truncation: Some(8),
        body_preferences: vec![body(2, Some(200_000), false, Some(100)), body(4, None, true, None)],
        body_part_preference: Some(body(2, Some(500), false, None)),
    };
    let applied = |operation, item, effect, reply| AppliedChange { operation, item, effect, reply };
    let delta = Delta {
        adds: vec![(item("1714554753.43"), Fingerprint(0)), (item("1714554753.42"), Fingerprint(0b1001))],
        changes: vec![(item("1714554753.7"), Fingerprint(u64::MAX))],
        removes: vec![item("1714554753.6")],
        soft_removes: vec![item("1714554753.5")],
    };
    let client = vec![
        applied(
            ClientOperation::Add(ClientId::new("c1").unwrap()),
            Some(item("x1")),
            Effect::Known(Fingerprint(7)),
            1,
        ),
        applied(ClientOperation::Add(ClientId::new("c2").unwrap()), None, Effect::None, 6),
        applied(
            ClientOperation::Change { digest: 0x0102_0304_0506_0708 },
            Some(item("x2")),
            Effect::Known(Fingerprint(1)),
            1,
        ),
        applied(ClientOperation::Delete, Some(item("x3")), Effect::Gone, 8),
    ];
    let started = |generation, class| SyncEvent::Started(CollectionStarted { generation, class });
    let offered =
        |from, to, delta, client| SyncEvent::Offered(SyncOffered { generation: 3, from, to, delta, client });
    let events = vec![
        started(1, None),
        started(300, Some(FolderClass::Mail)),
        SyncEvent::OptionsChanged(OptionsChanged { options }),
        SyncEvent::OptionsChanged(OptionsChanged { options: CollectionOptions::default() }),
        offered(0, 1, Delta::default(), Vec::new()),
        offered(40, 42, delta, client),
        SyncEvent::Skipped(ItemSkipped {
            item: item("1714554753.9"),
            fingerprint: Fingerprint(1),
            attempts: 12,
        }),
        SyncEvent::Unskipped(ItemUnskipped { item: item("1714554753.9") }),
        SyncEvent::Registered(ItemsRegistered {
            known: vec![(item("1714554753.8"), Fingerprint(3))],
            gone: vec![item("1714554753.4")],
        }),
        SyncEvent::Dropped(CollectionDropped { cause: "device removed".to_owned() }),
    ];
    current("sync", Event::Sync, events)
}

fn config() -> Vec<Example> {
    let events = vec![ConfigEvent::Set(attribute_set()), ConfigEvent::Cleared(attribute_cleared())];
    current("config", Event::Config, events)
}

fn log() -> Vec<Example> {
    let former = LogSealedV1 { up_to: Position(70_000), streams: 41, root: EventHash([0x5e; 32]) };
    let seal = |order| LogSealed { order, ..former.clone().into() };
    let sealed = [Some(EventHash([0x0d; 32])), None].map(|order| LogEvent::Sealed(seal(order)));
    let mut examples = current("log", Event::Log, sealed.into());
    examples.push(Example {
        kind: "log",
        name: "log-sealed",
        version: 1,
        bytes: postcard::to_stdvec(&former).unwrap(),
        value: Event::Log(LogEvent::Sealed(seal(None))),
    });
    examples
}
