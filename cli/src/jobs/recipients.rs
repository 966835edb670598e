//! To whom mail about devices goes, from whom, and by which server.

use std::sync::Arc;

use syncledger_domain::{
    config::registry::NOTIFICATION_RECIPIENTS,
    ids::{Address, DomainName},
    ports::transport::Transport,
};
use syncledger_projections::PolicySnapshot;

use super::{Context, global};

impl Context {
    /// The administrators: those of the attribute, else the one of the configuration, else the postmaster of the first
    /// domain. Nobody when there is no domain either, and then no device.
    pub(super) fn recipients(&self, snapshot: &PolicySnapshot) -> Vec<Address> {
        let list = global(snapshot).read(&NOTIFICATION_RECIPIENTS);
        let named: Vec<Address> = list.split(',').filter_map(|address| address.trim().parse().ok()).collect();
        if !named.is_empty() {
            return named;
        }
        let postmaster = || Address::new(&format!("postmaster@{}", first_domain(snapshot)?)).ok();
        self.notifications.administrator.clone().or_else(postmaster).into_iter().collect()
    }

    /// Whom the mail is from.
    pub(super) fn sender(&self, recipients: &[Address]) -> Option<Address> {
        self.notifications.sender.as_ref().or(recipients.first()).cloned()
    }

    /// What brings mail to a recipient: the way its domain's mail leaves; for a domain that is none of ours, the way the
    /// sender's does.
    pub(super) fn transport(&self, recipient: &Address, sender: &Address) -> Option<Arc<dyn Transport>> {
        let backends = &self.services.backends;
        let own = |address: &Address| backends.by_domain.get(&address.domain());
        let backend = own(recipient).or_else(|| own(sender)).or(backends.default.as_ref());
        backend.map(|backend| Arc::clone(&backend.transport))
    }
}

fn first_domain(snapshot: &PolicySnapshot) -> Option<DomainName> {
    let of_accounts = || snapshot.accounts().map(|account| account.address.domain()).min();
    snapshot.domains().next().cloned().or_else(of_accounts)
}
