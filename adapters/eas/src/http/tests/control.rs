//! What administrators order, as a phone meets it.

use std::time::Duration;

use syncledger_commands::{
    abq_set, abq_set_rule, cancel_wipe, create_domain, filter_add, release_device, request_wipe,
    resume_device, start_node, suspend_device, switch_service,
};
use syncledger_domain::{
    abq::{DeviceStatus, Key, RuleScope},
    device::ReleaseCause,
    eas_filter::{Draft, Mode, Rule, parse_versions},
    ids::{AccountId, DeviceId, NodeName},
    services::{Order, Service},
};

use super::world::{Ask, Reply, World, alice};

const FOLDER_SYNC: &str = "<FolderSync xmlns=\"FolderHierarchy\"><SyncKey>0</SyncKey></FolderSync>";

fn folder_sync(key: &str) -> Ask {
    let xml = FOLDER_SYNC.replace(">0<", &format!(">{key}<"));
    Ask::command("FolderSync").xml(&xml)
}

fn of_device(device: &str, ask: Ask) -> Ask {
    ask.query(&format!("Cmd=FolderSync&DeviceId={device}&DeviceType=Android"))
}

/// Without a policy in the way, and with a folder only the real mailbox has.
async fn world() -> World {
    let world = World::with_alice().await;
    world.set("policyRequired", "false").await;
    world
}

fn phone() -> DeviceId {
    DeviceId::new("phone1").unwrap()
}

/// The folders a FolderSync from nothing shows, and its key.
fn folders(reply: &Reply) -> (usize, String) {
    let xml = syncledger_wbxml::to_xml(&reply.document());
    let key = xml.split_once("SyncKey>").unwrap().1.split('<').next().unwrap().to_owned();
    (xml.matches("<Add>").count(), key)
}

impl World {
    async fn status(&self, account: Option<AccountId>, status: DeviceStatus) {
        let key = Key { device: "Phone1".parse().unwrap(), account };
        abq_set::run(&self.services.repository, &Self::admin(), &key, status, None).await.unwrap();
        self.settle().await;
    }

    async fn judged(&self) -> Vec<String> {
        let ours = ["sync-state-reset", "access-judged", "device-status-set"];
        self.events("").await.into_iter().filter(|name| ours.contains(&name.as_str())).collect()
    }
}

#[tokio::test]
async fn a_device_in_quarantine_sees_one_folder_until_it_is_let_in() {
    let world = world().await;
    world.set("abqMode", "Interactive").await;
    let (shown, key) = folders(&world.send(folder_sync("0").build()).await);
    assert_eq!(shown, 1);
    assert_eq!(world.judged().await, ["device-status-set", "sync-state-reset", "access-judged"]);
    assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(1)), "its key is good there");
    assert_eq!(world.judged().await.len(), 3, "judged once");
    world.status(None, DeviceStatus::Allowed).await;
    assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(9)), "it starts anew");
    assert!(folders(&world.send(folder_sync("0").build()).await).0 > 1);
    let entry = world.services.policy.current();
    assert_eq!(entry.abq().state.list.device(&phone()).unwrap().shown.as_str(), "Phone1");
}

#[tokio::test]
async fn states_are_reset_only_when_the_verdict_changes() {
    let world = world().await;
    let (_, key) = folders(&world.send(folder_sync("0").build()).await);
    world.status(None, DeviceStatus::Allowed).await;
    world.status(Some(alice()), DeviceStatus::Allowed).await;
    world.set("abqMode", "Strict").await;
    assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(1)), "still allowed");
    assert_eq!(world.judged().await, ["device-status-set", "device-status-set"]);
    world.status(Some(alice()), DeviceStatus::Blocked).await;
    world.status(Some(alice()), DeviceStatus::Allowed).await;
    assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(1)), "it never noticed");
    world.status(Some(alice()), DeviceStatus::Blocked).await;
    assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(9)));
    assert_eq!(folders(&world.send(folder_sync("0").build()).await).0, 1);
    assert_eq!(world.judged().await[5..], ["sync-state-reset", "access-judged"]);
}

#[tokio::test]
async fn strict_turns_strangers_away_without_an_entry() {
    let world = world().await;
    world.set("abqMode", "Strict").await;
    assert_eq!(folders(&world.send(folder_sync("0").build()).await).0, 1);
    assert!(world.services.policy.current().abq().state.list.is_empty());
    world.set("abqMode", "Permissive").await;
    assert!(folders(&world.send(folder_sync("0").build()).await).0 > 1);
}

#[tokio::test]
async fn rules_see_the_id_as_the_device_writes_it() {
    let world = world().await;
    let set = async |regex: &str, order| {
        let repository = &world.services.repository;
        let (scope, status) = (RuleScope::Global, DeviceStatus::Blocked);
        abq_set_rule::run(repository, &World::admin(), &scope, regex, (status, order)).await.unwrap();
        world.settle().await;
    };
    set("phone.*", 1).await;
    assert!(folders(&world.send(folder_sync("0").build()).await).0 > 1, "it writes Phone1");
    set("Phone.*", 2).await;
    assert_eq!(folders(&world.send(folder_sync("0").build()).await).0, 1);
    let snapshot = world.services.policy.current();
    let judged = snapshot.device(alice(), &phone()).unwrap().standing.access.clone().unwrap().verdict;
    assert!(judged.why.contains("'Phone.*'") && judged.why.contains("mode Permissive"), "{judged:?}");
}

/// Some clients test a new account by an id of its own before they show their real one: it must get through, and learn
/// nothing.
#[tokio::test]
async fn a_connection_test_gets_through_and_learns_nothing() {
    let world = world().await;
    for mode in ["Strict", "Interactive"] {
        world.set("abqMode", mode).await;
        let shown = folders(&world.send(of_device("validate", folder_sync("0")).build()).await).0;
        assert_eq!(shown, 1, "{mode}");
    }
    assert!(world.events("device-").await.is_empty() && world.events("abq").await.is_empty());
}

/// Two accounts on one phone: the one nobody decided about must not shut the other out.
#[tokio::test]
async fn a_quarantine_of_one_account_leaves_another_to_its_rule() {
    let world = world().await;
    world.set("abqMode", "Interactive").await;
    let of_domain = RuleScope::Domain("example.com".parse().unwrap());
    let (repository, status) = (&world.services.repository, DeviceStatus::Allowed);
    abq_set_rule::run(repository, &World::admin(), &of_domain, "Phone.*", (status, 1)).await.unwrap();
    create_domain::run(repository, &World::admin(), &"example.net".parse().unwrap()).await.unwrap();
    world.settle().await;
    world.add("bob@example.net", super::world::PASSWORD).await;
    let (_, key) = folders(&world.send(folder_sync("0").build()).await);
    let of_bob = folder_sync("0").login(b"bob@example.net", super::world::PASSWORD.as_bytes());
    assert_eq!(folders(&world.send(of_bob.build()).await).0, 1);
    assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(1)));
}

/// What is ordered while a body comes counts for the request it belongs to.
#[tokio::test]
async fn a_slow_body_does_not_slip_past_a_block() {
    let world = std::sync::Arc::new(world().await);
    let (_, key) = folders(&world.send(folder_sync("0").build()).await);
    let (sender, body) = slow_body();
    let request = folder_sync(&key).build();
    let (head, whole) = request.into_parts();
    let whole = http_body_util::BodyExt::collect(whole).await.unwrap().to_bytes();
    let asking = tokio::spawn({
        let world = std::sync::Arc::clone(&world);
        async move { world.send(http::Request::from_parts(head, body)).await.ends() }
    });
    sender.send(whole.slice(..1)).await.unwrap();
    // Once the first byte is taken, the gates are passed.
    let patience = tokio::time::Instant::now() + Duration::from_secs(20);
    while sender.capacity() == 0 {
        assert!(!asking.is_finished() && tokio::time::Instant::now() < patience);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(world.judged().await.is_empty(), "it was let in");
    world.status(None, DeviceStatus::Blocked).await;
    sender.send(whole.slice(1..)).await.unwrap();
    drop(sender);
    assert_eq!(asking.await.unwrap(), (200, Some(9)), "it starts anew, in the other world");
}

fn slow_body() -> (tokio::sync::mpsc::Sender<bytes::Bytes>, axum::body::Body) {
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
    let frames = futures_util::stream::poll_fn(move |context| {
        receiver.poll_recv(context).map(|frame| frame.map(Ok::<_, std::io::Error>))
    });
    (sender, axum::body::Body::from_stream(frames))
}

#[tokio::test]
async fn a_device_that_writes_its_id_in_turns_does_not_choose_its_verdict() {
    let world = world().await;
    let (repository, status) = (&world.services.repository, DeviceStatus::Blocked);
    abq_set_rule::run(repository, &World::admin(), &RuleScope::Global, "Phone.*", (status, 1)).await.unwrap();
    world.settle().await;
    for _hour in 0..3 {
        for id in ["Phone1", "phone1", "PHONE1", "phone1"] {
            assert_eq!(folders(&world.send(of_device(id, folder_sync("0")).build()).await).0, 1, "{id}");
        }
        world.advance(3600);
    }
    assert_eq!(world.judged().await, ["sync-state-reset", "access-judged"], "once, by its first spelling");
}

#[tokio::test]
async fn a_ping_ends_when_the_verdict_changes_and_the_other_world_waits() {
    let world = std::sync::Arc::new(world().await);
    let (_, key) = folders(&world.send(folder_sync("0").build()).await);
    let ping = "<Ping xmlns=\"Ping\"><HeartbeatInterval>600</HeartbeatInterval><Folders><Folder><Id>2</Id>\
                <Class>Email</Class></Folder></Folders></Ping>";
    let ask = Ask::command("Ping").xml(ping);
    let sync = "<Sync xmlns=\"AirSync\"><Collections><Collection><SyncKey>0</SyncKey><CollectionId>2</CollectionId>\
                </Collection></Collections></Sync>";
    world.send(Ask::command("Sync").xml(sync).build()).await;
    let waiting = tokio::spawn({
        let (world, request) = (std::sync::Arc::clone(&world), ask.build());
        async move { world.send(request).await.ends() }
    });
    let patience = tokio::time::Instant::now() + Duration::from_secs(20);
    while world.services.waiting.is_empty() {
        assert!(!waiting.is_finished() && tokio::time::Instant::now() < patience);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    world.status(None, DeviceStatus::Blocked).await;
    let ended = tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap().unwrap();
    assert_eq!(ended, (200, Some(7)));
    assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(9)));
}

#[tokio::test]
async fn an_entry_that_expires_counts_no_more() {
    let world = world().await;
    world.set("abqMode", "Strict").await;
    let until = world.services.repository.clock().now().plus_seconds(60);
    let key = Key { device: "phone1".parse().unwrap(), account: None };
    let repository = &world.services.repository;
    abq_set::run(repository, &World::admin(), &key, DeviceStatus::Allowed, Some(until)).await.unwrap();
    world.settle().await;
    assert!(folders(&world.send(folder_sync("0").build()).await).0 > 1);
    world.advance(60);
    assert_eq!(folders(&world.send(folder_sync("0").build()).await).0, 1);
}

#[tokio::test]
async fn a_suspended_device_is_refused_and_goes_on_where_it_was() {
    let world = world().await;
    let (_, key) = folders(&world.send(folder_sync("0").build()).await);
    let repository = &world.services.repository;
    suspend_device::run(repository, &World::admin(), alice(), &phone()).await.unwrap();
    world.settle().await;
    for version in ["12.1", "14.1", "16.1"] {
        assert_eq!(world.send(folder_sync(&key).version(version).build()).await.ends(), (403, None));
    }
    assert_eq!(world.send(Ask::options().build()).await.ends(), (200, None));
    resume_device::run(repository, &World::admin(), alice(), &phone()).await.unwrap();
    world.settle().await;
    assert_eq!(world.send(folder_sync(&key).build()).await.ends(), (200, Some(1)));
}

#[tokio::test]
async fn a_pending_wipe_goes_before_everything_else() {
    let world = World::with_alice().await;
    let provision = "<Provision xmlns=\"Provision\"><Policies><Policy><PolicyType>MS-EAS-Provisioning-WBXML</PolicyType>\
                     </Policy></Policies></Provision>";
    world.send(Ask::command("Provision").version("14.0").xml(provision).build()).await;
    let repository = &world.services.repository;
    request_wipe::run(repository, &World::admin(), alice(), &phone(), false).await.unwrap();
    world.status(None, DeviceStatus::Blocked).await;
    suspend_device::run(repository, &World::admin(), alice(), &phone()).await.unwrap();
    world.settle().await;
    assert_eq!(world.send(folder_sync("0").build()).await.ends(), (200, Some(140)));
    assert_eq!(world.send(folder_sync("0").version("12.1").build()).await.ends(), (449, None));
    cancel_wipe::run(repository, &World::admin(), alice(), &phone()).await.unwrap();
    world.settle().await;
    assert_eq!(world.send(folder_sync("0").build()).await.ends(), (403, None), "still suspended");
}

#[tokio::test]
async fn filters_decide_what_options_offers_and_what_a_post_may_speak() {
    let world = world().await;
    let offered = async |agent: &str| {
        let reply = world.send(Ask::options().header("User-Agent", agent).build()).await;
        (reply.status.as_u16(), reply.header("ms-asprotocolversions").map(str::to_owned))
    };
    assert_eq!(offered("Any/1").await.1.as_deref(), Some("12.1,14.0,14.1,16.0,16.1"));
    let add = async |kind: &str, parameter: &str, mode, versions: &str| {
        let draft = Draft {
            rule: Rule::parse(kind, parameter).unwrap(),
            mode,
            versions: parse_versions(versions).unwrap(),
            blocking: false,
        };
        filter_add::run(&world.services.repository, &World::admin(), &draft, None).await.unwrap();
        world.settle().await;
    };
    add("contains", "old", Mode::Limit, "14.0").await;
    assert_eq!(offered("Old/1").await.1.as_deref(), Some("12.1,14.0"));
    let ask = |agent: &str| folder_sync("0").header("User-Agent", agent);
    let refused = world.send(ask("Old/1").build()).await;
    assert_eq!(refused.ends(), (200, Some(138)));
    assert_eq!(refused.header("x-ms-rp"), Some("12.1,14.0"));
    assert_eq!(world.send(ask("Old/1").version("14.0").build()).await.ends(), (200, Some(1)));
    assert_eq!(world.send(ask("New/1").build()).await.ends(), (200, Some(1)));
    add("domain", "example.com", Mode::Fixed, "2.5").await;
    assert_eq!(offered("New/1").await, (403, None), "nothing is left");
    assert_eq!(world.send(ask("New/1").build()).await.ends(), (403, None));
    world.settle().await;
    let snapshot = world.services.policy.current();
    let subjects: Vec<_> = snapshot.notices().recent.iter().map(|notice| notice.subject.as_str()).collect();
    assert_eq!(subjects, ["filter f2 leaves no protocol version"], "administrators hear of it once");
}

#[tokio::test]
async fn who_asks_too_often_is_dropped_for_a_while_and_stays_so_after_a_restart() {
    let world = world().await;
    for (name, value) in [("mobileAntiDosServiceMaxRequests", "3"), ("mobileAntiDosServiceEnabled", "true")] {
        world.set(name, value).await;
    }
    let ask = || folder_sync("0").build();
    for _ in 0..3 {
        assert_eq!(world.send(ask()).await.ends(), (200, Some(1)));
    }
    let dropped = world.send(ask()).await;
    assert_eq!((dropped.status.as_u16(), dropped.header("retry-after")), (503, Some("600")));
    assert!(dropped.header("x-ms-asthrottle").is_some());
    assert_eq!(world.send(of_device("other", folder_sync("0")).build()).await.ends(), (200, Some(1)));
    let jailed =
        async || world.events("device-").await.iter().filter(|name| *name == "device-jailed").count();
    assert_eq!(world.send(ask()).await.ends(), (503, None));
    assert_eq!(jailed().await, 1, "once for a jail");

    let second = World::node(
        world.log.clone(),
        world.clock.clone(),
        world.mailboxes.clone(),
        super::world::Options::default(),
        2,
    )
    .await;
    assert_eq!(second.send(ask()).await.ends(), (503, None), "the log knows");
    let (repository, cause) = (&world.services.repository, ReleaseCause::Administrator);
    release_device::run(repository, &World::admin(), alice(), &phone(), cause).await.unwrap();
    world.settle().await;
    assert_eq!(world.send(ask()).await.ends(), (200, Some(1)));
    world.advance(600);
    second.settle().await;
    assert_eq!(second.send(ask()).await.ends(), (200, Some(1)));
}

#[tokio::test]
async fn a_stopped_service_sends_everybody_away_and_a_stopped_abq_judges_nobody() {
    let world = world().await;
    let (repository, node) = (&world.services.repository, NodeName::new("node0").unwrap());
    start_node::run(repository, &World::admin(), &node, &[]).await.unwrap();
    world.set("abqMode", "Strict").await;
    assert_eq!(folders(&world.send(folder_sync("0").build()).await).0, 1);
    let order = async |service, order| {
        let facts = world.services.facts(&world.services.policy.current());
        switch_service::run(repository, &World::admin(), service, order, Some(&node), facts).await.unwrap();
        world.settle().await;
    };
    order(Service::Abq, Order::Stop).await;
    assert!(folders(&world.send(folder_sync("0").build()).await).0 > 1, "open while nobody judges");
    world.set("abqFailClosed", "true").await;
    assert_eq!(folders(&world.send(folder_sync("0").build()).await).0, 1);
    order(Service::ActiveSync, Order::Stop).await;
    let reply = world.send(Ask::options().build()).await;
    assert_eq!(reply.status.as_u16(), 503);
    assert!(reply.header("retry-after").is_some());
    order(Service::ActiveSync, Order::Start).await;
    assert_eq!(world.send(Ask::options().build()).await.ends(), (200, None));
}
