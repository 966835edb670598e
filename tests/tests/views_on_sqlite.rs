//! Views in SQLite, kept up from a log in SQLite by several followers at once, as a server and a CLI beside it do.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::{path::Path, sync::Arc, time::Duration};

use syncledger_domain::{
    StoredEvent,
    device::{DeviceEvent, DeviceRegistered, DeviceSeen},
    directory::{AccountCreated, AccountEvent},
    event::{Actor, CorrelationId, NewEvent, Position, StreamId, Timestamp},
    ids::{AccountId, Address, DeviceId, DeviceType},
    ports::{
        event_log::{Append, EventLog, Expected},
        views::ViewStore,
    },
};
use syncledger_eventlog_sqlite::SqliteEventLog;
use syncledger_projections::{PolicySnapshots, Runner, compare, devices};
use syncledger_views_sqlite::SqliteViews;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_mins(1);
const SEEN: u64 = 300;

async fn append<E: StoredEvent>(
    log: &dyn EventLog,
    stream: &StreamId,
    expected: Expected,
    events: &[E],
) -> Position {
    let first = expected.next().0;
    let new_event = |(place, event): (u64, &E)| NewEvent {
        // An identity of its own for every event of this test: its stream and its place there.
        event_id: Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{stream}@{place}").as_bytes()),
        event_type: event.event_type().name.to_owned(),
        version: event.event_type().version,
        key_id: None,
        payload: event.encode(),
    };
    let append = Append {
        stream: stream.clone(),
        expected,
        events: (first..).zip(events).map(new_event).collect(),
        recorded_at: Timestamp(1_700_000_000_000_000),
        actor: Actor::Device,
        correlation_id: CorrelationId(Uuid::nil()),
    };
    log.append(append).await.unwrap().last_position
}

/// A device that registers and then gives signs of life, one append each.
async fn phone(log: &dyn EventLog, account: AccountId) -> Position {
    let stream = StreamId::device(account, &DeviceId::new("phone").unwrap());
    let registered = DeviceEvent::Registered(DeviceRegistered {
        device_type: DeviceType::new("Phone").unwrap(),
        user_agent: String::new(),
        protocol_version: None,
    });
    let mut last = append(log, &stream, Expected::NoStream, &[registered]).await;
    for n in 0..SEEN {
        let seen = DeviceEvent::Seen(DeviceSeen { requests: 1, bytes_in: 2, bytes_out: 3 });
        last = append(log, &stream, Expected::At(syncledger_domain::event::Revision(n)), &[seen]).await;
    }
    last
}

async fn views(path: &Path) -> Arc<dyn ViewStore> {
    Arc::new(SqliteViews::open(path).await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn followers_of_one_file_apply_each_event_once_and_rebuilt_is_live() {
    let directory = tempfile::tempdir().unwrap();
    let log: Arc<dyn EventLog> =
        Arc::new(SqliteEventLog::open(&directory.path().join("ledger.db")).await.unwrap());
    let file = directory.path().join("views.db");
    let (one, two) = (views(&file).await, views(&file).await);
    let followers = [&one, &two].map(|store| Runner::new(Arc::clone(&log), Arc::clone(store)).spawn());

    let account = AccountId(Uuid::from_u128(1));
    let created = AccountEvent::Created(AccountCreated {
        address: Address::new("alice@example.com").unwrap(),
        cos: None,
    });
    append(&*log, &StreamId::account(account), Expected::NoStream, &[created]).await;
    let phones: Vec<_> = (1..=3)
        .map(|n| {
            let log = Arc::clone(&log);
            tokio::spawn(async move { phone(&*log, AccountId(Uuid::from_u128(n))).await })
        })
        .collect();
    let mut head = Position::START;
    for phone in phones {
        head = head.max(phone.await.unwrap());
    }
    for follower in &followers {
        assert!(follower.wait_for(head, PATIENCE).await);
    }
    drop(followers);

    for row in devices::list(&*one, None).await.unwrap() {
        assert_eq!((row.counters.requests, row.counters.bytes_out), (SEEN, 3 * SEEN), "{}", row.account);
    }
    assert_eq!(compare::with_rebuilt(Arc::clone(&log), Arc::clone(&one), head, 10).await.unwrap(), []);
    Runner::new(Arc::clone(&log), Arc::clone(&two)).rebuild(|_| {}).await.unwrap();
    assert_eq!(compare::with_rebuilt(Arc::clone(&log), one, head, 10).await.unwrap(), []);

    let snapshots = PolicySnapshots::start(log, Some(two)).await.unwrap();
    assert_eq!(snapshots.current().position(), head);
    assert_eq!(snapshots.current().devices_of(account).len(), 1);
}
