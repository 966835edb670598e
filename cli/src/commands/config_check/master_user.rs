//! Whether accounts that devices reach by mobile passwords can be served: an IMAP server does not know those passwords, so
//! it needs a master user.

use std::collections::BTreeMap;

use syncledger_domain::{
    directory::Service,
    ids::{Address, DomainName},
    ports::mailbox::MailboxUser,
};
use syncledger_eas::services::Backends;
use syncledger_projections::directory;

use crate::{
    config::{BackendConfig, Config, ImapSection},
    node::Node,
};

/// What is wrong, section by section. Asks nobody when no section is an IMAP server's, or nothing was ever logged. One
/// mailbox of each section is opened as a device's request would open it.
pub(super) async fn problems(config: &Config, backends: &Backends) -> Vec<String> {
    let imap = imap_sections(config);
    if imap.is_empty() || !config.ledger().exists() {
        return Vec::new();
    }
    let concerned = match with_mobile_passwords(config).await {
        Ok(accounts) => accounts,
        Err(error) => return vec![format!("accounts cannot be read: {error:#}")],
    };
    let mut by_section: BTreeMap<&Option<DomainName>, Vec<&Address>> = BTreeMap::new();
    for address in &concerned {
        let domain = Some(address.domain());
        // A section of the domain's own counts, whatever it is; only domains without one have the default.
        let has_own = config.domain.keys().any(|name| DomainName::new(name).ok() == domain);
        let section = if has_own { domain } else { None };
        if let Some((section, _)) = imap.get_key_value(&section) {
            by_section.entry(section).or_default().push(address);
        }
    }
    let mut problems = Vec::new();
    for (section, accounts) in by_section {
        let (name, master_is_set) = (name(section.as_ref()), imap[section].master_user.is_some());
        let Some(first) = accounts.first() else { continue };
        if !master_is_set {
            let others = match accounts.len() {
                1 => String::new(),
                count => format!(" and {} more", count - 1),
            };
            problems.push(format!(
                "{name}.imap.master_user is not set, and without it devices of accounts with mobile passwords are refused: {first}{others}"
            ));
        } else if let Some(backend) = backends.of(&first.domain()) {
            let user = MailboxUser { address: (*first).clone() };
            if let Err(error) = backend.mailboxes.open_vouched(&user).await {
                problems.push(format!("{name}.imap.master_user opens no mailbox, that of {first}: {error}"));
            }
        }
    }
    problems
}

/// IMAP servers by domain; `None` is the default one.
fn imap_sections(config: &Config) -> BTreeMap<Option<DomainName>, &ImapSection> {
    let named = config.domain.iter();
    let named = named.filter_map(|(name, backend)| Some((Some(DomainName::new(name).ok()?), backend)));
    let sections = config.backend.iter().map(|backend| (None, backend)).chain(named);
    let imap = sections.filter_map(|(domain, backend)| match backend {
        BackendConfig::Imap { imap, .. } => Some((domain, imap)),
        BackendConfig::Files { .. } => None,
    });
    imap.collect()
}

fn name(section: Option<&DomainName>) -> String {
    section.map_or_else(|| "backend".to_owned(), |domain| format!("domain.\"{domain}\""))
}

/// Addresses of the accounts whose own password opens ActiveSync no more.
async fn with_mobile_passwords(config: &Config) -> anyhow::Result<Vec<Address>> {
    let node = Node::open(config).await?;
    node.catch_up().await?;
    let accounts = directory::accounts(&*node.view_store()).await?;
    let concerned = accounts.into_iter().filter(|account| {
        account.mobile_passwords.values().any(|password| password.services.contains(&Service::Eas))
    });
    Ok(concerned.map(|account| account.address).collect())
}
