//! Local passwords: argon2id, off the runtime's threads, so many at a time.
//!
//! Who has waited too long for a turn is sent away, or a flood of guesses would make everybody wait for all of them. And
//! names that lead to no account, which anybody can think up, take only a part of the turns.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use argon2::{
    Argon2,
    password_hash::{self, PasswordHasher, PasswordVerifier, phc},
};
use syncledger_domain::ports::mailbox::Secret;
use syncledger_projections::policy_snapshot::PasswordHash;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::LoginError;

/// What a user who does not exist is checked against, so that the answer takes as long as for one who does.
static NOBODY: LazyLock<String> = LazyLock::new(|| {
    let hash: password_hash::Result<phc::PasswordHash> =
        Argon2::default().hash_password_with_salt(b"nobody's password", b"nobody's own salt");
    hash.map(|hash| hash.to_string()).unwrap_or_default()
});

/// Longest wait for a turn; phones give up after some 30 s, and come again.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(super) struct Passwords {
    at_a_time: Arc<Semaphore>,
    /// Turns of names that lead to no account: they have to get one of these first.
    strangers: Arc<Semaphore>,
}

/// Why a secret was not checked.
enum Unchecked {
    /// Too many others are being checked.
    Busy,
    /// Wrong, or the stored hash is of no use.
    Failed(password_hash::Error),
}

impl Passwords {
    pub(super) fn new(concurrent: usize) -> Self {
        let strangers = (concurrent / 4).max(1);
        Self {
            at_a_time: Arc::new(Semaphore::new(concurrent.max(1))),
            strangers: Arc::new(Semaphore::new(strangers)),
        }
    }

    /// Checks a secret against an account's hash.
    pub(super) async fn verify(&self, hash: &PasswordHash, secret: &Secret) -> Result<(), LoginError> {
        match self.run(Some(hash.0.clone()), secret).await {
            Ok(()) => Ok(()),
            Err(Unchecked::Busy) => Err(busy()),
            Err(Unchecked::Failed(password_hash::Error::PasswordInvalid)) => {
                Err(LoginError::rejected("wrong password"))
            }
            Err(Unchecked::Failed(other)) => {
                Err(LoginError::Unavailable(format!("stored password hash cannot be used: {other}")))
            }
        }
    }

    /// As long as a check that fails, whose reason is given.
    pub(super) async fn refuse(&self, reason: &'static str, secret: &Secret) -> LoginError {
        let Ok(_turn) = turn(&self.strangers).await else { return busy() };
        match self.pass_time(secret).await {
            Err(busy) => busy,
            Ok(()) => LoginError::rejected(reason),
        }
    }

    /// Takes as long as a check that fails.
    pub(super) async fn pass_time(&self, secret: &Secret) -> Result<(), LoginError> {
        match self.run(None, secret).await {
            Err(Unchecked::Busy) => Err(busy()),
            Ok(()) | Err(Unchecked::Failed(_)) => Ok(()),
        }
    }

    async fn run(&self, hash: Option<String>, secret: &Secret) -> Result<(), Unchecked> {
        let permit = turn(&self.at_a_time).await?;
        let secret = secret.clone();
        let check = move || {
            let _permit = permit;
            let hash = hash.as_deref().unwrap_or(&NOBODY);
            Argon2::default().verify_password(&secret.0, hash)
        };
        // A task that fails to run has checked nothing.
        let checked = tokio::task::spawn_blocking(check).await;
        checked.unwrap_or(Err(password_hash::Error::Internal)).map_err(Unchecked::Failed)
    }
}

async fn turn(semaphore: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Unchecked> {
    match timeout(PATIENCE, Arc::clone(semaphore).acquire_owned()).await {
        Ok(Ok(permit)) => Ok(permit),
        // It is never closed.
        Ok(Err(_)) | Err(_) => Err(Unchecked::Busy),
    }
}

fn busy() -> LoginError {
    LoginError::Unavailable("too many passwords are being checked".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        Secret(b"guess".to_vec())
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_for_a_turn_is_told_to_come_again() {
        let passwords = Passwords::new(1);
        let _others = Arc::clone(&passwords.at_a_time).acquire_owned().await.unwrap();
        let hash = PasswordHash(NOBODY.clone());
        assert_eq!(passwords.verify(&hash, &secret()).await, Err(busy()));
        assert_eq!(passwords.refuse("no account", &secret()).await, busy());
    }

    #[tokio::test(start_paused = true)]
    async fn names_that_lead_nowhere_leave_turns_for_those_that_lead_somewhere() {
        let passwords = Passwords::new(8);
        let all_of_theirs = Arc::clone(&passwords.strangers).acquire_many_owned(2).await.unwrap();
        assert_eq!(passwords.refuse("no account", &secret()).await, busy());
        let hash = PasswordHash(NOBODY.clone());
        assert_eq!(passwords.verify(&hash, &secret()).await, Err(LoginError::rejected("wrong password")));
        drop(all_of_theirs);
        let refused = passwords.refuse("no account", &secret()).await;
        assert_eq!(refused, LoginError::rejected("no account"));
    }
}
