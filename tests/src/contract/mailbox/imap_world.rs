//! The world of a real IMAP server.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use async_trait::async_trait;
use syncledger_domain::{
    ids::Address,
    ports::{
        clock::Randomness,
        mailbox::{BackendKey, MailFlags, MailboxUser, Mailboxes},
    },
};
use syncledger_mailbox_imap::{ImapConfig, ImapMailboxes, Tls};

use super::{Sample, World};
use crate::servers::{Dovecot, DovecotOptions, Folders, RawImap};

const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";

/// Dovecot, with everybody else in a session of their own.
pub struct ImapWorld {
    dovecot: Mutex<Dovecot>,
    config: ImapConfig,
}

impl ImapWorld {
    /// A server that can all that Dovecot can.
    pub fn new() -> Self {
        Self::with(&DovecotOptions::default())
    }

    /// A server that announces only some capabilities.
    pub fn announcing(capability: &'static str) -> Self {
        Self::with(&DovecotOptions { capability: Some(capability), ..DovecotOptions::default() })
    }

    /// A server that knows nothing but the standard of 2003, and makes no folders by itself.
    pub fn bare() -> Self {
        let (capability, folders) = (Some("IMAP4rev1"), Folders::InboxOnly);
        let world = Self::with(&DovecotOptions { capability, folders, ..DovecotOptions::default() });
        world.session().ok("CREATE Junk");
        world
    }

    fn with(options: &DovecotOptions) -> Self {
        let dovecot = Dovecot::start_with(&[(ALICE, "secret"), (BOB, "hers")], options);
        dovecot.session(BOB, "hers").append("INBOX", "\\Seen", b"Subject: for Bob only\r\n\r\n");
        let config = impatient(ImapConfig::new("127.0.0.1", dovecot.imap_port(), Tls::Loopback));
        Self { dovecot: Mutex::new(dovecot), config }
    }

    fn session(&self) -> RawImap {
        self.dovecot.lock().unwrap().session(ALICE, "secret")
    }

    /// A session in a folder, and the UID there of a message.
    fn find(&self, folder: &BackendKey, message: &Sample) -> (RawImap, u32) {
        let mut session = self.session();
        session.ok(&format!("SELECT \"{}\"", folder.0));
        let uids = session.uids(&format!("HEADER Message-ID \"{}\"", message.message_id));
        (session, *uids.last().expect("the message is in the folder"))
    }
}

impl Default for ImapWorld {
    fn default() -> Self {
        Self::new()
    }
}

/// Waits of a fraction of a second where a real server has seconds or minutes.
pub fn impatient(config: ImapConfig) -> ImapConfig {
    ImapConfig {
        poll_interval: Duration::from_millis(200),
        reconnect_delay: Duration::from_millis(50),
        ..config
    }
}

#[async_trait]
impl World for ImapWorld {
    fn backend(&self) -> Arc<dyn Mailboxes> {
        Arc::new(ImapMailboxes::new(self.config.clone(), Arc::new(Numbers::default())).unwrap())
    }

    fn user(&self) -> MailboxUser {
        MailboxUser { address: Address::new(ALICE).unwrap() }
    }

    async fn deliver(&self, folder: &BackendKey, message: &Sample) {
        self.session().append_at(&folder.0, "", message.date, &message.raw);
    }

    async fn set_flags(&self, folder: &BackendKey, message: &Sample, flags: MailFlags) {
        let words = [
            (flags.read, "\\Seen"),
            (flags.flagged, "\\Flagged"),
            (flags.answered, "\\Answered"),
            (flags.forwarded, "$Forwarded"),
        ];
        let words: Vec<&str> = words.into_iter().filter(|(set, _)| *set).map(|(_, word)| word).collect();
        let (mut session, uid) = self.find(folder, message);
        session.ok(&format!("UID STORE {uid} FLAGS ({})", words.join(" ")));
    }

    async fn remove(&self, folder: &BackendKey, message: &Sample) {
        let (mut session, uid) = self.find(folder, message);
        session.ok(&format!("UID STORE {uid} +FLAGS (\\Deleted)"));
        session.ok(&format!("UID EXPUNGE {uid}"));
    }

    /// The names used are ASCII or written out here.
    async fn add_folder(&self, parent: Option<&BackendKey>, name: &str) -> BackendKey {
        let name = match name {
            "Entwürfe & Pläne" => "Entw&APw-rfe &- Pl&AOQ-ne",
            "日本語" => "&ZeVnLIqe-",
            name => name,
        };
        assert!(name.is_ascii(), "write {name} out");
        let key = parent.map_or_else(|| name.to_owned(), |parent| format!("{}/{name}", parent.0));
        self.session().ok(&format!("CREATE \"{key}\""));
        BackendKey(key)
    }

    async fn rename_folder(&self, folder: &BackendKey, name: &str) -> BackendKey {
        self.session().ok(&format!("RENAME \"{}\" \"{name}\"", folder.0));
        BackendKey(name.to_owned())
    }

    async fn remove_folder(&self, folder: &BackendKey) -> bool {
        self.session().ok(&format!("DELETE \"{}\"", folder.0));
        true
    }

    async fn take_down(&self, down: bool) -> bool {
        let mut dovecot = self.dovecot.lock().unwrap();
        if down {
            dovecot.stop();
        } else {
            dovecot.start_again();
        }
        true
    }

    async fn everything_else(&self) -> String {
        let mut session = self.dovecot.lock().unwrap().session(BOB, "hers");
        let folders = session.ok("LIST \"\" \"*\"");
        session.ok("EXAMINE INBOX");
        let mail = session.ok("FETCH 1:* (UID FLAGS BODY.PEEK[])");
        // The last line of each says how long it took.
        format!("{:?} {:?}", &folders[..folders.len() - 1], &mail[..mail.len() - 1])
    }
}

/// Numbers that differ, which is all a test needs.
#[derive(Debug, Default)]
pub struct Numbers(AtomicU64);

impl Randomness for Numbers {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let mut n = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Relaxed).wrapping_add(0x9e37_79b9_7f4a_7c15);
            n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(n ^ (n >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}
