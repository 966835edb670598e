//! Exim as an SMTP server that delivers everything it takes.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use super::{
    Certificates, Dovecot, free_port, is_root, open_to_all, port_answers,
    process::{Server, program, run},
    wait_until,
};

/// The user Debian's Exim runs as.
const EXIM: &str = "Debian-exim";

/// Where accepted mail goes.
#[derive(Clone, Debug, Default)]
pub enum Delivery {
    /// Into a Maildir, to be read with [`Smtp::messages`].
    #[default]
    Maildir,
    /// To an LMTP server on this port of 127.0.0.1 (RFC 2033).
    Lmtp(u16),
}

/// What a test may want otherwise.
#[derive(Clone, Debug)]
pub struct SmtpOptions {
    /// Where mail goes.
    pub delivery: Delivery,
    /// Largest message taken, in bytes.
    pub message_size_limit: usize,
    /// Announce 8BITMIME.
    pub accept_8bitmime: bool,
    /// Take mail from nobody who has not logged in as `relay` with `relay-secret`.
    pub require_auth: bool,
}

impl Default for SmtpOptions {
    fn default() -> Self {
        Self {
            delivery: Delivery::default(),
            message_size_limit: 200_000,
            accept_8bitmime: true,
            require_auth: false,
        }
    }
}

/// A running Exim. It refuses `refused@…` with 550, answers `later@…` with 451, offers STARTTLS and AUTH PLAIN
/// (`relay` / `relay-secret`), speaks TLS at once on a second port, and limits the size of messages.
pub struct Smtp {
    server: Option<Server>,
    directory: TempDir,
    certificates: Certificates,
    port: u16,
    smtps_port: u16,
}

impl Smtp {
    /// Name of the account that may log in.
    pub const USER: &'static str = "relay";
    /// Its password.
    pub const PASSWORD: &'static str = "relay-secret";

    /// Starts one that keeps what it gets.
    ///
    /// # Panics
    /// When it is not installed or does not come up.
    pub fn start() -> Self {
        Self::start_with(&SmtpOptions::default())
    }

    /// Starts one that delivers into a Dovecot.
    ///
    /// # Panics
    /// When it is not installed or does not come up.
    pub fn start_into(dovecot: &Dovecot) -> Self {
        let delivery = Delivery::Lmtp(dovecot.lmtp_port());
        Self::start_with(&SmtpOptions { delivery, ..SmtpOptions::default() })
    }

    /// Starts one with options.
    ///
    /// # Panics
    /// When it is not installed or does not come up.
    pub fn start_with(options: &SmtpOptions) -> Self {
        let directory =
            tempfile::Builder::new().prefix("exi").tempdir_in("/tmp").expect("a temporary directory");
        open_to_all(directory.path());
        let certificates = Certificates::generate();
        certificates.write(directory.path());
        let mut smtp =
            Self { server: None, certificates, port: free_port(), smtps_port: free_port(), directory };
        smtp.write_configuration(options);
        smtp.start_again();
        smtp
    }

    /// Port for SMTP and STARTTLS, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Port for SMTP over TLS, on 127.0.0.1.
    pub fn smtps_port(&self) -> u16 {
        self.smtps_port
    }

    /// The root certificate to trust, PEM.
    pub fn root_certificate(&self) -> &str {
        &self.certificates.root
    }

    /// Ends it; connections break.
    pub fn stop(&mut self) {
        self.server = None;
    }

    /// Starts it again on the same ports.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn start_again(&mut self) {
        assert!(self.server.is_none(), "Exim already runs");
        let exim = program(&["/usr/sbin/exim4"], "exim4-daemon-light");
        // With a configuration of our own Exim gives up root and cannot become another user any more, so all of it
        // runs as Exim's user from the start.
        let mut command = if is_root(self.directory.path()) {
            let mut command = Command::new(program(&["/usr/bin/setpriv", "/bin/setpriv"], "util-linux"));
            command.args(["--reuid", EXIM, "--regid", EXIM, "--clear-groups"]).arg(exim);
            command
        } else {
            Command::new(exim)
        };
        let mut server = Server::spawn(command.arg("-C").arg(self.path("exim.conf")).arg("-bdf"));
        wait_until("Exim to answer", || {
            assert!(
                !server.has_ended(),
                "Exim ended at once; only root and members of the group {EXIM} may start it:\n{}",
                self.log()
            );
            (port_answers(self.port) && port_answers(self.smtps_port)).then_some(())
        });
        self.server = Some(server);
    }

    /// Messages delivered to an address so far, with the `Return-path`, `Envelope-to` and `Received` fields Exim adds.
    ///
    /// # Panics
    /// When a message cannot be read.
    pub fn messages(&self, recipient: &str) -> Vec<Vec<u8>> {
        let Ok(entries) = fs::read_dir(self.path("mail").join("new")) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        let messages = paths.iter().map(|path| fs::read(path).expect("a delivered message"));
        let envelope = format!("Envelope-to: {recipient}\n");
        messages.filter(|message| String::from_utf8_lossy(message).contains(&envelope)).collect()
    }

    /// Waits until so many messages have been delivered to an address.
    ///
    /// # Panics
    /// When they do not come.
    pub fn wait_for(&self, recipient: &str, count: usize) -> Vec<Vec<u8>> {
        wait_until(&format!("{count} messages for {recipient}"), || {
            Some(self.messages(recipient)).filter(|messages| messages.len() >= count)
        })
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        ["mainlog", "rejectlog", "paniclog"]
            .iter()
            .filter_map(|name| fs::read_to_string(self.path("log").join(name)).ok())
            .collect()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write_configuration(&self, options: &SmtpOptions) {
        for name in ["spool", "log", "mail"] {
            fs::create_dir(self.path(name)).expect("own directory");
        }
        if is_root(self.directory.path()) {
            run(Command::new("chown").args(["-R", &format!("{EXIM}:{EXIM}")]).arg(self.directory.path()));
        }
        let text = configuration(self.directory.path(), self.port, self.smtps_port, options);
        fs::write(self.path("exim.conf"), text).expect("own directory");
    }
}

fn configuration(dir: &Path, port: u16, smtps_port: u16, options: &SmtpOptions) -> String {
    let transport = match &options.delivery {
        Delivery::Maildir => format!(
            "driver = appendfile\n  maildir_format\n  create_directory\n  \
             directory = {}/mail\n  envelope_to_add\n  return_path_add",
            dir.display()
        ),
        Delivery::Lmtp(port) => format!(
            "driver = smtp\n  protocol = lmtp\n  hosts = 127.0.0.1\n  port = {port}\n  allow_localhost\n  \
             hosts_try_fastopen =\n  hosts_avoid_tls = *"
        ),
    };
    format!(
        include_str!("exim.conf.in"),
        dir = dir.display(),
        port = port,
        smtps_port = smtps_port,
        limit = options.message_size_limit,
        eight_bit = options.accept_8bitmime,
        demand = if options.require_auth { "require authenticated = *" } else { "accept hosts = !*" },
        transport = transport,
    )
}
