//! Provisioning policies, wipes and the tuning of waiting requests: what an administrator orders from the shell while the
//! node runs reaches the devices.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::{
    fs,
    time::{Duration, Instant},
};

use syncledger_simulator::{
    Command, Error, Exchange, Params, Phone, Version, VersionChoice, ascmd::provision::Provisioned,
};
use syncledger_tests::{
    mail::{Mail, Maildir, Message},
    world::{ALICE, BOB, World, assert_in_step, folder, meanwhile, sync_all, until},
};
use syncledger_wbxml::{from_xml, to_xml};

const GRACE: Duration = Duration::from_secs(30);

async fn world_with_mail(version: Version) -> (World, Maildir, Phone) {
    let world = World::files();
    let mail = world.maildir(ALICE);
    for n in 0..3 {
        mail.deliver("Inbox", &Message::new(format!("Message {n}")).bytes());
    }
    let mut phone = world.phone(ALICE, "phone1");
    phone.config_mut().version = VersionChoice::Fixed(version);
    phone.config_mut().repeat.times = 0;
    sync_all(&mut phone).await;
    (world, mail, phone)
}

/// The whole answer as text.
fn text(exchange: &Exchange) -> String {
    exchange.body.as_ref().map(to_xml).unwrap_or_default()
}

/// One Ping of the Inbox for ten minutes, repeated by nobody.
async fn ping(phone: &mut Phone) -> Exchange {
    let inbox = folder(phone, "Inbox");
    let xml = format!(
        "<Ping xmlns=\"Ping\"><HeartbeatInterval>600</HeartbeatInterval><Folders><Folder><Id>{inbox}</Id>\
         <Class>Email</Class></Folder></Folders></Ping>"
    );
    let params = Params::waiting(Duration::from_mins(10), GRACE);
    phone.post(Command::Ping, Some(from_xml(&xml).unwrap()), params).await.unwrap()
}

/// One Provision, as it stands here.
async fn provision(phone: &mut Phone, inner: &str) -> Exchange {
    let xml = format!("<Provision xmlns=\"Provision\">{inner}</Provision>");
    phone.post(Command::Provision, Some(from_xml(&xml).unwrap()), Params::default()).await.unwrap()
}

/// One FolderSync with the phone's keys, repeated by nobody: HTTP status and Status.
async fn folder_sync(phone: &mut Phone) -> (u16, Option<String>) {
    let xml = "<FolderSync xmlns=\"FolderHierarchy\"><SyncKey>0</SyncKey></FolderSync>";
    let exchange =
        phone.post(Command::FolderSync, Some(from_xml(xml).unwrap()), Params::default()).await.unwrap();
    let text = text(&exchange);
    let status = text.split_once("Status>").and_then(|(_, rest)| rest.split('<').next()).map(str::to_owned);
    (exchange.status, status)
}

fn pair(http: u16, status: &str) -> (u16, Option<String>) {
    (http, Some(status.to_owned()))
}

/// What the phone is told of the policy now.
async fn told(phone: &mut Phone) -> Vec<(String, String)> {
    match phone.provision().await.unwrap() {
        Provisioned::Policy { settings, .. } => settings,
        Provisioned::NoPolicy => panic!("there is a policy"),
    }
}

fn setting<'a>(settings: &'a [(String, String)], name: &str) -> Option<&'a str> {
    settings.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_policy_ends_waits_and_makes_the_device_provision_anew() {
    let (world, mail, mut phone) = world_with_mail(Version::V14_1).await;
    for (words, name, value) in [
        (&["account", ALICE, "AllowCamera", "false"][..], "AllowCamera", "0"),
        (&["cos", "default", "AllowBluetooth", "1"], "AllowBluetooth", "1"),
        (&["domain", "example.com", "zimbraMobilePolicyAllowBrowser", "0"], "AllowBrowser", "0"),
        (&["global", "DevicePasswordEnabled", "true"], "DevicePasswordEnabled", "1"),
    ] {
        let change = meanwhile(|| drop(world.call(&[&["policy", "set"], words].concat()).ok()));
        let (ended, ()) = tokio::join!(ping(&mut phone), change);
        assert!(text(&ended).contains("Status>144<"), "{name}: {}", text(&ended));
        assert_eq!(folder_sync(&mut phone).await, pair(200, "144"), "{name}");
        // As phones do it: provision, and go on where they were.
        let before = phone.totals().provisions;
        sync_all(&mut phone).await;
        assert_eq!(phone.totals().provisions, before + 1, "{name}");
        assert_eq!(setting(&told(&mut phone).await, name), Some(value));
        assert_in_step(&phone, &mail);
    }
    assert_eq!(setting(&told(&mut phone).await, "MinDevicePasswordLength"), Some("4"));
    let timeline = world.call(&["audit", "timeline", ALICE, "phone1"]).ok();
    assert!(timeline.contains("policy"), "{timeline}");
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_in_12_1_hears_449_and_another_account_hears_nothing() {
    let (world, mail, mut phone) = world_with_mail(Version::V12_1).await;
    let mut bobs = world.phone(BOB, "phone2");
    sync_all(&mut bobs).await;
    world.call(&["policy", "set", "account", ALICE, "RequireDeviceEncryption", "1"]).ok();
    until("the change to be seen", async || (folder_sync(&mut phone).await.0 == 449).then_some(())).await;
    let before = bobs.totals().provisions;
    sync_all(&mut bobs).await;
    assert_eq!(bobs.totals().provisions, before);
    sync_all(&mut phone).await;
    assert_in_step(&phone, &mail);
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wiped_device_acknowledges_and_stays_out_until_it_is_removed() {
    let (world, mail, mut phone) = world_with_mail(Version::V14_1).await;
    let asked = world.call(&["device", "wipe", ALICE, "phone1"]).refused();
    assert!(asked.contains("--confirm"), "{asked}");
    assert_eq!(folder_sync(&mut phone).await, pair(200, "1"), "nothing was ordered");

    let order = meanwhile(|| drop(world.call(&["device", "wipe", ALICE, "phone1", "--confirm"]).ok()));
    let (ended, ()) = tokio::join!(ping(&mut phone), order);
    assert!(text(&ended).contains("Status>140<"), "{}", text(&ended));
    assert_eq!(folder_sync(&mut phone).await, pair(200, "140"));
    // It cannot at first, and is told again.
    for _ in 0..2 {
        assert!(text(&provision(&mut phone, "").await).contains("<RemoteWipe"));
    }
    let failed = provision(&mut phone, "<RemoteWipe><Status>2</Status></RemoteWipe>").await;
    assert!(
        text(&failed).contains("Status>2<") && text(&failed).contains("<RemoteWipe"),
        "{}",
        text(&failed)
    );
    // The simulated phone obeys within its own Provision.
    let error = phone.sync_folder(&folder(&phone, "Inbox")).await.unwrap_err();
    assert!(matches!(error, Error::Wiped { account_only: false }), "{error}");
    assert_eq!(folder_sync(&mut phone).await, (403, None));
    assert_eq!(provision(&mut phone, "").await.status, 403);
    let info = world.query(&["device", "info", ALICE, "phone1"]).to_string();
    assert!(info.contains("wipe"), "{info}");
    let again = world.call(&["device", "wipe", ALICE, "phone1", "--confirm"]).refused();
    assert!(again.contains("wiped"), "{again}");
    let notices = world.call(&["notification", "list"]).ok();
    assert!(notices.contains("wipe acknowledged"), "{notices}");

    world.call(&["device", "remove", ALICE, "phone1"]).ok();
    until("the device to be let in again", async || phone.folder_sync().await.ok()).await;
    sync_all(&mut phone).await;
    let expected = mail.stored().len();
    let inbox = folder(&phone, "Inbox");
    assert_eq!(phone.state().items(&inbox).count(), expected, "everything anew");
    let timeline = world.call(&["audit", "timeline", ALICE, "phone1"]).ok();
    assert!(timeline.contains("wipe"), "{timeline}");
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_taken_back_in_time_leaves_the_device_as_it_was() {
    let (world, mail, mut phone) = world_with_mail(Version::V16_0).await;
    for sent in [false, true] {
        world.call(&["device", "wipe", ALICE, "phone1", "--confirm"]).ok();
        until("the order to be seen", async || {
            (folder_sync(&mut phone).await == pair(200, "140")).then_some(())
        })
        .await;
        if sent {
            assert!(text(&provision(&mut phone, "").await).contains("<RemoteWipe"));
        }
        world.call(&["device", "cancel-wipe", ALICE, "phone1"]).ok();
        until("the order to be gone", async || {
            (folder_sync(&mut phone).await == pair(200, "1")).then_some(())
        })
        .await;
        assert!(!text(&provision(&mut phone, "").await).contains("<RemoteWipe"));
    }
    // The tree was asked for from its start above; the phone's own memory is as it was.
    mail.deliver("Inbox", &Message::new("Afterwards").bytes());
    phone.folder_sync().await.unwrap();
    sync_all(&mut phone).await;
    assert!(
        phone
            .state()
            .items(&folder(&phone, "Inbox"))
            .any(|(_, item)| item.subject.as_deref() == Some("Afterwards"))
    );
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_devices_of_16_1_can_be_told_to_erase_the_account_alone() {
    let (world, mail, mut phone) = world_with_mail(Version::V14_1).await;
    let wipe = ["device", "wipe", ALICE, "phone1", "--account-only", "--confirm"];
    let refused = world.call(&wipe).refused();
    assert!(refused.contains("16.1"), "{refused}");
    assert_eq!(folder_sync(&mut phone).await, pair(200, "1"));
    sync_all(&mut phone).await;
    assert_in_step(&phone, &mail);

    let mut newer = world.phone(ALICE, "phone2");
    newer.config_mut().version = VersionChoice::Fixed(Version::V16_1);
    newer.config_mut().repeat.times = 0;
    sync_all(&mut newer).await;
    world.call(&["device", "wipe", ALICE, "phone2", "--account-only", "--confirm"]).ok();
    until("the order to be seen", async || (folder_sync(&mut newer).await == pair(200, "140")).then_some(()))
        .await;
    // Were it to come back with an older version, it would not be told to erase everything.
    newer.config_mut().version = VersionChoice::Fixed(Version::V14_1);
    let older = provision(&mut newer, "").await;
    assert_eq!((older.status, text(&older).as_str()), (403, ""));
    newer.config_mut().version = VersionChoice::Fixed(Version::V16_1);
    let error = newer.folder_sync().await.unwrap_err();
    assert!(matches!(error, Error::Wiped { account_only: true }), "{error}");
    assert_eq!(folder_sync(&mut newer).await, (403, None));
    assert_eq!(folder_sync(&mut phone).await, pair(200, "1"), "the other phone");
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tuning_reaches_requests_that_wait() {
    let (world, mail, mut phone) = world_with_mail(Version::V14_1).await;
    // A phone that has waited for a moment has not waited for too long yet; one that waits for ten minutes has to stop.
    let shorter = meanwhile(|| drop(world.call(&["config", "set", "pingMaxHeartbeat=60"]).ok()));
    let begun = Instant::now();
    let deliver_later = async {
        shorter.await;
        world
            .call(&[
                "config",
                "set",
                "--account",
                ALICE,
                "useInstantNotifications=false",
                "notificationsLatency=3",
            ])
            .ok();
        tokio::time::sleep(Duration::from_millis(500)).await;
        mail.deliver("Inbox", &Message::new("One").bytes());
        mail.deliver("Inbox", &Message::new("Two").bytes());
        Instant::now()
    };
    let (news, delivered) = tokio::join!(ping(&mut phone), deliver_later);
    assert!(text(&news).contains("Status>2<"), "{}", text(&news));
    assert!(delivered.elapsed() >= Duration::from_millis(2900), "it woke before its time");
    assert!(begun.elapsed() < Duration::from_mins(1), "it waited to the end");
    sync_all(&mut phone).await;
    assert_in_step(&phone, &mail);
    let get = world.query(&["config", "get", "--account", ALICE, "ZxMobile_NotificationsLatency"]);
    assert_eq!((&get["value"], &get["is_inherited"]), (&"3".into(), &false.into()));
    world.finish();
}

/// Delivers into Alice's Inbox as if it had been half a year ago: a message is as old as its file.
fn deliver_long_ago(world: &World, bytes: &[u8]) {
    let maildir = world.dir().join("mail/example.com/alice/Maildir");
    let (unfinished, name) = (world.scratch().join("old"), "1.long-ago.host");
    fs::write(&unfinished, bytes).unwrap();
    let half_a_year = Duration::from_hours(183 * 24);
    let file = fs::File::options().write(true).open(&unfinished).unwrap();
    file.set_modified(file.metadata().unwrap().modified().unwrap() - half_a_year).unwrap();
    fs::rename(&unfinished, maildir.join("new").join(name)).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_mail_leaves_the_device_with_the_policy_and_comes_back_with_it() {
    let (world, mail, mut phone) = world_with_mail(Version::V16_1).await;
    deliver_long_ago(&world, &Message::new("Long ago").bytes());
    let has_it = async |phone: &mut Phone| {
        sync_all(phone).await;
        let inbox = folder(phone, "Inbox");
        phone.state().items(&inbox).any(|(_, item)| item.subject.as_deref() == Some("Long ago"))
    };
    until("the old message", async || has_it(&mut phone).await.then_some(())).await;
    world.call(&["policy", "set", "account", ALICE, "MaxEmailAgeFilter", "5"]).ok();
    until("the old message to leave", async || (!has_it(&mut phone).await).then_some(())).await;
    world.call(&["policy", "set", "account", ALICE, "MaxEmailAgeFilter", ""]).ok();
    until("the old message again", async || has_it(&mut phone).await.then_some(())).await;
    assert_in_step(&phone, &mail);
    world.finish();
}
