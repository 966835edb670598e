//! The values set at the places something is under: an account, a class of service, a domain, the installation.

use syncledger_domain::{
    config::{Attributes, Scopes},
    ids::{CosId, DomainName},
};
use syncledger_projections::directory::{self, AccountRow};

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
