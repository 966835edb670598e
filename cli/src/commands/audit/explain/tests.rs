use syncledger_commands::{
    AttributeTarget, abq_set, abq_set_rule, clear_attribute, create_account, create_domain, filter_delete,
    filter_preset, judge_access, register_device, set_attribute, start_node, suspend_device, switch_service,
};
use syncledger_domain::{
    abq::{DeviceStatus, Key, RuleScope},
    codes,
    device::Introduction,
    eas_filter,
    ids::{AccountId, Address, DeviceType, DomainName, NodeName, ProtocolVersion},
    services::{self, Service},
};

use super::*;
use crate::config::Config;

struct World {
    node: Node,
    account: AccountId,
    _place: tempfile::TempDir,
}

async fn world() -> World {
    let place = tempfile::tempdir().unwrap();
    let config = Config { dir: place.path().join("data"), ..Config::default() };
    let node = Node::open_or_create(&config).await.unwrap();
    let (repository, admin) = (&node.repository, node.admin());
    create_domain::run(repository, &admin, &DomainName::new("example.com").unwrap()).await.unwrap();
    let address = Address::new("alice@example.com").unwrap();
    let (account, _) = create_account::run(repository, &admin, &address, None).await.unwrap();
    World { node, account, _place: place }
}

impl World {
    async fn past(&self, moment: Moment) -> Past {
        let mut past = Past::new(self.account, &ShownDeviceId::new("phone1").unwrap());
        past.read(&self.node.repository, moment).await.unwrap();
        past
    }
}

#[tokio::test]
async fn it_says_who_decided_what_and_when_and_what_held_at_any_moment() {
    let world = world().await;
    let (repository, admin, account) = (&world.node.repository, world.node.admin(), world.account);
    let shown = ShownDeviceId::new("Phone1").unwrap();
    let device = shown.canonical();
    let told = Introduction {
        shown: shown.clone(),
        device_type: DeviceType::new("Phone").unwrap(),
        user_agent: "Phone/1.0".to_owned(),
        protocol_version: Some(ProtocolVersion::V14_1),
    };
    register_device::run(repository, &admin, account, &device, &told).await.unwrap();
    let target = syncledger_commands::AttributeTarget::Global;
    set_attribute::run(repository, &admin, &target, "abqMode", "Strict").await.unwrap();
    judge_access::run(repository, &admin, account, &device, "block", "no entry").await.unwrap();
    let head = world.node.event_log().head().await.unwrap();
    let key = Key { device: shown, account: Some(account) };
    abq_set::run(repository, &admin, &key, DeviceStatus::Allowed, None).await.unwrap();
    suspend_device::run(repository, &admin, account, &device).await.unwrap();

    let now = world.past(Moment::Now).await.answer(repository.clock().now()).as_json();
    assert_eq!((now["verdict"].as_str(), now["mode"].as_str()), (Some("allow"), Some("Strict")));
    assert_eq!((now["mode_from"].as_str(), now["suspended"].as_bool()), (Some("global"), Some(true)));
    assert_eq!(
        (now["device"].as_str(), now["recorded"]["verdict"].as_str()),
        (Some("Phone1"), Some("block"))
    );
    let what: Vec<_> =
        now["decisions"].as_array().unwrap().iter().map(|one| one["what"].as_str().unwrap()).collect();
    let expected = [
        "account created",
        "first request",
        "setting changed",
        "access judged",
        "entry of the list set",
        "suspended",
    ];
    assert_eq!(what, expected);
    assert!(now["decisions"][4]["actor"].as_str().unwrap().starts_with("admin:"));

    let then = world.past(Moment::Position(head)).await.answer(repository.clock().now()).as_json();
    assert_eq!((then["verdict"].as_str(), then["suspended"].as_bool()), (Some("block"), Some(false)));
    assert_eq!(then["decisions"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_device_nobody_heard_of_is_refused_by_its_code() {
    let world = world().await;
    let explain = Explain {
        account: "alice@example.com".to_owned(),
        device: ShownDeviceId::new("nobody").unwrap(),
        at: None,
    };
    let refused = explain.run(&world.node, true).await.unwrap_err();
    assert_eq!(refused.downcast_ref::<Refused>().unwrap().code(), codes::NO_SUCH_DEVICE);
}

#[tokio::test]
async fn it_says_where_a_setting_was_changed_and_what_became_of_filters() {
    let world = world().await;
    let (repository, admin, account) = (&world.node.repository, world.node.admin(), world.account);
    let key = Key { device: ShownDeviceId::new("Phone1").unwrap(), account: None };
    abq_set::run(repository, &admin, &key, DeviceStatus::Allowed, None).await.unwrap();
    for target in [AttributeTarget::Global, AttributeTarget::Account(account)] {
        set_attribute::run(repository, &admin, &target, "abqMode", "Strict").await.unwrap();
    }
    clear_attribute::run(repository, &admin, &AttributeTarget::Global, "abqMode").await.unwrap();
    start_node::run(repository, &admin, &NodeName::new("one").unwrap(), &[]).await.unwrap();
    let (abq, stop) = (Service::Abq, services::Order::Stop);
    let facts = services::Facts { abq_disabled: false, anti_dos_enabled: false };
    switch_service::run(repository, &admin, abq, stop, None, facts).await.unwrap();
    let preset = eas_filter::Preset::Default;
    filter_preset::run(repository, &admin, preset).await.unwrap();
    filter_delete::run(repository, &admin, eas_filter::FilterRef::Position(0)).await.unwrap();

    let told = world.past(Moment::Now).await.answer(repository.clock().now()).as_json();
    let said: Vec<_> = told["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["what"].as_str().unwrap(), one["details"].as_str().unwrap()))
        .filter(|(what, _)| !what.starts_with("account") && !what.starts_with("entry"))
        .map(|(what, details)| (what, details.rsplit(' ').next().unwrap()))
        .collect();
    let expected = [
        ("setting changed", "scope=global"),
        ("setting changed", "scope=account"),
        ("setting taken back", "scope=global"),
        ("service stopped", "node=all"),
        ("filter on versions added", "at=0"),
        ("filter on versions deleted", "uid=f1"),
    ];
    assert_eq!(said, expected);
}

#[tokio::test]
async fn rules_of_other_domains_have_no_say() {
    let world = world().await;
    let (repository, admin) = (&world.node.repository, world.node.admin());
    let key = Key { device: ShownDeviceId::new("Phone1").unwrap(), account: None };
    abq_set::run(repository, &admin, &key, DeviceStatus::Allowed, None).await.unwrap();
    let other = DomainName::new("example.org").unwrap();
    create_domain::run(repository, &admin, &other).await.unwrap();
    let own = RuleScope::Domain(DomainName::new("example.com").unwrap());
    for (scope, order) in [(RuleScope::Domain(other), 1), (own, 2), (RuleScope::Global, 3)] {
        let rule = (DeviceStatus::Blocked, order);
        abq_set_rule::run(repository, &admin, &scope, "phone.*", rule).await.unwrap();
    }
    let told = world.past(Moment::Now).await.answer(repository.clock().now()).as_json();
    let rules: Vec<_> = told["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["what"] == "rule that matches it set")
        .map(|one| one["details"].as_str().unwrap().rsplit('=').next().unwrap())
        .collect();
    assert_eq!(rules, ["2", "3"], "{told}");
}
