//! Devices, policies, folder maps, resets.

use syncledger_domain::{
    device::{AcknowledgementRules, DeviceInfo, DeviceSeen, Refusal},
    event::StreamId,
    ids::{CollectionId, DeviceId, FolderId},
    ports::{
        event_log::EventLog,
        mailbox::{BackendKey, Folder, FolderClass, FolderRole},
    },
    sync_state::{Refusal as KeyRefusal, SyncState},
    testing::{digest, policy_key},
};

use super::{World, introduction};
use crate::{
    Acknowledged, CommandError, NoSnapshots, SyncStates, acknowledge_policy, change_device_info,
    create_account, observe_folders, offer_policy, record_device_seen, record_moves, register_device,
    remove_account, remove_device, reset_sync_state, set_ping_parameters,
};

fn folder(key: String, role: Option<FolderRole>) -> Folder {
    let class = FolderClass::Mail;
    Folder { name: key.clone(), key: BackendKey(key), parent: None, class, role, identity: None }
}

fn inbox() -> Folder {
    folder("INBOX".to_owned(), Some(FolderRole::Inbox))
}

impl World {
    /// Starts the collections and gives each a first answer.
    pub(super) async fn start(
        &self,
        account: syncledger_domain::ids::AccountId,
        device: &DeviceId,
        all: &[CollectionId],
    ) {
        for collection in all {
            let decide = |state: &SyncState| Ok::<_, KeyRefusal>(vec![state.start(Some(FolderClass::Mail))]);
            let stream = StreamId::sync(account, device, *collection);
            self.repository.execute(&self.issuer, &stream, decide).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_device_is_registered_once_and_a_connection_test_never() {
    let (world, account, device) = World::with_device().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    let again = register_device::run(repository, issuer, account, &device, &introduction()).await.unwrap();
    assert!(again.appended.is_none());
    let test = DeviceId::new("validate").unwrap();
    let refused = register_device::run(repository, issuer, account, &test, &introduction()).await;
    assert!(matches!(refused, Err(CommandError::Refused(Refusal::ConnectionTest(id))) if id == test));
    assert!(world.stored(&StreamId::device(account, &test)).await.is_empty());
}

#[tokio::test]
async fn provisioning_gives_one_final_key_however_often_answers_are_lost() {
    let (world, account, device) = World::with_device().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    let offer = || offer_policy::run(repository, issuer, account, &device, digest(1));
    let temporary = offer().await.unwrap();
    assert_eq!(offer().await.unwrap(), temporary);
    let rules = AcknowledgementRules::default();
    let acknowledge =
        |key, status| acknowledge_policy::run(repository, issuer, account, &device, key, status, rules);
    let Acknowledged::Accepted(last_key) = acknowledge(temporary, 1).await.unwrap() else {
        panic!("declined")
    };
    assert_ne!(last_key, temporary);
    assert_eq!(acknowledge(temporary, 1).await.unwrap(), Acknowledged::Accepted(last_key));
    let stale = acknowledge(policy_key(9), 1).await;
    assert!(matches!(stale, Err(CommandError::Refused(Refusal::StalePolicyKey))), "{stale:?}");
    let second = offer().await.unwrap();
    assert_eq!(acknowledge(second, 2).await.unwrap(), Acknowledged::Declined);
    let expected =
        ["device-registered", "policy-offered", "policy-acknowledged", "policy-offered", "policy-declined"];
    assert_eq!(world.stored(&StreamId::device(account, &device)).await, expected);
}

#[tokio::test]
async fn what_changes_nothing_appends_nothing() {
    let (world, account, device) = World::with_device().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    let info = DeviceInfo { model: Some("P8".to_owned()), ..DeviceInfo::default() };
    let moves = [("2:1".parse().unwrap(), "3:9".parse().unwrap())];
    for round in 0..2 {
        let appended = [
            change_device_info::run(repository, issuer, account, &device, &info).await.unwrap().appended,
            set_ping_parameters::run(repository, issuer, account, &device, 480, &[FolderId::INBOX])
                .await
                .unwrap()
                .appended,
            record_moves::run(repository, issuer, account, &device, &moves).await.unwrap().appended,
        ];
        assert_eq!(appended.map(|appended| appended.is_some()), [round == 0; 3]);
    }
    let nothing = DeviceSeen::default();
    let seen = record_device_seen::run(repository, issuer, account, &device, nothing).await.unwrap();
    assert!(seen.appended.is_none());
}

#[tokio::test]
async fn a_reset_drops_every_collection_and_is_recorded() {
    let (world, account, device) = World::with_device().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    observe_folders::run(repository, issuer, account, &[inbox(), folder("Work".to_owned(), None)])
        .await
        .unwrap();
    // The folder that went has a state, too.
    observe_folders::run(repository, issuer, account, &[inbox()]).await.unwrap();
    let collections = [
        CollectionId::Hierarchy,
        CollectionId::Folder(FolderId::INBOX),
        CollectionId::Folder(FolderId(257)),
        CollectionId::Folder(FolderId::OUTBOX),
    ];
    world.start(account, &device, &collections).await;
    let other = DeviceId::new("phone2").unwrap();
    world.start(account, &other, &collections).await;

    reset_sync_state::run(repository, issuer, account, &device, "asked for").await.unwrap();
    for collection in collections {
        let names = world.stored(&StreamId::sync(account, &device, collection)).await;
        assert_eq!(names, ["collection-started", "collection-dropped"]);
        let names = world.stored(&StreamId::sync(account, &other, collection)).await;
        assert_eq!(names, ["collection-started"], "another device's state was dropped");
    }
    assert_eq!(world.stored(&StreamId::device(account, &device)).await.last().unwrap(), "sync-state-reset");

    let unknown = reset_sync_state::run(repository, issuer, account, &other, "asked for").await;
    assert!(matches!(unknown, Err(CommandError::Refused(Refusal::NotRegistered))), "{unknown:?}");
    let names = world.stored(&StreamId::sync(account, &other, CollectionId::Hierarchy)).await;
    assert_eq!(names, ["collection-started"], "a refused reset dropped something");
}

#[tokio::test]
async fn a_reset_drops_the_inbox_even_before_the_mailbox_was_seen() {
    let (world, account, device) = World::with_device().await;
    let collections = [FolderId::INBOX, FolderId::OUTBOX]
        .map(CollectionId::Folder)
        .into_iter()
        .chain([CollectionId::Hierarchy]);
    let collections: Vec<_> = collections.collect();
    world.start(account, &device, &collections).await;
    reset_sync_state::run(&world.repository, &world.issuer, account, &device, "access").await.unwrap();
    for collection in collections {
        let names = world.stored(&StreamId::sync(account, &device, collection)).await;
        assert_eq!(names, ["collection-started", "collection-dropped"], "{collection}");
    }
}

#[tokio::test]
async fn a_removed_device_leaves_no_state_behind_and_can_register_again() {
    let (world, account, device) = World::with_device().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    world.start(account, &device, &[CollectionId::Hierarchy]).await;
    remove_device::run(repository, issuer, account, &device).await.unwrap();
    let hierarchy = StreamId::sync(account, &device, CollectionId::Hierarchy);
    assert_eq!(world.stored(&hierarchy).await, ["collection-started", "collection-dropped"]);
    let again = remove_device::run(repository, issuer, account, &device).await;
    assert!(matches!(again, Err(CommandError::Refused(Refusal::NotRegistered))), "{again:?}");
    register_device::run(repository, issuer, account, &device, &introduction()).await.unwrap();
    let expected = ["device-registered", "device-removed", "device-registered"];
    assert_eq!(world.stored(&StreamId::device(account, &device)).await, expected);
}

#[tokio::test]
async fn a_listing_too_large_for_one_append_is_taken_in_several() {
    let (world, account) = World::with_account().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    let listing: Vec<_> = (0..3000).map(|n| folder(format!("{n:0>300}"), None)).collect();
    let map = observe_folders::run(repository, issuer, account, &listing).await.unwrap();
    assert_eq!(map.iter().count(), 3000);
    let head = world.log.head().await.unwrap();
    observe_folders::run(repository, issuer, account, &listing).await.unwrap();
    assert_eq!(world.log.head().await.unwrap(), head, "an unchanged listing was appended");
}

#[tokio::test]
async fn a_lost_answer_of_the_log_is_found_out_by_deciding_anew() {
    let (world, account, device) = World::with_device().await;
    world.log.lose_next_answer();
    let removed = remove_device::run(&world.repository, &world.issuer, account, &device).await;
    assert!(matches!(removed, Err(CommandError::Log(_))), "{removed:?}");
    let again = remove_device::run(&world.repository, &world.issuer, account, &device).await;
    assert!(matches!(again, Err(CommandError::Refused(Refusal::NotRegistered))), "{again:?}");
}

#[tokio::test]
async fn a_removed_account_takes_its_devices_with_it() {
    let (world, account, device) = World::with_device().await;
    world.start(account, &device, &[CollectionId::Hierarchy]).await;
    remove_account::run(&world.repository, &world.issuer, account).await.unwrap();
    let of_device = world.stored(&StreamId::device(account, &device)).await;
    assert_eq!(of_device.last().map(String::as_str), Some("device-removed"));
    let of_states = world.stored(&StreamId::sync(account, &device, CollectionId::Hierarchy)).await;
    assert_eq!(of_states.last().map(String::as_str), Some("collection-dropped"));
    let head = world.log.head().await.unwrap();
    let again = remove_account::run(&world.repository, &world.issuer, account).await.unwrap();
    assert_eq!(again, remove_account::Removed { newly: false, devices: Vec::new() });
    assert_eq!(world.log.head().await.unwrap(), head, "there was nothing left to do");
}

#[tokio::test]
async fn an_account_is_removed_before_its_devices_and_a_removal_cut_short_is_finished_by_another() {
    let (world, account, device) = World::with_device().await;
    // The first append succeeds, but its answer is lost: the command ends there.
    world.log.lose_next_answer();
    let removed = remove_account::run(&world.repository, &world.issuer, account).await;
    assert!(matches!(removed, Err(CommandError::Log(_))), "{removed:?}");
    let of_account = world.stored(&StreamId::account(account)).await;
    assert_eq!(of_account.last().map(String::as_str), Some("account-removed"));
    assert_eq!(world.stored(&StreamId::device(account, &device)).await, ["device-registered"]);

    let again = remove_account::run(&world.repository, &world.issuer, account).await.unwrap();
    assert_eq!(again, remove_account::Removed { newly: false, devices: vec![device.clone()] });
    let of_device = world.stored(&StreamId::device(account, &device)).await;
    assert_eq!(of_device.last().map(String::as_str), Some("device-removed"));
}

#[tokio::test]
async fn a_device_that_registered_behind_a_removal_is_not_inherited_by_the_next_account() {
    let (world, account, _) = World::with_device().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    remove_account::run(repository, issuer, account).await.unwrap();
    // A request that passed the gate before.
    let late = DeviceId::new("late").unwrap();
    register_device::run(repository, issuer, account, &late, &introduction()).await.unwrap();
    let address = syncledger_domain::testing::address("alice@example.com");
    let (again, _) = create_account::run(repository, issuer, &address, None).await.unwrap();
    assert_eq!(again, account);
    let of_device = world.stored(&StreamId::device(account, &late)).await;
    assert_eq!(of_device, ["device-registered", "device-removed"]);
}

#[tokio::test]
async fn a_connection_test_leaves_no_sync_state() {
    let (world, account, _) = World::with_device().await;
    let test = DeviceId::new("validate").unwrap();
    let states = SyncStates::new(world.repository.clone(), std::sync::Arc::new(NoSnapshots), 1 << 20);
    let mut held = states.open(account, &test, CollectionId::Hierarchy).await.unwrap();
    let start = held.state().start(None);
    held.commit(&world.issuer, &[start]).await.unwrap().unwrap();
    assert!(world.stored(&StreamId::sync(account, &test, CollectionId::Hierarchy)).await.is_empty());
}
