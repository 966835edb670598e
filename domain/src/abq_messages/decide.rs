//! Decisions about messages, and which one is shown.

use super::{
    Fields, InvalidLocale, Locale, MessageDeleted, MessageKind, MessageLocale, MessageScope, MessageSet,
    Messages, MessagesEvent, MessagesInitialised, Resolved, Source, builtin,
};
use crate::{
    codes,
    ids::{Address, DomainName, InvalidId},
};

/// Longest subject, sender and reply address, in characters.
const MAX_LINE_CHARS: usize = 255;
/// Longest body, in bytes.
const MAX_BODY_BYTES: usize = 65_536;

/// Why the messages stay as they are.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such message.
    #[error("there is no {scope} message of type {kind} in locale {locale}")]
    NoSuchMessage {
        /// Where it was looked for.
        scope: MessageScope,
        /// When it would be shown.
        kind: MessageKind,
        /// Its language.
        locale: MessageLocale,
    },
    /// Messages in languages need one in `default` beside or above them.
    #[error(
        "locale '{locale}' cannot be set: there is no default message of type {kind} (looked for: {scope}, then global)"
    )]
    NoDefaultMessage {
        /// The language.
        locale: MessageLocale,
        /// When it would be shown.
        kind: MessageKind,
        /// Where it was to be.
        scope: MessageScope,
    },
    /// Others rest on it.
    #[error("the {scope} default message of type {kind} cannot be deleted: delete {others} first")]
    DefaultNeeded {
        /// Where it is for.
        scope: MessageScope,
        /// When it is shown.
        kind: MessageKind,
        /// The languages there are.
        others: String,
    },
    /// No field was given.
    #[error("nothing to set: allowed are from, reply_to, subject, body_plain and body_html")]
    NothingGiven,
    /// A field cannot be that.
    #[error("{field} '{value}' is not valid: allowed is {allowed}")]
    BadField {
        /// Which.
        field: &'static str,
        /// As it came, cut to 80 characters.
        value: String,
        /// What would be accepted.
        allowed: &'static str,
    },
    /// A word is not valid.
    #[error(transparent)]
    Invalid(#[from] InvalidId),
    /// A language is not valid.
    #[error(transparent)]
    Locale(#[from] InvalidLocale),
    /// There is no such domain.
    #[error("domain '{0}' does not exist")]
    NoSuchDomain(DomainName),
}

impl Refusal {
    /// What scripts match on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchMessage { .. } => codes::NO_SUCH_MESSAGE,
            Self::NoDefaultMessage { .. } | Self::DefaultNeeded { .. } => codes::NO_DEFAULT_MESSAGE,
            Self::NothingGiven => codes::USAGE,
            Self::BadField { .. } | Self::Invalid(_) => codes::INVALID_VALUE,
            Self::Locale(_) => codes::INVALID_LOCALE,
            Self::NoSuchDomain(_) => codes::NO_SUCH_DOMAIN,
        }
    }
}

type Decided = Result<Vec<MessagesEvent>, Refusal>;

/// Sets the given fields of a message; an empty text forgets one. Nothing when all are so already.
///
/// # Errors
/// [`Refusal::NoDefaultMessage`], [`Refusal::BadField`], [`Refusal::NothingGiven`].
pub fn set(
    messages: &Messages,
    scope: &MessageScope,
    kind: MessageKind,
    locale: &MessageLocale,
    fields: Fields,
) -> Decided {
    if fields == Fields::default() {
        return Err(Refusal::NothingGiven);
    }
    check(&fields)?;
    needs_default(messages, scope, kind, locale)?;
    let known = messages.get(scope, kind, locale);
    let mut after = known.cloned().unwrap_or_default();
    after.take_over(fields.clone());
    let unchanged = known == Some(&after);
    Ok(if unchanged { Vec::new() } else { vec![set_event(scope, kind, locale, fields)] })
}

fn set_event(
    scope: &MessageScope,
    kind: MessageKind,
    locale: &MessageLocale,
    fields: Fields,
) -> MessagesEvent {
    MessagesEvent::Set(MessageSet { scope: scope.clone(), kind, locale: locale.clone(), fields })
}

fn needs_default(
    messages: &Messages,
    scope: &MessageScope,
    kind: MessageKind,
    locale: &MessageLocale,
) -> Result<(), Refusal> {
    let default = |scope: &MessageScope| messages.get(scope, kind, &MessageLocale::Default).is_some();
    if *locale == MessageLocale::Default || default(scope) || default(&MessageScope::Global) {
        return Ok(());
    }
    Err(Refusal::NoDefaultMessage { locale: locale.clone(), kind, scope: scope.clone() })
}

fn check(fields: &Fields) -> Result<(), Refusal> {
    let refuse = |field, value: &str, allowed| {
        Err(Refusal::BadField { field, value: value.chars().take(80).collect(), allowed })
    };
    for (field, value) in [("from", &fields.from), ("reply_to", &fields.reply_to)] {
        if let Some(value) = value.as_deref().filter(|value| !value.is_empty() && !is_sender(value)) {
            return refuse(
                field,
                value,
                "an address, or a name and an address: Help desk <help@example.com>",
            );
        }
    }
    if let Some(subject) = fields.subject.as_deref().filter(|subject| !is_line(subject)) {
        return refuse("subject", subject, "one line of at most 255 characters");
    }
    for (field, value) in [("body_plain", &fields.body_plain), ("body_html", &fields.body_html)] {
        let bad = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        if let Some(value) = value.as_deref().filter(|text| text.len() > MAX_BODY_BYTES || text.contains(bad))
        {
            return refuse(field, value, "at most 65536 bytes of text without control characters");
        }
    }
    Ok(())
}

/// One line of a header: nothing in it ends the line, or turns the direction of what follows.
fn is_line(text: &str) -> bool {
    text.chars().count() <= MAX_LINE_CHARS && !text.chars().any(super::render::breaks_line)
}

fn is_sender(text: &str) -> bool {
    let address = match text.strip_suffix('>').and_then(|text| text.split_once('<')) {
        Some((name, address)) if !name.contains(['"', '<', '>', '\\']) => address,
        Some(_) => return false,
        None => text,
    };
    is_line(text) && Address::new(address).is_ok()
}

/// Deletes a message.
///
/// # Errors
/// [`Refusal::NoSuchMessage`]; [`Refusal::DefaultNeeded`] for `default` while there are others of its scope and type.
pub fn delete(
    messages: &Messages,
    scope: &MessageScope,
    kind: MessageKind,
    locale: &MessageLocale,
) -> Decided {
    if messages.get(scope, kind, locale).is_none() {
        return Err(no_such(scope, kind, locale));
    }
    if *locale == MessageLocale::Default {
        let others: Vec<_> = messages.of(scope, kind).skip(1).map(|(locale, _)| locale.to_string()).collect();
        if !others.is_empty() {
            return Err(Refusal::DefaultNeeded { scope: scope.clone(), kind, others: others.join(", ") });
        }
    }
    let (scope, locale) = (scope.clone(), locale.clone());
    Ok(vec![MessagesEvent::Deleted(MessageDeleted { scope, kind, locale })])
}

fn no_such(scope: &MessageScope, kind: MessageKind, locale: &MessageLocale) -> Refusal {
    Refusal::NoSuchMessage { scope: scope.clone(), kind, locale: locale.clone() }
}

/// Makes the message of one language that of another, too, whatever that was.
///
/// # Errors
/// [`Refusal::NoSuchMessage`], [`Refusal::NoDefaultMessage`].
pub fn duplicate(
    messages: &Messages,
    scope: &MessageScope,
    kind: MessageKind,
    from: &MessageLocale,
    to: &MessageLocale,
) -> Decided {
    let original = messages.get(scope, kind, from).ok_or_else(|| no_such(scope, kind, from))?;
    needs_default(messages, scope, kind, to)?;
    if messages.get(scope, kind, to) == Some(original) {
        return Ok(Vec::new());
    }
    // What the original does not have, the copy must not keep.
    let mut fields = original.clone();
    for field in fields.all_mut() {
        field.get_or_insert_default();
    }
    Ok(vec![set_event(scope, kind, to, fields)])
}

/// Writes the built-in messages out at global scope, for administrators to change: both types, all languages, and
/// `default` in English. Messages there are stay, unless `force`d.
pub fn initialise(messages: &Messages, force: bool) -> Vec<MessagesEvent> {
    let mut events = Vec::new();
    let mut kept = 0;
    let of_languages =
        builtin::LANGUAGES.iter().map(|language| (MessageLocale::Of(builtin::locale(language)), *language));
    let locales: Vec<_> =
        std::iter::once((MessageLocale::Default, builtin::ENGLISH)).chain(of_languages).collect();
    for kind in MessageKind::ALL {
        for (locale, language) in &locales {
            let mut fields = builtin::fields(kind, language);
            match messages.get(&MessageScope::Global, kind, locale) {
                Some(known) if !force || same_texts(known, &fields) => kept += 1,
                _ => {
                    // Sender and reply address are not built in: they stay.
                    (fields.from, fields.reply_to) = (None, None);
                    events.push(set_event(&MessageScope::Global, kind, locale, fields));
                }
            }
        }
    }
    if !events.is_empty() {
        let written = u32::try_from(events.len()).unwrap_or(u32::MAX);
        events.push(MessagesEvent::Initialised(MessagesInitialised { written, kept, forced: force }));
    }
    events
}

fn same_texts(a: &Fields, b: &Fields) -> bool {
    (&a.subject, &a.body_plain, &a.body_html) == (&b.subject, &b.body_plain, &b.body_html)
}

/// The message for an account of a domain, in its language: of the domain (exact language, wider, `default`), else
/// global (the same), else built in (language, English). A field it does not have is that of its scope's `default`,
/// else the built-in one.
pub fn resolve(
    messages: &Messages,
    domain: &DomainName,
    kind: MessageKind,
    locale: Option<&Locale>,
    administrator: &str,
) -> Resolved {
    let language = builtin::language(locale);
    let built_in = builtin::fields(kind, language);
    let scopes = [MessageScope::Domain(domain.clone()), MessageScope::Global];
    let chosen = scopes.into_iter().find_map(|scope| {
        let locales = locale.into_iter().flat_map(Locale::wider).map(MessageLocale::Of);
        let mut locales = locales.chain([MessageLocale::Default]);
        let locale = locales.find(|locale| messages.get(&scope, kind, locale).is_some())?;
        Some((scope, locale))
    });
    // The places a field is looked for in, in order.
    let mut places: Vec<(Source, &Fields)> = Vec::new();
    if let Some((scope, locale)) = &chosen {
        for locale in [locale, &MessageLocale::Default] {
            let message = messages.get(scope, kind, locale);
            places.extend(message.map(|fields| (Source::Stored(scope.clone(), locale.clone()), fields)));
        }
    }
    places.push((Source::BuiltIn(language), &built_in));
    let find = |field: fn(&Fields) -> &Option<String>| {
        places.iter().find_map(|(source, fields)| Some((field(fields).clone()?, source.clone())))
    };
    let text = |field| find(field).unwrap_or((String::new(), Source::Nowhere));
    let (from, from_source) = find(|f| &f.from).unwrap_or((administrator.to_owned(), Source::Administrator));
    let (reply_to, reply_source) =
        find(|f| &f.reply_to).map_or((None, Source::Nowhere), |(r, s)| (Some(r), s));
    let (subject, subject_source) = text(|f| &f.subject);
    let (body_plain, plain_source) = text(|f| &f.body_plain);
    let (body_html, html_source) = text(|f| &f.body_html);
    Resolved {
        kind,
        resolved_from: places[0].0.clone(),
        from,
        reply_to,
        subject,
        body_plain,
        body_html,
        sources: [from_source, reply_source, subject_source, plain_source, html_source],
    }
}
