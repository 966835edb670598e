//! Outgoing mail over SMTP (RFC 5321, RFC 6409), by a mail server that accepts messages for delivery.
//!
//! The dialogue is led step by step over lettre's connection, because its ready-made transport tells of a refusal but
//! not of what was refused, and waits without end for a server that falls silent. A message with a refused recipient
//! is not sent to the others either: the device hears of one outcome only. When the connection breaks behind the last
//! byte, nobody knows whether the message was taken; the device hears that it was not, because mail that comes twice
//! is better than mail that never comes.

mod config;
mod dialogue;
mod failure;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use lettre::{Address as LettreAddress, address::Envelope};
use syncledger_domain::ports::transport::{Outgoing, SendError, Transport};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout},
};

pub use config::{ConfigError, Login, SmtpConfig, Tls};
use dialogue::{Connection, Connector};

/// How long a connection is kept for the next message.
const IDLE: Duration = Duration::from_secs(30);

/// Hands messages to one SMTP server.
pub struct SmtpTransport {
    connector: Connector,
    idle: Mutex<Vec<(Instant, Connection)>>,
    permits: Arc<Semaphore>,
    timeout: Duration,
}

impl SmtpTransport {
    /// Does not connect yet.
    ///
    /// # Errors
    /// [`ConfigError`] when a trusted certificate cannot be read, or plain text is asked for beyond this host.
    pub fn new(config: &SmtpConfig) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self {
            connector: Connector::new(config)?,
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(config.connections.max(1))),
            timeout: config.timeout,
        })
    }

    /// A connection that answers.
    async fn connection(&self) -> Result<Connection, SendError> {
        while let Some((since, mut connection)) = self.take_idle() {
            if since.elapsed() < IDLE && connection.answers().await {
                return Ok(connection);
            }
        }
        self.connector.connect().await
    }

    fn take_idle(&self) -> Option<(Instant, Connection)> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn keep(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(since, _)| since.elapsed() < IDLE);
        idle.push((Instant::now(), connection));
    }
}

#[async_trait]
impl Transport for SmtpTransport {
    async fn send(&self, outgoing: Outgoing) -> Result<(), SendError> {
        let envelope = envelope(&outgoing)?;
        let busy = || SendError::Unavailable("all connections to the mail server are busy".to_owned());
        let permit = timeout(self.timeout, self.permits.acquire()).await;
        let _permit = permit.map_err(|_| busy())?.map_err(|_| busy())?;
        let mut connection = self.connection().await?;
        match connection.send(&envelope, &outgoing.message).await {
            Ok(()) => {
                self.keep(connection);
                Ok(())
            }
            Err(error) => {
                connection.end().await;
                Err(error)
            }
        }
    }
}

fn envelope(outgoing: &Outgoing) -> Result<Envelope, SendError> {
    let from: LettreAddress =
        outgoing.from.as_str().parse().map_err(|error| {
            SendError::Refused(format!("the sender's address cannot be sent from: {error}"))
        })?;
    let recipients = outgoing.recipients.iter().map(|recipient| recipient.as_str().parse());
    let recipients: Result<Vec<LettreAddress>, _> = recipients.collect();
    let recipients = recipients
        .map_err(|error| SendError::RecipientRefused(format!("an address cannot be sent to: {error}")))?;
    Envelope::new(Some(from), recipients).map_err(|error| SendError::RecipientRefused(error.to_string()))
}
