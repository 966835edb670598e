//! A simulation shows what a device would get and leaves no trace.

use std::{collections::BTreeMap, path::Path};

use syncledger_domain::{
    event::Position,
    ports::{
        clock::Clock as _,
        event_log::EventLog,
        mailbox::{MailFlags, MailboxUser, Mailboxes as _, NewItem, Origin, Secret},
    },
};
use syncledger_mailbox_files::FilesMailboxes;
use syncledger_simulator::store::ClientCommand;

use super::*;
use crate::{config::ListenConfig, server::Server, system::SystemClock};

const ALICE: &str = "alice@example.com";

/// A node with an account, a local password and three messages.
async fn node(dir: &Path) -> (Config, Node) {
    let config = Config {
        dir: dir.join("data"),
        listen: vec![ListenConfig { address: ([127, 0, 0, 1], 0).into(), tls: None }],
        ..Config::default()
    };
    let node = Node::open_or_create(&config).await.unwrap();
    account::create(&node, &ALICE.parse().unwrap(), None, Some("secret")).await.unwrap();
    crate::node::make_private(&config.mail()).unwrap();
    let user = MailboxUser { address: ALICE.parse().unwrap() };
    let mailbox = FilesMailboxes::new(config.mail()).open(&user, &Secret(Vec::new())).await.unwrap();
    let inbox = mailbox.folders().await.unwrap()[0].key.clone();
    for number in 0..3 {
        let content = format!("From: bob@example.com\r\nSubject: {number}\r\n\r\nHello.\r\n");
        let origin = Origin {
            device: DeviceId::new("test").unwrap(),
            client_id: syncledger_domain::ids::ClientId::new(&number.to_string()).unwrap(),
        };
        let (flags, date) = (MailFlags::default(), SystemClock.now());
        mailbox
            .create(&inbox, NewItem { origin, content: content.into_bytes().into(), flags, date })
            .await
            .unwrap();
    }
    (config, node)
}

fn simulate(device: Option<&str>) -> Simulate {
    Simulate {
        account: ALICE.to_owned(),
        device: device.map(|id| DeviceId::new(id).unwrap()),
        new: device.is_none(),
        password: None,
        password_file: None,
        url: None,
        ca_file: None,
        device_type: None,
        protocol: None,
        days: 0,
        window: 100,
    }
}

/// All files of the mail with their sizes.
fn files(dir: &Path) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let name = entry.path().display().to_string();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        }
        found.insert(name, if entry.path().is_file() { entry.metadata().unwrap().len() } else { 0 });
    }
    found
}

async fn everything(node: &Node) -> Vec<syncledger_domain::event::RecordedEvent> {
    node.log.read_all(Position::START, None, 10_000).await.unwrap()
}

/// A phone that has synchronised with a real server over this node.
async fn registered(config: &Config, node: Node, id: &str) {
    let server = Server::start(std::sync::Arc::new(node), config).await.unwrap();
    let url = format!("http://{}", server.addresses[0]);
    let mut settings = PhoneConfig::new(url, ALICE, "secret").device_id(id).version(Version::V14_1);
    settings.device_type = "TestPhone".to_owned();
    let mut phone = Phone::new(settings).unwrap();
    let report = conversation::run(&mut phone, Plan::default(), &mut conversation::Silent).await;
    assert!(report.is_clean(), "{:?}", report.errors().collect::<Vec<_>>());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_mobile_passwords_is_simulated_with_one() {
    let place = tempfile::tempdir().unwrap();
    let (config, node) = node(place.path()).await;
    let account = syncledger_domain::ids::AccountId::for_address(&ALICE.parse().unwrap());
    let eas = [syncledger_domain::directory::Service::Eas];
    let new = syncledger_commands::add_mobile_password::NewPassword::Generated;
    let (repository, admin) = (&node.repository, node.admin());
    syncledger_commands::add_mobile_password::run(repository, &admin, account, "", &eas, new).await.unwrap();
    let before = everything(&node).await;
    let outcome = simulate(None).against_copy(&config, true).await.unwrap();
    assert!(outcome.clean, "{:?}", outcome.report.errors().collect::<Vec<_>>());
    assert_eq!(everything(&node).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_device_is_simulated_and_neither_log_nor_mail_has_changed() {
    let place = tempfile::tempdir().unwrap();
    let (config, node) = node(place.path()).await;
    let (events, mail) = (everything(&node).await, files(&config.mail()));

    let outcome = simulate(None).against_copy(&config, true).await.unwrap();

    assert!(outcome.clean, "{:?}", outcome.report.errors().collect::<Vec<_>>());
    assert_eq!((outcome.report.items(), outcome.left_behind, outcome.mode), (3, false, "copy"));
    assert_eq!(everything(&node).await, events);
    assert_eq!(files(&config.mail()), mail);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registered_device_is_imitated_and_its_states_stay_as_they_are() {
    let place = tempfile::tempdir().unwrap();
    let (config, first) = node(place.path()).await;
    registered(&config, first, "real1").await;
    let node = Node::open(&config).await.unwrap();
    let (events, mail) = (everything(&node).await, files(&config.mail()));

    let outcome = simulate(Some("real1")).against_copy(&config, true).await.unwrap();

    assert!(outcome.clean, "{:?}", outcome.report.errors().collect::<Vec<_>>());
    assert_eq!(outcome.report.version.as_deref(), Some("14.1"), "as the device speaks");
    assert_eq!(outcome.report.items(), 3);
    assert_eq!(everything(&node).await, events);
    assert_eq!(files(&config.mail()), mail);

    let error = simulate(Some("stranger")).against_copy(&config, true).await.err().unwrap().to_string();
    assert!(error.contains("'stranger'") && error.contains("device list"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_copy_holds_what_concerns_the_device_and_nothing_else() {
    let place = tempfile::tempdir().unwrap();
    let (config, first) = node(place.path()).await;
    account::create(&first, &"bob@example.com".parse().unwrap(), None, Some("secret")).await.unwrap();
    registered(&config, first, "real1").await;
    registered(&config, Node::open(&config).await.unwrap(), "real2").await;
    let node = Node::open(&config).await.unwrap();
    let subject = simulate(Some("real1")).subject(&node).await.unwrap();
    let alice = subject.account.unwrap();

    let fork = Fork::of(&node, &config, &alice, Some(&subject.device)).await.unwrap();

    let copied = fork.log().read_all(Position::START, None, 10_000).await.unwrap();
    let of_device = |event: &syncledger_domain::event::RecordedEvent| event.stream.as_str().contains("real1");
    assert!(copied.iter().any(|event| event.stream.as_str().starts_with("sync-") && of_device(event)));
    assert!(copied.iter().all(|event| !event.stream.as_str().contains("real2")));
    let streams: std::collections::BTreeSet<_> =
        copied.iter().map(|event| event.stream.to_string()).collect();
    assert!(streams.contains("domain-example.com") && streams.contains(&format!("account-{}", alice.id)));
    assert!(streams.iter().filter(|name| name.starts_with("account-")).count() == 1, "{streams:?}");
    // Every stream that was copied was copied whole.
    for event in everything(&node).await.iter().filter(|event| streams.contains(event.stream.as_str())) {
        assert!(copied.contains(event), "{event:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_change_mail_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let (config, node) = node(place.path()).await;
    let simulate = simulate(None);
    let subject = simulate.subject(&node).await.unwrap();
    let alice = subject.account.as_ref().unwrap();
    let mut fork = Fork::of(&node, &config, alice, None).await.unwrap();
    let secret = fork.random_password(alice.id).await.unwrap();
    let url = fork.serve(&config).await.unwrap();
    let mut phone = simulate.phone(&subject, &url, secret).unwrap();
    phone.folder_sync().await.unwrap();
    phone.sync_folder("2").await.unwrap();
    let mail = files(&config.mail());

    let item = phone.listing()[0].server_id.clone();
    let change = [ClientCommand::SetRead { server_id: item.clone(), read: true }];
    phone.queue("2", change);
    let replies = phone.sync_folder("2").await.map(|run| run.replies).unwrap_or_default();
    assert!(replies.iter().all(|reply| reply.status != 1), "{replies:?}");
    phone.queue("2", [ClientCommand::Delete { server_id: item }]);
    let _ = phone.sync_folder("2").await;
    let message = format!("From: {ALICE}\r\nTo: {ALICE}\r\nSubject: x\r\n\r\nx\r\n");
    assert!(phone.send_mail(message.as_bytes(), false).await.is_err());

    assert_eq!(files(&config.mail()), mail);
    fork.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_is_driven_for_real_and_the_throw_away_device_removed() {
    let place = tempfile::tempdir().unwrap();
    let (config, first) = node(place.path()).await;
    let server = Server::start(std::sync::Arc::new(first), &config).await.unwrap();
    let url = format!("http://{}", server.addresses[0]);
    let against = |password: &str| Simulate {
        url: Some(url.clone()),
        password: Some(password.to_owned()),
        ..simulate(None)
    };

    let outcome = against("secret").against_server(&config, true).await.unwrap();
    assert!(outcome.clean && !outcome.left_behind);
    assert_eq!((outcome.report.items(), outcome.mode), (3, "server"));

    let refused = against("wrong").against_server(&config, true).await.unwrap();
    assert!(!refused.clean && !refused.left_behind, "who is not let in leaves nothing behind");
    assert!(trouble(&refused.report).unwrap().contains("401"));

    // A log that is not at hand cannot be tidied up.
    let elsewhere = Config { dir: place.path().join("elsewhere"), ..config.clone() };
    let stranger = against("secret").against_server(&elsewhere, true).await.unwrap();
    assert!(stranger.clean && stranger.left_behind);
    server.stop().await;

    let node = Node::open(&config).await.unwrap();
    node.catch_up().await.unwrap();
    let left = devices::list(&*node.view_store(), None).await.unwrap();
    let left: Vec<&str> = left.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(left, [stranger.device.as_str()]);
}

#[tokio::test]
async fn certificates_to_trust_come_from_a_file_that_ends() {
    let place = tempfile::tempdir().unwrap();
    let config = Config { dir: place.path().join("data"), ..Config::default() };
    for (file, why) in [("/dev/zero", "no regular file"), ("/tmp", "a directory"), ("/no/such", "No such")] {
        let call = Simulate {
            url: Some("https://127.0.0.1:1".to_owned()),
            ca_file: Some(file.into()),
            password: Some("secret".to_owned()),
            ..simulate(None)
        };
        let Err(error) = call.against_server(&config, true).await else { panic!("{file} is no certificate") };
        assert_eq!(crate::codes::of(&error), syncledger_domain::codes::FILE_UNREADABLE, "{file}");
        let said = format!("{error:#}");
        assert!(said.contains("--ca-file") && said.contains(why) && said.contains(file), "{said}");
    }
}

#[test]
fn days_become_the_smallest_filter_that_holds_them() {
    let cases = [(0, 0), (1, 1), (2, 2), (3, 2), (7, 3), (14, 4), (15, 5), (31, 5), (32, 0), (u32::MAX, 0)];
    for (days, expected) in cases {
        assert_eq!(filter_type(days), expected, "{days}");
    }
}
