//! Static settings of a node: `syncledger.toml`. What administrators change at run time is on the log instead.
//!
//! One struct per section; unknown keys are errors that name what was meant. Every secret has a `_file` twin.

mod backend;
mod listen;
mod ranges;
mod secret;
mod sections;
mod suggest;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use syncledger_domain::ids::NodeName;
use syncledger_eas::loggers::LogPlace;

use crate::input_file;

pub(crate) use backend::{BackendConfig, ImapSection, SmtpSection, TlsMode};
pub(crate) use listen::{ListenConfig, TlsFiles};
pub(crate) use secret::SecretText;
pub(crate) use sections::{Limits, LogFormat, LogSection, LoginSection, LogsSection, Notifications, Seal};

/// Where an embedded node keeps everything when nothing is said.
const DEFAULT_DIR: &str = "syncledger-data";
/// The configuration file inside a data directory.
pub(crate) const FILE_NAME: &str = "syncledger.toml";

/// All static settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Data directory: `ledger.db` (the log, the only truth) and `views.db`; relative paths start at this file's place.
    pub(crate) dir: PathBuf,
    /// This node's name, which tells it from the other nodes of the installation; without one, the host's.
    #[serde(deserialize_with = "sections::checked")]
    pub(crate) node: Option<NodeName>,
    /// Where to listen.
    pub(crate) listen: Vec<ListenConfig>,
    /// Addresses or networks of reverse proxies in front of this node; they may speak plain HTTP, and their forwarding
    /// header tells whom they speak for.
    pub(crate) trusted_proxies: Vec<String>,
    /// Header those proxies write: `x-forwarded-for` or `forwarded`.
    pub(crate) proxy_header: listen::ProxyHeader,
    /// How logins are checked.
    pub(crate) login: LoginSection,
    /// Mail backend of all domains without one of their own; when absent, Maildirs under `mail` in the data directory.
    pub(crate) backend: Option<BackendConfig>,
    /// Mail backends by domain.
    pub(crate) domain: std::collections::BTreeMap<String, BackendConfig>,
    /// Bounds of memory and sizes.
    pub(crate) limits: Limits,
    /// Log output.
    pub(crate) log: LogSection,
    /// Files of account loggers.
    pub(crate) logs: LogsSection,
    /// Seals of the event log.
    pub(crate) seal: Seal,
    /// Mail to administrators.
    pub(crate) notifications: Notifications,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            dir: PathBuf::from(DEFAULT_DIR),
            node: None,
            listen: vec![ListenConfig::default()],
            trusted_proxies: Vec::new(),
            proxy_header: listen::ProxyHeader::default(),
            login: LoginSection::default(),
            backend: None,
            domain: std::collections::BTreeMap::new(),
            limits: Limits::default(),
            log: LogSection::default(),
            logs: LogsSection::default(),
            seal: Seal::default(),
            notifications: Notifications::default(),
        }
    }
}

impl Config {
    /// From a file, from the file in a data directory if there is one, or from nothing.
    pub(crate) fn load(file: Option<&Path>, dir: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(file) = file {
            let config = Self::read(file, file.parent().unwrap_or(Path::new(".")))?;
            config.log.filter()?;
            return Ok(config);
        }
        let dir = dir.unwrap_or(Path::new(DEFAULT_DIR));
        let file = dir.join(FILE_NAME);
        let mut config = if file.exists() { Self::read(&file, dir)? } else { Self::default() };
        dir.clone_into(&mut config.dir);
        config.log.filter()?;
        Ok(config)
    }

    fn read(file: &Path, base: &Path) -> anyhow::Result<Self> {
        let text = input_file::read_text(file, input_file::MAX_BYTES)?;
        let mut config: Self =
            toml::from_str(&text).map_err(|error| suggest::explain(file, &text, &error))?;
        let problems = ranges::problems(&config);
        if !problems.is_empty() {
            anyhow::bail!("{}: {}", file.display(), problems.join("; "));
        }
        config.dir = base.join(&config.dir);
        config.logs.dir = config.logs.dir.map(|dir| base.join(dir));
        for listen in &mut config.listen {
            listen.resolve(base);
        }
        for backend in config.domain.values_mut().chain(&mut config.backend) {
            backend.resolve(base);
        }
        Ok(config)
    }

    /// This node's name.
    pub(crate) fn node_name(&self) -> NodeName {
        self.node.clone().unwrap_or_else(sections::host_name)
    }

    /// Where account loggers may write.
    pub(crate) fn log_place(&self) -> LogPlace {
        LogPlace {
            dir: self.logs.dir.clone().unwrap_or_else(|| self.dir.join("logs")),
            allow_any_path: self.logs.allow_any_path,
            keep_out: Some(self.dir.clone()),
        }
    }

    /// The event log's file.
    pub(crate) fn ledger(&self) -> PathBuf {
        self.dir.join("ledger.db")
    }

    /// The views' file.
    pub(crate) fn views(&self) -> PathBuf {
        self.dir.join("views.db")
    }

    /// The Maildirs of the default backend.
    pub(crate) fn mail(&self) -> PathBuf {
        self.dir.join("mail")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_a_complete_configuration() {
        let config: Config = toml::from_str("").unwrap();
        assert_eq!(config.listen.len(), 1);
        assert!(config.listen[0].address.ip().is_loopback());
    }

    #[test]
    fn a_full_file_is_understood() {
        let text = r#"
            dir = "data"
            node = "Mail1"
            trusted_proxies = ["192.0.2.0/24"]
            proxy_header = "forwarded"
            [[listen]]
            address = "0.0.0.0:443"
            tls = { certificate = "cert.pem", key = "key.pem" }
            [login]
            default_domain = "example.com"
            [backend]
            kind = "files"
            root = "/srv/mail"
            [domain."example.org"]
            kind = "imap"
            imap = { host = "imap.example.org", tls = "implicit" }
            smtp = { host = "smtp.example.org", tls = "starttls", user = "relay", password_file = "secret" }
            [limits]
            index_cache_mb = 128
            [log]
            format = "json"
            filter = "info"
            [logs]
            dir = "device-logs"
            allow_any_path = true
            [seal]
            interval_minutes = 5
            [notifications]
            administrator = "admin@example.com"
            sender = "syncledger@example.com"
        "#;
        let config: Config = toml::from_str(text).unwrap();
        assert_eq!(config.node_name().as_str(), "mail1");
        assert_eq!(config.notifications.administrator, "admin@example.com".parse().ok());
        assert_eq!(config.domain.len(), 1);
        assert_eq!(config.limits.index_cache_mb, 128);
    }

    fn refused(text: &str) -> String {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(FILE_NAME);
        std::fs::write(&file, text).unwrap();
        format!("{:#}", Config::load(Some(&file), None).unwrap_err())
    }

    #[test]
    fn what_is_no_file_or_has_no_end_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
        let large = directory.path().join("large");
        std::fs::write(&large, "#".repeat(1 + (1 << 20))).unwrap();
        for (file, why) in [
            (Path::new("/dev/zero"), "no regular file"),
            (directory.path(), "a directory"),
            (&pipe, "no regular file"),
            (&large, "at most 1048576 bytes"),
            (Path::new("/no/such/file"), "No such file"),
        ] {
            let refused = Config::load(Some(file), None).unwrap_err();
            assert_eq!(crate::codes::of(&refused), syncledger_domain::codes::FILE_UNREADABLE);
            let said = format!("{refused:#}");
            assert!(said.contains(why) && said.contains(&file.display().to_string()), "{said}");
        }
    }

    #[test]
    fn a_number_out_of_range_is_named_with_what_is_allowed() {
        let smtp = "smtp = { host = \"h\" }";
        let imap =
            |more: &str| format!("[backend]\nkind = \"imap\"\n{smtp}\nimap = {{ host = \"h\", {more} }}\n");
        for (text, parts) in [
            ("[limits]\nmax_message_mb = 4096".to_owned(), ["max_message_mb", "4096", "1 to 1024"]),
            ("[limits]\nmax_request_mb = 0".to_owned(), ["max_request_mb", "0", "1 to 1024"]),
            ("[limits]\nindex_cache_mb = -1".to_owned(), ["index_cache_mb", "-1", "1 to 1048576"]),
            (
                "[limits]\nstate_cache_mb = 99999999999".to_owned(),
                ["state_cache_mb", "99999999999", "1 to 1048576"],
            ),
            (
                "[limits]\nmax_message_mb = 99999999999".to_owned(),
                ["max_message_mb", "99999999999", "1 to 1024"],
            ),
            (
                "[login]\nremember_seconds = 86401".to_owned(),
                ["login.remember_seconds", "86401", "0 to 86400"],
            ),
            ("[seal]\ninterval_minutes = 50000".to_owned(), ["seal.interval_minutes", "50000", "0 to 44640"]),
            (imap("port = 0"), ["backend.imap.port", "0", "1 to 65535"]),
            (imap("poll_seconds = 0"), ["backend.imap.poll_seconds", "0", "1 to 86400"]),
            (imap("connections_per_account = 0"), ["backend.imap.connections_per_account", "0", "1 to 100"]),
        ] {
            let error = refused(&text);
            assert!(parts.iter().all(|part| error.contains(part)), "{text}: {error}");
        }
    }

    #[test]
    fn a_name_or_address_that_is_none_is_told_with_what_is_allowed() {
        for (text, parts) in [
            ("node = \"my node\"", ["line 1", "'my node'", "1 to 64 letters"]),
            ("node = \"\"", ["line 1", "node", "1 to 64 letters"]),
            ("[notifications]\nadministrator = \"admin\"", ["line 2", "administrator", "'admin'"]),
            ("[notifications]\nsendr = \"a@example.com\"", ["line 2", "sendr", "'sender'"]),
        ] {
            let error = refused(text);
            assert!(parts.iter().all(|part| error.contains(part)), "{text}: {error}");
        }
    }

    #[test]
    fn no_error_shows_a_secret() {
        let smtp = |password: &str| {
            format!(
                "[backend]\nkind = \"files\"\nroot = \"m\"\n[backend.smtp]\nhost = \"h\"\nuser = \"u\"\npassword = {password}\n"
            )
        };
        for text in [
            smtp("hunter2"),
            smtp("\"hunter2"),
            smtp("\"\"\"hunter2"),
            smtp("'hunter2' x"),
            smtp("\"hunter2\\q\""),
            smtp("[\"hunter2\"]"),
            smtp("\"hunter2\"\npassword = \"hunter2\""),
            smtp("\"hunter2\"").replace("password", "pasword"),
            "[backend]\nkind = \"files\"\nroot = \"m\"\nsmtp = { host = \"h\", password = \"hunter2\", prt = 1 }\n".to_owned(),
            "[backend]\nkind = \"files\"\nroot = \"m\"\nsmtp = { host = \"h\", password = hunter2 }\n".to_owned(),
            "[backend]\nkind = \"imap\"\nsmtp = { host = \"h\" }\nimap = { host = \"h\", master_password = [\"hunter2\"] }\n".to_owned(),
        ] {
            let error = refused(&text);
            assert!(!error.contains("hunter2"), "{text}: {error}");
        }
        let error = refused(&smtp("4711"));
        assert!(!error.contains("4711") && error.contains("must be text in quotes"), "{error}");
        let parsed: Config = toml::from_str(&smtp("\"hunter2\"")).unwrap();
        assert!(!format!("{parsed:?}").contains("hunter2"));
    }

    #[test]
    fn a_log_filter_that_is_none_is_an_error() {
        let error = refused("[log]\nfilter = \"syncledger=loud\"\n");
        assert!(error.contains("log.filter") && error.contains("syncledger=loud"), "{error}");
    }

    #[test]
    fn unknown_keys_are_errors_that_name_what_was_meant() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(FILE_NAME);
        std::fs::write(&file, "[[listen]]\nadress = \"127.0.0.1:1\"\n").unwrap();
        let error = format!("{:#}", Config::load(Some(&file), None).unwrap_err());
        assert!(error.contains("adress") && error.contains("did you mean 'address'"), "{error}");
        assert!(error.contains("line 2"), "{error}");
    }
}
