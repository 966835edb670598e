//! What a node does by itself: mail to administrators about devices in quarantine and in jail, through a real mail server
//! and without one; services that are stopped and started.

use std::{
    fs,
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use syncledger_simulator::{Phone, PhoneConfig};
use syncledger_tests::{
    binary,
    control::obeyed,
    imap_mail::MailServers,
    mail::Mail,
    world::{ALICE, BOB, PASSWORD, World, until},
};

/// The shortest time between two mails about devices in quarantine, with some air for a busy machine.
const DIGEST: Duration = Duration::from_mins(3);

/// Subject of the mail, and of the notice, about a device in jail.
const JAILED: &str = "1 device asked too often and is dropped for a while";

/// The administrator gets the mail.
const TO_BOB: &str =
    "\n[notifications]\nadministrator = \"bob@example.com\"\nsender = \"gateway@example.com\"\n";

/// What the phone hears.
async fn answer(phone: &mut Phone) -> u16 {
    match phone.folder_sync().await {
        Ok(_) => 200,
        Err(error) => error.http_status().unwrap_or_else(|| panic!("{error:?}")),
    }
}

fn impatient(world: &World, device: &str) -> Phone {
    let mut config = world.phone_config(ALICE, device);
    config.repeat.times = 0;
    Phone::new(config).expect("usable settings")
}

/// Asks until the node has obeyed an order that this answer shows.
async fn hears(phone: &mut Phone, wanted: u16) {
    until(&format!("the answer {wanted}"), async || (answer(phone).await == wanted).then_some(())).await;
}

/// The only message with a subject in the Inbox, as text.
#[track_caller]
fn only(mail: &dyn Mail, subject: &str) -> String {
    let found = mail.content("Inbox", subject);
    assert_eq!(found.len(), 1, "messages with subject {subject:?}: {:?}", mail.stored());
    String::from_utf8(found[0].clone()).expect("plain text")
}

/// Asks too often until it is jailed.
async fn asks_too_often(world: &World, phone: &mut Phone) {
    let limits = ["mobileAntiDosServiceEnabled=true", "mobileAntiDosServiceMaxRequests=3"];
    world.call(&[&["config", "set"], &limits[..]].concat()).ok();
    hears(phone, 503).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_in_quarantine_is_told_of_by_one_mail_through_a_mail_server() {
    let servers = MailServers::start();
    let mut world = servers.world();
    world.stop();
    let text = fs::read_to_string(world.dir().join("syncledger.toml")).expect("the world's configuration");
    world.configure(&format!("{text}{TO_BOB}"));
    world.start();
    let admin = servers.mailbox(BOB);
    world.call(&["abq", "notification-interval", "1m"]).ok();
    world.call(&["config", "set", "abqMode=Interactive"]).ok();
    obeyed(&world).await;
    let mut phone = impatient(&world, "Phone1");
    assert_eq!(answer(&mut phone).await, 200, "the dummy mailbox");

    let subject = "1 device waits in quarantine";
    let deadline = Instant::now() + DIGEST;
    while admin.content("Inbox", subject).is_empty() {
        assert!(Instant::now() < deadline, "no mail came: {}", world.log());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    // Once it is recorded that the mail is sent, it is never sent again. (A node that dies between the mail server's word
    // and the record sends it again.) The next mail shows that the outbox was gone through.
    until("the record", async || world.log().contains("mail to administrators is sent").then_some(())).await;
    world.kill();
    world.start();
    asks_too_often(&world, &mut phone).await;
    until("the next mail", async || (!admin.content("Inbox", JAILED).is_empty()).then_some(())).await;
    let mail = only(&admin, subject);
    for part in
        ["From: gateway@example.com", "To: bob@example.com", "Device:  Phone1", "Account: alice@example.com"]
    {
        assert!(mail.contains(part), "{part}: {mail}");
    }
    let id = mail.lines().find_map(|line| line.strip_prefix("Message-ID: ")).expect("a Message-ID");
    assert!(id.starts_with("<syncledger.1."), "{id}");
    // What the mail says is to be done is done by saying it.
    let command = mail.lines().find(|line| line.contains("abq allow")).expect("a command").trim();
    let words: Vec<&str> = command.split_whitespace().skip(1).collect();
    world.call(&words).ok();
    let listed = world.query(&["abq", "list", "--status", "Allowed"]);
    assert_eq!(listed[0]["device_id"], "Phone1", "{listed}");
    let notices = world.query(&["notification", "list"]);
    assert_eq!(notices.as_array().map(Vec::len), Some(1), "only of the jail: {notices}");
    assert_eq!(notices[0]["subject"], JAILED);
    let log = world.log();
    assert!(!log.contains("bob@example.com") && !log.contains("gateway@example.com"), "{log}");
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_in_jail_is_told_of_by_mail_and_notice_and_let_out_by_a_restart_of_the_service() {
    let mut world = World::prepare(TO_BOB);
    for account in [ALICE, BOB] {
        world.call(&["account", "create", account, "--password", PASSWORD]).ok();
    }
    world.maildir(ALICE);
    let admin = world.maildir(BOB);
    world.start();
    let mut phone = impatient(&world, "phone1");
    asks_too_often(&world, &mut phone).await;
    until("the mail", async || (!admin.content("Inbox", JAILED).is_empty()).then_some(())).await;
    let mail = only(&admin, JAILED);
    assert!(mail.contains("syncledger jail release alice@example.com phone1"), "{mail}");
    let notices = world.query(&["notification", "list"]);
    assert_eq!(notices.as_array().map(Vec::len), Some(1), "{notices}");
    assert_eq!((&notices[0]["type"], &notices[0]["subject"]), (&"Warning".into(), &JAILED.into()));
    let one = world.query(&["notification", "list", "1"]);
    assert!(one[0]["text"].as_str().is_some_and(|text| text.contains("phone1")), "{one}");

    assert_eq!(answer(&mut phone).await, 503, "it is still in");
    let restarted = world.query(&["service", "restart", "anti-dos"]);
    assert_eq!(restarted["released"], 1, "{restarted}");
    hears(&mut phone, 200).await;
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_that_reaches_nobody_is_a_notice() {
    let world = World::files();
    let mut phone = impatient(&world, "phone1");
    asks_too_often(&world, &mut phone).await;
    let notice = until("the notice", async || {
        let notices = world.query(&["notification", "list"]);
        notices.as_array().and_then(|rows| rows.iter().find(|row| row["type"] == "Error").cloned())
    })
    .await;
    assert_eq!(notice["subject"], "mail 1 about jails could not be delivered");
    let text = notice["text"].as_str().expect("text");
    for part in ["postmaster@example.com", "no mail server is configured", "phone1"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_obey_orders_until_the_node_starts_again() {
    let mut world = World::files();
    let mut phone = impatient(&world, "phone1");
    let row = |world: &World, name: &str| {
        let listed = world.query(&["service", "list"]);
        let rows = listed.as_array().expect("rows").clone();
        rows.into_iter().find(|row| row["name"] == name).expect("the service")
    };
    assert_eq!(answer(&mut phone).await, 200);
    for service in ["activesync", "module"] {
        world.call(&["service", "stop", service]).ok();
        hears(&mut phone, 503).await;
        assert_eq!(row(&world, "activesync-services")["running"], false);
        world.call(&["service", "start", service]).ok();
        hears(&mut phone, 200).await;
    }
    world.call(&["service", "stop", "activesync"]).ok();
    world.call(&["config", "set", "abq_enabled_at_startup=false"]).ok();
    assert_eq!(row(&world, "abq-services")["running"], true, "that is for the next start");
    world.stop();
    world.start();
    assert_eq!(answer(&mut phone).await, 200);
    let abq = row(&world, "abq-services");
    assert_eq!((&abq["running"], &abq["could_start"]), (&false.into(), &true.into()), "{abq}");
    let refused = world.call(&["service", "stop", "abq", "--node", "elsewhere"]).refused();
    assert!(refused.contains("'elsewhere'") && refused.contains("allowed"), "{refused}");
    world.finish();
}

/// A second process on the log of a world.
struct Second {
    child: Child,
    port: u16,
}

impl Second {
    async fn start(world: &World, name: &str) -> Self {
        let port = binary::port();
        let mut command = Command::new(binary::program());
        command.arg("--dir").arg(world.dir()).args(["serve", "--node", name]);
        command.args(["--listen", &format!("127.0.0.1:{port}")]);
        let child = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
        until("the second node", async || TcpStream::connect(("127.0.0.1", port)).ok().map(drop)).await;
        Self { child, port }
    }

    fn phone(&self, device: &str) -> Phone {
        let url = format!("http://127.0.0.1:{}", self.port);
        let mut config = PhoneConfig::new(url, ALICE, PASSWORD).device_id(device);
        config.repeat.times = 0;
        Phone::new(config).expect("usable settings")
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_obey_orders_of_their_own_and_write_one_mail() {
    let mut world = World::prepare(&format!("node = \"one\"\n{TO_BOB}"));
    for account in [ALICE, BOB] {
        world.call(&["account", "create", account, "--password", PASSWORD]).ok();
    }
    world.maildir(ALICE);
    let admin = world.maildir(BOB);
    world.start();
    let two = Second::start(&world, "two").await;
    let (mut phone, mut tablet) = (impatient(&world, "phone1"), two.phone("tablet1"));
    assert_eq!((answer(&mut phone).await, answer(&mut tablet).await), (200, 200));
    let nodes = |rows: &serde_json::Value| {
        let rows = rows.as_array().expect("rows").iter();
        let mut nodes: Vec<String> =
            rows.map(|row| row["node"].as_str().expect("a name").to_owned()).collect();
        nodes.dedup();
        nodes
    };
    assert_eq!(nodes(&world.query(&["service", "list"])), ["one"]);
    assert_eq!(nodes(&world.query(&["service", "list", "--all-nodes"])), ["one", "two"]);
    world.call(&["service", "stop", "activesync", "--node", "two"]).ok();
    hears(&mut tablet, 503).await;
    obeyed(&world).await;
    assert_eq!(answer(&mut phone).await, 200, "the order was not for this node");
    world.call(&["service", "start", "activesync", "--all-nodes"]).ok();
    hears(&mut tablet, 200).await;

    asks_too_often(&world, &mut phone).await;
    until("the mail", async || (!admin.content("Inbox", JAILED).is_empty()).then_some(())).await;
    // Long enough for a second one to show, were there one.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(only(&admin, JAILED).contains("phone1"));
    assert_eq!(world.query(&["notification", "list"]).as_array().map(Vec::len), Some(1));
    drop(two);
    world.finish();
}
