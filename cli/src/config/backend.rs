//! Where mail lives and leaves.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::secret::SecretText;

/// A mail backend.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "lowercase")]
pub(crate) enum BackendConfig {
    /// A directory of Maildirs, `<root>/<domain>/<local part>/Maildir`.
    Files {
        /// That directory.
        root: PathBuf,
        /// Where messages leave; without it they are delivered to the Maildirs of this directory alone.
        #[serde(default)]
        smtp: Option<SmtpSection>,
    },
    /// An IMAP server, which also checks passwords.
    Imap {
        /// That server.
        imap: ImapSection,
        /// Where messages leave.
        smtp: SmtpSection,
    },
}

impl BackendConfig {
    pub(super) fn resolve(&mut self, base: &Path) {
        let smtp = match self {
            Self::Files { root, smtp } => {
                *root = base.join(&*root);
                smtp.as_mut()
            }
            Self::Imap { imap, smtp } => {
                resolve_all(&mut imap.extra_roots, base);
                if let Some(file) = &mut imap.master_password_file {
                    *file = base.join(&*file);
                }
                Some(smtp)
            }
        };
        if let Some(smtp) = smtp {
            resolve_all(&mut smtp.extra_roots, base);
            if let Some(file) = &mut smtp.password_file {
                *file = base.join(&*file);
            }
        }
    }
}

fn resolve_all(paths: &mut [PathBuf], base: &Path) {
    for path in paths {
        *path = base.join(&*path);
    }
}

/// How a connection is secured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TlsMode {
    /// TLS from the first byte.
    #[default]
    Implicit,
    /// Upgraded after the greeting; refused when the server does not offer it.
    StartTls,
    /// Never: for servers on this host only.
    None,
    /// Never, wherever the server is: passwords and mail cross the network in clear.
    Cleartext,
}

/// An IMAP server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImapSection {
    /// Host name, as in its certificate.
    pub(crate) host: String,
    /// Port; 993 for `implicit`, 143 otherwise.
    #[serde(default)]
    pub(crate) port: Option<u16>,
    /// `implicit`, `starttls`, `none` (this host only) or `cleartext`.
    #[serde(default)]
    pub(crate) tls: TlsMode,
    /// PEM files with further authorities to trust.
    #[serde(default)]
    pub(crate) extra_roots: Vec<PathBuf>,
    /// Log in with the local part alone instead of the whole address.
    #[serde(default)]
    pub(crate) login_local_part: bool,
    /// Somebody at the server who may open the mailboxes of others. Accounts with mobile passwords for `ActiveSync` need
    /// it, because the server does not know those passwords. Logs in by SASL PLAIN with the account's name as
    /// authorization identity, or where the server has none, by LOGIN as `user<master_separator>master_user`.
    #[serde(default)]
    pub(crate) master_user: Option<String>,
    /// Its password; better kept in a file of its own.
    #[serde(default)]
    pub(crate) master_password: Option<SecretText>,
    /// File that holds the password.
    #[serde(default)]
    pub(crate) master_password_file: Option<PathBuf>,
    /// Between both names where they have to be one; `*` when not said, as Dovecot has it.
    #[serde(default)]
    pub(crate) master_separator: Option<String>,
    /// Connections per account, shared by all its devices.
    #[serde(default)]
    pub(crate) connections_per_account: Option<usize>,
    /// Seconds between looks at folders that cannot be watched.
    #[serde(default)]
    pub(crate) poll_seconds: Option<u32>,
}

impl ImapSection {
    pub(crate) fn port(&self) -> u16 {
        self.port.unwrap_or(if self.tls == TlsMode::Implicit { 993 } else { 143 })
    }
}

/// A server messages are handed to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SmtpSection {
    /// Host name, as in its certificate.
    pub(crate) host: String,
    /// Port; 465 for `implicit`, 587 for `starttls`, 25 for `none`.
    #[serde(default)]
    pub(crate) port: Option<u16>,
    /// `implicit`, `starttls`, `none` (this host only) or `cleartext`.
    #[serde(default)]
    pub(crate) tls: TlsMode,
    /// User name; without one no login is made.
    #[serde(default)]
    pub(crate) user: Option<String>,
    /// Password; better kept in a file of its own.
    #[serde(default)]
    pub(crate) password: Option<SecretText>,
    /// File that holds the password.
    #[serde(default)]
    pub(crate) password_file: Option<PathBuf>,
    /// PEM files with further authorities to trust.
    #[serde(default)]
    pub(crate) extra_roots: Vec<PathBuf>,
}

impl SmtpSection {
    pub(crate) fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            TlsMode::Implicit => 465,
            TlsMode::StartTls => 587,
            TlsMode::None | TlsMode::Cleartext => 25,
        })
    }
}
