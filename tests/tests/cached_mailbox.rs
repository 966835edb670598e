//! What the index cache does besides keeping the mailbox's contract: what it spares the backend, what it never spares
//! the caller, and how much it keeps.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::{sync::Arc, time::Duration};

use syncledger_domain::{
    ids::Address,
    ports::mailbox::{MailFlags, Mailbox, MailboxError, MailboxUser, Mailboxes, Secret},
};
use syncledger_mailbox_cached::CachedMailboxes;
use syncledger_mailbox_memory::{MemoryMailbox, MemoryMailboxes, Method};

struct House {
    mailbox: MemoryMailbox,
    cached: CachedMailboxes,
}

fn alice() -> MailboxUser {
    MailboxUser { address: Address::new("alice@example.com").unwrap() }
}

impl House {
    fn new(memory_bound_bytes: usize) -> Self {
        let memory = MemoryMailboxes::new(true);
        let mailbox = memory.add_account(&alice().address, "secret");
        Self { mailbox, cached: CachedMailboxes::new(Arc::new(memory), memory_bound_bytes) }
    }

    async fn open(&self) -> Arc<dyn Mailbox> {
        self.cached.open(&alice(), &Secret(b"secret".to_vec())).await.unwrap()
    }

    fn deliver(&self, n: usize) -> syncledger_domain::ids::ItemId {
        let raw = format!("Subject: {n}\r\n\r\n");
        self.mailbox.deliver(&MemoryMailbox::inbox(), raw.as_bytes(), 0, MailFlags::default()).unwrap()
    }
}

#[tokio::test]
async fn the_windows_of_an_initial_sync_read_the_folder_once() {
    let house = House::new(1 << 20);
    for n in 0..1000 {
        house.deliver(n);
    }
    for _window in 0..10 {
        let index = house.open().await.index(&MemoryMailbox::inbox(), None).await.unwrap();
        assert_eq!(index.entries.len(), 1000);
    }
    let stats = house.cached.stats();
    assert_eq!((stats.full_reads, stats.refreshes, stats.unchanged, stats.entries), (1, 9, 9, 1));
    house.deliver(1000);
    let index = house.open().await.index(&MemoryMailbox::inbox(), None).await.unwrap();
    assert_eq!(index.entries.len(), 1001);
    let stats = house.cached.stats();
    assert_eq!((stats.full_reads, stats.refreshes, stats.unchanged, stats.entries), (1, 10, 9, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_asks_after_a_change_sees_it_however_many_ask() {
    let house = Arc::new(House::new(1 << 20));
    house.mailbox.faults().delay(Duration::from_millis(2));
    let mut devices = Vec::new();
    for device in 0..20 {
        let house = Arc::clone(&house);
        devices.push(tokio::spawn(async move {
            let mailbox = house.open().await;
            for n in 0..20 {
                let id = house.deliver(device * 100 + n);
                let index = mailbox.index(&MemoryMailbox::inbox(), None).await.unwrap();
                assert!(index.get(&id).is_some(), "device {device} does not see its message {n}");
            }
        }));
    }
    for device in devices {
        device.await.unwrap();
    }
    let (stats, calls) = (house.cached.stats(), house.mailbox.faults().calls());
    assert_eq!(stats.joined + stats.refreshes + stats.full_reads, 400, "every call was joined or made");
    assert_eq!(calls.of(Method::Index), stats.refreshes + stats.full_reads);
    assert!(stats.joined > 0, "nobody shared a refresh");
}

#[tokio::test]
async fn the_backend_checks_the_secret_at_every_open() {
    let house = House::new(1 << 20);
    house.open().await.index(&MemoryMailbox::inbox(), None).await.unwrap();
    let refused = house.cached.open(&alice(), &Secret(b"wrong".to_vec())).await.err();
    assert_eq!(refused, Some(MailboxError::Unauthenticated));
    assert!(house.cached.checks_secrets());
    house.open().await;
    assert_eq!(house.mailbox.faults().calls().of(Method::Open), 3);
}

#[tokio::test]
async fn the_bound_holds_and_what_was_dropped_is_read_again() {
    let house = House::new(20_000);
    let folders: Vec<_> = (0..50).map(|n| house.mailbox.add_folder(&format!("f{n}"), None)).collect();
    for folder in &folders {
        for n in 0..20_u8 {
            house.mailbox.deliver(folder, &[n], 0, MailFlags::default()).unwrap();
        }
    }
    let mailbox = house.open().await;
    for folder in folders.iter().chain(&folders) {
        assert_eq!(mailbox.index(folder, None).await.unwrap().entries.len(), 20);
        let stats = house.cached.stats();
        assert!(stats.bytes <= 20_000 && stats.entries > 0, "{stats:?}");
    }
    let stats = house.cached.stats();
    assert_eq!(stats.full_reads, 100, "the folder needed next is always the one just dropped");
    assert_eq!(stats.evicted + stats.entries as u64, 100);
}

#[tokio::test]
async fn a_folder_that_is_gone_is_forgotten_and_a_failure_forgets_nothing() {
    let house = House::new(1 << 20);
    let (mailbox, folder) = (house.open().await, house.mailbox.add_folder("Projects", None));
    mailbox.index(&folder, None).await.unwrap();
    house.mailbox.set_down(true);
    assert!(matches!(mailbox.index(&folder, None).await, Err(MailboxError::Unavailable(_))));
    assert_eq!(house.cached.stats().entries, 1);
    house.mailbox.set_down(false);
    house.mailbox.remove_folder(&folder);
    assert_eq!(mailbox.index(&folder, None).await, Err(MailboxError::NoSuchFolder(folder)));
    assert_eq!((house.cached.stats().entries, house.cached.stats().bytes), (0, 0));
}
