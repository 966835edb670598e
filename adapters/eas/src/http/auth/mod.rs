//! Authentication (MS-ASHTTP, "Authorization"): who a request speaks for, and the mailbox that opens to its secret.
//!
//! An account with mobile passwords for ActiveSync opens to those alone; its mailbox is then opened on this server's
//! word. Of the others, one with a local password is checked here, every other one by its backend. What was checked is
//! remembered for minutes under a keyed MAC, never the secret; a change of the password it was checked against ends that
//! at once. Checks are bounded in number at a time and in failures per account and client address. A backend that is
//! down is no wrong password.

mod credentials;
mod limiter;
mod opened_by;
mod password;

use std::{net::IpAddr, sync::Arc};

use moka::future::Cache;
use syncledger_commands::Issuer;
use syncledger_domain::{
    event::Timestamp,
    ids::{AccountId, Address, DomainName},
    ports::mailbox::{Mailbox, MailboxError, MailboxUser, Secret},
};
use syncledger_projections::policy_snapshot::{AccountPolicy, PasswordHash};

pub(crate) use credentials::{Credentials, NoCredentials, candidates};
pub use limiter::FailureLimit;
use limiter::{Failures, Guesser, TooMany};
pub use opened_by::OpenedBy;
use opened_by::{generated, mobile_passwords, own_secret_opens};
use password::Passwords;

use super::accounts;
use crate::services::{Backend, Services};

/// How logins are checked and remembered.
#[derive(Clone, Debug)]
pub struct LoginConfig {
    /// Domain of user names without one.
    pub default_domain: Option<DomainName>,
    /// How long a checked login is remembered, seconds; 0 checks every request.
    pub remember_secs: u32,
    /// Most logins remembered.
    pub remember_max: u64,
    /// Most local passwords checked at the same time; each check takes some 20 MB and a core for some 30 ms.
    pub concurrent_checks: usize,
    /// How many failures of one account from one address are borne.
    pub failure_limit: FailureLimit,
    /// How many failures of all accounts and names from one address are borne.
    pub address_failure_limit: FailureLimit,
}

impl Default for LoginConfig {
    fn default() -> Self {
        Self {
            default_domain: None,
            remember_secs: 300,
            remember_max: 50_000,
            concurrent_checks: std::thread::available_parallelism().map_or(2, usize::from).min(8),
            failure_limit: FailureLimit::PAIR,
            address_failure_limit: FailureLimit::ADDRESS,
        }
    }
}

/// Somebody who is who they say.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) account: AccountId,
    pub(crate) mailbox: Arc<dyn Mailbox>,
    pub(crate) backend: Backend,
    /// The secret that opened.
    pub(crate) opened_by: OpenedBy,
    /// Under which it is remembered.
    mac: Mac,
}

/// Why somebody is not let in.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum LoginError {
    /// 401.
    #[error("{0}")]
    Rejected(String),
    /// 503: too many failures; nothing was checked.
    #[error("too many failed logins {of}")]
    TooManyFailures {
        /// Whose, as part of a sentence.
        of: &'static str,
        /// Seconds until the next attempt is looked at.
        after_secs: u32,
    },
    /// 503: what would check is down.
    #[error("{0}")]
    Unavailable(String),
}

impl From<TooMany> for LoginError {
    fn from(TooMany { of, after_secs }: TooMany) -> Self {
        Self::TooManyFailures { of, after_secs }
    }
}

impl LoginError {
    fn rejected(reason: impl Into<String>) -> Self {
        Self::Rejected(reason.into())
    }
}

/// Keyed BLAKE3 of user name and secret. Without the key, which dies with the process, it says nothing.
type Mac = [u8; 32];

#[derive(Clone)]
struct Remembered {
    login: Login,
    address: Address,
    at: Timestamp,
}

/// Checks logins.
pub(crate) struct Authenticator {
    config: LoginConfig,
    services: Arc<Services>,
    key: [u8; 32],
    remembered: Cache<Mac, Remembered>,
    failures: Failures,
    passwords: Passwords,
}

impl Authenticator {
    pub(crate) fn new(config: LoginConfig, services: Arc<Services>) -> Self {
        let mut key = [0; 32];
        services.repository.randomness().fill(&mut key);
        let longest = std::time::Duration::from_secs(u64::from(config.remember_secs) + 1);
        Self {
            services,
            key,
            remembered: Cache::builder().max_capacity(config.remember_max).time_to_live(longest).build(),
            failures: Failures::new(config.failure_limit, config.address_failure_limit),
            passwords: Passwords::new(config.concurrent_checks),
            config,
        }
    }

    /// Finds out whose request it is.
    pub(crate) async fn login(
        &self,
        credentials: &Credentials,
        client: IpAddr,
        issuer: &Issuer,
    ) -> Result<Login, LoginError> {
        let mac = self.mac(credentials);
        if let Some(remembered) = self.remembered.get(&mac).await {
            if self.still_holds(&remembered) {
                return Ok(remembered.login);
            }
            self.remembered.invalidate(&mac).await;
        }
        // Requests that come at the same time with the same secret are checked once.
        let checked = self.remembered.try_get_with(mac, self.check(credentials, client, issuer, mac)).await;
        let login = checked.map_err(|error| LoginError::clone(&error))?.login;
        if !self.admits(&login) {
            return Err(LoginError::rejected("the password was taken away while it was checked"));
        }
        Ok(login)
    }

    /// Whether the secret somebody came with has not been taken away since. Of an account that was removed others speak.
    pub(crate) fn admits(&self, login: &Login) -> bool {
        let policy = self.services.policy.current();
        policy.account(login.account).is_none_or(|account| login.opened_by.still_opens(account))
    }

    /// The mailbox may not open any more as it did: the next request is checked anew.
    pub(crate) async fn forget(&self, login: &Login) {
        self.remembered.invalidate(&login.mac).await;
    }

    fn mac(&self, credentials: &Credentials) -> Mac {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&(credentials.user.len() as u64).to_le_bytes());
        hasher.update(credentials.user.as_bytes());
        hasher.update(&credentials.secret.0);
        *hasher.finalize().as_bytes()
    }

    fn still_holds(&self, remembered: &Remembered) -> bool {
        let policy = self.services.policy.current();
        let unchanged = policy.account(remembered.login.account).is_some_and(|account| {
            remembered.login.opened_by.still_opens(account) && account.address == remembered.address
        });
        let ends = remembered.at.plus_seconds(self.config.remember_secs.into());
        unchanged && self.services.repository.clock().now() < ends
    }

    async fn check(
        &self,
        credentials: &Credentials,
        client: IpAddr,
        issuer: &Issuer,
        mac: Mac,
    ) -> Result<Remembered, LoginError> {
        let now = self.services.repository.clock().now();
        let subject = self.subject(&credentials.user);
        if subject.account.as_ref().is_some_and(|account| generated(account, &credentials.secret).is_some()) {
            // Nobody guesses those, and a forgotten phone that goes on with an old password must not lock out the others
            // behind the same address.
            return self.check_at(subject, &credentials.secret, issuer, mac, now).await;
        }
        let who = Guesser { user: subject.name(&credentials.user), address: client };
        self.failures.attempt(&who, now)?;
        let checked = self.check_at(subject, &credentials.secret, issuer, mac, now).await;
        match &checked {
            Ok(_) => self.failures.forget(&who),
            Err(LoginError::Rejected(_)) => {}
            Err(_) => self.failures.forgive(&who),
        }
        checked
    }

    /// Whom a user name means: an account, else the address of one that may come to be.
    fn subject(&self, user: &str) -> Subject {
        let candidates = candidates(user, self.config.default_domain.as_ref());
        let policy = self.services.policy.current();
        let account = candidates.iter().find_map(|address| policy.account_by_address(address)).cloned();
        let known = account.as_ref().map(|account| account.address.clone());
        let welcome = || candidates.iter().find(|address| self.welcomes(&address.domain())).cloned();
        let address = known.or_else(welcome);
        Subject { account, address, literal: candidates.into_iter().next() }
    }

    async fn check_at(
        &self,
        subject: Subject,
        secret: &Secret,
        issuer: &Issuer,
        mac: Mac,
        at: Timestamp,
    ) -> Result<Remembered, LoginError> {
        let Subject { account: known, address, .. } = subject;
        let backend = address.as_ref().and_then(|address| self.services.backends.of(&address.domain()));
        let (Some(address), Some(backend)) = (&address, backend) else {
            return Err(self.passwords.refuse("user name leads to no account", secret).await);
        };
        if let Some(account) = known.as_ref().filter(|account| !own_secret_opens(account)) {
            let opened_by = self.mobile_password(account, secret).await?;
            let mailbox = open_vouched(backend, address).await?;
            let login = Login { account: account.id, mailbox, backend: backend.clone(), opened_by, mac };
            return Ok(Remembered { login, address: address.clone(), at });
        }
        let mailbox = match known.as_ref().and_then(|account| account.password_hash.as_ref()) {
            Some(hash) => {
                self.passwords.verify(hash, secret).await?;
                open(backend, address, secret).await?
            }
            None if backend.mailboxes.checks_secrets() => open(backend, address, secret).await?,
            None => {
                let reason = "no such account, or one without password";
                return Err(self.passwords.refuse(reason, secret).await);
            }
        };
        let account = if let Some(account) = known {
            account
        } else {
            // The first login of somebody the backend knows makes the account.
            let created = accounts::create(&self.services, address, issuer).await;
            created.map_err(|error| LoginError::Unavailable(error.to_string()))?
        };
        let opened_by = OpenedBy::own_secret(&account);
        let login = Login { account: account.id, mailbox, backend: backend.clone(), opened_by, mac };
        Ok(Remembered { login, address: account.address.clone(), at })
    }

    /// Which of an account's mobile passwords a secret is. Those the server made up cost next to nothing to check and
    /// come first; a wrong secret takes as long as a check that fails all the same, so that nobody learns by the time it
    /// takes what an account has.
    async fn mobile_password(
        &self,
        account: &AccountPolicy,
        secret: &Secret,
    ) -> Result<OpenedBy, LoginError> {
        if let Some(opened_by) = generated(account, secret) {
            return Ok(opened_by);
        }
        let supplied: Vec<_> =
            mobile_passwords(account).filter(|(_, password)| !password.generated).collect();
        for (id, password) in &supplied {
            match self.passwords.verify(&PasswordHash(password.hash.clone()), secret).await {
                Ok(()) => return Ok(OpenedBy::mobile_password(id, password)),
                Err(LoginError::Rejected(_)) => {}
                Err(error) => return Err(error),
            }
        }
        if supplied.is_empty() {
            self.passwords.pass_time(secret).await?;
        }
        let reason =
            "no enabled mobile password of the account, which its own password does not open any more";
        Err(LoginError::rejected(reason))
    }

    /// Whether accounts of this domain may come to be by a login: it exists, or this node's configuration names it.
    /// Otherwise the default backend would be asked about every domain anybody thinks of.
    fn welcomes(&self, domain: &DomainName) -> bool {
        self.services.policy.current().domain(domain).is_some()
            || self.services.backends.by_domain.contains_key(domain)
            || self.config.default_domain.as_ref() == Some(domain)
    }
}

/// Whom a user name means.
struct Subject {
    account: Option<Arc<AccountPolicy>>,
    /// The account's, or one that an account may be made for.
    address: Option<Address>,
    /// The most literal reading of the name, if it is an address at all.
    literal: Option<Address>,
}

impl Subject {
    /// One name for all the ways to write the user.
    fn name(&self, user: &str) -> String {
        let address = self.address.as_ref().or(self.literal.as_ref());
        address.map_or_else(|| user.trim().to_lowercase(), ToString::to_string)
    }
}

async fn open_vouched(backend: &Backend, address: &Address) -> Result<Arc<dyn Mailbox>, LoginError> {
    let user = MailboxUser { address: address.clone() };
    let opened = backend.mailboxes.open_vouched(&user).await;
    // The password was right: whatever is wrong, another one does not help.
    opened.map_err(|error| LoginError::Unavailable(error.to_string()))
}

async fn open(backend: &Backend, address: &Address, secret: &Secret) -> Result<Arc<dyn Mailbox>, LoginError> {
    let user = MailboxUser { address: address.clone() };
    backend.mailboxes.open(&user, secret).await.map_err(|error| match error {
        MailboxError::Unauthenticated => LoginError::rejected("the mailbox refuses the credentials"),
        // Whatever else is wrong, typing the password again does not help.
        MailboxError::Unavailable(_)
        | MailboxError::NoSuchFolder(_)
        | MailboxError::NoSuchItem(_)
        | MailboxError::Denied(_)
        | MailboxError::QuotaExceeded
        | MailboxError::Unsupported(_)
        | MailboxError::Refused(_) => LoginError::Unavailable(error.to_string()),
    })
}
