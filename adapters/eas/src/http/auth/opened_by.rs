//! Which of an account's secrets a request came with, and whether that one still opens the account.
//!
//! Once an account has a mobile password for ActiveSync, its own secret opens ActiveSync no more, whether that mobile
//! password is enabled or not: disabling must never open a door that was shut.

use syncledger_domain::{
    directory::{CredentialId, MobilePassword, Service, mobile_password::check_generated},
    ports::mailbox::Secret,
};
use syncledger_projections::policy_snapshot::{AccountPolicy, PasswordHash};

/// The secret a login was made with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OpenedBy {
    /// The account's own: the local one kept as this hash, or without one, what its backend checks.
    OwnSecret(Option<PasswordHash>),
    /// A password of the account for ActiveSync.
    MobilePassword {
        /// Its name.
        id: CredentialId,
        /// What it was checked against.
        hash: PasswordHash,
    },
}

impl OpenedBy {
    /// The account's own secret, as the account is now.
    pub fn own_secret(account: &AccountPolicy) -> Self {
        Self::OwnSecret(account.password_hash.clone())
    }

    /// A mobile password, as it is now.
    pub(super) fn mobile_password(id: &CredentialId, password: &MobilePassword) -> Self {
        Self::MobilePassword { id: id.clone(), hash: PasswordHash(password.hash.clone()) }
    }

    /// Whether the secret still opens the account: it is there, unchanged and enabled, and nothing shuts it out.
    pub fn still_opens(&self, account: &AccountPolicy) -> bool {
        match self {
            Self::OwnSecret(hash) => own_secret_opens(account) && account.password_hash == *hash,
            Self::MobilePassword { id, hash } => {
                mobile_passwords(account).any(|(name, password)| name == id && password.hash == hash.0)
            }
        }
    }
}

/// Whether the account's own secret opens ActiveSync.
pub(super) fn own_secret_opens(account: &AccountPolicy) -> bool {
    !account.mobile_passwords.values().any(is_for_eas)
}

/// The mobile passwords that open ActiveSync now.
pub(super) fn mobile_passwords(
    account: &AccountPolicy,
) -> impl Iterator<Item = (&CredentialId, &MobilePassword)> {
    account.mobile_passwords.iter().filter(|(_, password)| password.enabled && is_for_eas(password))
}

/// Which of those the server made up a secret is.
pub(super) fn generated(account: &AccountPolicy, secret: &Secret) -> Option<OpenedBy> {
    let mut generated = mobile_passwords(account).filter(|(_, password)| password.generated);
    let (id, password) =
        generated.find(|(_, password)| check_generated(secret, &password.hash) == Some(true))?;
    Some(OpenedBy::mobile_password(id, password))
}

fn is_for_eas(password: &MobilePassword) -> bool {
    password.services.contains(&Service::Eas)
}
