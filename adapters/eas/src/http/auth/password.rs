//! Local passwords: argon2id, off the runtime's threads, so many at a time.

use std::sync::{Arc, LazyLock};

use argon2::{
    Argon2,
    password_hash::{self, PasswordHasher, PasswordVerifier, phc},
};
use syncledger_domain::ports::mailbox::Secret;
use syncledger_projections::policy_snapshot::PasswordHash;
use tokio::sync::Semaphore;

use super::LoginError;

/// What a user who does not exist is checked against, so that the answer takes as long as for one who does.
static NOBODY: LazyLock<String> = LazyLock::new(|| {
    let hash: password_hash::Result<phc::PasswordHash> =
        Argon2::default().hash_password_with_salt(b"nobody's password", b"nobody's own salt");
    hash.map(|hash| hash.to_string()).unwrap_or_default()
});

#[derive(Clone)]
pub(super) struct Passwords {
    at_a_time: Arc<Semaphore>,
}

impl Passwords {
    pub(super) fn new(concurrent: usize) -> Self {
        Self { at_a_time: Arc::new(Semaphore::new(concurrent.max(1))) }
    }

    /// Checks a secret against an account's hash.
    pub(super) async fn verify(&self, hash: &PasswordHash, secret: &Secret) -> Result<(), LoginError> {
        match self.run(Some(hash.0.clone()), secret).await {
            Ok(()) => Ok(()),
            Err(password_hash::Error::PasswordInvalid) => Err(LoginError::rejected("wrong password")),
            Err(other) => {
                Err(LoginError::Unavailable(format!("stored password hash cannot be used: {other}")))
            }
        }
    }

    /// As long as a check that fails.
    pub(super) async fn waste_time(&self, secret: &Secret) {
        let _ = self.run(None, secret).await;
    }

    async fn run(&self, hash: Option<String>, secret: &Secret) -> password_hash::Result<()> {
        // The semaphore is never closed; a task that fails to run has checked nothing.
        let permit =
            Arc::clone(&self.at_a_time).acquire_owned().await.map_err(|_| password_hash::Error::Internal)?;
        let secret = secret.clone();
        let check = move || {
            let _permit = permit;
            let hash = hash.as_deref().unwrap_or(&NOBODY);
            Argon2::default().verify_password(&secret.0, hash)
        };
        tokio::task::spawn_blocking(check).await.map_err(|_| password_hash::Error::Internal)?
    }
}
