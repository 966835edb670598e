//! Accounts and domains named on the command line.

use std::collections::HashMap;

use syncledger_domain::{
    abq::Refusal,
    directory::Domain,
    event::StreamId,
    ids::{AccountId, Address, DomainName},
};
use syncledger_projections::directory::{self, AccountRow};

use super::words::{cut, refused, word};
use crate::node::Node;

fn no_such_account(text: &str) -> anyhow::Error {
    refused(Refusal::NoSuchAccount(cut(text)))
}

/// The account of an entry: entries outlive accounts.
pub(super) async fn account_of_entry(node: &Node, text: &str) -> anyhow::Result<AccountId> {
    if let Ok(id) = text.parse::<AccountId>() {
        return Ok(id);
    }
    let address: Address = text.parse().map_err(|_| no_such_account(text))?;
    let views = node.view_store();
    if let Some(row) = directory::account_by_address(&*views, &address).await? {
        return Ok(row.id);
    }
    // The address of one that was removed is nobody's; the id follows from it.
    let removed = directory::account(&*views, AccountId::for_address(&address)).await?;
    removed.map(|row| row.id).ok_or_else(|| no_such_account(text))
}

/// A domain that must exist.
pub(super) async fn domain(node: &Node, text: &str) -> anyhow::Result<DomainName> {
    let name: DomainName = word(text)?;
    if domain_exists(node, &name).await? { Ok(name) } else { Err(refused(Refusal::NoSuchDomain(name))) }
}

/// Whether a domain exists.
pub(super) async fn domain_exists(node: &Node, name: &DomainName) -> anyhow::Result<bool> {
    Ok(node.repository.load::<Domain>(&StreamId::domain(name)).await?.state.exists())
}

/// All accounts, for whoever asks about many.
pub(super) struct Accounts {
    by_id: HashMap<AccountId, AccountRow>,
    by_address: HashMap<Address, AccountId>,
}

impl Accounts {
    /// Those of the view, which must have caught up.
    pub(super) async fn load(node: &Node) -> anyhow::Result<Self> {
        let mut rows = directory::accounts(&*node.view_store()).await?;
        rows.sort_by_key(|row| row.created);
        let mut by_address = HashMap::new();
        for row in rows.iter().filter(|row| row.removed_at.is_none()) {
            // The first holder counts.
            by_address.entry(row.address.clone()).or_insert(row.id);
        }
        Ok(Self { by_address, by_id: rows.into_iter().map(|row| (row.id, row)).collect() })
    }

    /// The account with this address or id.
    pub(super) fn find(&self, text: &str) -> Option<AccountId> {
        if let Ok(id) = text.parse::<AccountId>() {
            return self.live(id).map(|row| row.id);
        }
        self.by_address.get(&text.parse::<Address>().ok()?).copied()
    }

    /// An account that was not removed.
    pub(super) fn live(&self, id: AccountId) -> Option<&AccountRow> {
        self.by_id.get(&id).filter(|row| row.removed_at.is_none())
    }

    /// All that were not removed.
    pub(super) fn all_live(&self) -> impl Iterator<Item = &AccountRow> {
        self.by_id.values().filter(|row| row.removed_at.is_none())
    }

    /// Its address, else its id.
    pub(super) fn shown(&self, id: AccountId) -> String {
        self.by_id.get(&id).map_or_else(|| id.to_string(), |row| row.address.to_string())
    }
}
