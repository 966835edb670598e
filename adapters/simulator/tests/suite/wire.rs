//! What goes over the wire, byte by byte. MS-ASHTTP.

use std::time::Duration;

use flate2::{Compression, write::GzEncoder};
use syncledger_simulator::{Command, Error, Param, Params, Phone, QueryForm};
use syncledger_wbxml::Limits;

use crate::canned::{Answer, Server, golden};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn plain_form_puts_version_and_policy_key_into_headers() {
    let server = Server::saying([Answer::golden("07-foldersync", "answer: nothing new")]).await;
    let mut phone = Phone::new(server.config()).unwrap();
    phone.folder_sync().await.unwrap();
    let request = &server.received()[0];
    assert_eq!(
        request.line,
        "POST /Microsoft-Server-ActiveSync?Cmd=FolderSync&User=alice%40example.com\
         &DeviceId=androidc1234567890&DeviceType=Android HTTP/1.1"
    );
    let mut headers = request.headers.clone();
    headers.sort();
    let host = server.address.to_string();
    let expected = [
        ("accept-encoding", "gzip"),
        ("authorization", "Basic YWxpY2VAZXhhbXBsZS5jb206ZGVtbw=="),
        ("content-length", "13"),
        ("content-type", "application/vnd.ms-sync.wbxml"),
        ("host", &host),
        ("ms-asprotocolversion", "14.1"),
        ("user-agent", "syncledger-simulator/0.1"),
        ("x-ms-policykey", "0"),
    ];
    let expected: Vec<_> =
        expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    assert_eq!(headers, expected);
    assert_eq!(request.body, golden("07-foldersync", "request"));
}

#[tokio::test]
async fn base64_form_needs_no_headers_of_the_protocol() {
    let server = Server::saying([Answer::golden("07-foldersync", "answer: nothing new")]).await;
    let mut config = server.config();
    config.query = QueryForm::Base64;
    config.locale = 0x0407;
    let mut phone = Phone::new(config).unwrap();
    phone.post(Command::Sync, None, Params::default()).await.unwrap();
    let request = &server.received()[0];
    // 14.1, Sync, de-DE, device, no policy key, type.
    assert_eq!(
        request.line,
        "POST /Microsoft-Server-ActiveSync?jQAHBBJhbmRyb2lkYzEyMzQ1Njc4OTAAB0FuZHJvaWQ= HTTP/1.1"
    );
    for absent in ["ms-asprotocolversion", "x-ms-policykey", "content-type"] {
        assert_eq!(request.header(absent), None, "{absent}");
    }
    assert_eq!(request.header("content-length"), Some("0"));
}

#[tokio::test]
async fn base64_form_carries_the_policy_key_of_the_published_example() {
    let answers = [("02-provision-download", "answer"), ("03-provision-acknowledge", "answer: final key")]
        .map(|(file, label)| Answer::golden(file, label));
    let server = Server::saying(answers).await;
    let mut config = server.config();
    config.query = QueryForm::Base64;
    config.locale = 0x0407;
    let mut phone = Phone::new(config).unwrap();
    phone.provision().await.unwrap();
    phone.post(Command::Sync, None, Params::default()).await.unwrap();
    let line = server.received()[2].line.clone();
    assert_eq!(
        line,
        "POST /Microsoft-Server-ActiveSync?jQAHBBJhbmRyb2lkYzEyMzQ1Njc4OTAEZLAFogdBbmRyb2lk HTTP/1.1"
    );
}

#[tokio::test]
async fn a_ping_goes_without_policy_key_and_multipart_is_a_header() {
    let server = Server::saying([Answer::status(200)]).await;
    let mut phone = Phone::new(server.config()).unwrap();
    phone.post(Command::Ping, None, Params::default()).await.unwrap();
    let params = Params { query: vec![Param::AcceptMultiPart], ..Params::default() };
    phone.post(Command::ItemOperations, None, params).await.unwrap();
    let received = server.received();
    assert_eq!(received[0].header("x-ms-policykey"), None);
    assert_eq!(received[1].header("ms-asacceptmultipart"), Some("T"));
    assert_eq!((received[0].connection, received[1].connection), (0, 0), "the connection is kept alive");
}

#[tokio::test]
async fn a_path_in_the_url_replaces_the_usual_one() {
    let server = Server::saying([Answer::status(200)]).await;
    let mut config = server.config();
    config.base_url.push_str("/eas/default.eas");
    let mut phone = Phone::new(config).unwrap();
    phone.post(Command::Ping, None, Params::default()).await.unwrap();
    assert!(server.received()[0].line.starts_with("POST /eas/default.eas?Cmd=Ping&"));
}

#[tokio::test]
async fn gzip_is_undone_in_answers_and_done_in_requests() {
    let body = gzip(&golden("07-foldersync", "answer"));
    let server = Server::saying([Answer::bytes(body).with("Content-Encoding", "gzip")]).await;
    let mut config = server.config();
    config.gzip_requests = true;
    let mut phone = Phone::new(config).unwrap();
    phone.folder_sync().await.unwrap();
    assert_eq!(phone.state().folders.len(), 8);
    let request = &server.received()[0];
    assert_eq!(request.header("content-encoding"), Some("gzip"));
    let mut plain = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&request.body[..]), &mut plain).unwrap();
    assert_eq!(plain, golden("07-foldersync", "request"));
}

#[tokio::test]
async fn bytes_are_those_of_the_socket() {
    let document = golden("07-foldersync", "answer");
    let raw = [
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.ms-sync.wbxml\r\nContent-Length: {}\r\n\r\n",
            document.len()
        )
        .into_bytes(),
        document,
    ]
    .concat();
    let server = Server::saying([Answer::Raw(raw.clone())]).await;
    let mut phone = Phone::new(server.config()).unwrap();
    let exchange = phone.post(Command::FolderSync, None, Params::default()).await.unwrap();
    assert_eq!(exchange.bytes_in, raw.len() as u64);
    assert_eq!(exchange.bytes_out, server.received()[0].bytes as u64);
    assert_eq!((phone.totals().bytes_in, phone.totals().requests), (exchange.bytes_in, 1));
}

#[tokio::test]
async fn chunked_answers_read() {
    let document = golden("07-foldersync", "answer: nothing new");
    let (one, two) = document.split_at(10);
    let mut raw =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.ms-sync.wbxml\r\nTransfer-Encoding: chunked\r\n\r\n"
            .to_vec();
    for chunk in [one, two, &[]] {
        raw.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        raw.extend([chunk, b"\r\n"].concat());
    }
    let server = Server::saying([Answer::Raw(raw)]).await;
    let mut phone = Phone::new(server.config()).unwrap();
    phone.folder_sync().await.unwrap();
    assert_eq!(phone.state().folder_key, "1");
}

#[tokio::test]
async fn an_idle_connection_the_server_closed_is_replaced_unnoticed() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let server = Server::saying([Answer::Raw(head.into())]).await;
    let mut config = server.config();
    config.repeat.times = 1;
    let mut phone = Phone::new(config).unwrap();
    for _ in 0..3 {
        phone.post(Command::Ping, None, Params::default()).await.unwrap();
    }
    let connections: Vec<_> = server.received().iter().map(|request| request.connection).collect();
    assert_eq!(connections, [0, 1, 2]);
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_refused_compressed_or_not() {
    let big = vec![b'x'; 200_000];
    let answers = [Answer::bytes(big.clone()), Answer::bytes(gzip(&big)).with("Content-Encoding", "gzip")];
    let server = Server::saying(answers).await;
    let mut config = server.config();
    config.max_answer_bytes = 100_000;
    let mut phone = Phone::new(config).unwrap();
    for _ in 0..2 {
        let refused = phone.post(Command::Sync, None, Params::default()).await;
        assert!(matches!(refused, Err(Error::TooLarge { limit: 100_000, .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn silence_is_an_error_after_the_timeout() {
    let server = Server::saying([Answer::Never]).await;
    let mut config = server.config();
    config.repeat.times = 0;
    config.timeouts.answer = Duration::from_millis(50);
    let mut phone = Phone::new(config).unwrap();
    let refused = phone.folder_sync().await;
    assert!(matches!(refused, Err(Error::TimedOut { command: Command::FolderSync, .. })), "{refused:?}");
    assert!(refused.unwrap_err().answer_missing());
}

#[tokio::test]
async fn nobody_there_is_an_error_that_names_the_address() {
    let mut config = Server::saying([Answer::Close]).await.config();
    config.base_url = "http://127.0.0.1:1".to_owned();
    config.repeat.times = 0;
    let refused = Phone::new(config).unwrap().folder_sync().await.unwrap_err();
    assert!(matches!(&refused, Error::Connect { address, .. } if address == "127.0.0.1:1"), "{refused}");
}

#[test]
fn unusable_urls_are_refused_at_once() {
    for url in ["", "example.com", "ftp://example.com", "http:///path"] {
        let config = syncledger_simulator::PhoneConfig::new(url, "alice@example.com", "demo");
        let refused = Phone::new(config);
        assert!(matches!(refused, Err(Error::Config { field: "base_url", .. })), "{url}");
    }
}

#[tokio::test]
async fn any_bytes_can_be_sent() {
    let server = Server::saying([Answer::status(400)]).await;
    let mut phone = Phone::new(server.config()).unwrap();
    let exchange = phone.post_raw(Command::Sync, vec![0xFF; 3], Params::default()).await.unwrap();
    assert_eq!((exchange.status, exchange.body), (400, None));
    assert_eq!(server.received()[0].body, [0xFF; 3]);
    assert!(syncledger_wbxml::decode(&[0xFF; 3], &Limits::default()).is_err());
}
