//! Listeners: TLS with a certificate that is replaced while the node runs, and plain HTTP, which only this host and
//! trusted proxies may speak.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::{
    fs,
    net::{IpAddr, SocketAddr, UdpSocket},
};

use syncledger_simulator::{Error, Phone, PhoneConfig, Trust};
use syncledger_tests::{
    mail::{Mail, Message},
    raw_http::{Post, exchange},
    servers::Certificates,
    world::{ALICE, PASSWORD, World, assert_in_step, sync_all, until},
};

/// A running node with Alice's account that listens as `listen` says.
fn world(listen: impl FnOnce(&World) -> String) -> World {
    let mut world = World::prepare("");
    let text = listen(&world);
    world.configure(&text);
    world.listen_as_configured();
    world.call(&["account", "create", ALICE, "--password", PASSWORD]).ok();
    world.maildir(ALICE).deliver("Inbox", &Message::new("A message").bytes());
    world.start();
    world
}

fn install(world: &World, certificates: &Certificates) {
    for (name, text) in [("cert.pem", &certificates.certificate), ("key.pem", &certificates.key)] {
        // As renewal tools do it: whole files take the place of the old ones.
        let staged = world.dir().join("staged");
        fs::write(&staged, text).unwrap();
        fs::rename(staged, world.dir().join(name)).unwrap();
    }
}

fn phone(world: &World, device: &str, trusted: &Certificates) -> Phone {
    let url = format!("https://localhost:{}", world.port());
    let mut config = PhoneConfig::new(url, ALICE, PASSWORD).device_id(device);
    config.trust = Trust::SystemAnd(trusted.root.clone().into_bytes());
    config.repeat.times = 0;
    Phone::new(config).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_replaced_while_the_node_runs() {
    let (old, new) = (Certificates::generate(), Certificates::generate());
    let world = world(|world| {
        install(world, &old);
        format!(
            "[[listen]]\naddress = \"127.0.0.1:{}\"\ntls = {{ certificate = \"cert.pem\", key = \"key.pem\" }}\n",
            world.port()
        )
    });
    let mail = world.maildir(ALICE);
    let mut connected = phone(&world, "phone1", &old);
    sync_all(&mut connected).await;
    assert_in_step(&connected, &mail);
    let refused = phone(&world, "phone2", &new).options().await.unwrap_err();
    assert!(matches!(refused, Error::Connect { .. }), "{refused:?}");

    install(&world, &new);
    until("the new certificate", async || phone(&world, "phone2", &new).options().await.ok()).await;
    let refused = phone(&world, "phone3", &old).options().await.unwrap_err();
    assert!(matches!(refused, Error::Connect { .. }), "{refused:?}");
    // Who is connected stays so.
    sync_all(&mut connected).await;

    // Half a renewal does no harm.
    fs::write(world.dir().join("cert.pem"), "no certificate").unwrap();
    until("the failure to be told", async || world.log().contains("not reloaded").then_some(())).await;
    let mut served = phone(&world, "phone2", &new);
    sync_all(&mut served).await;
    assert_in_step(&served, &mail);
    install(&world, &old);
    until("the certificate after that", async || phone(&world, "phone3", &old).options().await.ok()).await;
    world.finish();
}

/// An address of this machine other than loopback. Asking for the way sends nothing.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

fn post() -> Post {
    Post {
        command: "FolderSync".to_owned(),
        version: "14.1",
        user: ALICE.to_owned(),
        device: "phone1".to_owned(),
        policy_key: 0,
        content_type: "application/vnd.ms-sync.wbxml",
        more: String::new(),
        body: Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_http_is_for_this_host_and_trusted_proxies() {
    let Some(address) = own_address() else {
        // A machine without any network: the front's own tests show the rule there.
        println!("this machine has no address but loopback");
        return;
    };
    let mut world = world(|world| format!("[[listen]]\naddress = \"0.0.0.0:{}\"\n", world.port()));
    let (near, far) =
        (SocketAddr::from(([127, 0, 0, 1], world.port())), SocketAddr::new(address, world.port()));
    // With a policy still to come: the request has been let in.
    assert_eq!(post().send(near).eas_status(), Some(142));
    let refused = post().send(far);
    assert_eq!(refused.status, 403, "{refused:?}");
    assert_eq!(refused.header("www-authenticate"), None);
    // No credentials are asked for on such a line.
    let bare = "OPTIONS /Microsoft-Server-ActiveSync HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let refused = exchange(far, bare.as_bytes()).unwrap();
    assert_eq!((refused.status, refused.header("www-authenticate")), (403, None));
    // The header of a proxy nobody trusts changes nothing.
    let forged = post().with_header("X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: https\r\n");
    assert_eq!(forged.send(far).status, 403);

    world.stop();
    world.configure(&format!(
        "trusted_proxies = [\"{address}\"]\n[[listen]]\naddress = \"0.0.0.0:{}\"\n",
        world.port()
    ));
    world.start();
    let proxied = post().with_header("X-Forwarded-For: 198.51.100.7\r\n");
    assert_eq!(proxied.send(far).eas_status(), Some(142));
    assert!(
        world.log().contains("client.address=198.51.100.7"),
        "the client behind the proxy is not in the log"
    );
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_rotates_logs_ends_nobody() {
    let mut world = world(|world| format!("[[listen]]\naddress = \"127.0.0.1:{}\"\n", world.port()));
    world.node().signal("HUP");
    until("the node to say so", async || world.log().contains("SIGHUP").then_some(())).await;
    sync_all(&mut world.phone(ALICE, "phone1")).await;
    world.finish();
}
