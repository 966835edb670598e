//! Dummy messages: what a device that may not sync shows its owner instead of the mailbox.
//!
//! Messages are stored per scope (global, domain), kind (blocked, quarantined) and language; [`resolve`] finds the one
//! for an account, [`render`](Resolved::render) fills in the placeholders. Scope comes before language: a domain that
//! sets only its own `default` text has it shown, whatever languages the global scope has.
//!
//! These are texts of the installation, written by its administrators; nothing of anybody's mail is in them.

mod builtin;
mod decide;
mod event;
mod locale;
mod render;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

pub use builtin::LANGUAGES;
pub use decide::{Refusal, delete, duplicate, initialise, resolve, set};
pub use event::{MessageDeleted, MessageSet, MessagesEvent, MessagesInitialised};
pub use locale::{InvalidLocale, Locale, MessageLocale};
pub use render::{Facts, Rendered};

use crate::{
    Aggregate,
    ids::{DomainName, InvalidId},
};

/// Where a message is for.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum MessageScope {
    /// The whole installation.
    Global,
    /// The accounts of a domain.
    Domain(DomainName),
}

impl fmt::Display for MessageScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Global => f.write_str("global"),
            Self::Domain(name) => write!(f, "domain {name}"),
        }
    }
}

/// When a message is shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum MessageKind {
    /// To a device that is blocked.
    Blocked,
    /// To a device that waits for a decision.
    Quarantined,
}

impl MessageKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Blocked, Self::Quarantined];
}

impl fmt::Display for MessageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blocked => "blocked",
            Self::Quarantined => "quarantined",
        })
    }
}

impl FromStr for MessageKind {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let found = Self::ALL.into_iter().find(|kind| kind.to_string().eq_ignore_ascii_case(text));
        found.ok_or_else(|| InvalidId::new("type", text, "blocked or quarantined"))
    }
}

/// What a message consists of; what is not there is found elsewhere.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Fields {
    /// Address, perhaps with a name: `Help desk <help@example.com>`.
    pub from: Option<String>,
    /// The same.
    pub reply_to: Option<String>,
    /// Subject.
    pub subject: Option<String>,
    /// Plain text.
    pub body_plain: Option<String>,
    /// HTML.
    pub body_html: Option<String>,
}

impl Fields {
    fn all_mut(&mut self) -> [&mut Option<String>; 5] {
        [&mut self.from, &mut self.reply_to, &mut self.subject, &mut self.body_plain, &mut self.body_html]
    }

    /// Takes over what is given; empty texts forget.
    fn take_over(&mut self, mut given: Self) {
        for (mine, given) in self.all_mut().into_iter().zip(given.all_mut()) {
            if let Some(text) = given.take() {
                *mine = (!text.is_empty()).then_some(text);
            }
        }
    }
}

/// The messages administrators wrote.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Messages {
    messages: BTreeMap<(MessageScope, MessageKind, MessageLocale), Fields>,
}

impl Messages {
    /// A message.
    pub fn get(&self, scope: &MessageScope, kind: MessageKind, locale: &MessageLocale) -> Option<&Fields> {
        self.messages.get(&(scope.clone(), kind, locale.clone()))
    }

    /// All messages of a scope and kind, `default` first.
    pub fn of(
        &self,
        scope: &MessageScope,
        kind: MessageKind,
    ) -> impl Iterator<Item = (&MessageLocale, &Fields)> {
        let first = (scope.clone(), kind, MessageLocale::Default);
        let here = move |(s, k): (&MessageScope, MessageKind)| (s, k) == (&first.0, first.1);
        let from = (scope.clone(), kind, MessageLocale::Default);
        self.messages.range(from..).take_while(move |((s, k, _), _)| here((s, *k))).map(|((.., l), f)| (l, f))
    }
}

impl Aggregate for Messages {
    type Event = MessagesEvent;

    fn evolve(&mut self, event: &MessagesEvent) {
        match event {
            MessagesEvent::Set(set) => {
                let key = (set.scope.clone(), set.kind, set.locale.clone());
                self.messages.entry(key).or_default().take_over(set.fields.clone());
            }
            MessagesEvent::Deleted(deleted) => {
                self.messages.remove(&(deleted.scope.clone(), deleted.kind, deleted.locale.clone()));
            }
            MessagesEvent::Initialised(_) => {}
        }
    }
}

/// Where a text was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// In a message administrators wrote.
    Stored(MessageScope, MessageLocale),
    /// In the built-in one of a language.
    BuiltIn(&'static str),
    /// It is the administrator's address.
    Administrator,
    /// There is none.
    Nowhere,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stored(scope, locale) => write!(f, "{scope} {locale}"),
            Self::BuiltIn(language) => write!(f, "built-in {language}"),
            Self::Administrator => f.write_str("administrator"),
            Self::Nowhere => f.write_str("nowhere"),
        }
    }
}

/// The message for an account, placeholders as written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resolved {
    /// When it is shown.
    pub kind: MessageKind,
    /// The message that was chosen; single fields may be from elsewhere.
    pub resolved_from: Source,
    /// Sender.
    pub from: String,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub body_plain: String,
    /// HTML.
    pub body_html: String,
    /// Where each field was found, in the order of [`Fields`].
    pub sources: [Source; 5],
}
