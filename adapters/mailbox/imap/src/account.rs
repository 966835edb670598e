//! The connections of one account: a small pool, shared by all its devices.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use syncledger_domain::{
    ids::Address,
    ports::{
        clock::Randomness,
        mailbox::{BackendKey, MailboxError},
    },
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};

use crate::{
    failure::Failure,
    mailbox::Refusals,
    session::{By, Connector, Session},
    watch::Hub,
    wire::command::Command,
};

/// A connection unused for longer is asked whether it still works before something depends on it: a middlebox may have
/// forgotten it without a word.
const PROBE_AFTER: Duration = Duration::from_secs(30);
/// How long it may take to answer that.
const PROBE_PATIENCE: Duration = Duration::from_secs(5);

/// One account with one secret, or as the master user opens it.
pub(crate) struct Account {
    pub(crate) connector: Arc<Connector>,
    pub(crate) randomness: Arc<dyn Randomness>,
    user: Address,
    by: By,
    idle: Mutex<Vec<Session>>,
    permits: Arc<Semaphore>,
    /// When the server last accepted the secret for [`Self::verify`]; `None` once it has refused it.
    verified: Mutex<Option<Instant>>,
    /// Held while the server is asked, so that those who come meanwhile wait for its answer.
    verifying: tokio::sync::Mutex<()>,
    last_used: Mutex<Instant>,
    /// Held while something is created, so that a repetition waits for the first.
    pub(crate) creating: tokio::sync::Mutex<()>,
    pub(crate) hub: Hub,
    /// Accounts whose missing folders the server does not let us make.
    pub(crate) refusals: Arc<Refusals>,
}

impl Account {
    pub(crate) fn new(
        connector: Arc<Connector>,
        randomness: Arc<dyn Randomness>,
        refusals: Arc<Refusals>,
        user: Address,
        by: By,
    ) -> Self {
        let connections = connector.config.connections_per_account;
        Self {
            connector,
            randomness,
            user,
            by,
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(connections)),
            verified: Mutex::default(),
            verifying: tokio::sync::Mutex::default(),
            last_used: Mutex::new(Instant::now()),
            creating: tokio::sync::Mutex::default(),
            hub: Hub::default(),
            refusals,
        }
    }

    /// Whose it is.
    pub(crate) fn user(&self) -> &Address {
        &self.user
    }

    /// Makes sure that the server has accepted the secret within the configured time.
    pub(crate) async fn verify(self: &Arc<Self>) -> Result<(), MailboxError> {
        let _one_at_a_time = self.verifying.lock().await;
        if self.verified().is_some_and(|at| at.elapsed() < self.connector.config.trust) {
            return Ok(());
        }
        let permit = self.permit().await?;
        // The new connection takes the place of an idle one where there is no room for both.
        Self::trim(&mut self.idle(), self.permits.available_permits());
        let session = self.connect().await?;
        *self.verified() = Some(Instant::now());
        drop(self.lend(session, permit, false));
        Ok(())
    }

    /// A new connection outside the pool. Where the server refuses the secret, nothing opened with it earlier is used
    /// again, and it is not believed again before the server has accepted it.
    pub(crate) async fn connect(&self) -> Result<Session, MailboxError> {
        let connected = self.connector.login(&self.user, &self.by).await;
        if matches!(connected, Err(MailboxError::Unauthenticated)) {
            *self.verified() = None;
            self.idle().clear();
        }
        connected
    }

    fn verified(&self) -> MutexGuard<'_, Option<Instant>> {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A working connection, preferably one that has this folder selected.
    pub(crate) async fn lease(self: &Arc<Self>, folder: Option<&BackendKey>) -> Result<Lease, MailboxError> {
        let permit = self.permit().await?;
        *self.last_used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        while let Some(mut session) = self.take_idle(folder) {
            if session.seems_alive() && self.answers(&mut session).await {
                return Ok(self.lend(session, permit, true));
            }
        }
        let session = self.connect().await?;
        Ok(self.lend(session, permit, false))
    }

    /// After a connection from the pool has turned out to be dead: a new one. The others are likely dead too.
    pub(crate) async fn replace(self: &Arc<Self>, dead: Lease) -> Result<Lease, MailboxError> {
        self.idle().clear();
        drop(dead);
        let permit = self.permit().await?;
        let session = self.connect().await?;
        Ok(self.lend(session, permit, false))
    }

    fn lend(self: &Arc<Self>, session: Session, permit: OwnedSemaphorePermit, reused: bool) -> Lease {
        Lease { account: Arc::clone(self), session: Some(session), reused, _permit: permit }
    }

    /// Closes connections unused for longer than the configured time; whether the whole account is out of use.
    pub(crate) fn expire(&self) -> bool {
        let linger = self.connector.config.linger;
        let mut idle = self.idle();
        idle.retain(|session| session.last_used().elapsed() < linger);
        let last_used = *self.last_used.lock().unwrap_or_else(PoisonError::into_inner);
        idle.is_empty() && last_used.elapsed() >= linger
    }

    /// Keeps a connection for the next use, unless the server has refused the secret meanwhile.
    fn give_back(&self, session: Session) {
        if self.verified().is_none() {
            return;
        }
        let mut idle = self.idle();
        idle.push(session);
        // Its permit is still held.
        Self::trim(&mut idle, self.permits.available_permits() + 1);
    }

    /// Closes the connections unused longest beyond so many.
    fn trim(idle: &mut Vec<Session>, most: usize) {
        let excess = idle.len().saturating_sub(most);
        idle.drain(..excess);
    }

    fn take_idle(&self, folder: Option<&BackendKey>) -> Option<Session> {
        let mut idle = self.idle();
        let fits = |session: &Session| folder.is_some_and(|folder| session.has_selected(folder));
        match idle.iter().rposition(fits) {
            Some(at) => Some(idle.remove(at)),
            None => idle.pop(),
        }
    }

    async fn answers(&self, session: &mut Session) -> bool {
        session.last_used().elapsed() < PROBE_AFTER
            || matches!(timeout(PROBE_PATIENCE, session.run(Command::new("NOOP"))).await, Ok(Ok(_)))
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, MailboxError> {
        let wait = timeout(self.connector.config.command_timeout, Arc::clone(&self.permits).acquire_owned());
        let busy = || MailboxError::Unavailable("all connections of the account are busy".to_owned());
        wait.await.map_err(|_| busy())?.map_err(|_| busy())
    }
}

/// A connection in use. Dropping it gives it back, if no command is left half done.
pub(crate) struct Lease {
    account: Arc<Account>,
    session: Option<Session>,
    reused: bool,
    _permit: OwnedSemaphorePermit,
}

impl Lease {
    /// Whether a first command may have failed only because the server hung up between two uses.
    pub(crate) fn was_stale(&self, failure: &Failure) -> bool {
        self.reused && matches!(failure, Failure::Lost(_))
    }
}

impl Deref for Lease {
    type Target = Session;

    fn deref(&self) -> &Session {
        self.session.as_ref().expect("taken only by drop")
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut Session {
        self.session.as_mut().expect("taken only by drop")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(session) = self.session.take().filter(Session::is_settled) {
            self.account.give_back(session);
        }
    }
}
