//! Outgoing mail over SMTP (RFC 5321, RFC 6409), by a mail server that accepts messages for delivery.
//!
//! Connections are pooled and the server's answers are sorted into what a device is told: try again, a recipient is
//! wrong, the message is too large, or the message is refused. A message with a refused recipient is not sent to the
//! others either: the device hears of one outcome only.

mod config;
mod failure;

use std::time::Duration;

use async_trait::async_trait;
use lettre::{
    Address as LettreAddress, AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    address::Envelope,
    transport::smtp::{
        PoolConfig,
        authentication::Credentials,
        client::{Certificate, Tls as LettreTls, TlsParameters},
    },
};
use syncledger_domain::ports::transport::{Outgoing, SendError, Transport};

pub use config::{ConfigError, Login, SmtpConfig, Tls};

/// Connections kept open for the next message.
const POOL: u32 = 4;
/// How long an unused one is kept.
const POOL_IDLE: Duration = Duration::from_secs(30);

/// Hands messages to one SMTP server.
pub struct SmtpTransport {
    inner: AsyncSmtpTransport<Tokio1Executor>,
}

impl SmtpTransport {
    /// Does not connect yet.
    ///
    /// # Errors
    /// [`ConfigError`] when a trusted certificate cannot be read, or plain text is asked for beyond this host.
    pub fn new(config: &SmtpConfig) -> Result<Self, ConfigError> {
        config.check()?;
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
            .port(config.port)
            .tls(tls(config)?)
            .timeout(Some(config.timeout))
            .pool_config(PoolConfig::new().max_size(POOL).idle_timeout(POOL_IDLE));
        if let Some(login) = &config.login {
            builder = builder.credentials(Credentials::new(login.user.clone(), login.password.clone()));
        }
        Ok(Self { inner: builder.build() })
    }
}

fn tls(config: &SmtpConfig) -> Result<LettreTls, ConfigError> {
    let parameters = || {
        let mut builder = TlsParameters::builder(config.host.clone());
        for pem in &config.extra_roots {
            let root = Certificate::from_pem(pem.as_bytes())
                .map_err(|error| ConfigError::Root(error.to_string()))?;
            builder = builder.add_root_certificate(root);
        }
        builder.build_rustls().map_err(|error| ConfigError::Root(error.to_string()))
    };
    Ok(match config.tls {
        Tls::Implicit => LettreTls::Wrapper(parameters()?),
        Tls::StartTls => LettreTls::Required(parameters()?),
        Tls::Loopback | Tls::Cleartext => LettreTls::None,
    })
}

#[async_trait]
impl Transport for SmtpTransport {
    async fn send(&self, outgoing: Outgoing) -> Result<(), SendError> {
        let address = |text: &str| text.parse::<LettreAddress>().map_err(|error| (text.to_owned(), error));
        let from = address(outgoing.from.as_str()).map_err(|(_, error)| {
            SendError::Refused(format!("the sender's address cannot be sent from: {error}"))
        })?;
        let recipients = outgoing
            .recipients
            .iter()
            .map(|recipient| address(recipient.as_str()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|(_, error)| {
                SendError::RecipientRefused(format!("an address cannot be sent to: {error}"))
            })?;
        let envelope = Envelope::new(Some(from), recipients)
            .map_err(|error| SendError::RecipientRefused(error.to_string()))?;
        match self.inner.send_raw(&envelope, &outgoing.message).await {
            Ok(_) => Ok(()),
            Err(error) => Err(failure::sort(&error)),
        }
    }
}
