//! Where a node listens.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use syncledger_eas::http::peer::ForwardedHeader;

/// One listener.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListenConfig {
    /// Address and port, `0.0.0.0:443`.
    pub(crate) address: SocketAddr,
    /// Certificate and key; without them plain HTTP, which only this host and trusted proxies may speak.
    #[serde(default)]
    pub(crate) tls: Option<TlsFiles>,
}

impl Default for ListenConfig {
    fn default() -> Self {
        Self { address: SocketAddr::from(([127, 0, 0, 1], 8080)), tls: None }
    }
}

impl ListenConfig {
    pub(super) fn resolve(&mut self, base: &Path) {
        if let Some(tls) = &mut self.tls {
            tls.certificate = base.join(&tls.certificate);
            tls.key = base.join(&tls.key);
        }
    }
}

/// Files in PEM form, read again when they change.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TlsFiles {
    /// The server's certificate, then its chain.
    pub(crate) certificate: PathBuf,
    /// Its private key.
    pub(crate) key: PathBuf,
}

/// The forwarding header that is believed.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ProxyHeader {
    #[default]
    XForwardedFor,
    Forwarded,
}

impl From<ProxyHeader> for ForwardedHeader {
    fn from(header: ProxyHeader) -> Self {
        match header {
            ProxyHeader::XForwardedFor => Self::XForwardedFor,
            ProxyHeader::Forwarded => Self::Forwarded,
        }
    }
}
