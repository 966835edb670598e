//! Two nodes on one log: what is said through one, or by the command line, is obeyed by the other, and a device may go
//! from one to the other at any moment.

use std::path::PathBuf;

use serde_json::{Value, json};
use syncledger_simulator::{Phone, Version};
use syncledger_tests::{
    binary::{self, Binary},
    control::{Place, counts_requests, obeyed_at, phone_at, refusal, resyncs, sees_dummy, sees_real},
    mail::Message,
    world::{ALICE, folder, meanwhile, sync_all, until},
};

/// A place with a second node.
struct Nodes {
    place: Place,
    other: Binary,
    urls: [String; 2],
}

impl Nodes {
    fn start(place: Place) -> Self {
        let port = binary::port();
        let log: PathBuf = place.world.scratch().join("node.log");
        let mut other = Binary::spawn_as(&place.world.dir(), Some(port), &log, Some("two"));
        other.wait_until_serving(port);
        let urls = [place.world.url(), format!("http://127.0.0.1:{port}")];
        Self { place, other, urls }
    }

    /// Calls the command line, and waits until both nodes have obeyed.
    async fn order(&self, arguments: &[&str]) -> Value {
        let answer = self.place.world.query(arguments);
        self.obeyed().await;
        answer
    }

    async fn obeyed(&self) {
        for url in &self.urls {
            obeyed_at(&self.place.world, url).await;
        }
    }

    /// A phone that knows nothing, before one of the nodes.
    fn phone(&self, node: usize, device: &str) -> Phone {
        phone_at(&self.place.world, &self.urls[node], ALICE, device)
    }

    /// The same phone before the other node.
    fn moved(&self, phone: &Phone, node: usize) -> Phone {
        let mut config = phone.config().clone();
        config.base_url.clone_from(&self.urls[node]);
        Phone::load(config, &phone.save().expect("JSON")).expect("its own memory")
    }

    fn finish(mut self) -> Place {
        let (status, _) = self.other.terminate();
        assert!(status.success(), "the second node exits with {status}");
        self.place
    }
}

async fn both_obey(nodes: &Nodes) {
    let Nodes { place, .. } = nodes;
    let mail = &*place.mail;
    nodes.order(&["config", "set", "abqMode=Interactive"]).await;

    // Put into quarantine by one node, it is so on the other, and one message is one message.
    let mut phone = nodes.phone(0, "phone1");
    let waiting = sees_dummy(&mut phone).await;
    let mut there = nodes.moved(&phone, 1);
    assert_eq!(sees_dummy(&mut there).await, waiting);
    assert_eq!(resyncs(&there), 0, "the other node knows its keys");
    let list = place.world.query(&["abq", "list"]);
    assert_eq!(list.as_array().map(Vec::len), Some(1), "{list:#}");

    // Let in, it is told wherever it waits, and begins anew once.
    let inbox = [folder(&there, "Inbox")];
    let allow = meanwhile(|| drop(place.world.call(&["abq", "allow", "phone1"]).ok()));
    let (waited, ()) = tokio::join!(there.ping_once(Some((600, &inbox))), allow);
    assert_eq!(waited.expect("Ping").status, 7);
    sees_real(&mut there, mail).await;
    let settled = resyncs(&there);
    let mut here = nodes.moved(&there, 0);
    sees_real(&mut here, mail).await;
    mail.deliver("Inbox", &Message::new("Message on the way").bytes());
    let mut there = nodes.moved(&here, 1);
    until("the message", async || sees_synchronised(&mut there, mail).await).await;
    assert_eq!(resyncs(&there), settled);

    // Suspended while it waits with the one, it is refused by both.
    let suspend = meanwhile(|| drop(place.world.call(&["device", "suspend", ALICE, "phone1"]).ok()));
    let (waited, ()) = tokio::join!(there.ping_once(Some((600, &inbox))), suspend);
    assert_eq!(refusal(waited), 403);
    nodes.obeyed().await;
    let mut here = nodes.moved(&there, 0);
    assert_eq!(refusal(here.folder_sync().await), 403);
    nodes.order(&["device", "resume", ALICE]).await;
    sees_real(&mut here, mail).await;
    let mut there = nodes.moved(&here, 1);
    sees_real(&mut there, mail).await;
    assert_eq!(resyncs(&there), settled);

    // Offers and limits are the same.
    let added = nodes.order(&["filter", "add", "always", "*", "limit", "14.1"]).await;
    for node in [0, 1] {
        let mut asks = nodes.phone(node, "phone1");
        assert_eq!(asks.options().await.expect("OPTIONS").versions, ["12.1", "14.0", "14.1"]);
        let mut speaks = nodes.moved(&there, node);
        assert_eq!(speaks.state().version, Some(Version::V16_1));
        assert_eq!(refusal(speaks.folder_sync().await), 138);
    }
    nodes.order(&["filter", "delete", added["uid"].as_str().expect("text")]).await;
    nodes.order(&["config", "set", "pingMaxHeartbeat=600"]).await;
    for node in [0, 1] {
        let answer = nodes.moved(&there, node).ping_once(Some((100_000, &inbox))).await.expect("Ping");
        assert_eq!((answer.status, answer.heartbeat_secs), (5, Some(600)));
    }
    sees_real(&mut there, mail).await;
    assert_eq!(resyncs(&there), settled);
}

/// `Some` as soon as the phone has as many messages as there are.
async fn sees_synchronised(phone: &mut Phone, mail: &dyn syncledger_tests::mail::Mail) -> Option<()> {
    sync_all(phone).await;
    (phone.listing().len() == mail.stored().len()).then_some(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_nodes_obey_on_maildirs() {
    let nodes = Nodes::start(Place::files());
    both_obey(&nodes).await;
    nodes.finish().world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_nodes_obey_on_dovecot() {
    let nodes = Nodes::start(Place::dovecot());
    both_obey(&nodes).await;
    let place = nodes.finish();
    place.world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_jail_holds_on_both_nodes() {
    let nodes = Nodes::start(Place::files());
    let world = &nodes.place.world;
    let mut here = nodes.phone(0, "phone1");
    sees_real(&mut here, &*nodes.place.mail).await;
    let limit = ["mobileAntiDosServiceMaxRequests=5", "mobileAntiDosServiceTimeWindow=3600000"];
    world.call(&[&["config", "set", "mobileAntiDosServiceEnabled=true"], &limit[..]].concat()).ok();
    for (url, device) in nodes.urls.iter().zip(["probe1", "probe2"]) {
        counts_requests(world, url, device).await;
    }
    for _ in 0..5 {
        here.folder_sync().await.expect("one of five");
    }
    assert_eq!(refusal(here.folder_sync().await), 503);
    let mut there = nodes.moved(&here, 1);
    until("the other node to know", async || there.folder_sync().await.err()).await;
    assert_eq!(refusal(there.folder_sync().await), 503);
    assert_eq!(world.query(&["jail", "list"])[0]["device"], json!("phone1"));
    world.call(&["jail", "release", ALICE, "phone1"]).ok();
    for phone in [&mut here, &mut there] {
        until("it to be free", async || phone.folder_sync().await.ok()).await;
    }
    nodes.finish().world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_are_those_of_a_node_and_the_counters_those_of_both() {
    let nodes = Nodes::start(Place::files());
    let (world, mail) = (&nodes.place.world, &*nodes.place.mail);
    let mut here = nodes.phone(0, "phone1");
    sees_real(&mut here, mail).await;
    let mut there = nodes.moved(&here, 1);
    // The milestone cannot tell: the node that is stopped offers nothing.
    world.call(&["service", "stop", "activesync", "--node", "two"]).ok();
    until("the second node to stop", async || {
        there.folder_sync().await.err().map(|error| assert_eq!(error.http_status(), Some(503)))
    })
    .await;
    sees_real(&mut here, mail).await;
    let rows = world.query(&["service", "list", "--all-nodes"]);
    let runs = |node: &str| {
        let rows = rows.as_array().expect("rows");
        let of = |row: &&Value| row["node"] == node && row["name"] == "activesync-services";
        rows.iter().find(of).map(|row| row["running"].clone())
    };
    assert_eq!(runs("two"), Some(json!(false)), "{rows:#}");
    let running = rows
        .as_array()
        .expect("rows")
        .iter()
        .filter(|row| row["name"] == "activesync-services" && row["running"] == json!(true));
    assert_eq!(running.count(), 1);
    let unknown = world.call(&["service", "stop", "activesync", "--node", "three", "--json"]).refused();
    assert!(unknown.contains("NO_SUCH_SERVER"), "{unknown}");
    world.call(&["service", "start", "activesync", "--all-nodes"]).ok();
    until("the second node to start", async || there.folder_sync().await.ok()).await;

    // What each tells is counted once, wherever it is told.
    let told = || world.query(&["device", "info", ALICE, "phone1"])["items_told"].as_u64().expect("a number");
    let before = told();
    let inbox = folder(&here, "Inbox");
    for node in [0, 1, 0, 1] {
        here = nodes.moved(&here, node);
        mail.deliver("Inbox", &Message::new(format!("Message by way of {node}")).bytes());
        until("the message", async || {
            let run = here.sync_folder(&inbox).await.expect("Sync");
            (run.adds == 1).then_some(())
        })
        .await;
    }
    assert_eq!(told(), before + 4);
    assert_eq!(resyncs(&here), 0);
    nodes.finish().world.finish();
}
