//! What an administrator says about the SMTP server.

use std::{fmt, net::IpAddr, time::Duration};

/// How the connection is protected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tls {
    /// TLS from the first byte (RFC 8314); port 465 by custom.
    Implicit,
    /// Plain at first, then the STARTTLS command, without which nothing else is said; port 587 by custom.
    StartTls,
    /// No TLS. Refused unless the server's name is `localhost` or its address a loopback one.
    Loopback,
    /// No TLS, wherever the server is: passwords and mail cross the network in clear.
    Cleartext,
}

/// A login at the server. Hidden from debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// User name.
    pub user: String,
    /// Password.
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(…)")
    }
}

/// The server and how to use it.
#[derive(Clone, Debug)]
pub struct SmtpConfig {
    /// Name or address; the certificate must carry it.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Protection.
    pub tls: Tls,
    /// How to log in; `None` does not.
    pub login: Option<Login>,
    /// Certification authorities to trust besides the system's, PEM, one in each text.
    pub extra_roots: Vec<String>,
    /// Longest time for each step of the dialogue; a message gets a second more for every 64 KB. 30 s.
    pub timeout: Duration,
    /// Connections at the same time, at least 1. 8.
    pub connections: usize,
}

impl SmtpConfig {
    /// Defaults for a server.
    pub fn new(host: impl Into<String>, port: u16, tls: Tls) -> Self {
        Self {
            host: host.into(),
            port,
            tls,
            login: None,
            extra_roots: Vec::new(),
            timeout: Duration::from_secs(30),
            connections: 8,
        }
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let local = self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if self.tls == Tls::Loopback && !local {
            return Err(ConfigError::PlainAbroad(self.host.clone()));
        }
        Ok(())
    }
}

/// A configuration that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ConfigError {
    /// A certificate to trust is none.
    #[error("a trusted certificate cannot be used: {0}")]
    Root(String),
    /// Plain text beyond this host.
    #[error("SMTP server '{0}' is not on this host: without TLS mail would cross the network in clear")]
    PlainAbroad(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays_on_this_host() {
        for host in ["localhost", "127.0.0.1", "::1", "127.8.9.1"] {
            assert_eq!(SmtpConfig::new(host, 25, Tls::Loopback).check(), Ok(()), "{host}");
        }
        for host in ["mail.example.com", "192.0.2.1", "localhost.example.com"] {
            assert!(SmtpConfig::new(host, 25, Tls::Loopback).check().is_err(), "{host}");
            assert_eq!(SmtpConfig::new(host, 25, Tls::Cleartext).check(), Ok(()), "{host}");
        }
    }

    #[test]
    fn the_password_does_not_show() {
        let mut config = SmtpConfig::new("localhost", 25, Tls::Loopback);
        config.login = Some(Login { user: "relay".into(), password: "hunter2".into() });
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
