//! What the rows of directory, devices and timeline say, by example.

use std::sync::Arc;

use syncledger_domain::{
    config::{AttributeSet, ConfigEvent},
    device::{DeviceEvent, DeviceInfo, DeviceInfoChanged, DeviceSeen, Empty, ItemsMoved, MessageSubmitted},
    directory::{AccountDisabled, AccountEvent, AccountPasswordSet, DomainCreated, DomainEvent},
    event::{Position, StreamId, Timestamp},
    ids::{Address, ClientId, CollectionId, DomainName, FolderId, ServerId},
    ports::views::ViewStore,
    sync_state::{CollectionDropped, SyncEvent},
};

use crate::{
    MemoryViews, Runner,
    devices::{self, PolicyState},
    directory,
    fixtures::{
        START, World, account, created, device, inbox, item, offered, policy_acknowledged, policy_offered,
        registered, started,
    },
    timeline::{TimelineEntry, TimelineQuery},
};

async fn views_of(world: &World) -> Arc<dyn ViewStore> {
    let store: Arc<dyn ViewStore> = Arc::new(MemoryViews::new());
    Runner::new(world.log(), Arc::clone(&store)).catch_up(Position(u64::MAX), |_| {}).await.unwrap();
    store
}

fn at(nth: i64) -> Timestamp {
    Timestamp::from_seconds(START + nth)
}

#[tokio::test]
async fn an_account_is_found_by_address_while_it_holds_it() {
    let mut world = World::new();
    let alice = Address::new("alice@example.com").unwrap();
    let stream = StreamId::account(account(1));
    world.add(&stream, &created("alice@example.com")).await;
    world.add(&stream, &AccountEvent::PasswordSet(AccountPasswordSet { hash: "$argon2id$x".into() })).await;
    world.add(&stream, &AccountEvent::Disabled(AccountDisabled { reason: "left".into() })).await;
    let store = views_of(&world).await;
    let row = directory::account_by_address(store.as_ref(), &alice).await.unwrap().unwrap();
    assert_eq!((row.id, row.created_at, row.disabled.as_deref()), (account(1), at(1), Some("left")));
    assert_eq!(row.password_hash.unwrap().0, "$argon2id$x");

    world.add(&stream, &AccountEvent::Removed(Empty {})).await;
    world.add(&StreamId::account(account(2)), &created("alice@example.com")).await;
    let store = views_of(&world).await;
    let row = directory::account_by_address(store.as_ref(), &alice).await.unwrap().unwrap();
    assert_eq!(row.id, account(2));
    let former = directory::account(store.as_ref(), account(1)).await.unwrap().unwrap();
    assert_eq!((former.removed_at, former.password_hash), (Some(at(4)), None));
    let all = directory::accounts(store.as_ref()).await.unwrap();
    assert_eq!(all.iter().map(|row| row.id).collect::<Vec<_>>(), [account(1), account(2)]);
}

#[tokio::test]
async fn an_address_that_begins_like_another_is_not_taken_for_it() {
    let mut world = World::new();
    world.add(&StreamId::account(account(1)), &created("alice@example.com.example")).await;
    let store = views_of(&world).await;
    let alice = Address::new("alice@example.com").unwrap();
    assert_eq!(directory::account_by_address(store.as_ref(), &alice).await.unwrap(), None);
}

#[tokio::test]
async fn domains_and_global_values_are_listed() {
    let mut world = World::new();
    let name = DomainName::new("example.com").unwrap();
    let set = AttributeSet { name: "x".into(), value: "1".into() };
    world.add(&StreamId::domain(&name), &DomainEvent::Created(DomainCreated { name: name.clone() })).await;
    world.add(&StreamId::domain(&name), &DomainEvent::AttributeSet(set.clone())).await;
    world.add(&StreamId::config(), &ConfigEvent::Set(set)).await;
    let store = views_of(&world).await;
    let rows = directory::domains(store.as_ref()).await.unwrap();
    assert_eq!((rows.len(), rows[0].name.as_str(), rows[0].created_at), (1, "example.com", at(1)));
    assert_eq!(
        directory::domain(store.as_ref(), &name).await.unwrap().unwrap().attributes.get("x"),
        Some("1")
    );
    assert_eq!(directory::config(store.as_ref()).await.unwrap().unwrap().attributes.get("x"), Some("1"));
}

/// A phone that registers (1), tells about itself (2), provisions (3, 4), synchronises (5, 6), sends and moves (7, 8)
/// and gives a sign of life (9).
async fn busy_phone() -> World {
    let mut world = World::new();
    let (account, phone) = (account(1), device(1));
    let stream = StreamId::device(account, &phone);
    let info =
        DeviceInfo { model: Some("M".into()), imei: Some("490154203237518".into()), ..DeviceInfo::default() };
    let message = MessageSubmitted {
        client_id: ClientId::new("c1").unwrap(),
        recipients: 2,
        size: 900,
        save_in_sent: true,
        at: Timestamp(0),
    };
    let id = |folder| ServerId { folder: FolderId(folder), item: item(1) };
    world.add(&stream, &registered()).await;
    world.add(&stream, &DeviceEvent::InfoChanged(DeviceInfoChanged { info })).await;
    world.add(&stream, &policy_offered(1)).await;
    world.add(&stream, &policy_acknowledged(1, 2)).await;
    world.add(&inbox(account, &phone), &started(1)).await;
    world.add(&inbox(account, &phone), &offered(0, 1, 0..5)).await;
    world.add(&stream, &DeviceEvent::MessageSubmitted(message)).await;
    world.add(&stream, &DeviceEvent::ItemsMoved(ItemsMoved { moves: vec![(id(2), id(3))] })).await;
    world.add(&stream, &DeviceEvent::Seen(DeviceSeen { requests: 3, bytes_in: 40, bytes_out: 500 })).await;
    world
}

#[tokio::test]
async fn a_device_row_tells_all_about_a_device() {
    let mut world = busy_phone().await;
    let row =
        devices::device(views_of(&world).await.as_ref(), account(1), &device(1)).await.unwrap().unwrap();
    assert_eq!((row.first_seen, row.last_seen, row.last_sync), (at(1), at(9), Some(at(6))));
    assert_eq!(row.info.model.as_deref(), Some("M"));
    assert_eq!(row.policy_state(), PolicyState::Acknowledged(1));
    assert_eq!(row.collections.iter().collect::<Vec<_>>(), [&CollectionId::Folder(FolderId::INBOX)]);
    let counters = row.counters;
    assert_eq!((counters.requests, counters.bytes_in, counters.bytes_out), (3, 40, 500));
    assert_eq!((counters.answers, counters.items_told, counters.moves, counters.messages_sent), (1, 5, 1, 1));

    let dropped = SyncEvent::Dropped(CollectionDropped { cause: "asked for".into() });
    world.add(&inbox(account(1), &device(1)), &dropped).await;
    let row =
        devices::device(views_of(&world).await.as_ref(), account(1), &device(1)).await.unwrap().unwrap();
    assert!(row.collections.is_empty());
}

#[tokio::test]
async fn devices_are_listed_by_account_and_removed_ones_are_gone() {
    let mut world = busy_phone().await;
    world.add(&StreamId::device(account(2), &device(1)), &registered()).await;
    world.add(&StreamId::device(account(2), &device(2)), &registered()).await;
    world.add(&StreamId::device(account(2), &device(1)), &DeviceEvent::Removed(Empty {})).await;
    world.add(&inbox(account(2), &device(1)), &offered(0, 1, 0..5)).await;
    let store = views_of(&world).await;
    let names =
        |rows: Vec<devices::DeviceRow>| rows.into_iter().map(|row| (row.account, row.id)).collect::<Vec<_>>();
    assert_eq!(
        names(devices::list(store.as_ref(), Some(account(2))).await.unwrap()),
        [(account(2), device(2))]
    );
    assert_eq!(
        names(devices::list(store.as_ref(), None).await.unwrap()),
        [(account(1), device(1)), (account(2), device(2))]
    );
}

fn kinds(entries: &[TimelineEntry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.kind.as_str()).collect()
}

#[tokio::test]
async fn the_timeline_is_filtered_by_device_collection_time_kind_and_count() {
    let mut world = busy_phone().await;
    world.add(&StreamId::account(account(1)), &created("alice@example.com")).await;
    world.add(&StreamId::device(account(1), &device(2)), &registered()).await;
    world.add(&StreamId::device(account(2), &device(1)), &registered()).await;
    let store = views_of(&world).await;
    let mine = || TimelineQuery { account: Some(account(1)), ..TimelineQuery::default() };
    let run = async |query: TimelineQuery| query.run(store.as_ref()).await.unwrap();
    assert_eq!(run(mine()).await.len(), 11);
    assert_eq!(kinds(&run(TimelineQuery { device: Some(device(2)), ..mine() }).await), ["device-registered"]);
    let inbox = Some(CollectionId::Folder(FolderId::INBOX));
    assert_eq!(
        kinds(&run(TimelineQuery { collection: inbox, ..mine() }).await),
        ["collection-started", "sync-offered"]
    );
    let some = TimelineQuery { from: Some(at(3)), until: Some(at(5)), ..mine() };
    assert_eq!(kinds(&run(some).await), ["policy-offered", "policy-acknowledged"]);
    let some = TimelineQuery { kinds: vec!["device-seen".into(), "account-created".into()], ..mine() };
    assert_eq!(kinds(&run(some).await), ["device-seen", "account-created"]);
    let some = TimelineQuery { limit: Some(2), ..mine() };
    assert_eq!(kinds(&run(some).await), ["device-registered", "device-info-changed"]);
    let some = TimelineQuery { limit: Some(2), newest: true, ..mine() };
    assert_eq!(kinds(&run(some).await), ["account-created", "device-registered"]);
    let some = TimelineQuery { after: Some(Position(8)), limit: Some(1), ..mine() };
    assert_eq!(kinds(&run(some).await), ["device-seen"]);
}

#[tokio::test]
async fn the_timeline_tells_no_secret_and_no_number_of_a_person() {
    let mut world = busy_phone().await;
    let hash = AccountEvent::PasswordSet(AccountPasswordSet { hash: "$argon2id$x".into() });
    world.add(&StreamId::account(account(1)), &hash).await;
    let store = views_of(&world).await;
    let query = TimelineQuery { account: Some(account(1)), ..TimelineQuery::default() };
    let entries = query.run(store.as_ref()).await.unwrap();
    assert_eq!(entries[1].summary(), "model=M imei=changed");
    assert_eq!(entries[5].summary(), "from=0 to=1.1 adds=5");
    let all = format!("{entries:?}");
    assert!(!all.contains("argon2id") && !all.contains("490154203237518"), "{all}");
}

#[tokio::test]
async fn what_belongs_to_no_account_is_in_the_global_section() {
    let mut world = busy_phone().await;
    let set = AttributeSet { name: "x".into(), value: "1".into() };
    world.add(&StreamId::config(), &ConfigEvent::Set(set)).await;
    world.add_raw(&"tomorrow-1".parse().unwrap(), "dawned", 1, vec![]).await;
    let store = views_of(&world).await;
    let entries = TimelineQuery::default().run(store.as_ref()).await.unwrap();
    assert_eq!(kinds(&entries), ["attribute-set", "dawned"]);
    assert_eq!((entries[0].summary().as_str(), entries[1].understood), ("name=x value=1", false));
}

/// Rows outlive the build that wrote them. When this fails, rows are stored in another form or with another meaning
/// than before: raise the layout of the view.
#[tokio::test]
async fn the_stored_form_of_rows_is_the_one_of_this_layout() {
    let mut world = busy_phone().await;
    world.add(&StreamId::account(account(1)), &created("alice@example.com")).await;
    world
        .add(&StreamId::config(), &ConfigEvent::Set(AttributeSet { name: "x".into(), value: "1".into() }))
        .await;
    let store = views_of(&world).await;
    let mut digests = Vec::new();
    for view in crate::VIEWS {
        let rows = store.scan(view.stored, "", None, 100).await.unwrap();
        let bytes = rows.iter().flat_map(|row| row.key.bytes().chain(row.value.iter().copied()));
        // FNV-1a: enough to notice a change.
        let digest = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        digests.push((view.stored, format!("{digest:016x}")));
    }
    let expected = [
        ("directory-2", "288277031ead590d"),
        ("devices-2", "96c37295fd051dd6"),
        ("sync-states-1", "2179074b199fb5cd"),
        ("timeline-2", "f27b6de2c3d54067"),
    ];
    assert_eq!(digests, expected.map(|(view, digest)| (view, digest.to_owned())));
}
