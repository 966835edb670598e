//! The directory as a view: accounts, domains, classes of service and global values.
//!
//! Rows: `account/<uuid>`, `address/<address>/<position>` → account id (the first holder counts), `domain/<name>`,
//! `cos/<id>`, `config`. A removed account keeps its row, without its password, so that an audit can still name it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use syncledger_domain::{
    Aggregate, Event,
    config::{Attributes, ConfigEvent},
    directory::{Account, AccountEvent, Cos, CredentialId, Domain, MobilePassword},
    event::{Position, StreamCategory, Timestamp},
    ids::{AccountId, Address, CosId, DomainName},
    ports::views::ViewStore,
};

use crate::{
    PasswordHash, ProjectionError,
    projection::{LogEntry, Projection, Rows, View, read_all_rows, read_one, read_row},
};

/// The view.
pub const VIEW: View = View { name: "directory", layout: 2, stored: "directory-2" };

/// An account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AccountRow {
    /// Its id.
    pub id: AccountId,
    /// Its primary address.
    pub address: Address,
    /// Its class of service.
    pub cos: CosId,
    /// Its local password; without one the backend checks.
    pub password_hash: Option<PasswordHash>,
    /// Why it is disabled, if it is.
    pub disabled: Option<String>,
    /// Values set for it.
    pub attributes: Attributes,
    /// Its passwords for single services; none once it is removed.
    pub mobile_passwords: BTreeMap<CredentialId, MobilePassword>,
    /// The event that created it.
    pub created: Position,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was removed, if it was.
    pub removed_at: Option<Timestamp>,
    /// The last event the row includes.
    pub as_of: Position,
}

/// A domain, a class of service, or the global configuration.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ScopeRow {
    /// Its name; `config` for the global configuration.
    pub name: String,
    /// Values set for it.
    pub attributes: Attributes,
    /// When it was created; for the global configuration, when the first value was set.
    pub created_at: Timestamp,
    /// The last event the row includes.
    pub as_of: Position,
}

/// The projection.
pub struct Directory;

#[async_trait]
impl Projection for Directory {
    fn view(&self) -> View {
        VIEW
    }

    async fn fold(&mut self, entry: &LogEntry, rows: &mut Rows<'_>) -> Result<(), ProjectionError> {
        match (&entry.category, &entry.event) {
            (StreamCategory::Account(id), Some(Event::Account(event))) => {
                fold_account(*id, event, entry, rows).await
            }
            (StreamCategory::Domain(name), Some(Event::Domain(event))) => {
                let change = |attributes: &mut Attributes| {
                    let mut domain = Domain { attributes: std::mem::take(attributes), ..Domain::default() };
                    domain.evolve(event);
                    *attributes = domain.attributes;
                };
                fold_scope(format!("domain/{name}"), name.as_str(), entry, rows, change).await
            }
            (StreamCategory::Cos(id), Some(Event::Cos(event))) => {
                let change = |attributes: &mut Attributes| {
                    let mut cos = Cos { attributes: std::mem::take(attributes), ..Cos::default() };
                    cos.evolve(event);
                    *attributes = cos.attributes;
                };
                fold_scope(format!("cos/{id}"), id.as_str(), entry, rows, change).await
            }
            (StreamCategory::Config, Some(Event::Config(event))) => {
                let change = |attributes: &mut Attributes| match event {
                    ConfigEvent::Set(set) => attributes.set(set),
                    ConfigEvent::Cleared(cleared) => attributes.clear(cleared),
                };
                fold_scope("config".to_owned(), "config", entry, rows, change).await
            }
            _ => Ok(()),
        }
    }
}

async fn fold_account(
    id: AccountId,
    event: &AccountEvent,
    entry: &LogEntry,
    rows: &mut Rows<'_>,
) -> Result<(), ProjectionError> {
    let key = format!("account/{id}");
    let before: Option<AccountRow> = rows.get(&key).await?;
    let (at, now) = (entry.recorded.position, entry.recorded.recorded_at);
    if matches!(event, AccountEvent::Created(_) | AccountEvent::Removed(_))
        && let Some(held) = before.as_ref().filter(|row| row.removed_at.is_none())
    {
        rows.delete(address_key(&held.address, held.created));
    }
    let mut account = before.as_ref().map(AccountRow::aggregate).unwrap_or_default();
    account.evolve(event);
    let Some(address) = account.address else { return Ok(()) };
    let born = matches!(event, AccountEvent::Created(_));
    if born {
        rows.put_aside(address_key(&address, at), &id);
    }
    let before = before.filter(|_| !born);
    let row = AccountRow {
        id,
        address,
        cos: account.cos,
        password_hash: account.password_hash.filter(|_| !account.removed).map(PasswordHash),
        disabled: account.disabled,
        attributes: account.attributes,
        mobile_passwords: if account.removed { BTreeMap::new() } else { account.mobile_passwords },
        created: before.as_ref().map_or(at, |row| row.created),
        created_at: before.as_ref().map_or(now, |row| row.created_at),
        removed_at: account.removed.then(|| before.and_then(|row| row.removed_at).unwrap_or(now)),
        as_of: at,
    };
    rows.put(key, &row);
    Ok(())
}

fn address_key(address: &Address, created: Position) -> String {
    format!("address/{address}/{:020}", created.0)
}

impl AccountRow {
    fn aggregate(&self) -> Account {
        Account {
            address: Some(self.address.clone()),
            cos: self.cos.clone(),
            password_hash: self.password_hash.as_ref().map(|hash| hash.0.clone()),
            disabled: self.disabled.clone(),
            removed: self.removed_at.is_some(),
            attributes: self.attributes.clone(),
            mobile_passwords: self.mobile_passwords.clone(),
        }
    }
}

async fn fold_scope(
    key: String,
    name: &str,
    entry: &LogEntry,
    rows: &mut Rows<'_>,
    change: impl FnOnce(&mut Attributes) + Send,
) -> Result<(), ProjectionError> {
    let row: Option<ScopeRow> = rows.get(&key).await?;
    let mut row = row.unwrap_or_else(|| ScopeRow {
        name: name.to_owned(),
        attributes: Attributes::default(),
        created_at: entry.recorded.recorded_at,
        as_of: Position::START,
    });
    change(&mut row.attributes);
    row.as_of = entry.recorded.position;
    rows.put(key, &row);
    Ok(())
}

/// An account by id, removed ones included.
///
/// # Errors
/// When the store fails.
pub async fn account(store: &dyn ViewStore, id: AccountId) -> Result<Option<AccountRow>, ProjectionError> {
    read_one(store, VIEW.stored, &format!("account/{id}")).await
}

/// The account that holds an address now.
///
/// # Errors
/// When the store fails.
pub async fn account_by_address(
    store: &dyn ViewStore,
    address: &Address,
) -> Result<Option<AccountRow>, ProjectionError> {
    let holders = store.scan(VIEW.stored, &format!("address/{address}/"), None, 1).await?;
    let Some(holder) = holders.first() else { return Ok(None) };
    match read_row(VIEW.stored, &holder.key, Some(&holder.value))? {
        Some(id) => account(store, id).await,
        None => Ok(None),
    }
}

/// All accounts, removed ones included, by address and age.
///
/// # Errors
/// When the store fails.
pub async fn accounts(store: &dyn ViewStore) -> Result<Vec<AccountRow>, ProjectionError> {
    let mut found: Vec<AccountRow> = Vec::new();
    read_all_rows(store, VIEW.stored, "account/", |row| found.push(row)).await?;
    found.sort_by(|a, b| (&a.address, a.created).cmp(&(&b.address, b.created)));
    Ok(found)
}

/// All domains, by name.
///
/// # Errors
/// When the store fails.
pub async fn domains(store: &dyn ViewStore) -> Result<Vec<ScopeRow>, ProjectionError> {
    scopes(store, "domain/").await
}

/// A domain.
///
/// # Errors
/// When the store fails.
pub async fn domain(store: &dyn ViewStore, name: &DomainName) -> Result<Option<ScopeRow>, ProjectionError> {
    read_one(store, VIEW.stored, &format!("domain/{name}")).await
}

/// All classes of service, by name.
///
/// # Errors
/// When the store fails.
pub async fn cos_list(store: &dyn ViewStore) -> Result<Vec<ScopeRow>, ProjectionError> {
    scopes(store, "cos/").await
}

/// A class of service.
///
/// # Errors
/// When the store fails.
pub async fn cos(store: &dyn ViewStore, id: &CosId) -> Result<Option<ScopeRow>, ProjectionError> {
    read_one(store, VIEW.stored, &format!("cos/{id}")).await
}

/// Global values; `None` while none was ever set.
///
/// # Errors
/// When the store fails.
pub async fn config(store: &dyn ViewStore) -> Result<Option<ScopeRow>, ProjectionError> {
    read_one(store, VIEW.stored, "config").await
}

async fn scopes(store: &dyn ViewStore, prefix: &str) -> Result<Vec<ScopeRow>, ProjectionError> {
    let mut found = Vec::new();
    read_all_rows(store, VIEW.stored, prefix, |row| found.push(row)).await?;
    Ok(found)
}
