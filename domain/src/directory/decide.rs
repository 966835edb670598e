//! Decisions about domains, classes of service and accounts.

use crate::{
    codes,
    config::{AttributeError, Scope, clear_value, set_value},
    ids::{Address, CosId, DomainName},
};

use super::{
    Account, AccountCosSet, AccountCreated, AccountDisabled, AccountEvent, AccountPasswordSet, Cos,
    CosCreated, CosEvent, CredentialId, Domain, DomainCreated, DomainEvent, Empty,
    mobile_password::{LABEL_CHARS, MAX_MOBILE_PASSWORDS},
};

/// Longest reason of a disabled account, in characters.
const REASON_CHARS: usize = 256;
/// How a hash of the only kind that is stored begins (RFC 9106; PHC string format).
pub(super) const ARGON2ID: &str = "$argon2id$";

/// Why the directory stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// The domain exists.
    #[error("domain '{0}' exists already")]
    DomainExists(DomainName),
    /// The class of service exists.
    #[error("class of service '{0}' exists already")]
    CosExists(CosId),
    /// The account exists.
    #[error("account '{0}' exists already")]
    AccountExists(Address),
    /// There is no such domain.
    #[error("domain '{0}' does not exist")]
    NoSuchDomain(DomainName),
    /// There is no such class of service.
    #[error("class of service '{0}' does not exist")]
    NoSuchCos(CosId),
    /// There is no such account: it was never created, or has been removed.
    #[error("the account does not exist")]
    NoSuchAccount,
    /// What was to be stored as the hash of a password is none. The value is not shown: it may be the password.
    #[error("the password hash is not valid: allowed is argon2id in PHC string form, '$argon2id$…'")]
    NotAHash,
    /// The reason is too long.
    #[error("the reason of {chars} characters is too long: allowed are at most {REASON_CHARS}")]
    ReasonTooLong {
        /// Its length.
        chars: usize,
    },
    /// The attribute cannot be set or cleared so.
    #[error(transparent)]
    Attribute(#[from] AttributeError),
    /// There is no such password for single services.
    #[error("there is no mobile password '{0}'")]
    NoSuchMobilePassword(CredentialId),
    /// The id belongs to another one; ids are drawn at random, so drawing again helps.
    #[error("mobile password '{0}' exists already")]
    MobilePasswordExists(CredentialId),
    /// The account has as many as it can have.
    #[error("the account has {MAX_MOBILE_PASSWORDS} mobile passwords, which is the most there can be")]
    TooManyMobilePasswords,
    /// Another of the account's has this label.
    #[error("another mobile password of the account is labelled '{0}'")]
    LabelTaken(String),
    /// The label is too long, or not printable.
    #[error("the label is not valid: allowed are at most {LABEL_CHARS} characters, no control characters")]
    BadLabel,
    /// A password that opens nothing.
    #[error("a mobile password needs at least one service")]
    NoServices,
}

impl Refusal {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchDomain(_) => codes::NO_SUCH_DOMAIN,
            Self::NoSuchCos(_) => codes::NO_SUCH_COS,
            Self::NoSuchAccount => codes::NO_SUCH_ACCOUNT,
            Self::NoSuchMobilePassword(_) => codes::NO_SUCH_ENTRY,
            Self::Attribute(error) => error.code(),
            Self::DomainExists(_)
            | Self::CosExists(_)
            | Self::AccountExists(_)
            | Self::NotAHash
            | Self::ReasonTooLong { .. }
            | Self::MobilePasswordExists(_)
            | Self::TooManyMobilePasswords
            | Self::LabelTaken(_)
            | Self::BadLabel
            | Self::NoServices => codes::INVALID_VALUE,
        }
    }
}

type Decided<E> = Result<Vec<E>, Refusal>;

/// Creates a domain.
///
/// # Errors
/// [`Refusal::DomainExists`].
pub fn create_domain(domain: &Domain, name: DomainName) -> Decided<DomainEvent> {
    if domain.exists() {
        return Err(Refusal::DomainExists(name));
    }
    Ok(vec![DomainEvent::Created(DomainCreated { name })])
}

/// Sets an attribute of a domain.
///
/// # Errors
/// [`Refusal::NoSuchDomain`], [`Refusal::Attribute`].
pub fn set_domain_attribute(
    domain: &Domain,
    of: &DomainName,
    name: &str,
    value: &str,
) -> Decided<DomainEvent> {
    domain_must_exist(domain, of)?;
    let set = set_value(&domain.attributes, Scope::Domain, name, value)?;
    Ok(set.map(DomainEvent::AttributeSet).into_iter().collect())
}

/// Forgets an attribute of a domain.
///
/// # Errors
/// [`Refusal::NoSuchDomain`], [`Refusal::Attribute`].
pub fn clear_domain_attribute(domain: &Domain, of: &DomainName, name: &str) -> Decided<DomainEvent> {
    domain_must_exist(domain, of)?;
    let cleared = clear_value(&domain.attributes, name)?;
    Ok(cleared.map(DomainEvent::AttributeCleared).into_iter().collect())
}

/// Creates a class of service. The default one exists without being created; creating it is harmless and shows it in
/// listings.
///
/// # Errors
/// [`Refusal::CosExists`].
pub fn create_cos(cos: &Cos, id: CosId) -> Decided<CosEvent> {
    if cos.id.is_some() {
        return Err(Refusal::CosExists(id));
    }
    Ok(vec![CosEvent::Created(CosCreated { id })])
}

/// Sets an attribute of a class of service.
///
/// # Errors
/// [`Refusal::NoSuchCos`], [`Refusal::Attribute`].
pub fn set_cos_attribute(cos: &Cos, of: &CosId, name: &str, value: &str) -> Decided<CosEvent> {
    cos_must_exist(cos, of)?;
    let set = set_value(&cos.attributes, Scope::Cos, name, value)?;
    Ok(set.map(CosEvent::AttributeSet).into_iter().collect())
}

/// Forgets an attribute of a class of service.
///
/// # Errors
/// [`Refusal::NoSuchCos`], [`Refusal::Attribute`].
pub fn clear_cos_attribute(cos: &Cos, of: &CosId, name: &str) -> Decided<CosEvent> {
    cos_must_exist(cos, of)?;
    let cleared = clear_value(&cos.attributes, name)?;
    Ok(cleared.map(CosEvent::AttributeCleared).into_iter().collect())
}

/// Creates an account; one that was removed begins anew, with nothing of what it had.
///
/// That its domain and its class of service exist is for the command to see to: they have streams of their own.
///
/// # Errors
/// [`Refusal::AccountExists`].
pub fn create_account(account: &Account, address: Address, cos: Option<CosId>) -> Decided<AccountEvent> {
    if account.exists() {
        return Err(Refusal::AccountExists(address));
    }
    Ok(vec![AccountEvent::Created(AccountCreated { address, cos })])
}

/// Gives an account a local password, by its hash. The same hash again is nothing new.
///
/// # Errors
/// [`Refusal::NoSuchAccount`], [`Refusal::NotAHash`].
pub fn set_password(account: &Account, hash: &str) -> Decided<AccountEvent> {
    account_must_exist(account)?;
    if !hash.starts_with(ARGON2ID) {
        return Err(Refusal::NotAHash);
    }
    let unchanged = account.password_hash.as_deref() == Some(hash);
    Ok(event_unless(unchanged, || AccountEvent::PasswordSet(AccountPasswordSet { hash: hash.to_owned() })))
}

/// Takes the local password away: the backend checks from now on.
///
/// # Errors
/// [`Refusal::NoSuchAccount`].
pub fn clear_password(account: &Account) -> Decided<AccountEvent> {
    account_must_exist(account)?;
    Ok(event_unless(account.password_hash.is_none(), || AccountEvent::PasswordCleared(Empty {})))
}

/// Puts an account into a class of service.
///
/// # Errors
/// [`Refusal::NoSuchAccount`].
pub fn set_account_cos(account: &Account, cos: CosId) -> Decided<AccountEvent> {
    account_must_exist(account)?;
    Ok(event_unless(account.cos == cos, || AccountEvent::CosSet(AccountCosSet { cos })))
}

/// Bars an account from the service. Disabled for the same reason already, nothing happens.
///
/// # Errors
/// [`Refusal::NoSuchAccount`], [`Refusal::ReasonTooLong`].
pub fn disable_account(account: &Account, reason: &str) -> Decided<AccountEvent> {
    account_must_exist(account)?;
    let chars = reason.chars().count();
    if chars > REASON_CHARS {
        return Err(Refusal::ReasonTooLong { chars });
    }
    let unchanged = account.disabled.as_deref() == Some(reason);
    Ok(event_unless(unchanged, || AccountEvent::Disabled(AccountDisabled { reason: reason.to_owned() })))
}

/// Lets a disabled account use the service again.
///
/// # Errors
/// [`Refusal::NoSuchAccount`].
pub fn enable_account(account: &Account) -> Decided<AccountEvent> {
    account_must_exist(account)?;
    Ok(event_unless(account.disabled.is_none(), || AccountEvent::Enabled(Empty {})))
}

/// Removes an account.
///
/// # Errors
/// [`Refusal::NoSuchAccount`].
pub fn remove_account(account: &Account) -> Decided<AccountEvent> {
    account_must_exist(account)?;
    Ok(vec![AccountEvent::Removed(Empty {})])
}

/// Sets an attribute of an account.
///
/// # Errors
/// [`Refusal::NoSuchAccount`], [`Refusal::Attribute`].
pub fn set_account_attribute(account: &Account, name: &str, value: &str) -> Decided<AccountEvent> {
    account_must_exist(account)?;
    let set = set_value(&account.attributes, Scope::Account, name, value)?;
    Ok(set.map(AccountEvent::AttributeSet).into_iter().collect())
}

/// Forgets an attribute of an account.
///
/// # Errors
/// [`Refusal::NoSuchAccount`], [`Refusal::Attribute`].
pub fn clear_account_attribute(account: &Account, name: &str) -> Decided<AccountEvent> {
    account_must_exist(account)?;
    let cleared = clear_value(&account.attributes, name)?;
    Ok(cleared.map(AccountEvent::AttributeCleared).into_iter().collect())
}

/// That a domain exists.
///
/// # Errors
/// [`Refusal::NoSuchDomain`].
pub fn domain_must_exist(domain: &Domain, name: &DomainName) -> Result<(), Refusal> {
    if domain.exists() { Ok(()) } else { Err(Refusal::NoSuchDomain(name.clone())) }
}

/// That a class of service exists; the default one always does.
///
/// # Errors
/// [`Refusal::NoSuchCos`].
pub fn cos_must_exist(cos: &Cos, id: &CosId) -> Result<(), Refusal> {
    if cos.id.is_some() || *id == CosId::default() { Ok(()) } else { Err(Refusal::NoSuchCos(id.clone())) }
}

pub(super) fn account_must_exist(account: &Account) -> Result<(), Refusal> {
    if account.exists() { Ok(()) } else { Err(Refusal::NoSuchAccount) }
}

fn event_unless(unchanged: bool, event: impl FnOnce() -> AccountEvent) -> Vec<AccountEvent> {
    if unchanged { Vec::new() } else { vec![event()] }
}
