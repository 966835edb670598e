//! Suspension, wipe, jail, access, purge, folder selection.

use syncledger_domain::{
    anti_dos::Evidence,
    device::{
        Barrier, Device, DeviceJailed, Refusal, ReleaseCause,
        purge::{Candidate, LastUse, Owner, candidates},
    },
    event::{Actor, StreamId, Timestamp},
    folders::Refusal as FolderRefusal,
    ids::{AccountId, CollectionId, DeviceId, FolderId},
    ports::mailbox::{BackendKey, Folder, FolderClass, FolderRole},
    testing::digest,
};

use super::{World, introduction};
use crate::{
    CommandError, Issuer, Purged, acknowledge_wipe, cancel_wipe, jail_device, judge_access, mark_wipe_sent,
    observe_folders, offer_policy, purge_devices, register_device, release_device, request_wipe,
    reset_sync_state, resume_device, set_folder_sync, suspend_device,
};

fn named(id: &str) -> DeviceId {
    DeviceId::new(id).unwrap()
}

impl World {
    async fn register(&self, account: AccountId, id: &str) -> DeviceId {
        let device = named(id);
        let issuer = Issuer { actor: Actor::Device, ..self.issuer.clone() };
        register_device::run(&self.repository, &issuer, account, &device, &introduction()).await.unwrap();
        device
    }

    async fn device(&self, account: AccountId, device: &DeviceId) -> Device {
        self.repository.load(&StreamId::device(account, device)).await.unwrap().state
    }
}

#[track_caller]
fn refusal<T: std::fmt::Debug>(result: Result<T, CommandError<Refusal>>) -> Refusal {
    match result {
        Err(CommandError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn suspended_devices_are_resumed_one_by_one_or_all_at_once() {
    let (world, account, first) = World::with_device().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    let second = world.register(account, "phone2").await;
    let third = world.register(account, "phone3").await;
    for device in [&first, &second, &second] {
        suspend_device::run(repository, issuer, account, device).await.unwrap();
    }
    reset_sync_state::run(repository, issuer, account, &first, "asked for").await.unwrap();
    assert!(world.device(account, &first).await.suspended);
    resume_device::run(repository, issuer, account, &first).await.unwrap();
    suspend_device::run(repository, issuer, account, &first).await.unwrap();
    let all = [first.clone(), named("never-seen"), second.clone(), third.clone()];
    let resumed = resume_device::run_all(repository, issuer, account, &all).await.unwrap();
    assert_eq!(resumed, [first.clone(), second.clone()]);
    let resumed = resume_device::run_all(repository, issuer, account, &all).await.unwrap();
    assert!(resumed.is_empty());
    let stored = world.stored(&StreamId::device(account, &second)).await;
    assert_eq!(stored, ["device-registered", "sync-suspended", "sync-resumed"]);
    let unknown = named("never-seen");
    for refused in [
        refusal(suspend_device::run(repository, issuer, account, &unknown).await),
        refusal(resume_device::run(repository, issuer, account, &unknown).await),
    ] {
        assert_eq!(refused, Refusal::NotRegistered);
    }
}

#[tokio::test]
async fn a_wipe_goes_from_order_to_answer_and_drops_the_states() {
    let (world, account, device) = World::with_device().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    let order = |account_only| request_wipe::run(repository, issuer, account, &device, account_only);
    assert_eq!(refusal(order(false).await), Refusal::NotProvisionable);
    offer_policy::run(repository, issuer, account, &device, digest(1)).await.unwrap();
    assert!(matches!(refusal(order(true).await), Refusal::AccountOnlyUnsupported(Some(_))));
    world.start(account, &device, &[CollectionId::Hierarchy]).await;

    let answer = |status| acknowledge_wipe::run(repository, issuer, account, &device, status);
    assert_eq!(refusal(answer(1).await), Refusal::NoWipePending);
    for round in 0..2 {
        assert_eq!(order(false).await.unwrap().appended.is_some(), round == 0);
    }
    for round in 0..2 {
        let sent = mark_wipe_sent::run(repository, issuer, account, &device).await.unwrap();
        assert_eq!(sent.appended.is_some(), round == 0);
    }
    answer(2).await.unwrap();
    let hierarchy = StreamId::sync(account, &device, CollectionId::Hierarchy);
    assert_eq!(
        world.stored(&hierarchy).await,
        ["collection-started"],
        "a wipe that failed takes nothing away"
    );
    for round in 0..2 {
        assert_eq!(answer(1).await.unwrap().appended.is_some(), round == 0);
    }
    assert_eq!(world.stored(&hierarchy).await, ["collection-started", "collection-dropped"]);
    assert_eq!(world.device(account, &device).await.barrier(), Some(Barrier::Wiped));
    assert_eq!(refusal(order(false).await), Refusal::WipeDone);
    let cancelled = cancel_wipe::run(repository, issuer, account, &device).await;
    assert_eq!(refusal(cancelled), Refusal::WipeDone);
    let expected = [
        "device-registered",
        "policy-offered",
        "wipe-requested",
        "wipe-sent",
        "wipe-acknowledged",
        "wipe-acknowledged",
    ];
    assert_eq!(world.stored(&StreamId::device(account, &device)).await, expected);
}

#[tokio::test]
async fn an_order_is_taken_back_once() {
    let (world, account, device) = World::with_device().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    offer_policy::run(repository, issuer, account, &device, digest(1)).await.unwrap();
    request_wipe::run(repository, issuer, account, &device, false).await.unwrap();
    for round in 0..2 {
        let cancelled = cancel_wipe::run(repository, issuer, account, &device).await.unwrap();
        assert_eq!(cancelled.appended.is_some(), round == 0);
    }
    let sent = mark_wipe_sent::run(repository, issuer, account, &device).await;
    assert_eq!(refusal(sent), Refusal::NoWipePending);
}

#[tokio::test]
async fn a_device_is_jailed_and_released_once() {
    let (world, account, device) = World::with_device().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    let now = repository.clock().now();
    let evidence = Evidence { requests: 151, span_ms: 100, window_ms: 30_000 };
    let jailed = DeviceJailed { until: now.plus_seconds(600), evidence };
    for round in 0..2 {
        let done = jail_device::run(repository, issuer, account, &device, jailed).await.unwrap();
        assert_eq!(done.appended.is_some(), round == 0);
        assert_eq!(done.state.jailed_until(now), Some(now.plus_seconds(600)));
    }
    for round in 0..2 {
        let done = release_device::run(repository, issuer, account, &device, ReleaseCause::Administrator)
            .await
            .unwrap();
        assert_eq!(done.appended.is_some(), round == 0);
    }
    let unknown = jail_device::run(repository, issuer, account, &named("never-seen"), jailed).await;
    assert_eq!(refusal(unknown), Refusal::NotRegistered);
}

#[tokio::test]
async fn a_verdict_is_recorded_when_it_changes() {
    let (world, account, device) = World::with_device().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    for (verdict, why) in [("blocked", "rule 1"), ("blocked", "rule 2"), ("allowed", "entry 1")] {
        judge_access::run(repository, issuer, account, &device, verdict, why).await.unwrap();
    }
    let stored = world.stored(&StreamId::device(account, &device)).await;
    assert_eq!(stored, ["device-registered", "access-judged", "access-judged"]);
}

/// As a view would tell of them: all used long ago.
fn view(account: AccountId, devices: &[(&DeviceId, Timestamp)], now: Timestamp) -> Vec<Candidate> {
    let last_use = |(device, last_used): &(&DeviceId, Timestamp)| LastUse {
        account,
        device: (*device).clone(),
        last_used: *last_used,
        owner: Owner::Active,
        barrier: None,
    };
    candidates(devices.iter().map(last_use), now, 90)
}

#[tokio::test]
async fn purging_removes_what_is_still_unused_and_a_dry_run_only_tells() {
    let (world, account, silent) = World::with_device().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    let suspended = world.register(account, "suspended").await;
    let came_back = world.register(account, "back").await;
    let seen = repository.clock().now();
    let now = seen.plus_seconds(91 * 86_400);
    suspend_device::run(repository, issuer, account, &suspended).await.unwrap();
    let gone = named("gone");
    // The view has not heard yet that one came back, one was suspended and one was removed.
    let stale = seen.plus_seconds(-1);
    let chosen =
        view(account, &[(&silent, seen), (&suspended, seen), (&came_back, stale), (&gone, seen)], now);
    assert_eq!(chosen.len(), 4);
    let names = |purged: &Purged| purged.removed.iter().map(|it| it.device.to_string()).collect::<Vec<_>>();
    for dry_run in [true, true, false] {
        let mut told = 0;
        let purged = purge_devices::run(repository, issuer, chosen.clone(), dry_run, &mut |_| told += 1)
            .await
            .unwrap();
        assert_eq!(names(&purged), ["phone1"]);
        assert_eq!((purged.kept.len(), told), (3, 4));
        assert_eq!((purged.of_active_accounts(), purged.of_other_accounts()), (1, 0));
        assert_eq!(world.device(account, &silent).await.registered, dry_run);
    }
    let again = purge_devices::run(repository, issuer, chosen, false, &mut |_| {}).await.unwrap();
    assert!(again.removed.is_empty());
    assert!(world.device(account, &came_back).await.registered);
    assert!(world.device(account, &suspended).await.suspended);
}

#[tokio::test]
async fn devices_of_an_account_that_is_gone_are_purged_whatever_was_ordered() {
    let (world, account, device) = World::with_device().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    suspend_device::run(repository, issuer, account, &device).await.unwrap();
    let now = repository.clock().now();
    let candidate = Candidate { account, device, last_used: now, owner: Owner::Gone };
    let purged = purge_devices::run(repository, issuer, vec![candidate], false, &mut |_| {}).await.unwrap();
    assert_eq!((purged.of_active_accounts(), purged.of_other_accounts()), (0, 1));
}

#[tokio::test]
async fn a_folder_is_kept_from_devices_and_shown_again() {
    let (world, account) = World::with_account().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    let folder = |key: &str, role| Folder {
        key: BackendKey(key.to_owned()),
        parent: None,
        name: key.to_owned(),
        class: FolderClass::Mail,
        role,
        identity: None,
    };
    let listing = [folder("INBOX", Some(FolderRole::Inbox)), folder("Work", None)];
    observe_folders::run(repository, issuer, account, &listing).await.unwrap();
    let set = |id, enabled| set_folder_sync::run(repository, issuer, account, FolderId(id), enabled);
    for (enabled, shown) in [(false, 1), (false, 1), (true, 2), (true, 2)] {
        assert_eq!(set(257, enabled).await.unwrap().state.hierarchy().len(), shown);
    }
    let system = set(2, false).await;
    assert!(matches!(system, Err(CommandError::Refused(FolderRefusal::SystemFolder(_)))), "{system:?}");
    let unknown = set(999, false).await;
    assert!(matches!(unknown, Err(CommandError::Refused(FolderRefusal::NoSuchFolder(_)))), "{unknown:?}");
    let stored = world.stored(&StreamId::folders(account)).await;
    assert_eq!(stored, ["folder-seen", "folder-seen", "folder-sync-disabled", "folder-sync-enabled"]);
}
