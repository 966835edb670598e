//! Device control and its messages.

use syncledger_domain::{
    abq::{DeviceControl, DeviceStatus, EntryOrigin, Key, KnownDevice, Refusal, RuleScope},
    abq_messages::{self, Fields, MessageKind, MessageLocale, MessageScope},
    event::{StreamId, Timestamp},
    ids::{AccountId, DomainName, ShownDeviceId},
    ports::event_log::MAX_APPEND_BYTES,
    testing::address,
};

use super::World;
use crate::{
    CommandError, Loaded, SeedCause, abq_allow, abq_block, abq_delete, abq_delete_message, abq_delete_rule,
    abq_duplicate_message, abq_import, abq_init_messages, abq_quarantine, abq_seed, abq_set, abq_set_message,
    abq_set_rule,
};

fn device(id: &str) -> ShownDeviceId {
    ShownDeviceId::new(id).unwrap()
}

fn key(id: &str, account: Option<AccountId>) -> Key {
    Key { device: device(id), account }
}

fn domain(name: &str) -> DomainName {
    DomainName::new(name).unwrap()
}

fn refusal<T: std::fmt::Debug, R: std::fmt::Debug>(result: Result<T, CommandError<R>>) -> R {
    match result {
        Err(CommandError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// A file of devices with long names.
fn file(name: &str, devices: usize) -> String {
    let lines: Vec<_> = (0..devices).map(|n| format!("{name}-{n:0118}")).collect();
    lines.join("\n")
}

async fn control(world: &World) -> DeviceControl {
    world.repository.load::<DeviceControl>(&StreamId::abq()).await.unwrap().state
}

fn status(control: &DeviceControl, id: &str, account: Option<AccountId>) -> Option<DeviceStatus> {
    control.list.entry(&device(id).canonical(), account).map(|entry| entry.status)
}

#[tokio::test]
async fn a_device_goes_through_quarantine_and_is_let_in_blocked_and_forgotten() {
    let (world, alice) = World::with_account().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    let (phone, hers) = (key("ApplF17", None), key("ApplF17", Some(alice)));
    for refused in [
        abq_allow::run(repository, issuer, &phone, None).await,
        abq_block::run(repository, issuer, &hers, None).await,
    ] {
        assert!(matches!(refusal(refused), Refusal::NotQuarantined { status: None, .. }));
    }
    let known = Loaded::default();
    let come = abq_quarantine::run(repository, issuer, known, &phone.device, alice).await.unwrap();
    assert!(come.appended.is_some());
    let base = Loaded { state: come.state, last: come.appended.map(|appended| appended.last_revision) };
    let again = abq_quarantine::run(repository, issuer, base, &phone.device, alice).await.unwrap();
    assert!(again.appended.is_none());

    let until = Timestamp::from_seconds(1_714_554_753 + 604_800);
    abq_allow::run(repository, issuer, &hers, Some(until)).await.unwrap();
    abq_block::run(repository, issuer, &phone, None).await.unwrap();
    let again = abq_block::run(repository, issuer, &phone, None).await.unwrap();
    assert!(again.appended.is_none());
    let now = control(&world).await;
    assert_eq!(status(&now, "applf17", None), Some(DeviceStatus::Blocked));
    assert_eq!(status(&now, "applf17", Some(alice)), Some(DeviceStatus::Allowed));
    assert_eq!(now.list.next_expiry(Timestamp(0)), Some(until));

    let deleted = abq_delete::run(repository, issuer, &phone).await.unwrap();
    assert_eq!((deleted.entries, deleted.state), (2, DeviceControl::default()));
    assert!(matches!(
        refusal(abq_delete::run(repository, issuer, &phone).await),
        Refusal::NoSuchEntry { .. }
    ));
    let expected = [
        "device-status-set",
        "device-status-set",
        "device-status-set",
        "device-status-deleted",
        "device-status-deleted",
    ];
    assert_eq!(world.stored(&StreamId::abq()).await, expected);
}

#[tokio::test]
async fn entries_are_only_made_for_accounts_that_exist() {
    let (world, alice) = World::with_account().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    let nobody = AccountId::for_address(&address("bob@example.com"));
    let no_such = Refusal::NoSuchAccount(nobody.to_string());
    let set = |account| async move {
        abq_set::run(repository, issuer, &key("a", account), DeviceStatus::Blocked, None).await
    };
    assert_eq!(refusal(set(Some(nobody)).await), no_such);
    let key = key("a", Some(nobody));
    assert_eq!(refusal(abq_allow::run(repository, issuer, &key, None).await), no_such);
    assert_eq!(refusal(abq_block::run(repository, issuer, &key, None).await), no_such);
    assert!(set(Some(alice)).await.unwrap().appended.is_some());
    assert!(set(Some(alice)).await.unwrap().appended.is_none());
    assert!(set(None).await.unwrap().appended.is_some());
}

#[tokio::test]
async fn a_file_larger_than_an_append_is_imported_whole_and_again_without_effect() {
    let (world, alice) = World::with_account().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    let mut text = file("Device", 10_000);
    assert!(text.len() > MAX_APPEND_BYTES);
    text.push_str("\nx y\nhers/alice@example.com\nhis/bob@example.com\nHERS/alice@example.com,\n");
    let find = |text: &str| (text == "alice@example.com").then_some(alice);
    let import = |to| abq_import::run(repository, issuer, &text, (to, None), &find);
    let done = import(DeviceStatus::Allowed).await.unwrap();
    assert_eq!((done.added, done.updated, done.unchanged, done.duplicates), (10_001, 0, 0, 1));
    let bad: Vec<_> = done.bad.iter().map(|line| line.line).collect();
    assert_eq!(bad, [10_001, 10_003]);
    assert_eq!(done.bad[1].to_string(), "line 10003: account 'bob@example.com' does not exist");
    assert_eq!(control(&world).await.list.len(), 10_001);
    assert_eq!(done.state, control(&world).await);

    let again = import(DeviceStatus::Allowed).await.unwrap();
    assert_eq!((again.unchanged, again.appended), (10_001, None));
    let changed = import(DeviceStatus::Blocked).await.unwrap();
    assert_eq!((changed.added, changed.updated), (0, 10_001));
    assert_eq!(world.stored(&StreamId::abq()).await.len(), 20_002);
}

#[tokio::test]
async fn known_devices_are_let_in_once_and_when_asked_for() {
    let world = World::new();
    let (repository, issuer) = (&world.repository, &world.issuer);
    let known = |ids: &[&str]| -> Vec<KnownDevice> {
        ids.iter().map(|id| KnownDevice { device: device(id), domain: domain("example.com") }).collect()
    };
    let start =
        abq_seed::run(repository, issuer, &known(&["a", "b"]), SeedCause::ServiceStart).await.unwrap();
    assert_eq!(start.added, 2);
    assert!(start.state.seeded);
    let again = abq_seed::run(repository, issuer, &known(&["a", "b", "c"]), SeedCause::ServiceStart).await;
    assert!(again.unwrap().appended.is_none());
    let asked = abq_seed::run(repository, issuer, &known(&["a", "b", "c"]), SeedCause::Asked).await.unwrap();
    assert_eq!((asked.added, asked.listed), (1, 2));
    let origins: Vec<_> = asked.state.list.devices().filter_map(|(_, listed)| listed.device).collect();
    assert!(origins.iter().all(|entry| entry.origin == EntryOrigin::Seed) && origins.len() == 3);
}

#[tokio::test]
async fn rules_are_made_for_domains_that_exist_and_deleted() {
    let (world, _) = World::with_account().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    let here = RuleScope::Domain(domain("example.com"));
    let elsewhere = RuleScope::Domain(domain("example.net"));
    let rule = (DeviceStatus::Blocked, 10);
    let no_domain = abq_set_rule::run(repository, issuer, &elsewhere, "x.*", rule).await;
    assert_eq!(refusal(no_domain), Refusal::NoSuchDomain(domain("example.net")));
    for scope in [&here, &RuleScope::Global] {
        let made = abq_set_rule::run(repository, issuer, scope, "x.*", rule).await.unwrap();
        assert!(made.appended.is_some());
        let again = abq_set_rule::run(repository, issuer, scope, "x.*", rule).await.unwrap();
        assert!(again.appended.is_none());
        let bad = abq_set_rule::run(repository, issuer, scope, "x(", (DeviceStatus::Allowed, 11)).await;
        assert!(matches!(refusal(bad), Refusal::BadRegex(_)));
        let taken = abq_set_rule::run(repository, issuer, scope, "y", rule).await;
        assert!(matches!(refusal(taken), Refusal::OrderTaken { order: 10, .. }));
    }
    abq_delete_rule::run(repository, issuer, &here, "x.*").await.unwrap();
    let gone = abq_delete_rule::run(repository, issuer, &here, "x.*").await;
    assert!(matches!(refusal(gone), Refusal::NoSuchRule { .. }));
    assert_eq!(control(&world).await.rules.len(), 1);
    assert_eq!(world.stored(&StreamId::abq()).await, ["rule-set", "rule-set", "rule-deleted"]);
}

#[tokio::test]
async fn messages_are_set_copied_deleted_and_written_out() {
    let (world, _) = World::with_account().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    let (kind, default) = (MessageKind::Blocked, MessageLocale::Default);
    let french: MessageLocale = "fr".parse().unwrap();
    let here = MessageScope::Domain(domain("example.com"));
    let elsewhere = MessageScope::Domain(domain("example.net"));
    let fields = Fields { subject: Some("No".to_owned()), ..Fields::default() };
    let set = |scope, locale| abq_set_message::run(repository, issuer, scope, (kind, locale), &fields);
    let no_domain = abq_messages::Refusal::NoSuchDomain(domain("example.net"));
    assert_eq!(refusal(set(&elsewhere, &default).await), no_domain);
    let too_early = refusal(set(&here, &french).await);
    assert!(matches!(too_early, abq_messages::Refusal::NoDefaultMessage { .. }));
    assert!(set(&here, &default).await.unwrap().appended.is_some());
    assert!(set(&here, &default).await.unwrap().appended.is_none());
    let copy = || abq_duplicate_message::run(repository, issuer, &here, kind, (&default, &french));
    assert!(copy().await.unwrap().appended.is_some());
    assert!(copy().await.unwrap().appended.is_none());
    let needed = abq_delete_message::run(repository, issuer, &here, kind, &default).await;
    assert!(matches!(refusal(needed), abq_messages::Refusal::DefaultNeeded { .. }));
    for locale in [&french, &default] {
        abq_delete_message::run(repository, issuer, &here, kind, locale).await.unwrap();
    }
    let gone = abq_delete_message::run(repository, issuer, &here, kind, &default).await;
    assert!(matches!(refusal(gone), abq_messages::Refusal::NoSuchMessage { .. }));

    let (_, counts) = abq_init_messages::run(repository, issuer, false).await.unwrap();
    assert_eq!(counts.map(|counts| (counts.written, counts.kept)), Some((14, 0)));
    let (again, counts) = abq_init_messages::run(repository, issuer, false).await.unwrap();
    assert_eq!((again.appended, counts), (None, None));
}
