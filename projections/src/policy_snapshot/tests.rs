use std::{sync::Arc, time::Duration};

use proptest::prelude::*;
use syncledger_domain::{
    config::{AttributeSet, ConfigEvent},
    device::{Device, DeviceSeen, Empty, SyncStateReset},
    directory::{Account, AccountDisabled, AccountEvent, CosCreated},
    event::{Position, StreamId},
    ids::{Address, CosId, DomainName},
    ports::{event_log::EventLog, views::ViewStore},
};
use tokio::{runtime::Runtime, time::timeout};

use super::*;
use crate::{
    MemoryViews, Runner,
    fixtures::{
        World, account, created, device, inbox, offered, policy_acknowledged, policy_offered, registered,
        started, steps,
    },
};

const PATIENCE: Duration = Duration::from_secs(30);

type Everything =
    (Vec<AccountPolicy>, Vec<(Address, AccountId)>, Vec<(AccountId, DevicePolicy)>, Vec<String>);

/// All a snapshot knows, in an order of its own; `as_of` left out, for views count more events than gates do.
fn everything(snapshot: &PolicySnapshot) -> Everything {
    let mut accounts: Vec<_> = snapshot
        .accounts
        .values()
        .map(|a| AccountPolicy { as_of: Position::START, ..AccountPolicy::clone(a) })
        .collect();
    accounts.sort_by_key(|account| account.id);
    let mut addresses: Vec<_> =
        snapshot.by_address.iter().map(|(address, holders)| (address.clone(), holders[0])).collect();
    addresses.sort();
    let mut devices: Vec<_> = snapshot
        .devices
        .iter()
        .flat_map(|(account, devices)| {
            devices
                .iter()
                .map(|d| (*account, DevicePolicy { as_of: Position::START, ..DevicePolicy::clone(d) }))
        })
        .collect();
    devices.sort_by_key(|(account, device)| (*account, device.id.clone()));
    let control = [format!("{:?} {:?}", snapshot.abq, snapshot.filters), format!("{:?}", snapshot.services)];
    let cos = snapshot.cos.iter().map(|(id, scope)| format!("{id} {:?}", scope.attributes));
    let rest = cos.chain(control).chain([format!("{:?}", snapshot.config.attributes)]).collect();
    (accounts, addresses, devices, rest)
}

async fn from_log(world: &World) -> Arc<PolicySnapshot> {
    PolicySnapshots::start(world.log(), None).await.unwrap().current()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn made_from_views_and_tail_it_is_the_one_made_from_the_log(before in steps(120), after in steps(40), uneven in any::<bool>()) {
        Runtime::new().unwrap().block_on(async {
            let mut world = World::new();
            world.add_all(&before).await;
            let store: Arc<dyn ViewStore> = Arc::new(MemoryViews::new());
            let head = world.log.head().await.unwrap();
            Runner::new(world.log(), Arc::clone(&store)).catch_up(head, |_| {}).await.unwrap();
            world.add_all(&after).await;
            if uneven {
                let head = world.log.head().await.unwrap();
                let mut devices = Runner::only(world.log(), Arc::clone(&store), &["devices"]).unwrap();
                devices.catch_up(head, |_| {}).await.unwrap();
            }
            let quick = PolicySnapshots::start(world.log(), Some(store)).await.unwrap().current();
            let slow = from_log(&world).await;
            assert_eq!(everything(&quick), everything(&slow));
            assert_eq!(quick.position(), slow.position());
        });
    }

    /// The gates must see what the commands' aggregates say.
    #[test]
    fn it_agrees_with_the_aggregates(steps in steps(120)) {
        Runtime::new().unwrap().block_on(async {
            let mut world = World::new();
            world.add_all(&steps).await;
            let snapshot = from_log(&world).await;
            let abq: syncledger_domain::abq::DeviceControl = fold_stream(&world, &StreamId::abq()).await;
            assert_eq!(*snapshot.abq().state, abq);
            for number in 0..3 {
                let id = account(number);
                let aggregate: Account = fold_stream(&world, &StreamId::account(id)).await;
                let policy = snapshot.account(id);
                assert_eq!(policy.is_some(), aggregate.exists());
                if let Some(policy) = policy {
                    assert_eq!(Some(&policy.address), aggregate.address.as_ref());
                    assert_eq!(policy.password_hash.as_ref().map(|hash| &hash.0), aggregate.password_hash.as_ref());
                    assert_eq!(policy.mobile_passwords, aggregate.mobile_passwords);
                    assert_eq!((&policy.cos, &policy.disabled, &policy.attributes), (&aggregate.cos, &aggregate.disabled, &aggregate.attributes));
                }
                for d in 0..2 {
                    let aggregate: Device = fold_stream(&world, &StreamId::device(id, &device(d))).await;
                    let Some(policy) = snapshot.device(id, &device(d)) else { continue };
                    assert!(aggregate.registered);
                    assert_eq!((policy.offered_policy, policy.policy, policy.previous_policy), (aggregate.offered_policy, aggregate.policy, aggregate.previous_policy));
                    let standing = &policy.standing;
                    assert_eq!((standing.wipe, standing.suspended, standing.provisionable), (aggregate.wipe, aggregate.suspended, aggregate.provisionable));
                    assert_eq!((standing.jail.map(|jail| jail.jailed), &standing.shown, standing.dummy_message), (aggregate.jail, &aggregate.shown, aggregate.dummy_message));
                    assert_eq!(standing.access.as_ref().map(|access| &access.verdict), aggregate.access.as_ref());
                    assert_eq!(standing.policy_since.is_some(), policy.policy.is_some());
                    assert_eq!((&policy.ping, policy.protocol_version), (&aggregate.ping, aggregate.protocol_version));
                    assert_eq!((Some(&policy.device_type), &policy.user_agent), (aggregate.device_type.as_ref(), &aggregate.user_agent));
                }
            }
        });
    }
}

async fn fold_stream<A: syncledger_domain::Aggregate>(world: &World, stream: &StreamId) -> A {
    let mut state = A::default();
    for event in
        world.log.read_stream(stream, syncledger_domain::event::Revision(0), usize::MAX).await.unwrap()
    {
        if let Ok(event) =
            syncledger_domain::StoredEvent::decode(&event.event_type, event.version, &event.payload)
        {
            state.evolve(&event);
        }
    }
    state
}

fn set(name: &str, value: &str) -> AttributeSet {
    AttributeSet { name: name.to_owned(), value: value.to_owned() }
}

#[tokio::test]
async fn whoever_appended_sees_the_effect_after_waiting() {
    let mut world = World::new();
    let snapshots = PolicySnapshots::start(world.log(), None).await.unwrap();
    let alice = Address::new("alice@example.com").unwrap();
    assert!(snapshots.current().account_by_address(&alice).is_none());
    let position = world.add(&StreamId::account(account(1)), &created("alice@example.com")).await;
    assert!(snapshots.wait_for(position, PATIENCE).await);
    assert_eq!(snapshots.current().account_by_address(&alice).unwrap().id, account(1));
    let offered_key = policy_offered(5);
    world.add(&StreamId::device(account(1), &device(1)), &registered()).await;
    let position = world.add(&StreamId::device(account(1), &device(1)), &offered_key).await;
    assert!(snapshots.wait_for(position, PATIENCE).await);
    let seen = snapshots.current();
    assert_eq!(seen.device(account(1), &device(1)).unwrap().offered_policy.unwrap().key.value(), 5);
    assert!(seen.device(account(1), &device(2)).is_none());
    assert!(!snapshots.wait_for(Position(position.0 + 1), Duration::from_millis(1)).await);
}

#[tokio::test]
async fn the_former_policy_key_stays_known_and_a_removed_device_is_gone() {
    let mut world = World::new();
    let stream = StreamId::device(account(1), &device(1));
    for event in [
        registered(),
        policy_offered(1),
        policy_acknowledged(1, 2),
        policy_offered(3),
        policy_acknowledged(3, 4),
    ] {
        world.add(&stream, &event).await;
    }
    let snapshot = from_log(&world).await;
    let policy = snapshot.device(account(1), &device(1)).unwrap();
    assert_eq!((policy.policy.unwrap().key.value(), policy.previous_policy.unwrap().key.value()), (4, 2));
    world.add(&stream, &syncledger_domain::device::DeviceEvent::Removed(Empty {})).await;
    assert!(from_log(&world).await.devices_of(account(1)).is_empty());
}

#[tokio::test]
async fn of_two_accounts_with_one_address_the_first_counts_until_it_is_removed() {
    let mut world = World::new();
    for number in [1, 2] {
        world.add(&StreamId::account(account(number)), &created("alice@example.com")).await;
    }
    let alice = Address::new("alice@example.com").unwrap();
    assert_eq!(from_log(&world).await.account_by_address(&alice).unwrap().id, account(1));
    world.add(&StreamId::account(account(1)), &AccountEvent::Removed(Empty {})).await;
    assert_eq!(from_log(&world).await.account_by_address(&alice).unwrap().id, account(2));
}

#[tokio::test]
async fn the_narrowest_scope_that_has_a_value_wins() {
    let mut world = World::new();
    let domain = DomainName::new("example.com").unwrap();
    let cos = CosId::default();
    world.add(&StreamId::account(account(1)), &created("alice@example.com")).await;
    world.add(&StreamId::config(), &ConfigEvent::Set(set("x", "global"))).await;
    let value = async |world: &World| {
        let snapshot = from_log(world).await;
        snapshot.attribute(snapshot.account(account(1)).unwrap(), "x").map(ToOwned::to_owned)
    };
    assert_eq!(value(&world).await.as_deref(), Some("global"));
    let in_domain = syncledger_domain::directory::DomainEvent::AttributeSet(set("x", "domain"));
    world.add(&StreamId::domain(&domain), &in_domain).await;
    assert_eq!(value(&world).await.as_deref(), Some("domain"));
    let created_cos = syncledger_domain::directory::CosEvent::Created(CosCreated { id: cos.clone() });
    world.add(&StreamId::cos(&cos), &created_cos).await;
    world
        .add(&StreamId::cos(&cos), &syncledger_domain::directory::CosEvent::AttributeSet(set("x", "cos")))
        .await;
    assert_eq!(value(&world).await.as_deref(), Some("cos"));
    world.add(&StreamId::account(account(1)), &AccountEvent::AttributeSet(set("x", "account"))).await;
    assert_eq!(value(&world).await.as_deref(), Some("account"));
}

#[tokio::test]
async fn a_waiting_request_is_woken_by_what_concerns_its_device_and_by_nothing_else() {
    let mut world = World::new();
    let mine = StreamId::device(account(1), &device(1));
    world.add(&StreamId::account(account(1)), &created("alice@example.com")).await;
    world.add(&mine, &registered()).await;
    let snapshots = PolicySnapshots::start(world.log(), None).await.unwrap();
    let mut watch = snapshots.watch(account(1), &device(1));

    world.add(&StreamId::device(account(1), &device(2)), &registered()).await;
    world.add(&StreamId::account(account(2)), &created("bob@example.com")).await;
    world.add(&inbox(account(1), &device(1)), &started(1)).await;
    world.add(&inbox(account(1), &device(1)), &offered(0, 1, 0..3)).await;
    let alive = syncledger_domain::device::DeviceEvent::Seen(DeviceSeen::default());
    let position = world.add(&mine, &alive).await;
    assert!(snapshots.wait_for(position, PATIENCE).await);
    assert!(timeout(Duration::from_millis(1), watch.changed()).await.is_err());

    let reset = SyncStateReset { cause: "asked for".to_owned() };
    let reset = world.add(&mine, &syncledger_domain::device::DeviceEvent::SyncStateReset(reset)).await;
    assert_eq!(
        timeout(PATIENCE, watch.changed()).await.unwrap(),
        Change { position: reset, cause: Cause::Device }
    );
    assert!(snapshots.current().position() >= reset);

    let disabled = AccountEvent::Disabled(AccountDisabled { reason: String::new() });
    let disabled = world.add(&StreamId::account(account(1)), &disabled).await;
    assert_eq!(
        timeout(PATIENCE, watch.changed()).await.unwrap(),
        Change { position: disabled, cause: Cause::Account }
    );

    let setting = world.add(&StreamId::config(), &ConfigEvent::Set(set("x", "1"))).await;
    assert_eq!(
        timeout(PATIENCE, watch.changed()).await.unwrap(),
        Change { position: setting, cause: Cause::Settings }
    );
}

#[tokio::test]
async fn a_wait_that_ends_leaves_nothing_behind() {
    let snapshots = PolicySnapshots::start(World::new().log(), None).await.unwrap();
    let (first, second) = (snapshots.watch(account(1), &device(1)), snapshots.watch(account(1), &device(1)));
    drop(first);
    assert!(!snapshots.nobody_waits());
    drop(second);
    assert!(snapshots.nobody_waits());
}

#[test]
fn password_hashes_do_not_show_in_debug_output() {
    let shown = format!("{:?}", Some(PasswordHash("$argon2id$secret".to_owned())));
    assert!(!shown.contains("secret"), "{shown}");
}

#[tokio::test]
async fn what_concerns_a_device_is_not_hidden_by_what_concerns_everybody() {
    let mut world = World::new();
    let snapshots = PolicySnapshots::start(world.log(), None).await.unwrap();
    let mut watch = snapshots.watch(account(1), &device(1));
    let reset =
        syncledger_domain::device::DeviceEvent::SyncStateReset(SyncStateReset { cause: "test".into() });
    world.add(&StreamId::device(account(1), &device(1)), &reset).await;
    let position = world.add(&StreamId::config(), &ConfigEvent::Set(set("x", "1"))).await;
    assert!(snapshots.wait_for(position, PATIENCE).await);
    let change = timeout(PATIENCE, watch.changed()).await.unwrap();
    assert_eq!((change.cause, change.position), (Cause::Device, position));
    let position = world.add(&StreamId::config(), &ConfigEvent::Set(set("x", "2"))).await;
    let change = timeout(PATIENCE, watch.changed()).await.unwrap();
    assert_eq!((change.cause, change.position), (Cause::Settings, position));
}
