//! A dummy message as devices get it, with where each part of it is from.

use serde_json::{Value, json};
use syncledger_domain::{
    Aggregate as _,
    abq_messages::{
        self, Locale, MessageKind, MessageLocale, MessageScope, MessageSet, Messages, MessagesEvent,
    },
    ids::DomainName,
};

use super::modes::Modes;

/// Names of the fields, in the order [`abq_messages::Resolved`] gives their sources in.
pub(super) const FIELDS: [&str; 5] = ["from", "reply_to", "subject", "body_plain", "body_html"];

/// The messages of a node, asked for a scope.
pub(super) struct Shelf {
    messages: Messages,
    scope: MessageScope,
    /// Whose domain is asked for; for the global scope one that has no messages.
    domain: DomainName,
    administrator: String,
}

impl Shelf {
    /// # Errors
    /// None in practice: the name that stands for no domain is one.
    pub(super) fn new(messages: Messages, scope: MessageScope, modes: &Modes) -> anyhow::Result<Self> {
        let (messages, domain) = match &scope {
            MessageScope::Global => (global_only(&messages), DomainName::new("global.invalid")?),
            MessageScope::Domain(name) => (messages, name.clone()),
        };
        let administrator = match &scope {
            MessageScope::Global => modes.administrator_anywhere(),
            MessageScope::Domain(name) => modes.administrator(name),
        };
        Ok(Self { messages, scope, domain, administrator })
    }

    /// The languages there are messages in, `default` first.
    pub(super) fn locales(&self, kind: MessageKind) -> Vec<MessageLocale> {
        self.messages.of(&self.scope, kind).map(|(locale, _)| locale.clone()).collect()
    }

    /// Whether there is a message.
    pub(super) fn has(&self, kind: MessageKind, locale: &MessageLocale) -> bool {
        self.messages.get(&self.scope, kind, locale).is_some()
    }

    /// What a device of the scope is shown in a language.
    pub(super) fn shown(&self, kind: MessageKind, locale: &MessageLocale) -> Value {
        let language: Option<&Locale> = match locale {
            MessageLocale::Default => None,
            MessageLocale::Of(language) => Some(language),
        };
        let message =
            abq_messages::resolve(&self.messages, &self.domain, kind, language, &self.administrator);
        let sources: serde_json::Map<String, Value> = FIELDS
            .into_iter()
            .zip(&message.sources)
            .map(|(field, source)| (field.to_owned(), source.to_string().into()))
            .collect();
        json!({
            "scope": self.scope.to_string(),
            "type": kind.to_string(),
            "locale": locale.to_string(),
            "stored": self.has(kind, locale),
            "resolved_from": message.resolved_from.to_string(),
            "from": message.from,
            "reply_to": message.reply_to,
            "subject": message.subject,
            "body_plain": message.body_plain,
            "body_html": message.body_html,
            "sources": sources,
        })
    }
}

/// The messages without those of domains: what is global is asked for without any domain.
fn global_only(messages: &Messages) -> Messages {
    let mut global = Messages::default();
    let scope = MessageScope::Global;
    for kind in MessageKind::ALL {
        for (locale, fields) in messages.of(&scope, kind) {
            let (scope, locale, fields) = (scope.clone(), locale.clone(), fields.clone());
            global.evolve(&MessagesEvent::Set(MessageSet { scope, kind, locale, fields }));
        }
    }
    global
}
