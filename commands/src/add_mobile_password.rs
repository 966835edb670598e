//! Gives an account a password for single services.

use syncledger_domain::{
    directory::{
        Account, CredentialId, MobilePasswordAdded, Refusal, Service,
        mobile_password::{self, SALT_BYTES, SECRET_BYTES},
    },
    event::StreamId,
    ids::AccountId,
    ports::{clock::Randomness, mailbox::Secret},
};

use crate::{CommandError, Issuer, Repository};

/// The password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NewPassword<'a> {
    /// Made up here.
    Generated,
    /// Supplied: its argon2id hash in PHC string form. Whoever asks hashes it, so that the password itself goes nowhere.
    Supplied {
        /// The hash.
        hash: &'a str,
    },
}

/// A password that was added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AddedPassword {
    /// Its name.
    pub id: CredentialId,
    /// The password, if it was made up here: this is the only moment anybody can see it.
    pub secret: Option<Secret>,
}

/// Gives an account a password for single services.
///
/// # Errors
/// [`Refusal::NoSuchAccount`], [`Refusal::BadLabel`], [`Refusal::LabelTaken`], [`Refusal::NoServices`],
/// [`Refusal::NotAHash`], [`Refusal::TooManyMobilePasswords`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    label: &str,
    services: &[Service],
    password: NewPassword<'_>,
) -> Result<AddedPassword, CommandError<Refusal>> {
    let randomness = repository.randomness();
    let (secret, hash) = match password {
        NewPassword::Generated => {
            let secret = mobile_password::generate(random::<SECRET_BYTES>(randomness.as_ref()));
            let hash = mobile_password::hash_generated(&secret, random::<SALT_BYTES>(randomness.as_ref()));
            (Some(secret), hash)
        }
        NewPassword::Supplied { hash } => (None, hash.to_owned()),
    };
    let mut new = MobilePasswordAdded {
        id: CredentialId::from_random(random(randomness.as_ref())),
        label: label.to_owned(),
        services: services.to_vec(),
        hash,
        generated: secret.is_some(),
    };
    let decide = |state: &Account| {
        while state.mobile_passwords.contains_key(&new.id) {
            new.id = CredentialId::from_random(random(randomness.as_ref()));
        }
        mobile_password::add(state, &new)
    };
    repository.execute(issuer, &StreamId::account(account), decide).await?;
    Ok(AddedPassword { id: new.id, secret })
}

fn random<const N: usize>(randomness: &dyn Randomness) -> [u8; N] {
    let mut bytes = [0; N];
    randomness.fill(&mut bytes);
    bytes
}
