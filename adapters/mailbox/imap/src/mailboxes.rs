//! Opens mailboxes and keeps their connections between requests.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use async_trait::async_trait;
use syncledger_domain::ports::{
    clock::Randomness,
    mailbox::{Mailbox, MailboxError, MailboxUser, Mailboxes, Secret},
};

use crate::{
    account::Account,
    config::{ConfigError, ImapConfig},
    mailbox::{ImapMailbox, Refusals},
    session::{By, Connector},
};

type Accounts = Mutex<HashMap<[u8; 32], Arc<Account>>>;

/// The mailboxes of one IMAP server.
pub struct ImapMailboxes {
    connector: Arc<Connector>,
    randomness: Arc<dyn Randomness>,
    /// Key of the MACs under which accounts are kept; made at start, never stored.
    key: [u8; 32],
    accounts: Arc<Accounts>,
    refusals: Arc<Refusals>,
    sweeping: std::sync::Once,
}

impl ImapMailboxes {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn new(config: ImapConfig, randomness: Arc<dyn Randomness>) -> Result<Self, ConfigError> {
        let connector = Arc::new(Connector::new(config)?);
        let mut key = [0; 32];
        randomness.fill(&mut key);
        Ok(Self {
            connector,
            randomness,
            key,
            accounts: Arc::default(),
            refusals: Arc::default(),
            sweeping: std::sync::Once::new(),
        })
    }

    async fn open_by(&self, user: &MailboxUser, by: By) -> Result<Arc<dyn Mailbox>, MailboxError> {
        self.sweeping.call_once(|| sweep(Arc::downgrade(&self.accounts), self.connector.config.linger));
        let mac = self.mac(user, &by);
        let account = self.account(mac, user, by);
        if let Err(error) = account.verify().await {
            if error == MailboxError::Unauthenticated {
                // Guesses must not pile up; and a secret that has become wrong must not open what it once opened.
                self.accounts.lock().unwrap_or_else(PoisonError::into_inner).remove(&mac);
            }
            return Err(error);
        }
        Ok(Arc::new(ImapMailbox::new(account)))
    }

    fn account(&self, mac: [u8; 32], user: &MailboxUser, by: By) -> Arc<Account> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || {
            let (connector, randomness) = (Arc::clone(&self.connector), Arc::clone(&self.randomness));
            let (refusals, address) = (Arc::clone(&self.refusals), user.address.clone());
            Arc::new(Account::new(connector, randomness, refusals, address, by))
        };
        Arc::clone(accounts.entry(mac).or_insert_with(fresh))
    }

    /// No address has control characters in it, so the byte behind it tells both kinds apart whatever the secret is.
    fn mac(&self, user: &MailboxUser, by: &By) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(user.address.as_str().as_bytes());
        match by {
            By::OwnSecret(secret) => hasher.update(&[0]).update(&secret.0),
            By::Master(_) => hasher.update(&[1]),
        };
        *hasher.finalize().as_bytes()
    }
}

#[async_trait]
impl Mailboxes for ImapMailboxes {
    async fn open(&self, user: &MailboxUser, secret: &Secret) -> Result<Arc<dyn Mailbox>, MailboxError> {
        self.open_by(user, By::OwnSecret(secret.clone())).await
    }

    async fn open_vouched(&self, user: &MailboxUser) -> Result<Arc<dyn Mailbox>, MailboxError> {
        let Some(master) = &self.connector.config.master_user else {
            return Err(MailboxError::Unsupported(
                "an IMAP server opens to a mobile password by a master user alone, and imap.master_user is not set",
            ));
        };
        self.open_by(user, By::Master(master.clone())).await
    }

    fn checks_secrets(&self) -> bool {
        true
    }
}

/// Closes what is out of use, until the mailboxes are dropped.
fn sweep(accounts: Weak<Accounts>, linger: Duration) {
    tokio::spawn(async move {
        let pause = (linger / 4).max(Duration::from_millis(100));
        loop {
            tokio::time::sleep(pause).await;
            let Some(accounts) = accounts.upgrade() else { return };
            let mut accounts = accounts.lock().unwrap_or_else(PoisonError::into_inner);
            // Somebody who holds the account beyond the map is using it or waiting on it.
            accounts.retain(|_, account| !account.expire() || Arc::strong_count(account) > 1);
        }
    });
}
