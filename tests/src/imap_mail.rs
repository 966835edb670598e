//! A mailbox on Dovecot as other mail programs see it, by IMAP and by local delivery; and nodes that use such a server.

#![expect(clippy::missing_panics_doc, reason = "helpers of tests: a panic is how they fail")]

use std::{
    fs,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    mail::{Mail, Stored, subject},
    servers::{Dovecot, RawImap, Smtp},
    world::{ALICE, BOB, PASSWORD, World},
};

/// Dovecot with both accounts, Exim that delivers into it, and a node before them that talks TLS to both.
pub struct MailServers {
    dovecot: Arc<Mutex<Dovecot>>,
    /// Outgoing mail.
    pub smtp: Smtp,
}

impl MailServers {
    /// Starts both.
    pub fn start() -> Self {
        let dovecot = Dovecot::start(&[(ALICE, PASSWORD), (BOB, PASSWORD)]);
        let smtp = Smtp::start_into(&dovecot);
        Self { dovecot: Arc::new(Mutex::new(dovecot)), smtp }
    }

    /// The IMAP server.
    pub fn dovecot(&self) -> MutexGuard<'_, Dovecot> {
        self.dovecot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A running node that uses them. Accounts come to be by their first login.
    pub fn world(&self) -> World {
        let mut world = World::prepare("");
        let dovecot = self.dovecot();
        fs::write(world.dir().join("imap.pem"), dovecot.root_certificate()).expect("own directory");
        fs::write(world.dir().join("smtp.pem"), self.smtp.root_certificate()).expect("own directory");
        // Polls are far apart: what is noticed is noticed by push.
        world.configure(&format!(
            "[domain.\"example.com\"]\nkind = \"imap\"\n\
             imap = {{ host = \"localhost\", port = {}, extra_roots = [\"imap.pem\"], poll_seconds = 600 }}\n\
             smtp = {{ host = \"localhost\", port = {}, tls = \"implicit\", extra_roots = [\"smtp.pem\"] }}\n",
            dovecot.imaps_port(),
            self.smtp.smtps_port()
        ));
        drop(dovecot);
        world.start();
        world
    }

    /// An account's mailbox.
    pub fn mailbox(&self, account: &str) -> ImapMail {
        ImapMail {
            dovecot: Arc::clone(&self.dovecot),
            port: self.dovecot().imap_port(),
            account: account.to_owned(),
        }
    }
}

/// An account's mailbox on Dovecot.
#[derive(Clone)]
pub struct ImapMail {
    dovecot: Arc<Mutex<Dovecot>>,
    port: u16,
    account: String,
}

struct Found {
    uid: u32,
    read: bool,
    flagged: bool,
    content: Vec<u8>,
}

fn name(folder: &str) -> &str {
    if folder == "Inbox" { "INBOX" } else { folder }
}

impl ImapMail {
    fn session(&self) -> RawImap {
        RawImap::login(self.port, &self.account, PASSWORD)
    }

    fn folders(session: &mut RawImap) -> Vec<String> {
        let lines = session.ok("LIST \"\" \"*\"");
        let folders = lines.iter().filter_map(|line| line.strip_prefix("* LIST ")).map(|rest| {
            let (_, folder) = rest.split_once("\"/\" ").expect("the separator is a slash");
            let folder = folder.trim_matches('"');
            if folder == "INBOX" { "Inbox".to_owned() } else { folder.to_owned() }
        });
        folders.collect()
    }

    fn messages(session: &mut RawImap, folder: &str) -> Vec<Found> {
        let selected = session.ok(&format!("SELECT \"{}\"", name(folder)));
        if selected.iter().any(|line| line == "* 0 EXISTS") {
            return Vec::new();
        }
        let lines = session.ok("UID FETCH 1:* (FLAGS BODY.PEEK[])");
        lines
            .iter()
            .filter(|line| line.contains(" FETCH (") && line.contains("BODY[] {"))
            .map(|line| parse(line))
            .collect()
    }

    /// Runs a command on all messages with a subject.
    fn store(&self, folder: &str, wanted: &str, commands: &[&str]) {
        let mut session = self.session();
        for found in Self::messages(&mut session, folder) {
            if subject(&found.content) == wanted {
                for command in commands {
                    session.ok(&command.replace('#', &found.uid.to_string()));
                }
            }
        }
    }
}

/// Takes `* 1 FETCH (UID 7 FLAGS (\Seen) BODY[] {12}…)` apart.
fn parse(line: &str) -> Found {
    let (head, content) = line.split_once('}').expect("a literal");
    let (_, uid) = head.split_once("UID ").expect("a UID");
    let (_, flags) = head.split_once("FLAGS (").expect("flags");
    let flags = flags.split(')').next().unwrap_or_default();
    Found {
        uid: uid.split(' ').next().unwrap_or_default().parse().expect("a number"),
        read: flags.contains("\\Seen"),
        flagged: flags.contains("\\Flagged"),
        content: content.strip_suffix(')').expect("the list ends").as_bytes().to_vec(),
    }
}

impl Mail for ImapMail {
    fn deliver(&self, folder: &str, message: &[u8]) {
        let dovecot = self.dovecot.lock().unwrap_or_else(PoisonError::into_inner);
        dovecot.deliver(&self.account, name(folder), message);
    }

    fn stored(&self) -> Vec<Stored> {
        let mut session = self.session();
        let mut stored = Vec::new();
        for folder in Self::folders(&mut session) {
            stored.extend(Self::messages(&mut session, &folder).into_iter().map(|found| Stored {
                folder: folder.clone(),
                subject: subject(&found.content),
                read: found.read,
                flagged: found.flagged,
            }));
        }
        stored.sort();
        stored
    }

    fn content(&self, folder: &str, wanted: &str) -> Vec<Vec<u8>> {
        let found = Self::messages(&mut self.session(), folder);
        found.into_iter().map(|found| found.content).filter(|content| subject(content) == wanted).collect()
    }

    fn set_flags(&self, folder: &str, subject: &str, read: bool, flagged: bool) {
        let sign = |set| if set { '+' } else { '-' };
        self.store(
            folder,
            subject,
            &[
                &format!("UID STORE # {}FLAGS (\\Seen)", sign(read)),
                &format!("UID STORE # {}FLAGS (\\Flagged)", sign(flagged)),
            ],
        );
    }

    fn remove(&self, folder: &str, subject: &str) {
        self.store(folder, subject, &["UID STORE # +FLAGS (\\Deleted)", "UID EXPUNGE #"]);
    }

    fn make_folder(&self, name: &str) {
        self.session().ok(&format!("CREATE \"{name}\""));
    }
}
