//! Events of notices and of mail to administrators.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    event::{Position, stored_events},
    ids::{Address, NodeName},
};

/// How much a notice matters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Severity {
    /// Good to know.
    Information,
    /// Worth a look.
    Warning,
    /// Something does not work.
    Error,
    /// Nothing works.
    Critical,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Information => "Information",
            Self::Warning => "Warning",
            Self::Error => "Error",
            Self::Critical => "Critical",
        })
    }
}

/// What a mail to administrators is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Topic {
    /// Devices that came into quarantine.
    Quarantine,
    /// Devices that asked too often.
    Jails,
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quarantine => "quarantine",
            Self::Jails => "jails",
        })
    }
}

/// Administrators should know something.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NoticeRaised {
    /// Its number.
    pub id: u64,
    /// How much it matters.
    pub severity: Severity,
    /// The node it is about, if it is about one.
    pub node: Option<NodeName>,
    /// In a few words.
    pub subject: String,
    /// In full.
    pub text: String,
}

/// A mail to administrators was written. From here on it is sent, once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MailPrepared {
    /// Its number; its Message-ID is made of it.
    pub number: u64,
    /// What it is about.
    pub topic: Topic,
    /// It tells of events up to here.
    pub up_to: Position,
    /// To whom.
    pub recipients: Vec<Address>,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub body: String,
    /// The node that sends it.
    pub by: NodeName,
}

/// Another node sends a mail that the first did not get out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MailTaken {
    /// Which.
    pub number: u64,
    /// The node that sends it now.
    pub by: NodeName,
}

/// The mail server took a mail over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MailSent {
    /// Which.
    pub number: u64,
}

/// The mail server does not want a mail, for good.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MailRefused {
    /// Which.
    pub number: u64,
    /// Why.
    pub why: String,
}

stored_events! {
    /// What can happen to notices and mail to administrators.
    pub enum NoticesEvent {
        /// Administrators should know something.
        "notice-raised" 1 => Raised(NoticeRaised);
        /// A mail was written.
        "mail-prepared" 1 => MailPrepared(MailPrepared);
        /// Another node sends it.
        "mail-taken" 1 => MailTaken(MailTaken);
        /// A mail left.
        "mail-sent" 1 => MailSent(MailSent);
        /// A mail was refused.
        "mail-refused" 1 => MailRefused(MailRefused);
    }
}
