//! What a policy is asked of or set for.

use std::fmt;

use anyhow::Context as _;
use syncledger_commands::AttributeTarget;
use syncledger_domain::{
    codes,
    config::Scope,
    ids::{CosId, DomainName, InvalidId},
};
use syncledger_projections::directory::{self, AccountRow};

use crate::{
    commands::{account, places::Places},
    node::Node,
    refusal::Refused,
};

/// An account, a class of service, a domain or the installation; one that exists.
#[derive(Clone, Debug)]
pub(in crate::commands) enum Place {
    /// An account.
    Account(Box<AccountRow>),
    /// A class of service.
    Cos(CosId),
    /// A domain.
    Domain(DomainName),
    /// The installation.
    Global,
}

impl Place {
    /// By scope and target as they are written on the command line.
    ///
    /// # Errors
    /// [`Refused`] under `INVALID_SCOPE`, `USAGE` (a target too few or too many), `INVALID_VALUE` (a name that cannot be one),
    /// or `NO_SUCH_…`.
    pub(in crate::commands) async fn find(
        node: &Node,
        scope: &str,
        target: Option<&str>,
    ) -> anyhow::Result<Self> {
        let scope: Scope = scope
            .parse()
            .map_err(|error: InvalidId| Refused::new(codes::INVALID_SCOPE, error.to_string()))?;
        let invalid = |error: InvalidId| Refused::new(codes::INVALID_VALUE, error.to_string());
        let views = node.view_store();
        match (scope, target) {
            (Scope::Global, None) => Ok(Self::Global),
            (Scope::Account, Some(text)) => Ok(Self::Account(Box::new(account::find_row(node, text).await?))),
            (Scope::Cos, Some(text)) => {
                let cos = CosId::new(text).map_err(invalid)?;
                let exists = cos == CosId::default() || directory::cos(&*views, &cos).await?.is_some();
                let unknown = || no_such(codes::NO_SUCH_COS, "class of service", text, "cos");
                exists.then_some(Self::Cos(cos)).ok_or_else(unknown)
            }
            (Scope::Domain, Some(text)) => {
                let domain = DomainName::new(text).map_err(invalid)?;
                let exists = directory::domain(&*views, &domain).await?.is_some();
                let unknown = || no_such(codes::NO_SUCH_DOMAIN, "domain", text, "domain");
                exists.then_some(Self::Domain(domain)).ok_or_else(unknown)
            }
            (Scope::Global, Some(text)) => {
                Err(Refused::new(codes::USAGE, format!("scope global takes no target such as '{text}'"))
                    .into())
            }
            (Scope::Account | Scope::Cos | Scope::Domain, None) => {
                Err(Refused::new(codes::USAGE, format!("scope {scope} needs a target")).into())
            }
        }
    }

    /// Where commands set attributes.
    pub(in crate::commands) fn target(&self) -> AttributeTarget {
        match self {
            Self::Account(row) => AttributeTarget::Account(row.id),
            Self::Cos(cos) => AttributeTarget::Cos(cos.clone()),
            Self::Domain(domain) => AttributeTarget::Domain(domain.clone()),
            Self::Global => AttributeTarget::Global,
        }
    }

    /// The values that hold there, as the views have them.
    pub(in crate::commands) async fn values(&self, node: &Node) -> anyhow::Result<Places> {
        match self {
            Self::Account(row) => {
                let row = directory::account(&*node.view_store(), row.id).await?;
                Places::of_account(node, &row.context("the account has just been removed")?).await
            }
            Self::Cos(cos) => Places::of_cos(node, cos).await,
            Self::Domain(domain) => Places::of_domain(node, domain).await,
            Self::Global => Places::of_installation(node).await,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(row) => write!(f, "account {}", row.address),
            Self::Cos(cos) => write!(f, "class of service {cos}"),
            Self::Domain(domain) => write!(f, "domain {domain}"),
            Self::Global => f.write_str("the installation"),
        }
    }
}

fn no_such(code: &'static str, what: &str, name: &str, noun: &str) -> anyhow::Error {
    let message = format!("{what} '{name}' does not exist; `syncledger {noun} list` shows those that do");
    Refused::new(code, message).into()
}
