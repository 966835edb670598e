//! The demo without its terminal: made, shown, stopped, and served again.

use std::sync::Arc;

use syncledger_commands::verify_log;
use syncledger_domain::ports::event_log::EventLog as _;

use super::*;

const MESSAGES: u32 = 30;

fn config(dir: &Path) -> Config {
    Config {
        dir: dir.to_owned(),
        listen: vec![ListenConfig { address: SocketAddr::from(([127, 0, 0, 1], 0)), tls: None }],
        ..Config::default()
    }
}

/// One run of the demo up to the point where it would wait for Ctrl-C.
async fn run_once(config: &Config) -> (Directory, Told) {
    let directory = setup::look(config).unwrap();
    let node = Arc::new(setup::prepare(directory, config, MESSAGES, true).await.unwrap());
    let server = Server::start(Arc::clone(&node), config).await.unwrap();
    let url = format!("http://{}", server.addresses[0]);
    let mut alice = DemoPhone::pick_up(&node, &config.dir, &url, ALICE).unwrap();
    let told = converse(&mut alice, &node, &server, &config.dir, &url, Narrator::new(true)).await.unwrap();
    server.stop().await;
    (directory, told)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_directory_is_made_shown_and_served_again_as_it_is() {
    let place = tempfile::tempdir().unwrap();
    let config = config(&place.path().join("demo"));

    let (directory, first) = run_once(&config).await;
    assert_eq!(directory, Directory::Created);
    assert!(!first.continues);
    assert!(
        first.report.is_clean(),
        "{:?} {:?}",
        first.report.errors().collect::<Vec<_>>(),
        first.report.anomalies
    );
    assert_eq!(first.report.items(), MESSAGES as usize);
    assert_eq!(first.report.folders.len(), mail::FOLDERS.len() + 6, "Reisen, too, is a folder");
    let live = first.live.expect("the live part");
    assert_eq!((live.subject.as_str(), live.read_mark_in_mailbox), ("Are you there?", true));

    let (directory, second) = run_once(&config).await;
    assert_eq!(directory, Directory::Found);
    assert!(second.continues);
    assert_eq!(second.device, first.device);
    assert!(second.report.is_clean(), "{:?}", second.report.anomalies);
    assert_eq!(second.report.items(), MESSAGES as usize + 1, "and the message of the first time");
    let (adds, restarts): (u64, u64) =
        (second.report.folders.iter().map(|folder| folder.adds).sum(), second.report.resyncs_from_zero);
    assert_eq!((adds, restarts), (0, 0), "the phone goes on where it was");
    assert!(second.live.is_some_and(|live| live.read_mark_in_mailbox), "{:?}", second.live_error);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_made_in_part_is_completed_and_nothing_is_doubled() {
    let place = tempfile::tempdir().unwrap();
    let config = config(&place.path().join("demo"));
    let node = setup::prepare(setup::look(&config).unwrap(), &config, 5, true).await.unwrap();
    let head = node.log.head().await.unwrap();
    node.log.close().await;
    drop(node);
    std::fs::write(config.dir.join("demo.unfinished"), "").unwrap();

    let directory = setup::look(&config).unwrap();
    assert_eq!(directory, Directory::Completed);
    let node = setup::prepare(directory, &config, 10, true).await.unwrap();
    assert_eq!(setup::look(&config).unwrap(), Directory::Found);
    let accounts = node.log.read_all(head, None, 100).await.unwrap();
    assert!(accounts.iter().all(|event| event.event_type == "account-password-set"), "{accounts:?}");
    verify_log::run(&*node.log, None, &mut |_| ()).await.unwrap();
    let count = walk(&setup::maildir(&config.dir, ALICE));
    assert_eq!(count, 10);
}

/// Messages in a Maildir.
fn walk(dir: &Path) -> usize {
    let entries = std::fs::read_dir(dir).unwrap().map(Result::unwrap);
    entries
        .map(|entry| match entry.file_type().unwrap() {
            kind if kind.is_dir() => walk(&entry.path()),
            _ => usize::from(entry.file_name().to_string_lossy().contains(".syncledger,")),
        })
        .sum()
}

#[test]
fn a_directory_with_other_things_in_it_is_refused() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("thesis.txt"), "precious").unwrap();
    let error = setup::look(&config(place.path())).unwrap_err().to_string();
    assert!(error.contains("holds other files") && error.contains("--dir"), "{error}");
}

#[test]
fn an_address_in_use_is_named_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap();
    let demo = Demo { listen, no_phone: false, messages: 1 };
    let error = demo.must_be_free().unwrap_err().to_string();
    assert!(error.contains(&listen.to_string()) && error.contains("--listen"), "{error}");

    let demo = Demo { listen: SocketAddr::from(([192, 0, 2, 1], 80)), ..demo };
    assert!(demo.must_be_free().unwrap_err().to_string().contains("plain HTTP"));
}
