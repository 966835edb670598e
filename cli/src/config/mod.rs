//! Static settings of a node: `syncledger.toml`. What administrators change at run time is on the log instead.
//!
//! One struct per section; unknown keys are errors that name what was meant. Every secret has a `_file` twin.

mod backend;
mod listen;
mod sections;
mod suggest;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Deserialize;

pub(crate) use backend::{BackendConfig, ImapSection, SmtpSection, TlsMode};
pub(crate) use listen::{ListenConfig, TlsFiles};
pub(crate) use sections::{Limits, LogFormat, LogSection, LoginSection, Seal};

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
    /// Seals of the event log.
    pub(crate) seal: Seal,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            dir: PathBuf::from(DEFAULT_DIR),
            listen: vec![ListenConfig::default()],
            trusted_proxies: Vec::new(),
            proxy_header: listen::ProxyHeader::default(),
            login: LoginSection::default(),
            backend: None,
            domain: std::collections::BTreeMap::new(),
            limits: Limits::default(),
            log: LogSection::default(),
            seal: Seal::default(),
        }
    }
}

impl Config {
    /// From a file, from the file in a data directory if there is one, or from nothing.
    pub(crate) fn load(file: Option<&Path>, dir: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(file) = file {
            return Self::read(file, file.parent().unwrap_or(Path::new(".")));
        }
        let dir = dir.unwrap_or(Path::new(DEFAULT_DIR));
        let file = dir.join(FILE_NAME);
        let mut config = if file.exists() { Self::read(&file, dir)? } else { Self::default() };
        config.dir = dir.to_owned();
        Ok(config)
    }

    fn read(file: &Path, base: &Path) -> anyhow::Result<Self> {
        let text =
            std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let mut config: Self = toml::from_str(&text).map_err(|error| suggest::explain(file, &error))?;
        config.dir = base.join(&config.dir);
        for listen in &mut config.listen {
            listen.resolve(base);
        }
        for backend in config.domain.values_mut().chain(&mut config.backend) {
            backend.resolve(base);
        }
        Ok(config)
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
            [seal]
            interval_minutes = 5
        "#;
        let config: Config = toml::from_str(text).unwrap();
        assert_eq!(config.domain.len(), 1);
        assert_eq!(config.limits.index_cache_mb, 128);
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
