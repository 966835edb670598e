//! What strangers and broken clients send: garbage, cut-off, huge and deep documents, bombs. Each gets the status its
//! document gives for it, memory stays bounded, and the next phone is served as ever.

use std::{io::Write as _, net::SocketAddr};

use flate2::{Compression, write::GzEncoder};
use syncledger_simulator::{Phone, Version, VersionChoice};
use syncledger_tests::{
    churn::Dice,
    mail::{Mail, Message},
    raw_http::{Answer, Post, exchange},
    world::{ALICE, World, assert_in_step, sync_all},
};
use syncledger_wbxml::{
    Element, Tag, encode,
    pages::{
        air_sync, compose_mail, folder_hierarchy, get_item_estimate, item_operations, move_, ping, provision,
        settings,
    },
};

const WBXML: &str = "application/vnd.ms-sync.wbxml";
/// Every command, and the root of its request.
const COMMANDS: [(&str, Tag); 9] = [
    ("Sync", air_sync::SYNC),
    ("SendMail", compose_mail::SEND_MAIL),
    ("FolderSync", folder_hierarchy::FOLDER_SYNC),
    ("MoveItems", move_::MOVE_ITEMS),
    ("GetItemEstimate", get_item_estimate::GET_ITEM_ESTIMATE),
    ("Settings", settings::SETTINGS),
    ("Ping", ping::PING),
    ("ItemOperations", item_operations::ITEM_OPERATIONS),
    ("Provision", provision::PROVISION),
];
/// The largest request these nodes take.
const LIMIT_MB: usize = 8;
/// The most memory a node may ever have used, in KiB. A build with debug assertions that serves nobody takes some
/// 55 MiB; the bodies below ask for gigabytes.
const MOST_MEMORY: u64 = 150 << 10;

struct Siege {
    world: World,
    phone: Phone,
    post: Post,
    to: SocketAddr,
    /// What 14.0 and later say by a Status in an answer of 200, 12.1 says by these codes.
    by_http: bool,
}

impl Siege {
    async fn lay(version: Version) -> Self {
        let world = World::files();
        world.configure(&format!("[limits]\nmax_request_mb = {LIMIT_MB}\n"));
        let mut world = world;
        world.stop();
        world.start();
        let mail = world.maildir(ALICE);
        for n in 0..5 {
            mail.deliver("Inbox", &Message::new(format!("Message {n}")).bytes());
        }
        let mut phone = world.phone(ALICE, "phone1");
        phone.config_mut().version = VersionChoice::Fixed(version);
        sync_all(&mut phone).await;
        let post = Post {
            command: String::new(),
            version: version.as_str(),
            user: ALICE.to_owned(),
            device: "phone1".to_owned(),
            policy_key: phone.state().policy_key,
            content_type: WBXML,
            more: String::new(),
            body: Vec::new(),
        };
        let to = SocketAddr::from(([127, 0, 0, 1], world.port()));
        Self { world, phone, post, to, by_http: version < Version::V14_0 }
    }

    fn send(&self, command: &str, body: &[u8]) -> Answer {
        self.post(command, body).send(self.to)
    }

    fn post(&self, command: &str, body: &[u8]) -> Post {
        Post { command: command.to_owned(), body: body.to_vec(), ..self.post.clone() }
    }

    /// The refusal is the one all commands share.
    #[track_caller]
    fn assert_refused(&self, what: &str, answer: &Answer, status: u32, http: u16) {
        let told = (answer.status, answer.eas_status());
        let expected = if self.by_http { (http, None) } else { (200, Some(status)) };
        assert_eq!(told, expected, "{what}");
    }

    /// The node still serves, has not grown, and the mailbox is as it was.
    async fn lift(mut self) {
        let mail = self.world.maildir(ALICE);
        mail.deliver("Inbox", &Message::new("Afterwards").bytes());
        sync_all(&mut self.phone).await;
        assert_in_step(&self.phone, &mail);
        assert_eq!(self.phone.listing().len(), 6);
        assert!(self.world.node().is_running());
        let memory = self.world.node().memory();
        println!("{memory:?}");
        assert!(memory.peak < MOST_MEMORY, "{memory:?}");
        self.world.finish();
    }
}

/// A small document of a command; what it asks for is nonsense.
fn nonsense(root: Tag) -> Vec<u8> {
    // A child of another page, which no command has at this place; Ping overlooks those.
    let child = match root {
        ping::PING => ping::HEARTBEAT_INTERVAL,
        move_::MOVE_ITEMS => ping::CLASS,
        _ => move_::SRC_MSG_ID,
    };
    encode(&Element::new(root).with(Element::text(child, "?")))
}

async fn documents_that_are_none(version: Version) {
    let siege = Siege::lay(version).await;
    // A tag of page 0 with content, then an opaque that says it has 4 GiB.
    let huge =
        [&[0x03, 0x01, 0x6a, 0x00, 0x45, 0xc3][..], &[0x8f, 0xff, 0xff, 0xff, 0x7f], b"short"].concat();
    let deep = [&[0x03, 0x01, 0x6a, 0x00][..], &vec![0x45; 100_000]].concat();
    let closed = [&deep[..], &vec![0x01; 100_000]].concat();
    let many = [&[0x03, 0x01, 0x6a, 0x00, 0x45][..], &vec![0x05; 1_000_000], &[0x01]].concat();
    for (command, root) in COMMANDS {
        let whole = nonsense(root);
        let foreign = nonsense(if root == ping::PING { air_sync::SYNC } else { ping::PING });
        let cases: [(&str, &[u8], u32); 9] = [
            ("noise", b"\xff\xfe\xfd\xfc this is no document", 102),
            ("XML", b"<?xml version=\"1.0\"?><Sync/>", 102),
            ("cut off", &whole[..whole.len() - 1], 102),
            ("an opaque of 4 GiB", &huge, 102),
            ("deep", &deep, 102),
            ("deep and closed", &closed, 102),
            ("a million elements", &many, 102),
            ("more behind the end", &[&whole[..], b"\x01\x01more"].concat(), 102),
            ("another command's", &foreign, 103),
        ];
        for (what, body, status) in cases {
            let answer = siege.send(command, body);
            // Before 14.0 messages do not come as documents at all.
            let status = if command == "SendMail" && siege.by_http { 101 } else { status };
            siege.assert_refused(&format!("{command}: {what}"), &answer, status, 400);
        }
    }
    siege.lift().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_that_are_none_are_refused_in_12_1() {
    documents_that_are_none(Version::V12_1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_that_are_none_are_refused_in_14_1() {
    documents_that_are_none(Version::V14_1).await;
}

/// Documents that can be read and make no sense: each command says so in its own way.
async fn nonsense_is_refused(version: Version) {
    let siege = Siege::lay(version).await;
    let own_status = [
        ("Sync", air_sync::SYNC, 4),
        ("FolderSync", folder_hierarchy::FOLDER_SYNC, 10),
        ("Ping", ping::PING, 4),
        ("Settings", settings::SETTINGS, 2),
        ("ItemOperations", item_operations::ITEM_OPERATIONS, 2),
    ];
    for (command, root, status) in own_status {
        let answer = siege.send(command, &nonsense(root));
        assert_eq!((answer.status, answer.eas_status()), (200, Some(status)), "{command}");
    }
    for (command, root) in
        [("MoveItems", move_::MOVE_ITEMS), ("GetItemEstimate", get_item_estimate::GET_ITEM_ESTIMATE)]
    {
        siege.assert_refused(command, &siege.send(command, &nonsense(root)), 103, 400);
    }
    // A body is due, and of a certain type.
    for (command, _) in COMMANDS.iter().filter(|(command, _)| !["Sync", "Ping"].contains(command)) {
        siege.assert_refused(&format!("{command}: no body"), &siege.send(command, b""), 101, 400);
        let mut post = siege.post(command, b"hello");
        post.content_type = "text/plain";
        siege.assert_refused(&format!("{command}: text"), &post.send(siege.to), 101, 400);
    }
    let compressed = siege.post("Sync", b"hello").with_header("Content-Encoding: br\r\n");
    assert_eq!(compressed.send(siege.to).status, 415);
    // There is no root element to say it in.
    assert_eq!(siege.send("Frobnicate", b"").status, 501);
    siege.lift().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_is_refused_in_12_1() {
    nonsense_is_refused(Version::V12_1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_is_refused_in_14_1() {
    nonsense_is_refused(Version::V14_1).await;
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}

async fn bodies_that_are_too_large(version: Version) {
    let siege = Siege::lay(version).await;
    let megabytes = |count: usize| vec![0_u8; count << 20];
    // As much again is read and thrown away, so that whoever writes it reads the answer.
    let large = megabytes(LIMIT_MB + 1);
    let packed = gzip(&large);
    for (command, _) in COMMANDS {
        siege.assert_refused(&format!("{command}: large"), &siege.send(command, &large), 122, 413);
        let bomb = siege.post(command, &packed).with_header("Content-Encoding: gzip\r\n");
        siege.assert_refused(&format!("{command}: bomb"), &bomb.send(siege.to), 122, 413);
    }
    // Thirty bombs within one: gzip allows several members.
    let bomb = siege.post("Sync", &packed.repeat(30)).with_header("Content-Encoding: gzip\r\n");
    siege.assert_refused("bombs", &bomb.send(siege.to), 122, 413);
    // Compressed noise, and a cut-off stream.
    for bad in [&b"no gzip at all"[..], &packed[..packed.len() / 2]] {
        let post = siege.post("Sync", bad).with_header("Content-Encoding: gzip\r\n");
        let answer = post.send(siege.to);
        let status = if bad.len() > 100 { [101, 122] } else { [101, 101] };
        let expected = if siege.by_http {
            [400, 413].contains(&answer.status)
        } else {
            answer.eas_status().is_some_and(|told| status.contains(&told))
        };
        assert!(expected, "{answer:?}");
    }
    // A hundred megabytes, their length told or in chunks. That may end by a hang-up.
    let body = megabytes(100);
    let mut bytes = siege.post("Sync", b"").head(Some(body.len())).into_bytes();
    bytes.extend(&body);
    if let Some(answer) = exchange(siege.to, &bytes) {
        siege.assert_refused("100 MB", &answer, 122, 413);
    }
    let chunked = siege.post("Sync", b"").with_header("Transfer-Encoding: chunked\r\n");
    let mut bytes = chunked.head(None).into_bytes();
    let chunk = megabytes(1);
    for _ in 0..100 {
        bytes.extend(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend(&chunk);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    if let Some(answer) = exchange(siege.to, &bytes) {
        siege.assert_refused("100 MB in chunks", &answer, 122, 413);
    }
    siege.lift().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_are_too_large_are_refused_in_12_1() {
    bodies_that_are_too_large(Version::V12_1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_are_too_large_are_refused_in_14_1() {
    bodies_that_are_too_large(Version::V14_1).await;
}

/// Random bytes behind a good header: whatever they mean, the answer is one a client can read, and never a fault of
/// ours.
async fn noise(version: Version) {
    let siege = Siege::lay(version).await;
    let mut dice = Dice::new("noise");
    for (command, root) in COMMANDS {
        for round in 0..40 {
            let length = usize::try_from(dice.below(200)).expect("small");
            let mut body = if round % 2 == 0 { vec![0x03, 0x01, 0x6a, 0x00] } else { nonsense(root) };
            if round % 2 == 0 {
                body.extend((0..length).map(|_| u8::try_from(dice.below(256)).expect("a byte")));
            } else {
                // One byte of a good document is another.
                let at = usize::try_from(dice.below(body.len() as u64)).expect("small");
                body[at] = u8::try_from(dice.below(256)).expect("a byte");
            }
            let answer = siege.send(command, &body);
            assert!([200, 400].contains(&answer.status), "{command} {body:02x?}: {answer:?}");
            if answer.status == 200 && !answer.body.is_empty() {
                assert!(answer.document().is_some(), "{command} {body:02x?}: {answer:?}");
            }
        }
    }
    siege.lift().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn noise_is_answered_in_12_1() {
    noise(Version::V12_1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn noise_is_answered_in_14_1() {
    noise(Version::V14_1).await;
}

/// Below EAS: requests that are not even HTTP, or not for us.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_are_no_eas_are_refused() {
    let siege = Siege::lay(Version::V14_1).await;
    let long = "x".repeat(1 << 20);
    let cases = [
        ("GET /Microsoft-Server-ActiveSync HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), vec![405]),
        ("PUT /Microsoft-Server-ActiveSync HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), vec![501]),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".to_owned(), vec![404]),
        ("POST /../../etc/passwd HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".to_owned(), vec![404]),
        (
            "POST /Microsoft-Server-ActiveSync?Cmd=Sync HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
                .to_owned(),
            vec![401],
        ),
        (format!("POST /{long} HTTP/1.1\r\nHost: x\r\n\r\n"), vec![400, 414, 431]),
        (format!("POST / HTTP/1.1\r\nHost: x\r\nX-Long: {long}\r\n\r\n"), vec![400, 431]),
        ("this is not HTTP\r\n\r\n".to_owned(), vec![400]),
        ("\u{16}\u{3}\u{1} TLS, perhaps\r\n\r\n".to_owned(), vec![400]),
    ];
    for (request, expected) in cases {
        let shown: String = request.chars().take(60).collect();
        let answer = exchange(siege.to, request.as_bytes());
        // A hang-up is an answer, too, where no request could be made out.
        if let Some(answer) = answer {
            assert!(expected.contains(&answer.status), "{shown:?}: {}", answer.status);
        } else {
            assert!(expected.contains(&400), "{shown:?}: no answer");
        }
    }
    // Queries a client never writes.
    for query in ["", "?", "?Cmd=", "?Cmd=Sync", "?====", "?jQ", "?%ff%fe=%", "?Cmd=Sync&Cmd=Ping&User=x"] {
        let head = siege.post("Sync", b"").head(Some(0));
        let start = head.find('?').expect("a query");
        let end = head.find(" HTTP").expect("a version");
        let request = format!("{}{query}{}", &head[..start], &head[end..]);
        let answer = exchange(siege.to, request.as_bytes()).expect("an answer");
        assert!([200, 400, 501].contains(&answer.status), "{query}: {answer:?}");
        assert_ne!(answer.eas_status(), Some(1), "{query}");
    }
    siege.lift().await;
}
