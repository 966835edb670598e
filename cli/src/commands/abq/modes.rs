//! The mode that holds for an account, and where it comes from.

use std::collections::HashMap;

use syncledger_domain::{
    abq::AbqMode,
    abq_messages::Locale,
    config::{Attributes, FromValue, Origin, Scopes, Setting, registry},
    ids::DomainName,
};
use syncledger_projections::directory::{self, AccountRow};

use crate::node::Node;

/// The values set globally and for classes of service.
#[derive(Clone, Debug, Default)]
pub(super) struct Modes {
    global: Attributes,
    cos: HashMap<String, Attributes>,
}

impl Modes {
    /// Those of the view, which must have caught up.
    pub(super) async fn load(node: &Node) -> anyhow::Result<Self> {
        let views = node.view_store();
        let global = directory::config(&*views).await?.map(|row| row.attributes).unwrap_or_default();
        let cos = directory::cos_list(&*views).await?;
        Ok(Self { global, cos: cos.into_iter().map(|row| (row.name, row.attributes)).collect() })
    }

    /// As if this mode were set globally.
    #[must_use]
    pub(super) fn with_global(mut self, mode: AbqMode) -> Self {
        self.global.0.insert(registry::ABQ_MODE.name.to_owned(), mode.to_string());
        self
    }

    /// The mode of an account.
    pub(super) fn of(&self, account: &AccountRow) -> (AbqMode, Origin) {
        let (value, origin) = self.scopes(account).resolve(&registry::ABQ_MODE);
        (AbqMode::from_value(value).unwrap_or_default(), origin)
    }

    /// The language of an account of a domain with these values.
    pub(super) fn language(&self, account: &AccountRow, domain: Option<&Attributes>) -> Option<Locale> {
        Scopes { domain, ..self.scopes(account) }.read(&registry::LOCALE).parse().ok()
    }

    /// The values that hold for an account but those of its domain, where no mode can be set.
    fn scopes<'a>(&'a self, account: &'a AccountRow) -> Scopes<'a> {
        Scopes {
            account: Some(&account.attributes),
            cos: self.cos.get(account.cos.as_str()),
            global: Some(&self.global),
            ..Scopes::default()
        }
    }

    /// The mode of the installation, whatever classes of service and accounts have.
    pub(super) fn of_installation(&self) -> AbqMode {
        self.global(&registry::ABQ_MODE)
    }

    /// Whether the service `abq` starts with the server.
    pub(super) fn starts_with_the_server(&self) -> bool {
        self.global(&registry::ABQ_ENABLED_AT_STARTUP)
    }

    /// Whether devices of accounts in Strict are blocked while the service is stopped.
    pub(super) fn fail_closed(&self) -> bool {
        self.global(&registry::ABQ_FAIL_CLOSED)
    }

    /// The address help is asked at where no message names one: the first of those who get mail about devices, else the
    /// postmaster of the domain (RFC 5321, "Minimum Implementation").
    pub(super) fn administrator(&self, domain: &DomainName) -> String {
        self.recipient().unwrap_or_else(|| format!("postmaster@{domain}"))
    }

    /// The same where the domain is not known.
    pub(super) fn administrator_anywhere(&self) -> String {
        self.recipient().unwrap_or_else(|| "postmaster@<domain>".to_owned())
    }

    fn recipient(&self) -> Option<String> {
        let recipients: String = self.global(&registry::NOTIFICATION_RECIPIENTS);
        recipients.split(',').map(str::trim).find(|address| !address.is_empty()).map(str::to_owned)
    }

    fn global<T: FromValue>(&self, setting: &Setting<T>) -> T {
        Scopes { global: Some(&self.global), ..Scopes::default() }.read(setting)
    }
}
