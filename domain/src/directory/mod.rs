//! The directory: domains, classes of service, and accounts with an optional local password and passwords for single
//! services.

mod credential;
mod decide;
mod event;
pub mod mobile_password;
#[cfg(test)]
mod mobile_password_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::{
    Aggregate,
    config::Attributes,
    ids::{Address, CosId, DomainName},
};

pub use credential::{CredentialId, Service};
pub use decide::*;
pub use event::{
    AccountCosSet, AccountCreated, AccountDisabled, AccountEvent, AccountPasswordSet, CosCreated, CosEvent,
    DomainCreated, DomainEvent, Empty, MobilePasswordAdded, MobilePasswordDeleted, MobilePasswordUpdated,
};
pub use mobile_password::MobilePassword;

/// A domain.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Domain {
    /// Its name, once created.
    pub name: Option<DomainName>,
    /// Values set for it.
    pub attributes: Attributes,
}

impl Domain {
    /// Whether it was created.
    pub fn exists(&self) -> bool {
        self.name.is_some()
    }
}

impl Aggregate for Domain {
    type Event = DomainEvent;

    fn evolve(&mut self, event: &DomainEvent) {
        match event {
            DomainEvent::Created(created) => self.name = Some(created.name.clone()),
            DomainEvent::AttributeSet(set) => self.attributes.set(set),
            DomainEvent::AttributeCleared(cleared) => self.attributes.clear(cleared),
        }
    }
}

/// A class of service.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cos {
    /// Its name, once created.
    pub id: Option<CosId>,
    /// Values set for it.
    pub attributes: Attributes,
}

impl Aggregate for Cos {
    type Event = CosEvent;

    fn evolve(&mut self, event: &CosEvent) {
        match event {
            CosEvent::Created(created) => self.id = Some(created.id.clone()),
            CosEvent::AttributeSet(set) => self.attributes.set(set),
            CosEvent::AttributeCleared(cleared) => self.attributes.clear(cleared),
        }
    }
}

/// An account.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Account {
    /// Its primary address, from creation to removal.
    pub address: Option<Address>,
    /// Its class of service.
    pub cos: CosId,
    /// argon2id of its local password; without one the backend checks.
    pub password_hash: Option<String>,
    /// Why it is disabled, if it is.
    pub disabled: Option<String>,
    /// Whether it has been removed.
    pub removed: bool,
    /// Values set for it.
    pub attributes: Attributes,
    /// Its passwords for single services.
    pub mobile_passwords: BTreeMap<CredentialId, MobilePassword>,
}

impl Account {
    /// Whether it exists: created and not removed.
    pub fn exists(&self) -> bool {
        self.address.is_some() && !self.removed
    }
}

impl Aggregate for Account {
    type Event = AccountEvent;

    fn evolve(&mut self, event: &AccountEvent) {
        match event {
            AccountEvent::Created(created) => {
                *self = Self {
                    address: Some(created.address.clone()),
                    cos: created.cos.clone().unwrap_or_default(),
                    ..Self::default()
                };
            }
            AccountEvent::PasswordSet(set) => self.password_hash = Some(set.hash.clone()),
            AccountEvent::PasswordCleared(_) => self.password_hash = None,
            AccountEvent::CosSet(set) => self.cos = set.cos.clone(),
            AccountEvent::Disabled(disabled) => self.disabled = Some(disabled.reason.clone()),
            AccountEvent::Enabled(_) => self.disabled = None,
            AccountEvent::Removed(_) => self.removed = true,
            AccountEvent::AttributeSet(set) => self.attributes.set(set),
            AccountEvent::AttributeCleared(cleared) => self.attributes.clear(cleared),
            AccountEvent::MobilePasswordAdded(added) => {
                self.mobile_passwords.insert(added.id.clone(), MobilePassword::from(added));
            }
            AccountEvent::MobilePasswordUpdated(updated) => {
                if let Some(password) = self.mobile_passwords.get_mut(&updated.id) {
                    password.update(updated);
                }
            }
            AccountEvent::MobilePasswordDeleted(deleted) => {
                self.mobile_passwords.remove(&deleted.id);
            }
        }
    }
}
