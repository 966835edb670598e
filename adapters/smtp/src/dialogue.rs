//! One connection and the dialogue on it.

use std::{future::Future, time::Duration};

use lettre::{
    address::Envelope,
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, Certificate, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    },
};
use syncledger_domain::ports::transport::SendError;
use tokio::time::timeout;

use crate::{
    config::{ConfigError, SmtpConfig, Tls},
    failure::{Step, sort},
};

/// How long a connection from the pool may take to say that it lives, and a refused one to say goodbye.
const SHORT: Duration = Duration::from_secs(5);

/// Opens connections to one server.
pub(crate) struct Connector {
    config: SmtpConfig,
    tls: Option<TlsParameters>,
    name: ClientId,
}

impl Connector {
    pub(crate) fn new(config: &SmtpConfig) -> Result<Self, ConfigError> {
        let tls = match config.tls {
            Tls::Implicit | Tls::StartTls => Some(tls_parameters(config)?),
            Tls::Loopback | Tls::Cleartext => None,
        };
        Ok(Self { config: config.clone(), tls, name: ClientId::default() })
    }

    /// Connects, protects and logs in. Whatever fails here is not about any message.
    pub(crate) async fn connect(&self) -> Result<Connection, SendError> {
        let patience = self.config.timeout;
        let server = (self.config.host.as_str(), self.config.port);
        let wrapper = self.tls.clone().filter(|_| self.config.tls == Tls::Implicit);
        let connecting =
            AsyncSmtpConnection::connect_tokio1(server, Some(patience), &self.name, wrapper, None);
        let mut inner = step(Step::Connection, patience, connecting).await?;
        if let Some(tls) = self.tls.clone().filter(|_| self.config.tls == Tls::StartTls) {
            step(Step::Connection, patience, inner.starttls(tls, &self.name)).await?;
        }
        if let Some(login) = &self.config.login {
            let credentials = Credentials::new(login.user.clone(), login.password.clone());
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            step(Step::Connection, patience, inner.auth(&mechanisms, &credentials)).await?;
        }
        Ok(Connection { inner, patience })
    }
}

/// A connection ready for the next message.
pub(crate) struct Connection {
    inner: AsyncSmtpConnection,
    patience: Duration,
}

impl Connection {
    /// Hands over one message. After an error the connection is in the midst of something: end it.
    pub(crate) async fn send(&mut self, envelope: &Envelope, message: &[u8]) -> Result<(), SendError> {
        let parameters = self.parameters(envelope, message)?;
        let patience = self.patience;
        let mail = Mail::new(envelope.from().cloned(), parameters);
        step(Step::Sender, patience, self.inner.command(mail)).await?;
        for recipient in envelope.to() {
            let recipient = Rcpt::new(recipient.clone(), vec![]);
            step(Step::Recipient, patience, self.inner.command(recipient)).await?;
        }
        step(Step::Content, patience, self.inner.command(Data)).await?;
        // The end of the message is written as a line of its own: its last line end is that line's beginning.
        let message = message.strip_suffix(b"\r\n").unwrap_or(message);
        let long = patience + transfer_time(message.len());
        step(Step::Content, long, self.inner.message(message)).await?;
        Ok(())
    }

    /// Whether the server still listens.
    pub(crate) async fn answers(&mut self) -> bool {
        timeout(SHORT, self.inner.test_connected()).await.unwrap_or(false)
    }

    /// Says goodbye and hangs up.
    pub(crate) async fn end(mut self) {
        // It is closed by being dropped if it takes too long.
        let _ = timeout(SHORT, self.inner.abort()).await;
    }

    /// What the server must be able to do for this message (RFC 6152, RFC 6531).
    fn parameters(&self, envelope: &Envelope, message: &[u8]) -> Result<Vec<MailParameter>, SendError> {
        let server = self.inner.server_info();
        let mut parameters = Vec::new();
        let addresses = envelope.from().into_iter().chain(envelope.to());
        if !addresses.into_iter().all(|address| AsRef::<str>::as_ref(address).is_ascii()) {
            if !server.supports_feature(Extension::SmtpUtfEight) {
                let text = "the mail server takes no addresses beyond ASCII (SMTPUTF8)";
                return Err(SendError::RecipientRefused(text.to_owned()));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !message.is_ascii() {
            if !server.supports_feature(Extension::EightBitMime) {
                let text = "the mail server takes no 8-bit messages (8BITMIME)";
                return Err(SendError::Refused(text.to_owned()));
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Ok(parameters)
    }
}

/// One step, in bounded time.
async fn step<T>(
    step: Step,
    patience: Duration,
    action: impl Future<Output = Result<T, Error>>,
) -> Result<T, SendError> {
    match timeout(patience, action).await {
        Ok(answer) => answer.map_err(|error| sort(step, &error)),
        Err(_) => Err(SendError::Unavailable(format!("no answer for {} s", patience.as_secs()))),
    }
}

/// Time for a message over a slow line, 64 KB a second.
fn transfer_time(bytes: usize) -> Duration {
    Duration::from_secs(u64::try_from(bytes / 65_536).unwrap_or(u64::MAX / 2))
}

fn tls_parameters(config: &SmtpConfig) -> Result<TlsParameters, ConfigError> {
    let mut builder = TlsParameters::builder(config.host.clone());
    for pem in &config.extra_roots {
        let root =
            Certificate::from_pem(pem.as_bytes()).map_err(|error| ConfigError::Root(error.to_string()))?;
        builder = builder.add_root_certificate(root);
    }
    builder.build_rustls().map_err(|error| ConfigError::Root(error.to_string()))
}
