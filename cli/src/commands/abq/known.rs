//! The devices the log knows, with their accounts.

use syncledger_domain::{
    abq::{DeviceControl, Pair},
    ids::{AccountId, DomainName, ShownDeviceId},
};
use syncledger_projections::devices;

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

/// All pairs of accounts that were not removed. The views must have caught up.
///
/// An id is written as the list has it, which is how the device wrote it where it was put into quarantine; of a device
/// that is not listed only the small letters are known, and a rule that tells cases apart may say something else of it.
pub(super) async fn pairs(
    node: &Node,
    accounts: &Accounts,
    control: &DeviceControl,
) -> anyhow::Result<Vec<KnownPair>> {
    let rows = devices::list(&*node.view_store(), None).await?;
    let known = rows.into_iter().filter_map(|row| {
        let domain = accounts.live(row.account)?.address.domain();
        let listed = control.list.device(&row.id).map(|listed| listed.shown.clone());
        let device = listed.unwrap_or_else(|| ShownDeviceId::from(&row.id));
        Some(KnownPair { device, account: row.account, domain })
    });
    Ok(known.collect())
}
