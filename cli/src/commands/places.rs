//! The values set at the places something is under: an account, a class of service, a domain, the installation.

use std::collections::HashMap;

use syncledger_domain::{
    config::{Attributes, Scopes},
    ids::{AccountId, CosId, DomainName},
};
use syncledger_projections::directory::{self, AccountRow, ScopeRow};

use crate::node::Node;

/// Values by place; a place without values has none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    account: Option<Attributes>,
    cos: Option<Attributes>,
    domain: Option<Attributes>,
    global: Option<Attributes>,
}

impl Places {
    /// Those of the installation alone.
    pub(crate) async fn of_installation(node: &Node) -> anyhow::Result<Self> {
        let global = directory::config(&*node.view_store()).await?;
        Ok(Self { global: global.map(|row| row.attributes), ..Self::default() })
    }

    /// Those of a class of service, and what it inherits whatever the domain.
    pub(crate) async fn of_cos(node: &Node, cos: &CosId) -> anyhow::Result<Self> {
        let row = directory::cos(&*node.view_store(), cos).await?;
        Ok(Self { cos: row.map(|row| row.attributes), ..Self::of_installation(node).await? })
    }

    /// Those of a domain, and what it inherits.
    pub(crate) async fn of_domain(node: &Node, domain: &DomainName) -> anyhow::Result<Self> {
        let row = directory::domain(&*node.view_store(), domain).await?;
        Ok(Self { domain: row.map(|row| row.attributes), ..Self::of_installation(node).await? })
    }

    /// Those that hold for an account.
    pub(crate) async fn of_account(node: &Node, account: &AccountRow) -> anyhow::Result<Self> {
        let domain = Self::of_domain(node, &account.address.domain()).await?;
        let cos = Self::of_cos(node, &account.cos).await?;
        Ok(Self { account: Some(account.attributes.clone()), cos: cos.cos, ..domain })
    }

    /// To resolve attributes with.
    pub(crate) fn scopes(&self) -> Scopes<'_> {
        Scopes {
            account: self.account.as_ref(),
            cos: self.cos.as_ref(),
            domain: self.domain.as_ref(),
            global: self.global.as_ref(),
        }
    }
}

/// All accounts, and the values that hold for them, read once for a call that goes through all devices.
pub(crate) struct Everyone {
    accounts: HashMap<AccountId, AccountRow>,
    cos: HashMap<String, Attributes>,
    domains: HashMap<String, Attributes>,
    global: Option<Attributes>,
}

impl Everyone {
    /// As the views have them.
    pub(crate) async fn read(node: &Node) -> anyhow::Result<Self> {
        let views = node.view_store();
        let by_name = |rows: Vec<ScopeRow>| rows.into_iter().map(|row| (row.name, row.attributes)).collect();
        Ok(Self {
            accounts: directory::accounts(&*views).await?.into_iter().map(|row| (row.id, row)).collect(),
            cos: by_name(directory::cos_list(&*views).await?),
            domains: by_name(directory::domains(&*views).await?),
            global: directory::config(&*views).await?.map(|row| row.attributes),
        })
    }

    /// One account, and the values that hold for it.
    pub(crate) async fn only(node: &Node, id: AccountId) -> anyhow::Result<Self> {
        let Some(row) = directory::account(&*node.view_store(), id).await? else {
            let global = Places::of_installation(node).await?.global;
            let (accounts, cos, domains) = (HashMap::new(), HashMap::new(), HashMap::new());
            return Ok(Self { accounts, cos, domains, global });
        };
        let places = Places::of_account(node, &row).await?;
        let named = |name: &str, values: Option<Attributes>| {
            values.map(|values| (name.to_owned(), values)).into_iter().collect()
        };
        Ok(Self {
            cos: named(row.cos.as_str(), places.cos),
            domains: named(row.address.domain().as_str(), places.domain),
            global: places.global,
            accounts: HashMap::from([(id, row)]),
        })
    }

    /// An account, removed ones included.
    pub(crate) fn account(&self, id: AccountId) -> Option<&AccountRow> {
        self.accounts.get(&id)
    }

    /// The values that hold for an account.
    pub(crate) fn scopes<'a>(&'a self, account: &'a AccountRow) -> Scopes<'a> {
        Scopes {
            account: Some(&account.attributes),
            cos: self.cos.get(account.cos.as_str()),
            domain: self.domains.get(account.address.domain().as_str()),
            global: self.global.as_ref(),
        }
    }
}
