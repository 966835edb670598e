//! Mobile passwords: passwords of an account that open single services, one per device or as many as wanted.
//!
//! As soon as an account has one for ActiveSync, its own password opens ActiveSync no more, whether that one is enabled
//! or not: disabling must never open a door that was shut.
//!
//! Two ways to keep them, told apart by how the hash begins. One the administrator supplied may be weak and is kept as
//! argon2id. One the server made up has 100 random bits, which no search will ever find; it is kept as a salted BLAKE3
//! that costs a microsecond, because phones bring their password along with every request.

use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

use crate::ports::mailbox::Secret;

use super::{
    Account, AccountEvent, CredentialId, MobilePasswordAdded, MobilePasswordDeleted, MobilePasswordUpdated,
    Refusal, Service,
    credential::readable,
    decide::{ARGON2ID, account_must_exist},
};

/// Longest label, in characters.
pub const LABEL_CHARS: usize = 128;
/// Most mobile passwords of an account.
pub const MAX_MOBILE_PASSWORDS: usize = 100;

/// Random bytes a generated password is made of.
pub const SECRET_BYTES: usize = 20;
/// Random bytes of the salt of a generated password.
pub const SALT_BYTES: usize = 16;

/// How a hash of [`hash_generated`] begins; salt and hash follow in hex, separated by `$`.
const GENERATED: &str = "$blake3$";
/// Sets these hashes apart from all other uses of BLAKE3 (its own "key derivation" mode).
const CONTEXT: &str = "syncledger 2026-11-22 generated mobile password";

/// A password that opens single services.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MobilePassword {
    /// The device or person it is for.
    pub label: String,
    /// Where it opens.
    pub services: Vec<Service>,
    /// Its salted hash.
    pub hash: String,
    /// Whether the server made it up.
    pub generated: bool,
    /// Whether it opens at all.
    pub enabled: bool,
}

impl From<&MobilePasswordAdded> for MobilePassword {
    fn from(added: &MobilePasswordAdded) -> Self {
        Self {
            label: added.label.clone(),
            services: added.services.clone(),
            hash: added.hash.clone(),
            generated: added.generated,
            enabled: true,
        }
    }
}

impl MobilePassword {
    /// Takes a change over.
    pub fn update(&mut self, updated: &MobilePasswordUpdated) {
        if let Some(label) = &updated.label {
            self.label.clone_from(label);
        }
        if let Some(services) = &updated.services {
            self.services.clone_from(services);
        }
        self.enabled = updated.enabled.unwrap_or(self.enabled);
    }
}

impl Account {
    /// Whether the account's own password opens a service. Web clients and all else that is not a phone ask somebody
    /// else; this server asks for [`Service::Eas`].
    pub fn accepts_own_password(&self, service: Service) -> bool {
        service != Service::Eas
            || !self.mobile_passwords.values().any(|password| password.services.contains(&Service::Eas))
    }

    /// The passwords that open a service now.
    pub fn passwords_for(&self, service: Service) -> impl Iterator<Item = (&CredentialId, &MobilePassword)> {
        self.mobile_passwords
            .iter()
            .filter(move |(_, password)| password.enabled && password.services.contains(&service))
    }
}

type Decided = Result<Vec<AccountEvent>, Refusal>;

/// Gives the account a mobile password, by its hash: argon2id in PHC string form, or what [`hash_generated`] gave.
///
/// # Errors
/// [`Refusal::NoSuchAccount`], [`Refusal::TooManyMobilePasswords`], [`Refusal::MobilePasswordExists`],
/// [`Refusal::BadLabel`], [`Refusal::LabelTaken`], [`Refusal::NoServices`], [`Refusal::NotAHash`].
pub fn add(account: &Account, new: &MobilePasswordAdded) -> Decided {
    account_must_exist(account)?;
    if account.mobile_passwords.len() >= MAX_MOBILE_PASSWORDS {
        return Err(Refusal::TooManyMobilePasswords);
    }
    if account.mobile_passwords.contains_key(&new.id) {
        return Err(Refusal::MobilePasswordExists(new.id.clone()));
    }
    let label = checked_label(account, &new.id, &new.label)?;
    let services = checked_services(&new.services)?;
    if !new.hash.starts_with(if new.generated { GENERATED } else { ARGON2ID }) {
        return Err(Refusal::NotAHash);
    }
    let added = MobilePasswordAdded { label, services, ..new.clone() };
    Ok(vec![AccountEvent::MobilePasswordAdded(added)])
}

/// Changes a mobile password in all but itself; only what changes is recorded.
///
/// # Errors
/// [`Refusal::NoSuchAccount`], [`Refusal::NoSuchMobilePassword`], [`Refusal::BadLabel`], [`Refusal::LabelTaken`],
/// [`Refusal::NoServices`].
pub fn update(account: &Account, wish: &MobilePasswordUpdated) -> Decided {
    account_must_exist(account)?;
    let known = password(account, &wish.id)?;
    let label = wish.label.as_ref().map(|label| checked_label(account, &wish.id, label)).transpose()?;
    let services = wish.services.as_ref().map(|services| checked_services(services)).transpose()?;
    let changes = MobilePasswordUpdated {
        id: wish.id.clone(),
        label: label.filter(|label| *label != known.label),
        services: services.filter(|services| *services != known.services),
        enabled: wish.enabled.filter(|enabled| *enabled != known.enabled),
    };
    let nothing = changes.label.is_none() && changes.services.is_none() && changes.enabled.is_none();
    Ok(if nothing { Vec::new() } else { vec![AccountEvent::MobilePasswordUpdated(changes)] })
}

/// Takes a mobile password away. With the last one for ActiveSync the account's own password opens it again.
///
/// # Errors
/// [`Refusal::NoSuchAccount`], [`Refusal::NoSuchMobilePassword`].
pub fn delete(account: &Account, id: &CredentialId) -> Decided {
    account_must_exist(account)?;
    password(account, id)?;
    Ok(vec![AccountEvent::MobilePasswordDeleted(MobilePasswordDeleted { id: id.clone() })])
}

fn password<'a>(account: &'a Account, id: &CredentialId) -> Result<&'a MobilePassword, Refusal> {
    account.mobile_passwords.get(id).ok_or_else(|| Refusal::NoSuchMobilePassword(id.clone()))
}

/// No label is no name, so that several may have none.
fn checked_label(account: &Account, id: &CredentialId, label: &str) -> Result<String, Refusal> {
    let label = label.trim();
    if label.chars().count() > LABEL_CHARS || label.chars().any(char::is_control) {
        return Err(Refusal::BadLabel);
    }
    let others = account.mobile_passwords.iter().filter(|(other, _)| *other != id);
    let taken =
        others.map(|(_, password)| password.label.to_lowercase()).any(|it| it == label.to_lowercase());
    if taken && !label.is_empty() {
        return Err(Refusal::LabelTaken(label.to_owned()));
    }
    Ok(label.to_owned())
}

fn checked_services(services: &[Service]) -> Result<Vec<Service>, Refusal> {
    let mut services = services.to_vec();
    services.sort_unstable();
    services.dedup();
    if services.is_empty() { Err(Refusal::NoServices) } else { Ok(services) }
}

/// A password of 100 bits from as many random bytes, `xxxxx-xxxxx-xxxxx-xxxxx`, of small letters and digits nobody takes
/// for one another.
pub fn generate(random: [u8; SECRET_BYTES]) -> Secret {
    let mut text = Vec::with_capacity(SECRET_BYTES + 3);
    for (index, byte) in random.into_iter().enumerate() {
        if index > 0 && index % 5 == 0 {
            text.push(b'-');
        }
        let mut utf8 = [0; 4];
        text.extend(readable(byte).encode_utf8(&mut utf8).bytes());
    }
    Secret(text)
}

/// The hash a generated password is kept as. Hyphens, blanks and capitals do not count: people type these on phones.
pub fn hash_generated(secret: &Secret, salt: [u8; SALT_BYTES]) -> String {
    let mut text = GENERATED.to_owned();
    hex(&salt, &mut text);
    text.push('$');
    hex(digest(secret, &salt).as_bytes(), &mut text);
    text
}

/// Whether a secret is the generated password kept as this hash; `None` for a hash of another kind, which must be checked
/// otherwise. Takes the same time for every wrong secret of the same length.
pub fn check_generated(secret: &Secret, hash: &str) -> Option<bool> {
    let (salt, kept) = hash.strip_prefix(GENERATED)?.split_once('$')?;
    let salt: [u8; SALT_BYTES] = unhex(salt)?;
    let kept = blake3::Hash::from_bytes(unhex(kept)?);
    // Comparing two of these is constant in time.
    Some(digest(secret, &salt) == kept)
}

fn digest(secret: &Secret, salt: &[u8; SALT_BYTES]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
    hasher.update(salt);
    for byte in &secret.0 {
        if !matches!(byte, b'-' | b' ') {
            hasher.update(&[byte.to_ascii_lowercase()]);
        }
    }
    hasher.finalize()
}

fn hex(bytes: &[u8], text: &mut String) {
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a string never fails");
    }
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(bytes)
}
