//! Events of services.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    event::stored_events,
    ids::{InvalidId, NodeName},
};

/// A part of the server that can be stopped on its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Service {
    /// Everything: while it is stopped, all others are.
    Module,
    /// What devices talk to.
    ActiveSync,
    /// Autodiscover.
    Autodiscover,
    /// Allow, block, quarantine.
    Abq,
    /// The address book for LDAP clients.
    AddressBook,
    /// The filter against devices that ask too often.
    AntiDos,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Module, Self::ActiveSync, Self::Autodiscover, Self::Abq, Self::AddressBook, Self::AntiDos];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::ActiveSync => "activesync-services",
            Self::Autodiscover => "autodiscover",
            Self::Abq => "abq-services",
            Self::AddressBook => "ldap-address-book",
            Self::AntiDos => "anti-dos",
        }
    }

    /// A shorter name that is understood as well.
    fn alias(self) -> &'static str {
        match self {
            Self::ActiveSync => "activesync",
            Self::Abq => "abq",
            Self::Module | Self::Autodiscover | Self::AddressBook | Self::AntiDos => self.as_str(),
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Service {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let means = |name: &str| name.eq_ignore_ascii_case(text.trim());
        let found = Self::ALL.into_iter().find(|service| means(service.as_str()) || means(service.alias()));
        let allowed =
            "module, activesync-services, autodiscover, abq-services, ldap-address-book or anti-dos";
        found.ok_or_else(|| InvalidId::new("service", text, allowed))
    }
}

/// A node began to serve. What was started and stopped on it before counts no more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NodeStarted {
    /// The node.
    pub node: NodeName,
    /// Services its configuration keeps from starting.
    pub stopped: Vec<Service>,
}

/// A service was started, stopped or restarted by hand.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ServiceSwitched {
    /// Which.
    pub service: Service,
    /// Where; without a node, on all there are.
    pub node: Option<NodeName>,
}

stored_events! {
    /// What can happen to services.
    pub enum ServicesEvent {
        /// A node began to serve.
        "node-started" 1 => NodeStarted(NodeStarted);
        /// A service was started.
        "service-started" 1 => Started(ServiceSwitched);
        /// A service was stopped.
        "service-stopped" 1 => Stopped(ServiceSwitched);
        /// A service was stopped and started at once.
        "service-restarted" 1 => Restarted(ServiceSwitched);
    }
}
