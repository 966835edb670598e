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

/// Addresses of the accounts whose own password opens `ActiveSync` no more, in order.
async fn with_mobile_passwords(config: &Config) -> anyhow::Result<Vec<Address>> {
    let node = Node::open(config).await?;
    node.catch_up().await?;
    let accounts = directory::accounts(&*node.view_store()).await?;
    let concerned = accounts.into_iter().filter(|account| {
        account.mobile_passwords.values().any(|password| password.services.contains(&Service::Eas))
    });
    let mut addresses: Vec<_> = concerned.map(|account| account.address).collect();
    addresses.sort_unstable();
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use syncledger_commands::add_mobile_password::{self, NewPassword};
    use tempfile::TempDir;

    use super::*;
    use crate::{commands::account, node};

    const SMTP: &str = "smtp = { host = \"127.0.0.1\", tls = \"none\" }";

    async fn found(place: &TempDir, text: &str) -> Vec<String> {
        let file = place.path().join("syncledger.toml");
        std::fs::write(&file, text).unwrap();
        let config = Config::load(Some(&file), None).unwrap();
        problems(&config, &node::backends(&config, node::Purpose::Look).unwrap()).await
    }

    #[tokio::test]
    async fn only_accounts_whose_mail_is_on_an_imap_server_need_a_master_user() {
        let place = tempfile::tempdir().unwrap();
        // Nobody listens there.
        let imap = |more: &str| {
            format!(
                "dir = \"data\"\n[backend]\nkind = \"imap\"\nimap = {{ host = \"127.0.0.1\", port = 1, tls = \"none\"{more} }}\n{SMTP}\n\
                 [domain.\"Example.ORG\"]\nkind = \"files\"\nroot = \"mail\"\n"
            )
        };
        assert_eq!(found(&place, &imap("")).await, [""; 0], "nobody is there");
        assert!(!place.path().join("data").exists(), "nothing is made");

        let file = place.path().join("syncledger.toml");
        let node = Node::open_or_create(&Config::load(Some(&file), None).unwrap()).await.unwrap();
        for (address, service) in [
            ("alice@example.com", Service::Eas),
            ("bob@example.org", Service::Eas),
            ("carol@example.com", Service::Dav),
            ("dave@example.net", Service::Eas),
        ] {
            let id = account::create(&node, &address.parse().unwrap(), None, None).await.unwrap();
            let new = NewPassword::Generated;
            add_mobile_password::run(&node.repository, &node.admin(), id, "", &[service], new).await.unwrap();
        }
        let missing = found(&place, &imap("")).await;
        let [one] = missing.as_slice() else { panic!("{missing:?}") };
        for part in ["backend.imap.master_user is not set", "alice@example.com", "and 1 more"] {
            assert!(one.contains(part), "{one}");
        }
        let refused = found(&place, &imap(", master_user = \"m\", master_password = \"hunter2\"")).await;
        let [one] = refused.as_slice() else { panic!("{refused:?}") };
        assert!(one.starts_with("backend.imap.master_user opens no mailbox"), "{one}");
        assert!(!one.contains("hunter2"), "{one}");
    }
}
