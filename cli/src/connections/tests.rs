//! Over real sockets, with a clock that waits for nobody.

use axum::{Router, routing::get};
use axum_server::Handle;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

/// Longer than any wait of a device.
const LONG_POLL: Duration = Duration::from_mins(59);
const ASK: &str = "GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn limits(all: usize, per_site: usize, trusted: &[&str]) -> Arc<Connections> {
    let trusted = trusted.iter().map(|network| network.parse().unwrap()).collect();
    Connections::new(all, per_site, Proxies { trusted, ..Proxies::default() })
}

/// A server that takes its time, and one that answers more than a socket holds.
async fn serve(connections: &Arc<Connections>) -> (SocketAddr, Handle<SocketAddr>) {
    let wait = async || {
        sleep(LONG_POLL).await;
        "news"
    };
    let router = Router::new().route("/wait", get(wait)).route("/large", get(async || vec![0_u8; 64 << 20]));
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let handle = Handle::new();
    let server = axum_server::from_tcp(socket).unwrap().handle(handle.clone());
    let server = connections.bound(server.acceptor(connections.acceptor()));
    tokio::spawn(server.serve(router.into_make_service()));
    (handle.listening().await.unwrap(), handle)
}

/// What comes until the other end closes; how it closes is its own matter.
async fn rest(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let _ = stream.read_to_end(&mut read).await;
    String::from_utf8(read).unwrap()
}

async fn answer(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    while !read.ends_with(b"news") {
        read.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(read).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_a_request_is_closed() {
    let (address, handle) = serve(&limits(0, 0, &[])).await;
    for beginning in ["", "G", "GET /wait HTTP/1.1\r\nHost: local", "PRI * HTTP/2.0\r\n"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        assert!(!rest(&mut stream).await.contains("200 OK"), "{beginning:?}");
    }
    assert_eq!(handle.connection_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_read_may_wait_for_an_hour_and_the_connection_is_closed_after_it() {
    let (address, _handle) = serve(&limits(0, 0, &[])).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    for _ in 0..2 {
        let asked = Instant::now();
        stream.write_all(ASK.as_bytes()).await.unwrap();
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200 OK"));
        assert!(asked.elapsed() >= LONG_POLL);
    }
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_the_answer_loses_the_connection() {
    let (address, handle) = serve(&limits(0, 0, &[])).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(ASK.replace("wait", "large").as_bytes()).await.unwrap();
    let began = Instant::now();
    sleep(STALL / 2).await;
    assert_eq!(handle.connection_count(), 1, "it may take a while");
    while began.elapsed() < Duration::from_hours(1) {
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(handle.connection_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn one_more_connection_than_there_may_be_is_closed_at_once() {
    let connections = limits(0, 2, &[]);
    let (address, handle) = serve(&connections).await;
    let mut first = TcpStream::connect(address).await.unwrap();
    let mut second = TcpStream::connect(address).await.unwrap();
    for stream in [&mut first, &mut second] {
        stream.write_all(ASK.as_bytes()).await.unwrap();
    }
    // They are taken in in order.
    let connected = Instant::now();
    let mut third = TcpStream::connect(address).await.unwrap();
    assert_eq!(rest(&mut third).await, "");
    assert!(connected.elapsed() < HEAD, "it was refused, not forgotten");
    assert_eq!(handle.connection_count(), 2);
    drop(first);
    assert!(answer(&mut second).await.starts_with("HTTP/1.1 200 OK"));
    let mut fourth = TcpStream::connect(address).await.unwrap();
    fourth.write_all(ASK.as_bytes()).await.unwrap();
    assert!(answer(&mut fourth).await.starts_with("HTTP/1.1 200 OK"));
}

fn admit(connections: &Arc<Connections>, peer: &str) -> Option<Place> {
    connections.admit(peer.parse().unwrap()).ok()
}

#[test]
fn places_are_counted_overall_and_by_address_except_for_trusted_proxies() {
    let connections = limits(5, 2, &["192.0.2.0/24"]);
    let places =
        ["198.51.100.7", "198.51.100.7", "192.0.2.1", "192.0.2.1"].map(|peer| admit(&connections, peer));
    assert!(places.iter().all(Option::is_some));
    assert!(
        admit(&connections, "198.51.100.7").is_none() && admit(&connections, "::ffff:198.51.100.7").is_none()
    );
    let fifth = admit(&connections, "192.0.2.1");
    assert!(fifth.is_some() && admit(&connections, "203.0.113.1").is_none(), "5 in all");
    drop(places);
    assert!(admit(&connections, "198.51.100.7").is_some());
    drop(fifth);
    let open = connections.open.lock().unwrap();
    assert_eq!((open.all, open.by_site.len()), (0, 0), "nothing is kept of who is gone");
}

#[test]
fn an_ipv6_network_is_one_address_and_nought_is_no_limit() {
    let connections = limits(0, 1, &[]);
    let _first = admit(&connections, "2001:db8::1").unwrap();
    assert!(admit(&connections, "2001:db8::2").is_none());
    assert!(admit(&connections, "2001:db8:0:1::1").is_some());
    let connections = limits(0, 0, &[]);
    let places: Vec<_> = (0..1000).map(|_| admit(&connections, "192.0.2.1")).collect();
    assert!(places.iter().all(Option::is_some));
}
