//! The devices the log knows, with their accounts.

use syncledger_domain::{
    abq::Pair,
    ids::{AccountId, DomainName, ShownDeviceId},
};
use syncledger_projections::devices::{self, DeviceRow};

use super::targets::Accounts;
use crate::node::Node;

/// A device of an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct KnownPair {
    pub(super) device: ShownDeviceId,
    pub(super) account: AccountId,
    pub(super) domain: DomainName,
}

impl KnownPair {
    /// As verdicts ask for it.
    pub(super) fn pair(&self) -> Pair<'_> {
        Pair { device: &self.device, account: self.account, domain: &self.domain }
    }
}

/// A device's id as the device writes it: rules tell cases apart.
pub(super) fn written(row: &DeviceRow) -> ShownDeviceId {
    row.standing.shown.clone().unwrap_or_else(|| ShownDeviceId::from(&row.id))
}

/// All pairs of accounts that were not removed. The views must have caught up.
pub(super) async fn pairs(node: &Node, accounts: &Accounts) -> anyhow::Result<Vec<KnownPair>> {
    let rows = devices::list(&*node.view_store(), None).await?;
    let known = rows.into_iter().filter_map(|row| {
        let domain = accounts.live(row.account)?.address.domain();
        Some(KnownPair { device: written(&row), account: row.account, domain })
    });
    Ok(known.collect())
}
