//! Events of domains, classes of service and accounts.

use serde::{Deserialize, Serialize};

use crate::{
    config::{AttributeCleared, AttributeSet},
    event::stored_events,
    ids::{Address, CosId, DomainName},
};

use super::{CredentialId, Service};

/// A domain came to be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DomainCreated {
    /// Its name.
    pub name: DomainName,
}

stored_events! {
    /// What can happen to a domain.
    pub enum DomainEvent {
        /// It came to be.
        "domain-created" 1 => Created(DomainCreated);
        /// An attribute was set.
        "attribute-set" 1 => AttributeSet(AttributeSet);
        /// An attribute was forgotten.
        "attribute-cleared" 1 => AttributeCleared(AttributeCleared);
    }
}

/// A class of service came to be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CosCreated {
    /// Its name.
    pub id: CosId,
}

stored_events! {
    /// What can happen to a class of service.
    pub enum CosEvent {
        /// It came to be.
        "cos-created" 1 => Created(CosCreated);
        /// An attribute was set.
        "attribute-set" 1 => AttributeSet(AttributeSet);
        /// An attribute was forgotten.
        "attribute-cleared" 1 => AttributeCleared(AttributeCleared);
    }
}

/// An account came to be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AccountCreated {
    /// Its primary address.
    pub address: Address,
    /// Its class of service; `None` is the default one.
    pub cos: Option<CosId>,
}

/// The account got a local password.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AccountPasswordSet {
    /// argon2id in PHC string form, salted; the password itself is never stored.
    pub hash: String,
}

/// Nothing to say but that it happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Empty {}

/// The account changed its class of service.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AccountCosSet {
    /// The new class.
    pub cos: CosId,
}

/// The account may not use the service until enabled again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AccountDisabled {
    /// In the administrator's words; may be empty.
    pub reason: String,
}

/// The account got a password for some services alone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MobilePasswordAdded {
    /// Its name; unique in the account.
    pub id: CredentialId,
    /// The device or person it is for, in words; may be empty.
    pub label: String,
    /// Where it opens, in the order of [`Service::ALL`].
    pub services: Vec<Service>,
    /// Its salted hash; the password itself is never stored.
    pub hash: String,
    /// Whether the server made it up.
    pub generated: bool,
}

/// A password for some services was changed in all but itself: the values given, the others stay.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MobilePasswordUpdated {
    /// Which.
    pub id: CredentialId,
    /// Its new label.
    pub label: Option<String>,
    /// Where it opens from now on.
    pub services: Option<Vec<Service>>,
    /// Whether it opens at all.
    pub enabled: Option<bool>,
}

/// A password for some services is gone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MobilePasswordDeleted {
    /// Which.
    pub id: CredentialId,
}

stored_events! {
    /// What can happen to an account.
    pub enum AccountEvent {
        /// It came to be.
        "account-created" 1 => Created(AccountCreated);
        /// It got a local password.
        "account-password-set" 1 => PasswordSet(AccountPasswordSet);
        /// It has no local password any more: its backend checks.
        "account-password-cleared" 1 => PasswordCleared(Empty);
        /// Its class of service changed.
        "account-cos-set" 1 => CosSet(AccountCosSet);
        /// It may not use the service.
        "account-disabled" 1 => Disabled(AccountDisabled);
        /// It may use the service again.
        "account-enabled" 1 => Enabled(Empty);
        /// It is gone; its address may be given to another account.
        "account-removed" 1 => Removed(Empty);
        /// An attribute was set.
        "attribute-set" 1 => AttributeSet(AttributeSet);
        /// An attribute was forgotten.
        "attribute-cleared" 1 => AttributeCleared(AttributeCleared);
        /// It got a password for some services alone.
        "mobile-password-added" 1 => MobilePasswordAdded(MobilePasswordAdded);
        /// One of those was changed in all but itself.
        "mobile-password-updated" 1 => MobilePasswordUpdated(MobilePasswordUpdated);
        /// One of those is gone.
        "mobile-password-deleted" 1 => MobilePasswordDeleted(MobilePasswordDeleted);
    }
}
