//! What an administrator says about the IMAP server.

use std::time::Duration;

use syncledger_domain::ports::mailbox::Secret;

/// How the connection is protected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tls {
    /// TLS from the first byte (RFC 8314, "Implicit TLS for IMAP"); port 993 by custom.
    Implicit,
    /// Plain at first, then the STARTTLS command, without which nothing else is said; port 143 by custom.
    StartTls,
    /// No TLS. Refused unless the server's address is a loopback one.
    Loopback,
    /// No TLS, wherever the server is: passwords and mail cross the network in clear.
    Cleartext,
}

/// What users are called at the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LoginName {
    /// `local@domain`
    Address,
    /// `local`
    LocalPart,
}

/// Somebody who may open the mailboxes of others.
///
/// Where the server offers SASL PLAIN, the user's name is the authorization identity and this one's the authentication
/// identity (RFC 4616). Elsewhere LOGIN gets the name `user<separator>master`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MasterUser {
    /// Name at the server.
    pub name: String,
    /// Password.
    pub secret: Secret,
    /// Between the user's name and this one's where both have to be one name. `*` is Dovecot's.
    pub separator: String,
}

/// The server and how to use it. [`ImapConfig::new`] gives defaults for all but the address.
#[derive(Clone, Debug)]
pub struct ImapConfig {
    /// Name or address; the certificate must carry it.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Protection.
    pub tls: Tls,
    /// Certification authorities to trust besides the system's, PEM; each text may hold several.
    pub extra_roots: Vec<String>,
    /// What users are called there.
    pub login_name: LoginName,
    /// Opens mailboxes to users whose own secret the server does not get to see; without one those are refused. None.
    pub master_user: Option<MasterUser>,
    /// Longest time for connection, TLS and greeting together. 10 s.
    pub connect_timeout: Duration,
    /// Longest silence of the server during a command. 60 s.
    pub command_timeout: Duration,
    /// Connections for commands per account, at least 1; a watch takes one more. 4.
    pub connections_per_account: usize,
    /// An unused connection is closed after this time, and the secret forgotten with the last one. 5 min.
    pub linger: Duration,
    /// For so long a secret the server accepted is believed without asking again, unless the server refuses it
    /// earlier; zero asks whenever a mailbox is opened. 5 min.
    pub trust: Duration,
    /// How often a waiting IDLE is renewed; servers may hang up after 30 min (RFC 2177). 25 min.
    pub idle_refresh: Duration,
    /// How often watched folders are asked that the server does not tell of by itself, and the list of folders. 60 s.
    pub poll_interval: Duration,
    /// Whether a listing of folders makes those that are missing for drafts, sent mail and trash. Yes.
    pub make_folders: bool,
    /// First wait before a lost watch connects again; doubles up to 5 min. 1 s.
    pub reconnect_delay: Duration,
    /// Largest part of a message read into memory, in bytes; of a larger message only so much is fetched. 64 MiB.
    pub max_message: usize,
}

impl ImapConfig {
    /// Defaults for a server.
    pub fn new(host: impl Into<String>, port: u16, tls: Tls) -> Self {
        Self {
            host: host.into(),
            port,
            tls,
            extra_roots: Vec::new(),
            login_name: LoginName::Address,
            master_user: None,
            connect_timeout: Duration::from_secs(10),
            command_timeout: Duration::from_mins(1),
            connections_per_account: 4,
            linger: Duration::from_mins(5),
            trust: Duration::from_mins(5),
            idle_refresh: Duration::from_mins(25),
            poll_interval: Duration::from_mins(1),
            make_folders: true,
            reconnect_delay: Duration::from_secs(1),
            max_message: 64 * 1024 * 1024,
        }
    }
}

/// A configuration that cannot work.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ConfigError {
    /// A root certificate is no PEM certificate.
    #[error("extra_roots: text {index} holds no PEM certificate that can be used: {reason}")]
    BadRoot {
        /// Which text, from 0.
        index: usize,
        /// What is wrong.
        reason: String,
    },
    /// Neither a DNS name nor an address.
    #[error("host '{0}' is not valid: a DNS name or an IP address")]
    BadHost(String),
    /// A limit of zero.
    #[error("{0} is 0: at least 1 is needed")]
    Zero(&'static str),
}
