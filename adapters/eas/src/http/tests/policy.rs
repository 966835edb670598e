//! The provisioning dance.

use syncledger_domain::{event::EventHash, ids::DeviceId};

use super::world::{Ask, PERMISSIVE_TYPE, Reply, World, alice};

const FOLDER_SYNC: &str = "<FolderSync xmlns=\"FolderHierarchy\"><SyncKey>0</SyncKey></FolderSync>";
pub(super) const INFO: &str = "<s:DeviceInformation xmlns:s=\"Settings\"><s:Set><s:Model>Pixel 8</s:Model></s:Set></s:DeviceInformation>";

pub(super) fn folder_sync(key: &str) -> Ask {
    Ask::command("FolderSync").key(key).xml(FOLDER_SYNC)
}

pub(super) fn download(info: &str, policy_type: &str) -> Ask {
    let policies = format!("<Policies><Policy><PolicyType>{policy_type}</PolicyType></Policy></Policies>");
    Ask::command("Provision").xml(&format!("<Provision xmlns=\"Provision\">{info}{policies}</Provision>"))
}

pub(super) fn acknowledge(key: &str, status: u8) -> Ask {
    Ask::command("Provision").xml(&format!(
        "<Provision xmlns=\"Provision\"><Policies><Policy><PolicyType>{PERMISSIVE_TYPE}</PolicyType>\
         <PolicyKey>{key}</PolicyKey><Status>{status}</Status></Policy></Policies></Provision>"
    ))
}

/// The key in an answer of Provision.
pub(super) fn key_in(reply: &Reply) -> String {
    let xml = syncledger_wbxml::to_xml(&reply.document());
    let (_, rest) = xml.split_once("PolicyKey>").unwrap_or_else(|| panic!("no key in {xml}"));
    rest.split('<').next().unwrap().to_owned()
}

pub(super) async fn provisioned(world: &World) -> String {
    let temporary = key_in(&world.send(download(INFO, PERMISSIVE_TYPE).build()).await);
    key_in(&world.send(acknowledge(&temporary, 1).build()).await)
}

/// The digest of the policy Alice's devices must acknowledge now.
pub(super) fn digest(world: &World) -> EventHash {
    let snapshot = world.services.policy.current();
    world.services.policies.digest(&snapshot, snapshot.account(alice()).unwrap())
}

#[tokio::test]
async fn a_device_without_key_is_sent_to_provision() {
    let world = World::with_alice().await;
    world
        .send(folder_sync("0").build())
        .await
        .is("<FolderSync xmlns=\"FolderHierarchy\"><Status>142</Status></FolderSync>");
    assert_eq!(world.send(folder_sync("0").without("x-ms-policykey").build()).await.ends(), (200, Some(142)));
    assert_eq!(world.send(folder_sync("4711").build()).await.ends(), (200, Some(142)));
    let reply = world.send(folder_sync("0").version("12.1").build()).await;
    assert_eq!(reply.ends(), (449, None));
    let phrase = reply.head.extensions.get::<hyper::ext::ReasonPhrase>().unwrap();
    assert_eq!(phrase.as_bytes(), b"Retry after sending a PROVISION command");
    let send_mail = Ask::command("SendMail").build();
    world.send(send_mail).await.is("<SendMail xmlns=\"ComposeMail\"><Status>142</Status></SendMail>");
}

#[tokio::test]
async fn both_phases_lead_to_a_key_that_opens() {
    let world = World::with_alice().await;
    let offer = world.send(download(INFO, PERMISSIVE_TYPE).build()).await;
    let xml = syncledger_wbxml::to_xml(&offer.document());
    assert!(xml.contains("DevicePasswordEnabled") && xml.contains("AllowHTMLEmail"), "{xml}");
    let temporary = key_in(&offer);
    assert_eq!(world.send(folder_sync(&temporary).build()).await.ends(), (200, Some(142)), "temporary key");

    // The header holds whatever it holds; the body's key counts.
    let answer = world.send(acknowledge(&temporary, 1).key("99").build()).await;
    let key = key_in(&answer);
    assert_ne!(key, temporary);
    answer.is(&format!(
        "<Provision xmlns=\"Provision\"><Status>1</Status><Policies><Policy><PolicyType>{PERMISSIVE_TYPE}</PolicyType>\
         <Status>1</Status><PolicyKey>{key}</PolicyKey></Policy></Policies></Provision>"
    ));
    assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(1)));
    assert_eq!(world.send(folder_sync("1").build()).await.ends(), (200, Some(144)), "another key");
    assert_eq!(world.send(folder_sync("0").build()).await.ends(), (200, Some(142)), "key 0");
    assert_eq!(world.send(folder_sync("1").version("12.1").build()).await.ends(), (449, None));
}

#[tokio::test]
async fn a_lost_answer_is_given_again() {
    let world = World::with_alice().await;
    let temporary = key_in(&world.send(download(INFO, PERMISSIVE_TYPE).build()).await);
    assert_eq!(key_in(&world.send(download("", PERMISSIVE_TYPE).build()).await), temporary);
    let key = key_in(&world.send(acknowledge(&temporary, 1).build()).await);
    assert_eq!(key_in(&world.send(acknowledge(&temporary, 1).build()).await), key);
    let events = world.events("device-").await;
    assert_eq!(
        events,
        [
            "device-registered",
            "device-id-spelled",
            "device-info-changed",
            "policy-offered",
            "policy-acknowledged"
        ]
    );
}

#[tokio::test]
async fn the_key_before_the_last_is_good_for_requests_in_flight() {
    let world = World::with_alice().await;
    let (first, second) = (provisioned(&world).await, provisioned(&world).await);
    assert_ne!(first, second);
    for key in [first, second] {
        assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(1)));
    }
}

#[tokio::test]
async fn a_wrong_temporary_key_is_policy_status_5() {
    let world = World::with_alice().await;
    world.send(download(INFO, PERMISSIVE_TYPE).build()).await;
    for key in ["0", "12345"] {
        world.send(acknowledge(key, 1).build()).await.is(&format!(
            "<Provision xmlns=\"Provision\"><Status>1</Status><Policies><Policy>\
             <PolicyType>{PERMISSIVE_TYPE}</PolicyType><Status>5</Status></Policy></Policies></Provision>"
        ));
    }
}

#[tokio::test]
async fn what_the_device_says_of_the_policy_decides() {
    let world = World::with_alice().await;
    world.set("policyAllowExternal", "false").await;
    let said = async |status: u8| {
        let temporary = key_in(&world.send(download(INFO, PERMISSIVE_TYPE).build()).await);
        world.send(acknowledge(&temporary, status).build()).await
    };
    // Android says 2 for what it does not know, and fails without a key.
    let key = key_in(&said(2).await);
    assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(1)));
    assert_eq!(said(3).await.ends(), (200, Some(139)));
    assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(142)), "declined");
    assert_eq!(said(4).await.ends(), (200, Some(145)));
    assert_eq!(said(9).await.ends(), (200, Some(2)));
    world.set("policyAllowPartial", "false").await;
    assert_eq!(said(2).await.ends(), (200, Some(139)));
    world.set("policyAllowExternal", "true").await;
    assert_eq!(said(4).await.ends(), (200, Some(1)));
}

#[tokio::test]
async fn device_information_comes_with_the_first_phase_from_14_1_on() {
    let world = World::with_alice().await;
    assert_eq!(world.send(download("", PERMISSIVE_TYPE).build()).await.ends(), (200, Some(165)));
    for version in ["12.1", "14.0"] {
        let early = world.send(download(INFO, PERMISSIVE_TYPE).version(version).build()).await;
        assert_eq!(early.ends(), (200, Some(1)));
        assert!(!syncledger_wbxml::to_xml(&early.document()).contains("DeviceInformation"), "{version}");
    }
    assert!(!world.events("device-").await.contains(&"device-info-changed".to_owned()));
    let reply = world.send(download(INFO, PERMISSIVE_TYPE).build()).await;
    let xml = syncledger_wbxml::to_xml(&reply.document());
    assert!(xml.find("DeviceInformation").unwrap() < xml.find("Policies").unwrap(), "{xml}");
}

#[tokio::test]
async fn other_policy_types_and_malformed_requests_have_their_status() {
    let world = World::with_alice().await;
    let old = "MS-WAP-Provisioning-XML";
    world.send(download(INFO, old).build()).await.is(&format!(
        "<Provision xmlns=\"Provision\" xmlns:s=\"Settings\"><s:DeviceInformation><s:Status>1</s:Status>\
         </s:DeviceInformation><Status>1</Status><Policies><Policy><PolicyType>{old}</PolicyType><Status>3</Status>\
         </Policy></Policies></Provision>"
    ));
    let xml = |inner: &str| {
        Ask::command("Provision").xml(&format!("<Provision xmlns=\"Provision\">{inner}</Provision>"))
    };
    let no_type = xml("<Policies><Policy/></Policies>");
    assert_eq!(world.send(no_type.build()).await.ends(), (200, Some(2)));
    assert_eq!(world.send(xml("<Policies/>").build()).await.ends(), (200, Some(2)));
    let nothing_pending = "<Provision xmlns=\"Provision\"><Status>1</Status></Provision>";
    world.send(xml("").build()).await.is(nothing_pending);
    world.send(xml("<RemoteWipe><Status>1</Status></RemoteWipe>").build()).await.is(nothing_pending);
    assert_eq!(
        world.send(Ask::command("Provision").build()).await.ends(),
        (200, Some(101)),
        "no body at all"
    );
}

#[tokio::test]
async fn outlook_which_never_provisions_is_let_in_unless_the_administrator_says_no() {
    let world = World::with_alice().await;
    let outlook = || {
        let query = "Cmd=FolderSync&User=alice&DeviceId=1&DeviceType=WindowsOutlook15";
        Ask::command("FolderSync").query(query).version("14.0").without("x-ms-policykey").xml(FOLDER_SYNC)
    };
    assert_eq!(world.send(outlook().build()).await.ends(), (200, Some(1)));
    assert_eq!(world.send(outlook().key("0").build()).await.ends(), (200, Some(142)), "one that does ask");
    world.set("policyAllowNonProvisionable", "false").await;
    assert_eq!(world.send(outlook().build()).await.ends(), (200, Some(141)));
}

#[tokio::test]
async fn a_connection_test_leaves_no_trace() {
    let world = World::with_alice().await;
    let of_test =
        |ask: Ask, name: &str| ask.query(&format!("Cmd={name}&DeviceId=validate&DeviceType=SAMSUNG"));
    let temporary = key_in(&world.send(of_test(download(INFO, PERMISSIVE_TYPE), "Provision").build()).await);
    key_in(&world.send(of_test(acknowledge(&temporary, 1), "Provision").build()).await);
    let settings = "<Settings xmlns=\"Settings\"><DeviceInformation><Set><Model>x</Model></Set></DeviceInformation></Settings>";
    let reply = world.send(of_test(Ask::command("Settings").xml(settings), "Settings").build()).await;
    assert_eq!(reply.ends(), (200, Some(1)));
    assert!(world.events("device-").await.is_empty());
    assert!(world.services.policy.current().device(alice(), &DeviceId::new("validate").unwrap()).is_none());
}
