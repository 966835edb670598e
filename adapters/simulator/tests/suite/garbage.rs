//! Whatever a server sends, the phone answers with a value or an error.

use std::time::Duration;

use syncledger_simulator::{
    Error, Phone,
    conversation::{self, Plan, Silent},
};
use syncledger_wbxml::{Limits, decode};

use crate::canned::{Answer, Server, golden, offer};

/// Every command once; the outcome does not matter, only that there is one.
async fn everything(phone: &mut Phone) -> Vec<Error> {
    let mut errors = Vec::new();
    errors.extend(phone.options().await.err());
    errors.extend(phone.provision().await.err());
    errors.extend(phone.settings_device_information().await.err());
    errors.extend(phone.folder_sync().await.err());
    errors.extend(phone.sync_folder("2").await.err());
    errors.extend(phone.sync_empty(None).await.err());
    errors.extend(phone.get_item_estimate(&["2"]).await.err());
    errors.extend(phone.ping(Duration::from_mins(1), &["2"]).await.err());
    errors.extend(phone.fetch_item("2", "2:1").await.err());
    errors.extend(phone.fetch_attachment("x", true).await.err());
    errors.extend(phone.move_items(&[]).await.err());
    errors.extend(phone.send_mail(b"x", true).await.err());
    errors
}

#[tokio::test]
async fn every_published_message_can_be_the_answer_to_every_command() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/examples.jsonl");
    let lines = std::fs::read_to_string(path).unwrap();
    for line in lines.lines() {
        let message: serde_json::Value = serde_json::from_str(line).unwrap();
        let (file, label) = (message["file"].as_str().unwrap(), message["label"].as_str().unwrap());
        let server =
            Server::saying([Answer::golden("07-foldersync", "answer"), Answer::golden(file, label)]).await;
        let mut config = server.config();
        config.repeat.times = 0;
        let mut phone = Phone::new(config).unwrap();
        phone.folder_sync().await.unwrap();
        let errors = everything(&mut phone).await;
        assert!(!errors.is_empty(), "{file} / {label} cannot be right for every command");
    }
}

#[tokio::test]
async fn cut_and_altered_documents_are_errors() {
    let whole = golden("09-sync-start", "answer");
    let mut bodies: Vec<_> = (1..whole.len()).map(|end| whole[..end].to_vec()).collect();
    for at in 0..whole.len() {
        let mut altered = whole.clone();
        altered[at] ^= 0x55;
        bodies.push(altered);
    }
    for body in bodies {
        let undecodable = decode(&body, &Limits::default()).is_err();
        let server = Server::saying([Answer::bytes(body)]).await;
        let mut config = server.config();
        config.repeat.times = 0;
        let mut phone = Phone::new(config).unwrap();
        let refused = phone.folder_sync().await.unwrap_err();
        assert_eq!(matches!(refused, Error::Undecodable { .. }), undecodable, "{refused}");
    }
}

#[tokio::test]
async fn bodies_that_are_not_what_they_say_are_errors() {
    let html = Answer::Http {
        status: 200,
        headers: vec![("Content-Type", "text/html".to_owned())],
        body: b"<html>".to_vec(),
    };
    let cases = [
        (html, "the answer has a body of an unexpected content type"),
        (Answer::bytes(b"x".to_vec()).with("Content-Encoding", "gzip"), "the answer is no gzip"),
        (Answer::bytes(b"x".to_vec()).with("Content-Encoding", "br"), "encoded as \"br\""),
        (Answer::status(200), "the answer is empty"),
        (Answer::golden("17-ping", "answer: time over"), "the answer is no FolderSync"),
    ];
    for (answer, what) in cases {
        let server = Server::saying([answer]).await;
        let refused = Phone::new(server.config()).unwrap().folder_sync().await.unwrap_err();
        assert!(refused.to_string().contains(what), "{refused} should say {what}");
    }
    let server = Server::saying([Answer::Raw(b"SSH-2.0-OpenSSH\r\n".to_vec())]).await;
    let refused = Phone::new(server.config()).unwrap().folder_sync().await.unwrap_err();
    assert!(matches!(refused, Error::Transport { .. }), "{refused}");
}

#[tokio::test]
async fn a_conversation_with_a_broken_server_ends_with_a_report() {
    for answer in [Answer::status(500), Answer::status(401), Answer::bytes(vec![0xFF; 9])] {
        let server = Server::saying([offer("14.1"), answer]).await;
        let mut phone = Phone::new(server.config()).unwrap();
        let report = conversation::run(&mut phone, Plan::default(), &mut Silent).await;
        assert!(!report.is_clean());
        assert_eq!(report.errors().count(), 1, "{report:?}");
    }
}

#[test]
fn a_broken_memory_is_an_error() {
    let config = || syncledger_simulator::PhoneConfig::new("http://127.0.0.1:1", "alice@example.com", "demo");
    for memory in ["", "{}", "[]", "{\"version\":\"2.5\"}"] {
        assert!(matches!(Phone::load(config(), memory), Err(Error::Memory(_))), "{memory}");
    }
}
