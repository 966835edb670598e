//! What a request must look like, and what it hears when it does not.

use std::io::Write;

use base64::{Engine, prelude::BASE64_STANDARD};
use flate2::{Compression, write::GzEncoder};

use super::world::{Ask, Options, World};
use crate::services::NodeLimits;

const FOLDER_SYNC: &str = "<FolderSync xmlns=\"FolderHierarchy\"><SyncKey>0</SyncKey></FolderSync>";
const WBXML: &str = "application/vnd.ms-sync.wbxml";

/// Alice, in a world where no policy is required.
async fn world() -> World {
    let world = World::with_alice().await;
    world.set("policyRequired", "false").await;
    world
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn options_tells_versions_and_commands() {
    let world = world().await;
    let reply = world.send(Ask::options().build()).await;
    assert_eq!(reply.ends(), (200, None));
    assert_eq!(reply.header("ms-asprotocolversions"), Some("12.1,14.0,14.1,16.0,16.1"));
    let commands: Vec<_> = reply.header("ms-asprotocolcommands").unwrap().split(',').collect();
    assert!(
        ["Sync", "SendMail", "FolderSync", "Ping", "Provision"].iter().all(|name| commands.contains(name))
    );
    assert_eq!((reply.header("public"), reply.header("allow")), (Some("OPTIONS,POST"), Some("OPTIONS,POST")));
    world.set("easVersions", "14.1,12.1").await;
    let reply = world.send(Ask::options().query("User=alice&DeviceId=1&DeviceType=SP").build()).await;
    assert_eq!(reply.header("ms-asprotocolversions"), Some("12.1,14.1"));
    assert!(world.events("device-").await.is_empty(), "OPTIONS registers nothing");
}

#[tokio::test]
async fn the_path_is_taken_in_the_forms_clients_write() {
    let world = world().await;
    for path in [
        "/microsoft-server-activesync",
        "/Microsoft-Server-ActiveSync/",
        "/MICROSOFT-SERVER-ACTIVESYNC/default.eas",
    ] {
        assert_eq!(world.send(Ask::options().path(path).build()).await.status, 200, "{path}");
    }
    for path in ["/", "/Microsoft-Server-ActiveSync/x", "/Microsoft-Server-ActiveSyncX"] {
        assert_eq!(world.send(Ask::options().path(path).build()).await.status, 404, "{path}");
    }
    assert_eq!(world.send(Ask::options().method("GET").build()).await.status, 405);
    assert_eq!(world.send(Ask::options().method("PROPFIND").build()).await.status, 501);
}

#[tokio::test]
async fn both_query_forms_are_one_device() {
    let world = world().await;
    assert_eq!(world.send(Ask::command("FolderSync").xml(FOLDER_SYNC).build()).await.ends(), (200, Some(1)));
    let blob = [&[141, 9, 9, 4, 6][..], b"pHONE1", &[0, 7], b"Android"].concat();
    let ask = Ask::command("FolderSync").query(&BASE64_STANDARD.encode(blob)).without("ms-asprotocolversion");
    assert_eq!(world.send(ask.xml(FOLDER_SYNC).build()).await.ends(), (200, Some(1)));
    assert_eq!(world.events("device-").await, ["device-registered", "device-id-spelled"]);
}

#[tokio::test]
async fn versions_not_on_offer_are_refused_in_the_language_of_the_version() {
    let world = world().await;
    world.set("easVersions", "12.1,14.1").await;
    let ends = async |version: &str| {
        world.send(Ask::command("FolderSync").version(version).xml(FOLDER_SYNC).build()).await.ends()
    };
    assert_eq!(ends("16.1").await, (200, Some(138)));
    assert_eq!(ends("14.0").await, (200, Some(138)));
    assert_eq!(ends("12.0").await, (400, None));
    assert_eq!(ends("2.5").await, (400, None));
    assert_eq!(ends("17.0").await, (400, None));
    assert_eq!(ends("nonsense").await, (400, None));
    assert_eq!(ends("14.1").await, (200, Some(1)));
    let silent = Ask::command("FolderSync").without("ms-asprotocolversion").xml(FOLDER_SYNC);
    assert_eq!(world.send(silent.build()).await.ends(), (400, None));
}

#[tokio::test]
async fn accounts_without_the_service_are_told_so() {
    let world = world().await;
    world.set("easEnabled", "false").await;
    assert_eq!(world.send(Ask::options().build()).await.status, 403);
    assert_eq!(
        world.send(Ask::command("FolderSync").xml(FOLDER_SYNC).build()).await.ends(),
        (200, Some(126))
    );
    assert_eq!(world.send(Ask::command("FolderSync").version("12.1").build()).await.ends(), (403, None));
    assert!(world.events("device-").await.is_empty());
}

#[tokio::test]
async fn a_query_that_says_too_little_is_refused() {
    let world = world().await;
    let ends = async |query: &str, version: &str| {
        world.send(Ask::command("x").query(query).version(version).xml(FOLDER_SYNC).build()).await.ends()
    };
    assert_eq!(ends("Cmd=FolderSync&DeviceType=SP", "14.1").await, (200, Some(108)));
    assert_eq!(ends("Cmd=FolderSync&DeviceType=SP&DeviceId=a/b", "14.1").await, (200, Some(108)));
    assert_eq!(ends("Cmd=FolderSync&DeviceType=SP", "12.1").await, (400, None));
    assert_eq!(ends("Cmd=FolderSync&DeviceId=1", "14.1").await, (200, Some(109)));
    assert_eq!(ends("Cmd=FolderSync&DeviceId=1", "12.1").await, (400, None));
    assert_eq!(ends("DeviceId=1&DeviceType=SP", "14.1").await, (400, None));
    assert_eq!(ends("!!!", "14.1").await, (400, None));
}

#[tokio::test]
async fn commands_without_a_room_are_not_supported() {
    let world = world().await;
    let reply = world.send(Ask::command("Find").version("16.1").build()).await;
    reply.is("<Find xmlns=\"Find\"><Status>137</Status></Find>");
    assert_eq!(world.send(Ask::command("Find").version("12.1").build()).await.ends(), (501, None));
    assert_eq!(world.send(Ask::command("GetAttachment").build()).await.ends(), (501, None));
    assert_eq!(world.send(Ask::command("Dance").build()).await.ends(), (501, None));
}

#[tokio::test]
async fn bodies_that_are_none_are_refused_in_the_language_of_the_version() {
    let world = world().await;
    let cases: [(&str, &str, &[u8], u16); 4] = [
        ("no body", WBXML, b"", 101),
        ("a web form", "application/x-www-form-urlencoded", b"a=b", 101),
        ("not WBXML", WBXML, b"\xFF\xFE\xFD garbage", 102),
        ("cut short", WBXML, b"\x03\x01\x6A\x00\x00\x07\x56\x52\x03", 102),
    ];
    for (what, content_type, body, status) in cases {
        let ask = |version| Ask::command("FolderSync").version(version).body(content_type, body).build();
        assert_eq!(world.send(ask("14.1")).await.ends(), (200, Some(status)), "{what}");
        assert_eq!(world.send(ask("12.1")).await.ends(), (400, None), "{what}");
    }
    let other_root = Ask::command("FolderSync").xml("<Ping xmlns=\"Ping\"/>");
    assert_eq!(world.send(other_root.build()).await.ends(), (200, Some(103)));
}

#[tokio::test]
async fn a_body_too_large_is_refused_also_when_it_is_small_compressed() {
    let options = Options {
        limits: NodeLimits { max_request_bytes: 10_000, ..NodeLimits::default() },
        ..Options::default()
    };
    let world = World::with(options).await;
    world.add("alice@example.com", super::world::PASSWORD).await;
    world.set("policyRequired", "false").await;
    let large = vec![0; 10_001];
    let bomb = gzip(&vec![0; 50_000_000]);
    let fits_compressed = gzip(&large);
    assert!(fits_compressed.len() < 1000);
    let ask =
        |version: &str, body: &[u8]| Ask::command("FolderSync").version(version).body(WBXML, body.to_vec());
    assert_eq!(world.send(ask("14.1", &large).build()).await.ends(), (200, Some(122)));
    assert_eq!(world.send(ask("12.1", &large).build()).await.ends(), (413, None));
    let unannounced = ask("12.1", &large).without("content-length");
    assert_eq!(world.send(unannounced.build()).await.ends(), (413, None));
    for compressed in [&fits_compressed, &bomb] {
        let ask = ask("12.1", compressed).header("Content-Encoding", "gzip");
        assert_eq!(world.send(ask.build()).await.ends(), (413, None));
    }
}

#[tokio::test]
async fn gzip_goes_both_ways() {
    let world = world().await;
    let document = syncledger_wbxml::encode(&syncledger_wbxml::from_xml(FOLDER_SYNC).unwrap());
    let ask = Ask::command("FolderSync").body(WBXML, gzip(&document)).header("Content-Encoding", "gzip");
    assert_eq!(world.send(ask.build()).await.ends(), (200, Some(1)));
    let broken = Ask::command("FolderSync").body(WBXML, document.clone()).header("Content-Encoding", "gzip");
    assert_eq!(world.send(broken.build()).await.ends(), (200, Some(101)));
    let other = Ask::command("FolderSync").body(WBXML, document).header("Content-Encoding", "br");
    assert_eq!(world.send(other.build()).await.ends(), (415, None));

    let mailbox = world.mailboxes.add_account(&"alice@example.com".parse().unwrap(), super::world::PASSWORD);
    for number in 0..100 {
        mailbox.add_folder(&format!("Folder {number:03}"), None);
    }
    let plain = world.send(Ask::command("FolderSync").xml(FOLDER_SYNC).build()).await;
    let ask = Ask::command("FolderSync").xml(FOLDER_SYNC).header("Accept-Encoding", "br, gzip");
    let compressed = world.send(ask.build()).await;
    assert_eq!(
        (plain.header("content-encoding"), compressed.header("content-encoding")),
        (None, Some("gzip"))
    );
    assert!(compressed.body.len() < plain.body.len());
    let mut inflated = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&*compressed.body), &mut inflated).unwrap();
    let folders = |bytes: &[u8]| {
        let document = syncledger_wbxml::decode(bytes, &syncledger_wbxml::Limits::default()).unwrap();
        document
            .elements()
            .flat_map(|changes| changes.elements().cloned().collect::<Vec<_>>())
            .collect::<Vec<_>>()
    };
    assert_eq!(folders(&inflated), folders(&plain.body));
}

#[tokio::test]
async fn plain_http_is_for_this_host_and_trusted_proxies() {
    let mut options = Options::default();
    options.config.plain = true;
    options.config.proxies.trusted = vec!["192.0.2.10".parse().unwrap()];
    let world = World::with(options).await;
    world.add("alice@example.com", super::world::PASSWORD).await;
    assert_eq!(world.send(Ask::options().build()).await.status, 200);
    assert_eq!(world.send(Ask::options().from("192.0.2.10").build()).await.status, 200);
    let forged = Ask::options().from("192.0.2.11").header("X-Forwarded-For", "127.0.0.1");
    assert_eq!(world.send(forged.build()).await.status, 403);
    let (mut unknown, _) = Ask::options().build().into_parts();
    unknown.extensions.clear();
    assert_eq!(world.send(http::Request::from_parts(unknown, axum::body::Body::empty())).await.status, 403);
}
