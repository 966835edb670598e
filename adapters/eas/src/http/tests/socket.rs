//! The same over a real connection, for what only shows there.

use std::net::SocketAddr;

use base64::{Engine, prelude::BASE64_STANDARD};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::world::{Options, PASSWORD, World};
use crate::services::NodeLimits;

async fn connect(world: &World) -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = world.router.clone().into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    TcpStream::connect(address).await.unwrap()
}

fn post(password: &str, length: usize) -> String {
    let login = BASE64_STANDARD.encode(format!("alice:{password}"));
    format!(
        "POST /Microsoft-Server-ActiveSync?Cmd=FolderSync&User=alice&DeviceId=1&DeviceType=SP HTTP/1.1\r\nHost: x\r\n\
         MS-ASProtocolVersion: 12.1\r\nAuthorization: Basic {login}\r\nContent-Type: application/vnd.ms-sync.wbxml\r\n\
         Content-Length: {length}\r\n\r\n"
    )
}

/// The head of the next answer, all of whose bodies are empty here.
async fn answer(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

#[tokio::test]
async fn one_connection_serves_after_refusals_that_left_the_body_unread() {
    let mut options = Options::default();
    options.config.plain = true;
    let world = World::with(options).await;
    world.add("alice@example.com", PASSWORD).await;
    let mut stream = connect(&world).await;
    let body = vec![0_u8; 200_000];
    for _ in 0..2 {
        stream.write_all(post("wrong", body.len()).as_bytes()).await.unwrap();
        stream.write_all(&body).await.unwrap();
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 401 Unauthorized\r\n"));
    }
    stream.write_all(post(PASSWORD, 0).as_bytes()).await.unwrap();
    let head = answer(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 449 Retry after sending a PROVISION command\r\n"), "{head}");
    assert!(head.contains("\r\ncontent-length: 0\r\n"), "{head}");
}

#[tokio::test]
async fn who_sends_too_much_reads_why_instead_of_a_reset() {
    let limits = NodeLimits { max_request_bytes: 10_000, ..NodeLimits::default() };
    let world = World::with(Options { limits, ..Options::default() }).await;
    world.add("alice@example.com", PASSWORD).await;
    world.set("policyRequired", "false").await;
    let mut stream = connect(&world).await;
    let body = vec![0_u8; 8 << 20];
    stream.write_all(post(PASSWORD, body.len()).as_bytes()).await.unwrap();
    stream.write_all(&body).await.unwrap();
    let head = answer(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 413 ") && head.contains("\r\nconnection: close\r\n"), "{head}");
}
