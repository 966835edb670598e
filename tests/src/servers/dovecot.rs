//! Dovecot's IMAP server, version 2.3.

use std::{
    fmt::Write as _,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use super::{
    Certificates, RawImap, free_port, is_root, open_to_all, port_answers,
    process::{Server, program, run},
    wait_until,
};

/// Name and password of somebody who may log in as any user.
pub const MASTER: (&str, &str) = ("gateway", "key to every mailbox");

/// What a test may want otherwise.
#[derive(Clone, Debug, Default)]
pub struct DovecotOptions {
    /// Announce these capabilities alone (`IMAP4rev1 IDLE`, …), to see how a client does with less.
    pub capability: Option<&'static str>,
    /// Most connections one user may have; 1000 when not said.
    pub connections_per_user: Option<u32>,
    /// Maildirs lie under this directory instead (`<dir>/<user>/Maildir`); it is not removed afterwards.
    pub mail_root: Option<PathBuf>,
    /// Which folders a user has at first, and where they lie.
    pub folders: Folders,
}

/// What a user's folders are like before anybody has made one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Folders {
    /// Drafts, Sent, Trash and Junk are made by the server and have their special use; the separator is `/`.
    #[default]
    SpecialUse,
    /// The Inbox and nothing else; no special use is known.
    InboxOnly,
    /// The same, and all others lie below the Inbox: prefix `INBOX.`, separator `.`.
    BelowInbox,
}

impl Folders {
    /// The namespace as the configuration has it.
    fn namespace(self) -> String {
        let place =
            if self == Self::BelowInbox { "prefix = INBOX.\n  separator = ." } else { "separator = /" };
        let mut text = format!("namespace inbox {{\n  inbox = yes\n  {place}\n");
        if self == Self::SpecialUse {
            for name in ["Drafts", "Sent", "Trash", "Junk"] {
                let _ = writeln!(
                    text,
                    "  mailbox {name} {{\n    auto = subscribe\n    special_use = \\{name}\n  }}"
                );
            }
        }
        text.push_str("}\n");
        text
    }
}

/// A running Dovecot. Users log in with their full name; mail lies in Maildirs; CONDSTORE, QRESYNC, NOTIFY are
/// there; folders as [`Folders`] says.
pub struct Dovecot {
    server: Option<Server>,
    directory: TempDir,
    mail_root: PathBuf,
    certificates: Certificates,
    imap_port: u16,
    imaps_port: u16,
    lmtp_port: u16,
    doveadm: PathBuf,
}

impl Dovecot {
    /// Starts one with these users (name, password).
    ///
    /// # Panics
    /// When it is not installed or does not come up.
    pub fn start(users: &[(&str, &str)]) -> Self {
        Self::start_with(users, &DovecotOptions::default())
    }

    /// Starts one with options.
    ///
    /// # Panics
    /// When it is not installed or does not come up.
    pub fn start_with(users: &[(&str, &str)], options: &DovecotOptions) -> Self {
        let doveadm = program(&["/usr/bin/doveadm"], "dovecot-core");
        program(&["/usr/lib/dovecot/imap"], "dovecot-imapd");
        program(&["/usr/lib/dovecot/lmtp"], "dovecot-lmtpd");
        // Unix sockets allow paths of about 100 bytes: keep it short.
        let directory =
            tempfile::Builder::new().prefix("dov").tempdir_in("/tmp").expect("a temporary directory");
        open_to_all(directory.path());
        let certificates = Certificates::generate();
        certificates.write(directory.path());
        let mail_root = options.mail_root.clone().unwrap_or_else(|| directory.path().join("mail"));
        fs::create_dir_all(&mail_root).expect("own directory");
        let mut dovecot = Self {
            server: None,
            mail_root,
            certificates,
            imap_port: free_port(),
            imaps_port: free_port(),
            lmtp_port: free_port(),
            doveadm,
            directory,
        };
        dovecot.set_users(users);
        dovecot.set_master_password(MASTER.1);
        dovecot.write_configuration(options);
        dovecot.start_again();
        dovecot
    }

    /// Port for plain IMAP and STARTTLS, on 127.0.0.1.
    pub fn imap_port(&self) -> u16 {
        self.imap_port
    }

    /// Port for IMAP over TLS, on 127.0.0.1.
    pub fn imaps_port(&self) -> u16 {
        self.imaps_port
    }

    /// Port where it takes mail by LMTP (RFC 2033), on 127.0.0.1.
    pub fn lmtp_port(&self) -> u16 {
        self.lmtp_port
    }

    /// The root certificate to trust, PEM.
    pub fn root_certificate(&self) -> &str {
        &self.certificates.root
    }

    /// Replaces users and passwords; existing sessions stay.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn set_users(&self, users: &[(&str, &str)]) {
        self.write_passwords("users", users);
    }

    /// Gives the master user another password; existing sessions stay.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn set_master_password(&self, password: &str) {
        self.write_passwords("masters", &[(MASTER.0, password)]);
    }

    fn write_passwords(&self, file: &str, users: &[(&str, &str)]) {
        let lines = users.iter().fold(String::new(), |mut text, (name, password)| {
            let _ = writeln!(text, "{name}:{{PLAIN}}{password}");
            text
        });
        let staged = self.directory.path().join(format!("{file}.new"));
        fs::write(&staged, lines).expect("own directory");
        fs::rename(staged, self.directory.path().join(file)).expect("own directory");
    }

    /// Ends it; connections break. The mail stays.
    pub fn stop(&mut self) {
        self.server = None;
    }

    /// Starts it again on the same ports.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn start_again(&mut self) {
        assert!(self.server.is_none(), "Dovecot already runs");
        let mut server = Server::spawn(
            Command::new(program(&["/usr/sbin/dovecot"], "dovecot-core"))
                .arg("-F")
                .arg("-c")
                .arg(self.configuration()),
        );
        wait_until("Dovecot to answer", || {
            assert!(!server.has_ended(), "Dovecot ended at once:\n{}", self.log());
            (port_answers(self.imap_port) && port_answers(self.imaps_port)).then_some(())
        });
        self.server = Some(server);
    }

    /// Delivers a message as the local delivery agent does.
    ///
    /// # Panics
    /// When delivery fails.
    pub fn deliver(&self, user: &str, folder: &str, raw: &[u8]) {
        let mut child = Command::new(program(&["/usr/lib/dovecot/dovecot-lda"], "dovecot-core"))
            .arg("-c")
            .arg(self.configuration())
            .args(["-d", user, "-m", folder])
            .stdin(Stdio::piped())
            .spawn()
            .expect("dovecot-lda starts");
        child.stdin.take().expect("stdin is a pipe").write_all(raw).expect("dovecot-lda reads");
        let status = child.wait().expect("dovecot-lda ends");
        assert!(status.success(), "dovecot-lda: {status}\n{}", self.log());
    }

    /// A second session of a user, line by line.
    ///
    /// # Panics
    /// When login fails.
    pub fn session(&self, user: &str, password: &str) -> RawImap {
        RawImap::login(self.imap_port, user, password)
    }

    /// How many connections a user has now.
    ///
    /// # Panics
    /// When `doveadm` fails.
    pub fn connections(&self, user: &str) -> usize {
        let listing = run(Command::new(&self.doveadm)
            .arg("-c")
            .arg(self.configuration())
            .args(["-f", "tab", "who", "-1", user]));
        listing.lines().skip(1).filter(|line| line.starts_with(user)).count()
    }

    /// Makes a folder forget all its UIDs, as after a restore from backup: same mail, new UIDVALIDITY.
    ///
    /// # Panics
    /// When the folder does not exist.
    pub fn change_uidvalidity(&self, user: &str, folder: &str) {
        let root = self.maildir(user, "INBOX");
        let forget = |directory: &Path, prefixes: &[&str]| {
            for entry in fs::read_dir(directory).expect("the folder exists").flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                if prefixes.iter().any(|prefix| name.starts_with(prefix)) {
                    fs::remove_file(entry.path()).expect("own directory");
                }
            }
        };
        forget(&self.maildir(user, folder), &["dovecot-uidlist", "dovecot.index"]);
        forget(&root, &["dovecot.list.index"]);
    }

    /// Where a folder's Maildir lies.
    pub fn maildir(&self, user: &str, folder: &str) -> PathBuf {
        let root = self.mail_root.join(user).join("Maildir");
        if folder == "INBOX" { root } else { root.join(format!(".{}", folder.replace('/', "."))) }
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    fn configuration(&self) -> PathBuf {
        self.directory.path().join("dovecot.conf")
    }

    fn write_configuration(&self, options: &DovecotOptions) {
        let dir = self.directory.path().display();
        let root = is_root(self.directory.path());
        let (user, group) = if root { ("mail".to_owned(), "mail".to_owned()) } else { own_names() };
        if root {
            run(Command::new("chown").arg("mail:mail").arg(&self.mail_root));
        }
        let mut text = format!(
            include_str!("dovecot.conf.in"),
            dir = dir,
            user = user,
            group = group,
            mail = self.mail_root.display(),
            imap_port = self.imap_port,
            imaps_port = self.imaps_port,
            lmtp_port = self.lmtp_port,
            connections = options.connections_per_user.unwrap_or(1000),
            namespace = options.folders.namespace()
        );
        if let Some(capability) = options.capability {
            // Announced before and after login alike.
            let _ = writeln!(text, "protocol imap {{\n  imap_capability = {capability}\n}}");
        }
        if !root {
            let _ = writeln!(text, "default_internal_user = {user}\ndefault_internal_group = {group}");
            let _ = writeln!(text, "default_login_user = {user}");
            for service in ["anvil", "imap-login", "stats"] {
                let _ = writeln!(text, "service {service} {{\n  chroot =\n}}");
            }
        }
        fs::write(self.configuration(), text).expect("own directory");
    }
}

/// Login name and group of the user the tests run as.
fn own_names() -> (String, String) {
    let ask = |flag: &str| run(Command::new("id").arg(flag)).trim().to_owned();
    (ask("-un"), ask("-gn"))
}
