//! Devices under control, as phones see it: the real mailbox, the dummy one, a refusal; and how to know that a node has
//! obeyed.

#![expect(clippy::missing_panics_doc, reason = "helpers of tests: a panic is how they fail")]

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use syncledger_simulator::{
    Error, Phone,
    store::Item,
    verify::{Expected, Listed},
};

use crate::{
    imap_mail::MailServers,
    mail::{Mail, Message},
    world::{ALICE, BOB, PASSWORD, World, sync_all, until},
};

/// Where the mail lies.
pub struct Place {
    /// The node, running, with both accounts.
    pub world: World,
    /// Mail of Alice, with a few messages.
    pub mail: Box<dyn Mail + Send + Sync>,
    /// Mail of Bob, empty.
    pub bobs: Box<dyn Mail + Send + Sync>,
    // Dropped after the node that uses them.
    _servers: Option<MailServers>,
}

impl Place {
    /// On Maildirs.
    pub fn files() -> Self {
        let world = World::files();
        let (mail, bobs) = (Box::new(world.maildir(ALICE)), Box::new(world.maildir(BOB)));
        Self::filled(world, mail, bobs, None)
    }

    /// On Dovecot.
    pub fn dovecot() -> Self {
        let servers = MailServers::start();
        let world = servers.world();
        for account in [ALICE, BOB] {
            world.call(&["account", "create", account]).ok();
        }
        let (mail, bobs) = (Box::new(servers.mailbox(ALICE)), Box::new(servers.mailbox(BOB)));
        Self::filled(world, mail, bobs, Some(servers))
    }

    fn filled(
        world: World,
        mail: Box<dyn Mail + Send + Sync>,
        bobs: Box<dyn Mail + Send + Sync>,
        servers: Option<MailServers>,
    ) -> Self {
        for n in 0..5 {
            mail.deliver("Inbox", &Message::new(format!("Message {n}")).bytes());
        }
        mail.set_flags("Inbox", "Message 1", true, true);
        mail.make_folder("Projects");
        mail.deliver("Projects", &Message::new("An old plan").bytes());
        Self { world, mail, bobs, _servers: servers }
    }

    /// A phone of Alice that does not repeat what is refused.
    pub fn phone(&self, device: &str) -> Phone {
        phone_at(&self.world, &self.world.url(), ALICE, device)
    }

    /// Calls the command line, which must succeed, and waits until the node has obeyed.
    pub async fn order(&self, arguments: &[&str]) -> serde_json::Value {
        let answer = self.world.query(arguments);
        obeyed(&self.world).await;
        answer
    }
}

/// A phone that talks to the node at an address, and does not repeat what is refused.
pub fn phone_at(world: &World, url: &str, account: &str, device: &str) -> Phone {
    let mut config = world.phone_config(account, device);
    url.clone_into(&mut config.base_url);
    config.repeat.times = 0;
    config.password = PASSWORD.into();
    Phone::new(config).expect("usable settings")
}

/// Waits until the node has taken in everything that was written to the log until now.
pub async fn obeyed(world: &World) {
    obeyed_at(world, &world.url()).await;
}

/// The same of the node at an address. What a node knows it knows in the order of the log: a filter for a client that
/// nobody uses shows when it has come that far.
pub async fn obeyed_at(world: &World, url: &str) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let agent = format!("Milestone/{}/", NEXT.fetch_add(1, Relaxed));
    let call = ["filter", "add", "contains", &agent, "fixed", "12.1", "--blocking", "--position", "0"];
    let added = world.query(&call);
    let mut phone = phone_at(world, url, BOB, "milestone");
    phone.config_mut().user_agent = agent;
    until("the node to obey", async || {
        let offer = phone.options().await.expect("OPTIONS");
        (offer.versions == ["12.1"]).then_some(())
    })
    .await;
    world.call(&["filter", "delete", added["uid"].as_str().expect("a uid")]).ok();
}

/// Waits until the node at an address drops devices that ask too often. Shown by a device of Bob, which is free again
/// afterwards: a milestone's requests are counted, too.
pub async fn counts_requests(world: &World, url: &str, device: &str) {
    let mut phone = phone_at(world, url, BOB, device);
    until("requests to be counted", async || match phone.folder_sync().await {
        Err(error) if error.http_status() == Some(503) => Some(()),
        _ => None,
    })
    .await;
    world.call(&["jail", "release", BOB, device]).ok();
}

/// The phone has exactly what lies in the mailbox, however often it had to begin anew.
#[track_caller]
pub fn assert_real(phone: &Phone, mail: &dyn Mail) {
    let expected = mail.stored().into_iter().map(|stored| Expected {
        folder: stored.folder,
        subject: stored.subject,
        read: Some(stored.read),
        flagged: Some(stored.flagged),
    });
    if let Err(mismatch) = phone.verify_against(expected) {
        panic!("phone and mailbox differ: {mismatch}");
    }
    assert_eq!(phone.state().anomalies, []);
}

/// Synchronises; the phone then has exactly what lies in the mailbox.
pub async fn sees_real(phone: &mut Phone, mail: &dyn Mail) {
    sync_all(phone).await;
    assert_real(phone, mail);
}

/// Synchronises; the phone then has one folder and the one message that says why. Gives that.
pub async fn sees_dummy(phone: &mut Phone) -> Listed {
    sync_all(phone).await;
    let folders: Vec<_> = phone.state().folders.values().map(|folder| (folder.kind, &folder.name)).collect();
    assert_eq!(folders, [(2, &"Inbox".to_owned())]);
    let mut listing = phone.listing();
    assert_eq!(listing.len(), 1, "{listing:?}");
    assert!(!listing[0].subject.starts_with("Message "), "{listing:?}");
    assert_eq!(phone.state().anomalies, []);
    listing.remove(0)
}

/// How often the phone had to begin anew, with its tree or a folder.
pub fn resyncs(phone: &Phone) -> u64 {
    let state = phone.state();
    state.hierarchy_resyncs + state.resyncs_from_zero
}

/// The item with a subject.
pub fn item_with<'a>(phone: &'a Phone, folder: &str, subject: &str) -> Option<&'a Item> {
    phone.state().items(folder).map(|(_, item)| item).find(|item| item.subject.as_deref() == Some(subject))
}

/// What refused a request: the HTTP status, or the status of the protocol.
#[track_caller]
pub fn refusal<T>(outcome: Result<T, Error>) -> u32 {
    match outcome.map(drop) {
        Ok(()) => panic!("the request was not refused"),
        Err(error) => {
            error.http_status().map(u32::from).or(error.status()).unwrap_or_else(|| panic!("{error:?}"))
        }
    }
}
