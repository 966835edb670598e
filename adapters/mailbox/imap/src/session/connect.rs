//! From an address to a session on which a user is logged in: TCP, TLS, greeting, STARTTLS, login, extensions.

use std::{borrow::Cow, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};
use syncledger_domain::{
    ids::Address,
    ports::mailbox::{MailboxError, Secret},
};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

use super::{Session, Stream};
use crate::{
    config::{ConfigError, ImapConfig, LoginName, MasterUser, Tls},
    failure::{Failure, success},
    wire::{
        command::Command,
        frame::{Framer, Limits},
        response::Response,
    },
};

/// Bytes of one response outside literals: a `SEARCH` answer of two million UIDs still fits.
const LONGEST_LINE: usize = 16 * 1024 * 1024;

/// Room for what a server adds to a part of a message: quotes, the flags as literals.
const LITERAL_SLACK: usize = 64 * 1024;

/// What a mailbox opens to.
#[derive(Clone)]
pub(crate) enum By {
    /// The user's own secret.
    OwnSecret(Secret),
    /// Somebody who may open the mailboxes of others.
    Master(MasterUser),
}

/// Opens sessions at one server.
pub(crate) struct Connector {
    pub(crate) config: ImapConfig,
    tls: TlsConnector,
    name: ServerName<'static>,
}

impl Connector {
    pub(crate) fn new(config: ImapConfig) -> Result<Self, ConfigError> {
        let name = ServerName::try_from(config.host.clone());
        let name = name.map_err(|_| ConfigError::BadHost(config.host.clone()))?;
        for (field, zero) in [
            ("connections_per_account", config.connections_per_account == 0),
            ("max_message", config.max_message == 0),
            ("poll_interval", config.poll_interval.is_zero()),
            ("idle_refresh", config.idle_refresh.is_zero()),
        ] {
            if zero {
                return Err(ConfigError::Zero(field));
            }
        }
        let tls = TlsConnector::from(Arc::new(tls_config(&config.extra_roots)?));
        Ok(Self { config, tls, name })
    }

    /// A session on which the user is logged in, by the user's own secret or by the master user.
    pub(crate) async fn login(&self, user: &Address, by: &By) -> Result<Session, MailboxError> {
        let patience = self.config.connect_timeout;
        let connected = timeout(patience, self.connect()).await;
        let slow = |_| MailboxError::Unavailable(format!("no connection within {} s", patience.as_secs()));
        let mut session = connected.map_err(slow)?.map_err(|failure| unavailable(&failure))?;
        let name = match self.config.login_name {
            LoginName::Address => user.as_str(),
            LoginName::LocalPart => user.local(),
        };
        match by {
            By::OwnSecret(secret) => authenticate(&mut session, &Login::own(name, secret)).await?,
            By::Master(master) => {
                authenticate(&mut session, &Login::master(name, master)).await.map_err(
                    |error| match error {
                        MailboxError::Unauthenticated => refused_to_master(&self.config.host, master),
                        other => other,
                    },
                )?;
            }
        }
        enable_extensions(&mut session).await.map_err(|failure| unavailable(&failure))?;
        Ok(session)
    }

    async fn connect(&self) -> Result<Session, Failure> {
        let config = &self.config;
        let socket = TcpStream::connect((config.host.as_str(), config.port)).await?;
        socket.set_nodelay(true)?;
        match config.tls {
            Tls::Implicit => {
                let stream = self.secure(socket).await?;
                self.greeted(stream).await
            }
            Tls::StartTls => self.start_tls(socket).await,
            Tls::Loopback if !socket.peer_addr()?.ip().is_loopback() => {
                let text = "tls = none is only for servers on this machine: passwords would travel in clear";
                Err(Failure::Lost(text.to_owned()))
            }
            Tls::Loopback | Tls::Cleartext => self.greeted(Stream::Plain(socket)).await,
        }
    }

    async fn greeted(&self, stream: Stream) -> Result<Session, Failure> {
        let mut session = self.session(stream);
        match session.receive(self.config.connect_timeout).await? {
            Response::Untagged(outcome) => {
                success(outcome)?;
            }
            _ => return Err(Failure::Lost("the server does not greet as IMAP servers do".to_owned())),
        }
        if session.capabilities.0.is_empty() {
            session.run(Command::new("CAPABILITY")).await?;
        }
        Ok(session)
    }

    async fn start_tls(&self, socket: TcpStream) -> Result<Session, Failure> {
        let mut plain = self.greeted(Stream::Plain(socket)).await?;
        if !plain.capabilities.has("STARTTLS") {
            return Err(Failure::Lost("the server does not offer STARTTLS".to_owned()));
        }
        plain.run(Command::new("STARTTLS")).await?;
        if plain.framer.has_leftovers() || !plain.backlog.is_empty() {
            // Somebody in between has put words into the server's mouth that would count as said under TLS.
            return Err(Failure::Lost("bytes in clear behind the answer to STARTTLS".to_owned()));
        }
        let Stream::Plain(socket) = plain.stream else {
            return Err(Failure::Lost("STARTTLS inside TLS".to_owned()));
        };
        let mut session = self.session(self.secure(socket).await?);
        // What was announced in clear does not count (RFC 3501, "STARTTLS Command").
        session.run(Command::new("CAPABILITY")).await?;
        Ok(session)
    }

    async fn secure(&self, socket: TcpStream) -> Result<Stream, Failure> {
        let stream = self.tls.connect(self.name.clone(), socket).await;
        let stream = stream.map_err(|error| Failure::Lost(format!("TLS: {}", explain(&error))))?;
        Ok(Stream::Tls(Box::new(stream)))
    }

    fn session(&self, stream: Stream) -> Session {
        let limits =
            Limits { line: LONGEST_LINE, literal: self.config.max_message.saturating_add(LITERAL_SLACK) };
        Session::new(stream, Framer::new(limits), self.config.command_timeout)
    }
}

/// Whatever goes wrong around a login is not about the user.
fn unavailable(failure: &Failure) -> MailboxError {
    MailboxError::Unavailable(failure.to_string())
}

/// The user's secret is not at fault, so this must not look like a wrong password of theirs.
fn refused_to_master(host: &str, master: &MasterUser) -> MailboxError {
    MailboxError::Unavailable(format!(
        "{host} does not open this mailbox to its master user '{}': it refuses master_user and master_password, or does not know the mailbox",
        master.name
    ))
}

/// Who logs in, in the words of both ways to do so.
struct Login<'a> {
    /// Whose mailbox it is (authorization identity); empty when it follows from `name`.
    whose: &'a str,
    /// Whose secret it is (authentication identity).
    name: &'a str,
    /// Both in one, for LOGIN.
    joined: Cow<'a, str>,
    secret: &'a Secret,
}

impl<'a> Login<'a> {
    fn own(name: &'a str, secret: &'a Secret) -> Self {
        Self { whose: "", name, joined: name.into(), secret }
    }

    fn master(user: &'a str, master: &'a MasterUser) -> Self {
        let joined = format!("{user}{}{}", master.separator, master.name).into();
        Self { whose: user, name: &master.name, joined, secret: &master.secret }
    }

    /// RFC 4616, "PLAIN SASL Mechanism".
    fn plain(&self) -> String {
        BASE64.encode([self.whose.as_bytes(), b"\0", self.name.as_bytes(), b"\0", &self.secret.0].concat())
    }
}

/// Logs in by SASL PLAIN (RFC 4616) where offered, because it takes any bytes, else by LOGIN.
async fn authenticate(session: &mut Session, login: &Login<'_>) -> Result<(), MailboxError> {
    if login.secret.0.contains(&0) {
        return Err(MailboxError::Unauthenticated);
    }
    let command = if session.capabilities.has("AUTH=PLAIN") {
        let message = login.plain();
        if session.capabilities.has("SASL-IR") {
            Command::new(format!("AUTHENTICATE PLAIN {message}"))
        } else {
            return plain_in_two_steps(session, &message).await.map_err(Failure::at_login);
        }
    } else if session.capabilities.has("LOGINDISABLED") {
        return Err(MailboxError::Unavailable(
            "the server offers no way to log in with a password".to_owned(),
        ));
    } else {
        Command::new("LOGIN ").string(login.joined.as_bytes()).text(" ").string(&login.secret.0)
    };
    session.capabilities = super::Capabilities::default();
    session.run(command).await.map_err(Failure::at_login)?;
    Ok(())
}

async fn plain_in_two_steps(session: &mut Session, message: &str) -> Result<(), Failure> {
    let mut pending = session.send(vec![Command::new("AUTHENTICATE PLAIN")]).await?;
    session.capabilities = super::Capabilities::default();
    if session.may_go_on(&pending.first_tag()).await? {
        session.write_raw(format!("{message}\r\n").as_bytes()).await?;
    }
    while session.next(&mut pending).await?.is_some() {}
    pending.outcomes().iter().cloned().try_for_each(|outcome| success(outcome).map(drop))
}

async fn enable_extensions(session: &mut Session) -> Result<(), Failure> {
    if session.capabilities.0.is_empty() {
        session.run(Command::new("CAPABILITY")).await?;
    }
    if session.capabilities.has("QRESYNC") && session.capabilities.has("ENABLE") {
        let mut enabled = false;
        let note = |response| {
            if let Response::Enabled(words) = response {
                enabled |= words.iter().any(|word| word == "QRESYNC");
            }
        };
        session.run_with(vec![Command::new("ENABLE QRESYNC")], note).await?;
        if enabled {
            return Ok(());
        }
    }
    session.capabilities.0.remove("QRESYNC");
    Ok(())
}

/// Trust in the system's authorities and in the configured ones, with one cryptography for the whole process.
fn tls_config(extra_roots: &[String]) -> Result<ClientConfig, ConfigError> {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    for error in &native.errors {
        tracing::debug!(error = %error, "a certificate of the system cannot be read");
    }
    roots.add_parsable_certificates(native.certs);
    for (index, text) in extra_roots.iter().enumerate() {
        let bad = |reason: String| ConfigError::BadRoot { index, reason };
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
        let certificates = certificates.map_err(|error| bad(error.to_string()))?;
        if certificates.is_empty() {
            return Err(bad("no certificate in it".to_owned()));
        }
        for certificate in certificates {
            roots.add(certificate).map_err(|error| bad(error.to_string()))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.expect("ring knows TLS 1.2 and 1.3");
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// An administrator's most frequent mistake in words.
fn explain(error: &std::io::Error) -> String {
    let text = error.to_string();
    if text.contains("CaUsedAsEndEntity") {
        return format!("{text}: the server's certificate is itself a certification authority (CA:TRUE)");
    }
    if text.contains("UnknownIssuer") {
        return format!("{text}: add the authority that signed the server's certificate to extra_roots");
    }
    text
}
