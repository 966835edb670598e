//! Several accounts and their passwords.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use async_trait::async_trait;
use syncledger_domain::{
    ids::Address,
    ports::mailbox::{Mailbox, MailboxError, MailboxUser, Mailboxes, Secret},
};

use crate::{MemoryMailbox, Method};

/// Mailboxes of several accounts. Clones share them.
#[derive(Clone)]
pub struct MemoryMailboxes {
    accounts: Arc<Mutex<HashMap<Address, Account>>>,
    checks_secrets: bool,
    opens_vouched: Arc<AtomicBool>,
}

#[derive(Clone)]
struct Account {
    secret: Secret,
    mailbox: MemoryMailbox,
}

impl MemoryMailboxes {
    /// No accounts. With `checks_secrets` a wrong password and an unknown account are refused as an IMAP server
    /// does it; without, any password opens.
    pub fn new(checks_secrets: bool) -> Self {
        Self { accounts: Arc::default(), checks_secrets, opens_vouched: Arc::default() }
    }

    /// Adds an account with the usual folders, or gives an existing one a new password.
    pub fn add_account(&self, address: &Address, password: &str) -> MemoryMailbox {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let secret = Secret(password.as_bytes().to_vec());
        let account = accounts
            .entry(address.clone())
            .or_insert_with(|| Account { secret: secret.clone(), mailbox: MemoryMailbox::new() });
        account.secret = secret;
        account.mailbox.clone()
    }

    /// Whether mailboxes that check secrets open to whom the server has let in itself; they do not at first.
    pub fn set_opens_vouched(&self, opens: bool) {
        self.opens_vouched.store(opens, Relaxed);
    }

    async fn open_checked(
        &self,
        user: &MailboxUser,
        secret: Option<&Secret>,
    ) -> Result<Arc<dyn Mailbox>, MailboxError> {
        let found = {
            let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
            accounts.get(&user.address).cloned()
        };
        let checked = secret.filter(|_| self.checks_secrets);
        let Some(account) = found else {
            return Err(if checked.is_some() {
                MailboxError::Unauthenticated
            } else {
                MailboxError::Refused("no such account".to_owned())
            });
        };
        let call = account.mailbox.faults().enter(Method::Open).await?;
        if checked.is_some_and(|secret| account.secret != *secret) {
            return Err(MailboxError::Unauthenticated);
        }
        call.answer(Arc::new(account.mailbox) as Arc<dyn Mailbox>)
    }
}

#[async_trait]
impl Mailboxes for MemoryMailboxes {
    async fn open(&self, user: &MailboxUser, secret: &Secret) -> Result<Arc<dyn Mailbox>, MailboxError> {
        self.open_checked(user, Some(secret)).await
    }

    async fn open_vouched(&self, user: &MailboxUser) -> Result<Arc<dyn Mailbox>, MailboxError> {
        if self.checks_secrets && !self.opens_vouched.load(Relaxed) {
            return Err(MailboxError::Unsupported("no master user is set"));
        }
        self.open_checked(user, None).await
    }

    fn checks_secrets(&self) -> bool {
        self.checks_secrets
    }
}
