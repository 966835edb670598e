//! Logs for tests.

use std::{collections::HashMap, sync::Arc};

use proptest::prelude::*;
use syncledger_domain::{
    StoredEvent,
    abq::{
        AbqEvent, DeviceStatus, DeviceStatusDeleted, DeviceStatusSet, EntryOrigin, RuleDeleted, RuleScope,
        RuleSet,
    },
    anti_dos::Evidence,
    config::{AttributeCleared, AttributeSet, ConfigEvent},
    device::{
        AccessJudged, DeviceEvent, DeviceIdSpelled, DeviceInfo, DeviceInfoChanged, DeviceJailed,
        DeviceRegistered, DeviceReleased, DeviceSeen, DummyMessageMarked, Empty, PingParametersChanged,
        PolicyAcknowledged, PolicyDeclined, PolicyOffered, ReleaseCause, SyncStateReset, WipeAcknowledged,
        WipeRequested,
    },
    directory::{
        AccountCreated, AccountDisabled, AccountEvent, AccountPasswordSet, CosCreated, CosEvent,
        CredentialId, MobilePasswordAdded, MobilePasswordDeleted, MobilePasswordUpdated, Service,
    },
    event::{Actor, CorrelationId, EventHash, NewEvent, Position, Revision, StreamId, Timestamp},
    ids::{
        AccountId, Address, CollectionId, CosId, DeviceId, DeviceType, FolderId, ItemId, PolicyKey,
        ProtocolVersion, ShownDeviceId,
    },
    ports::{
        event_log::{Append, EventLog, Expected},
        mailbox::{Fingerprint, FolderClass},
    },
    sync_state::{
        AppliedChange, ClientOperation, CollectionDropped, CollectionStarted, Delta, Effect, ItemSkipped,
        ItemsRegistered, SyncEvent, SyncOffered,
    },
};
use syncledger_eventlog_memory::MemoryEventLog;
use uuid::Uuid;

/// The moment before the first event.
pub(crate) const START: i64 = 1_700_000_000;

/// A log in the making. Events are a second apart.
pub(crate) struct World {
    pub(crate) log: Arc<MemoryEventLog>,
    last: HashMap<StreamId, Revision>,
    count: u128,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { log: Arc::new(MemoryEventLog::new()), last: HashMap::new(), count: 0 }
    }

    pub(crate) fn log(&self) -> Arc<dyn EventLog> {
        Arc::clone(&self.log) as Arc<dyn EventLog>
    }

    /// Appends one event by the device itself.
    pub(crate) async fn add(&mut self, stream: &StreamId, event: &impl StoredEvent) -> Position {
        let kind = event.event_type();
        self.add_raw(stream, kind.name, kind.version, event.encode()).await
    }

    /// Appends whatever it is told to.
    pub(crate) async fn add_raw(
        &mut self,
        stream: &StreamId,
        name: &str,
        version: u16,
        payload: Vec<u8>,
    ) -> Position {
        self.count += 1;
        let seconds = START + i64::try_from(self.count).unwrap();
        let event = NewEvent {
            event_id: Uuid::from_u128(self.count),
            event_type: name.to_owned(),
            version,
            key_id: None,
            payload,
        };
        let append = Append {
            stream: stream.clone(),
            expected: Expected::from_last(self.last.get(stream).copied()),
            events: vec![event],
            recorded_at: Timestamp::from_seconds(seconds),
            actor: Actor::Device,
            correlation_id: CorrelationId(Uuid::from_u128(7)),
        };
        let appended = self.log.append(append).await.unwrap();
        self.last.insert(stream.clone(), appended.last_revision);
        appended.last_position
    }

    pub(crate) async fn add_all(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Account(account, event) => self.add(&StreamId::account(*account), event).await,
                Step::Cos(cos, event) => self.add(&StreamId::cos(cos), event).await,
                Step::Config(event) => self.add(&StreamId::config(), event).await,
                Step::Abq(event) => self.add(&StreamId::abq(), event).await,
                Step::Device(account, device, event) => {
                    self.add(&StreamId::device(*account, device), event).await
                }
                Step::Sync(stream, event) => self.add(stream, event).await,
                Step::Unknown(stream) => {
                    self.add_raw(stream, "something-of-tomorrow", 1, vec![1, 2, 3]).await
                }
            };
        }
    }
}

pub(crate) fn account(number: u128) -> AccountId {
    AccountId(Uuid::from_u128(number))
}

pub(crate) fn device(number: u32) -> DeviceId {
    DeviceId::new(&format!("phone{number}")).unwrap()
}

pub(crate) fn created(address: &str) -> AccountEvent {
    AccountEvent::Created(AccountCreated { address: Address::new(address).unwrap(), cos: None })
}

pub(crate) fn registered() -> DeviceEvent {
    DeviceEvent::Registered(DeviceRegistered {
        device_type: DeviceType::new("Phone").unwrap(),
        user_agent: "Phone/1.0".to_owned(),
        protocol_version: Some(ProtocolVersion::V14_1),
    })
}

pub(crate) fn policy_offered(key: u32) -> DeviceEvent {
    DeviceEvent::PolicyOffered(PolicyOffered { key: PolicyKey::new(key).unwrap(), digest: EventHash::ZERO })
}

pub(crate) fn policy_acknowledged(offered: u32, key: u32) -> DeviceEvent {
    let (offered, key) = (PolicyKey::new(offered).unwrap(), PolicyKey::new(key).unwrap());
    DeviceEvent::PolicyAcknowledged(PolicyAcknowledged { offered, key, status: 1, digest: EventHash::ZERO })
}

pub(crate) fn inbox(account: AccountId, device: &DeviceId) -> StreamId {
    StreamId::sync(account, device, CollectionId::Folder(FolderId::INBOX))
}

pub(crate) fn started(generation: u32) -> SyncEvent {
    SyncEvent::Started(CollectionStarted { generation, class: Some(FolderClass::Mail) })
}

/// An answer that adds items by number.
pub(crate) fn offered(from: u32, to: u32, adds: std::ops::Range<u32>) -> SyncEvent {
    let adds = adds.map(|n| (item(n), Fingerprint(1))).collect();
    SyncEvent::Offered(SyncOffered {
        generation: 1,
        from,
        to,
        delta: Delta { adds, ..Delta::default() },
        client: Vec::new(),
    })
}

pub(crate) fn item(number: u32) -> ItemId {
    ItemId::new(&format!("i{number}")).unwrap()
}

/// One event of a made-up history. Nothing keeps such a history to the rules of `decide`: a fold must take all.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Account(AccountId, AccountEvent),
    Cos(CosId, CosEvent),
    Config(ConfigEvent),
    Abq(AbqEvent),
    Device(AccountId, DeviceId, DeviceEvent),
    Sync(StreamId, SyncEvent),
    Unknown(StreamId),
}

pub(crate) fn steps(length: usize) -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(), 1..length)
}

fn step() -> impl Strategy<Value = Step> {
    let cos = || CosId::new("staff").unwrap();
    prop_oneof![
        3 => (0..3_u128, account_event()).prop_map(|(n, event)| Step::Account(account(n), event)),
        1 => attribute().prop_map(move |set| Step::Cos(cos(), CosEvent::AttributeSet(set))),
        1 => Just(Step::Cos(CosId::new("staff").unwrap(), CosEvent::Created(CosCreated { id: CosId::new("staff").unwrap() }))),
        1 => attribute().prop_map(|set| Step::Config(ConfigEvent::Set(set))),
        2 => abq_event().prop_map(Step::Abq),
        6 => (0..3_u128, 0..2_u32, device_event()).prop_map(|(a, d, event)| Step::Device(account(a), device(d), event)),
        12 => (0..2_u128, 0..2_u32, sync_event()).prop_map(|(a, d, event)| Step::Sync(inbox(account(a), &device(d)), event)),
        1 => (0..2_u128, 0..2_u32).prop_map(|(a, d)| Step::Unknown(inbox(account(a), &device(d)))),
        1 => Just(Step::Unknown("tomorrow-1".parse().unwrap())),
    ]
}

fn abq_event() -> impl Strategy<Value = AbqEvent> {
    let shown = |d: u32| ShownDeviceId::new(&format!("Phone{d}")).unwrap();
    let of = |couple: bool| couple.then(|| account(1));
    let rule = |regex: &str| RuleDeleted { scope: RuleScope::Global, regex: regex.to_owned() };
    prop_oneof![
        4 => (0..2_u32, any::<bool>(), 0..3_usize).prop_map(move |(d, couple, status)| {
            AbqEvent::StatusSet(DeviceStatusSet {
                device: shown(d),
                account: of(couple),
                status: DeviceStatus::ALL[status],
                until: None,
                origin: EntryOrigin::Admin,
            })
        }),
        1 => (0..2_u32, any::<bool>()).prop_map(move |(d, couple)| {
            AbqEvent::StatusDeleted(DeviceStatusDeleted { device: shown(d), account: of(couple) })
        }),
        2 => (0..3_usize, 0..3_i64).prop_map(move |(status, order)| {
            let RuleDeleted { scope, regex } = rule(&format!("Phone{order}.*"));
            AbqEvent::RuleSet(RuleSet { scope, regex, status: DeviceStatus::ALL[status], order })
        }),
        1 => (0..3_i64).prop_map(move |order| AbqEvent::RuleDeleted(rule(&format!("Phone{order}.*")))),
    ]
}

fn control_event() -> impl Strategy<Value = DeviceEvent> {
    let evidence = Evidence { requests: 151, span_ms: 9, window_ms: 30_000 };
    prop_oneof![
        Just(DeviceEvent::SyncSuspended(Empty {})),
        Just(DeviceEvent::SyncResumed(Empty {})),
        any::<bool>().prop_map(|account_only| DeviceEvent::WipeRequested(WipeRequested { account_only })),
        Just(DeviceEvent::WipeSent(Empty {})),
        (1..3_u8).prop_map(|status| DeviceEvent::WipeAcknowledged(WipeAcknowledged { status })),
        Just(DeviceEvent::WipeCancelled(Empty {})),
        (0..9_i64).prop_map(move |s| {
            let until = Timestamp::from_seconds(START + 60 * s);
            DeviceEvent::Jailed(DeviceJailed { until, evidence })
        }),
        Just(DeviceEvent::Released(DeviceReleased { cause: ReleaseCause::Administrator })),
        "(allow|block)".prop_map(|verdict| {
            DeviceEvent::AccessJudged(AccessJudged { verdict, why: "a rule".to_owned() })
        }),
        "(Phone1|pHONE1)".prop_map(|shown| {
            DeviceEvent::IdSpelled(DeviceIdSpelled { shown: ShownDeviceId::new(&shown).unwrap() })
        }),
        (any::<bool>(), any::<bool>()).prop_map(|(read, deleted)| {
            DeviceEvent::DummyMessageMarked(DummyMessageMarked { read, deleted })
        }),
    ]
}

fn password_event() -> impl Strategy<Value = AccountEvent> {
    let id = |n: u8| CredentialId::from_random([n; CredentialId::LEN]);
    prop_oneof![
        2 => (0..3_u8).prop_map(move |n| {
            AccountEvent::MobilePasswordAdded(MobilePasswordAdded {
                id: id(n),
                label: format!("phone {n}"),
                services: vec![Service::Eas],
                hash: "$blake3$".to_owned(),
                generated: true,
            })
        }),
        1 => (0..3_u8, any::<bool>()).prop_map(move |(n, enabled)| {
            let id = id(n);
            let (label, services, enabled) = (None, None, Some(enabled));
            AccountEvent::MobilePasswordUpdated(MobilePasswordUpdated { id, label, services, enabled })
        }),
        1 => (0..3_u8).prop_map(move |n| {
            AccountEvent::MobilePasswordDeleted(MobilePasswordDeleted { id: id(n) })
        }),
    ]
}

fn attribute() -> impl Strategy<Value = AttributeSet> {
    ("[a-c]", "[0-9]").prop_map(|(name, value)| AttributeSet { name, value })
}

fn account_event() -> impl Strategy<Value = AccountEvent> {
    prop_oneof![
        3 => (0..2).prop_map(|n| created(&format!("user{n}@example.com"))),
        1 => "[a-z]{3}".prop_map(|hash| AccountEvent::PasswordSet(AccountPasswordSet { hash })),
        1 => Just(AccountEvent::PasswordCleared(Empty {})),
        1 => Just(AccountEvent::Disabled(AccountDisabled { reason: "left".to_owned() })),
        1 => Just(AccountEvent::Enabled(Empty {})),
        1 => Just(AccountEvent::Removed(Empty {})),
        1 => attribute().prop_map(AccountEvent::AttributeSet),
        1 => "[a-c]".prop_map(|name| AccountEvent::AttributeCleared(AttributeCleared { name })),
        3 => password_event(),
    ]
}

fn device_event() -> impl Strategy<Value = DeviceEvent> {
    prop_oneof![
        6 => control_event(),
        3 => Just(registered()),
        2 => (1..4_u32).prop_map(policy_offered),
        2 => (1..4_u32, 1..4_u32).prop_map(|(offered, key)| policy_acknowledged(offered, key)),
        1 => Just(DeviceEvent::PolicyDeclined(PolicyDeclined { offered: PolicyKey::new(1).unwrap(), status: 3 })),
        1 => proptest::option::of("[a-z]{0,3}").prop_map(|model| {
            DeviceEvent::InfoChanged(DeviceInfoChanged { info: DeviceInfo { model, ..DeviceInfo::default() } })
        }),
        1 => (60..70_u32).prop_map(|heartbeat_secs| {
            DeviceEvent::PingParametersChanged(PingParametersChanged { heartbeat_secs, folders: vec![FolderId(2)] })
        }),
        1 => Just(DeviceEvent::SyncStateReset(SyncStateReset { cause: "test".to_owned() })),
        1 => (0..9_u64).prop_map(|n| {
            DeviceEvent::Seen(DeviceSeen { requests: n, bytes_in: 10 * n, bytes_out: 100 * n })
        }),
        1 => Just(DeviceEvent::Removed(Empty {})),
    ]
}

fn sync_event() -> impl Strategy<Value = SyncEvent> {
    prop_oneof![
        1 => (1..3_u32).prop_map(started),
        10 => sync_offered(),
        1 => (0..400_u32).prop_map(|n| {
            SyncEvent::Skipped(ItemSkipped { item: item(n), fingerprint: Fingerprint(1), attempts: 12 })
        }),
        1 => (0..400_u32, 0..400_u32).prop_map(|(known, gone)| {
            let known = vec![(item(known), Fingerprint(2))];
            SyncEvent::Registered(ItemsRegistered { known, gone: vec![item(gone)] })
        }),
        1 => Just(SyncEvent::Dropped(CollectionDropped { cause: "test".to_owned() })),
    ]
}

fn sync_offered() -> impl Strategy<Value = SyncEvent> {
    let keys = (1..3_u32, 0..6_u32, 1..6_u32);
    let items = (0..300_u32, 0..100_u32, 0..400_u32, any::<bool>());
    (keys, items).prop_map(|((generation, from, to), (first, count, gone, client))| {
        let client = client.then(|| AppliedChange {
            operation: ClientOperation::Delete,
            item: Some(item(gone + 1)),
            effect: Effect::Gone,
            reply: 1,
        });
        SyncEvent::Offered(SyncOffered {
            generation,
            from,
            to,
            delta: Delta {
                adds: (first..first + count).map(|n| (item(n), Fingerprint(u64::from(n % 3)))).collect(),
                removes: vec![item(gone)],
                ..Delta::default()
            },
            client: client.into_iter().collect(),
        })
    })
}
