//! Commands against the log in memory: what they append, what they refuse, and that they can be repeated.

mod abq;
mod abq_batches;
mod cached;
mod device_control;
mod devices;
mod directory;
mod filters;
mod log;
mod mobile_passwords;
mod notices;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use syncledger_domain::{
    device::Introduction,
    event::{Actor, CorrelationId, Position, StreamId, Timestamp},
    ids::{AccountId, DeviceId, DomainName},
    ports::{
        clock::{Clock, Randomness},
        event_log::EventLog,
    },
    testing::{address, device_type},
};
use syncledger_eventlog_memory::MemoryEventLog;
use uuid::Uuid;

use crate::{Issuer, Repository, create_account, create_domain, register_device};

struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(1_714_554_753)
    }
}

/// Counts, so that no two values are the same and every run is.
#[derive(Default)]
struct Counter(AtomicU64);

impl Counter {
    /// For a second repository over the same log: its ids are others.
    fn starting_anywhere() -> Self {
        static STARTS: AtomicU64 = AtomicU64::new(1);
        Self(AtomicU64::new(STARTS.fetch_add(1, Ordering::Relaxed) << 32))
    }
}

impl Randomness for Counter {
    fn fill(&self, buffer: &mut [u8]) {
        let next = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        for (byte, value) in buffer.iter_mut().zip(next.to_le_bytes().into_iter().cycle()) {
            *byte = value;
        }
    }
}

struct World {
    log: MemoryEventLog,
    repository: Repository,
    issuer: Issuer,
}

impl World {
    fn new() -> Self {
        let log = MemoryEventLog::new();
        let repository =
            Repository::new(Arc::new(log.clone()), Arc::new(StoppedClock), Arc::new(Counter::default()));
        let issuer = Issuer {
            actor: Actor::Admin("root".to_owned()),
            correlation_id: CorrelationId(Uuid::from_u128(7)),
        };
        Self { log, repository, issuer }
    }

    /// With alice@example.com.
    async fn with_account() -> (Self, AccountId) {
        let world = Self::new();
        let domain = DomainName::new("example.com").unwrap();
        create_domain::run(&world.repository, &world.issuer, &domain).await.unwrap();
        let created =
            create_account::run(&world.repository, &world.issuer, &address("alice@example.com"), None).await;
        (world, created.unwrap().0)
    }

    /// With alice@example.com and a phone of hers.
    async fn with_device() -> (Self, AccountId, DeviceId) {
        let (world, account) = Self::with_account().await;
        let device = DeviceId::new("phone1").unwrap();
        register_device::run(&world.repository, &world.issuer, account, &device, &introduction())
            .await
            .unwrap();
        (world, account, device)
    }

    /// Stored names of a stream's events.
    async fn stored(&self, stream: &StreamId) -> Vec<String> {
        let events = self.log.read_all(Position::START, Some(stream.as_str()), usize::MAX).await.unwrap();
        events.into_iter().filter(|event| event.stream == *stream).map(|event| event.event_type).collect()
    }
}

fn introduction() -> Introduction {
    Introduction {
        shown: syncledger_domain::ids::ShownDeviceId::new("phone1").unwrap(),
        device_type: device_type("Phone"),
        user_agent: "Phone/1.0".to_owned(),
        protocol_version: Some(syncledger_domain::ids::ProtocolVersion::V14_1),
    }
}
