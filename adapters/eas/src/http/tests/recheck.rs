//! What ends a request that waits.

use std::sync::Arc;

use syncledger_commands::{add_mobile_password, delete_mobile_password, disable_account, remove_device};
use syncledger_domain::{
    abq::Decision,
    ids::{DeviceId, DeviceType, ProtocolVersion, ShownDeviceId},
};
use syncledger_projections::policy_snapshot::PasswordHash;
use tokio_util::sync::CancellationToken;

use super::world::{Ask, World, alice};
use crate::{
    answer::{CommonStatus, Failure},
    context::{Context, Parameters},
    http::{
        OpenedBy,
        gates::{self, Closed},
    },
};

fn waiting(world: &World, device: &str, device_type: &str) -> Context {
    let mailbox = world.mailboxes.add_account(&"alice@example.com".parse().unwrap(), super::world::PASSWORD);
    let backend = world.services.backends.default.as_ref().unwrap();
    Context {
        services: Arc::clone(&world.services),
        issuer: World::admin(),
        account: alice(),
        address: "alice@example.com".parse().unwrap(),
        opened_by: OpenedBy::own_secret(world.services.policy.current().account(alice()).unwrap()),
        device: DeviceId::new(device).unwrap(),
        shown: ShownDeviceId::new(device).unwrap(),
        device_type: DeviceType::new(device_type).unwrap(),
        user_agent: String::new(),
        version: ProtocolVersion::V14_1,
        decision: Decision::Allow,
        world: crate::context::World::Real,
        mailbox: Arc::new(mailbox),
        transport: Arc::clone(&backend.transport),
        parameters: Parameters::default(),
        hung_up: CancellationToken::new(),
    }
}

fn status(context: &Context) -> Option<CommonStatus> {
    match gates::recheck(context) {
        Ok(()) => None,
        Err(Closed::Refused(Failure::Status { status, .. })) => Some(status),
        Err(other) => panic!("{other:?}"),
    }
}

/// Lets the phone provision, as far as the gates can tell.
async fn provision(world: &World, device: &str) {
    let policy = "<PolicyType>MS-EAS-Provisioning-WBXML</PolicyType>";
    let query = format!("Cmd=Provision&DeviceId={device}&DeviceType=Android");
    let ask = |inner: &str| {
        let xml = format!(
            "<Provision xmlns=\"Provision\"><Policies><Policy>{inner}</Policy></Policies></Provision>"
        );
        Ask::command("Provision").version("14.0").query(&query).xml(&xml).build()
    };
    let xml = syncledger_wbxml::to_xml(&world.send(ask(policy)).await.document());
    let key = xml.split_once("PolicyKey>").unwrap().1.split('<').next().unwrap();
    let acknowledged =
        world.send(ask(&format!("{policy}<PolicyKey>{key}</PolicyKey><Status>1</Status>"))).await;
    assert_eq!(acknowledged.ends(), (200, Some(1)));
}

#[tokio::test]
async fn a_device_that_may_go_on_is_left_alone() {
    let world = World::with_alice().await;
    provision(&world, "phone1").await;
    assert_eq!(status(&waiting(&world, "phone1", "Android")), None);
    world.set("pingMaxHeartbeat", "600").await;
    assert_eq!(status(&waiting(&world, "phone1", "Android")), None);
    assert_eq!(status(&waiting(&world, "outlook1", "WindowsOutlook15")), None, "one that never provisions");
    assert_eq!(status(&waiting(&world, "validate", "SAMSUNG")), None, "one that only tests the connection");
}

#[tokio::test]
async fn what_an_administrator_does_reaches_a_waiting_device() {
    let world = World::with_alice().await;
    provision(&world, "phone1").await;
    let context = waiting(&world, "phone1", "Android");
    world.set("easVersions", "16.1").await;
    assert_eq!(status(&context), Some(CommonStatus::VersionNotSupported));
    world.set("easVersions", "14.1").await;
    world.set("easEnabled", "false").await;
    assert_eq!(status(&context), Some(CommonStatus::UserDisabledForSync));
    world.set("easEnabled", "true").await;
    assert_eq!(status(&context), None);

    let repository = &world.services.repository;
    remove_device::run(repository, &World::admin(), alice(), &context.device).await.unwrap();
    world.settle().await;
    assert_eq!(status(&context), Some(CommonStatus::DeviceNotProvisioned));
    disable_account::run(repository, &World::admin(), alice(), "").await.unwrap();
    world.settle().await;
    assert_eq!(status(&context), Some(CommonStatus::AccountDisabled));
}

#[tokio::test]
async fn a_policy_the_device_declines_meanwhile_ends_its_waiting() {
    let world = World::with_alice().await;
    provision(&world, "phone1").await;
    let context = waiting(&world, "phone1", "Android");
    let (repository, admin) = (&world.services.repository, World::admin());
    let offered = syncledger_commands::offer_policy::run(
        repository,
        &admin,
        alice(),
        &context.device,
        super::policy::digest(&world),
    )
    .await
    .unwrap();
    world.settle().await;
    assert_eq!(status(&context), None, "an offer takes nothing away");
    let rules = syncledger_domain::device::AcknowledgementRules::default();
    syncledger_commands::acknowledge_policy::run(
        repository,
        &admin,
        alice(),
        &context.device,
        offered,
        3,
        rules,
    )
    .await
    .unwrap();
    world.settle().await;
    assert_eq!(status(&context), Some(CommonStatus::DeviceNotProvisioned));
}

#[tokio::test]
async fn a_password_that_is_taken_away_ends_the_waiting_of_those_who_came_with_it() {
    let world = World::with_alice().await;
    provision(&world, "phone1").await;
    let by_own = waiting(&world, "phone1", "Android");
    let (repository, admin) = (&world.services.repository, World::admin());
    let eas = [syncledger_domain::directory::Service::Eas];
    let mut by_mobile = Vec::new();
    for label in ["one", "two"] {
        let new = add_mobile_password::NewPassword::Generated;
        let added = add_mobile_password::run(repository, &admin, alice(), label, &eas, new).await.unwrap();
        world.settle().await;
        let policy = world.services.policy.current();
        let account = policy.account(alice()).unwrap();
        let hash = PasswordHash(account.mobile_passwords[&added.id].hash.clone());
        let opened_by = OpenedBy::MobilePassword { id: added.id.clone(), hash };
        by_mobile.push((added.id, Context { opened_by, ..waiting(&world, "phone1", "Android") }));
    }
    assert_eq!(status(&by_own), Some(CommonStatus::AccessDenied), "there is a mobile password now");
    assert!(by_mobile.iter().all(|(_, context)| status(context).is_none()));
    delete_mobile_password::run(repository, &admin, alice(), &by_mobile[0].0).await.unwrap();
    world.settle().await;
    assert_eq!(status(&by_mobile[0].1), Some(CommonStatus::AccessDenied));
    assert_eq!(status(&by_mobile[1].1), None, "the other one");
}
