//! Given/when/then of messages, which one is shown, and that no value breaks out of its place.

use proptest::prelude::*;

use super::*;
use crate::{codes, event::Timestamp, event::fold, testing::given};
use MessageKind::{Blocked, Quarantined};

const ADMIN: &str = "postmaster@example.com";

fn domain() -> DomainName {
    DomainName::new("example.com").unwrap()
}

fn of_domain() -> MessageScope {
    MessageScope::Domain(domain())
}

fn locale(text: &str) -> MessageLocale {
    text.parse().unwrap()
}

fn subject(text: &str) -> Fields {
    Fields { subject: Some(text.to_owned()), ..Fields::default() }
}

fn was_set(scope: MessageScope, at: &str, fields: Fields) -> MessagesEvent {
    MessagesEvent::Set(MessageSet { scope, kind: Blocked, locale: locale(at), fields })
}

fn deleted(scope: MessageScope, at: &str) -> MessagesEvent {
    MessagesEvent::Deleted(MessageDeleted { scope, kind: Blocked, locale: locale(at) })
}

fn setting(
    scope: MessageScope,
    at: &str,
    fields: Fields,
) -> impl Fn(&Messages) -> Result<Vec<MessagesEvent>, Refusal> {
    let at = locale(at);
    move |messages| set(messages, &scope, Blocked, &at, fields.clone())
}

#[test]
fn only_given_fields_change_and_empty_ones_are_forgotten() {
    let first = Fields { from: Some("Help <help@example.com>".to_owned()), ..subject("One") };
    let global = MessageScope::Global;
    let given_first = || [was_set(MessageScope::Global, "default", first.clone())];
    let after = given(given_first())
        .when(setting(global.clone(), "default", subject("Two")))
        .then([was_set(global.clone(), "default", subject("Two"))]);
    let message = after.get(&global, Blocked, &MessageLocale::Default).unwrap();
    assert_eq!(*message, Fields { subject: Some("Two".to_owned()), ..first.clone() });
    given(given_first()).when(setting(global.clone(), "DEFAULT", subject("One"))).then_nothing();
    let after = given(given_first()).when(setting(global.clone(), "default", subject(""))).then([was_set(
        global.clone(),
        "default",
        subject(""),
    )]);
    assert_eq!(after.get(&global, Blocked, &MessageLocale::Default).unwrap().subject, None);
    given(given_first())
        .when(setting(global, "default", Fields::default()))
        .then_refused(&Refusal::NothingGiven);
}

#[test]
fn a_language_needs_a_default_beside_or_above_it() {
    let global_default = || was_set(MessageScope::Global, "default", subject("x"));
    let missing = |scope| Refusal::NoDefaultMessage { locale: locale("fr"), kind: Blocked, scope };
    given([]).when(setting(of_domain(), "fr", subject("x"))).then_refused(&missing(of_domain()));
    // A default of the domain is none for the installation, one of another type is none at all.
    given([was_set(of_domain(), "default", subject("x"))])
        .when(setting(MessageScope::Global, "fr", subject("x")))
        .then_refused(&missing(MessageScope::Global));
    let other_kind = MessageSet {
        scope: of_domain(),
        kind: Quarantined,
        locale: MessageLocale::Default,
        fields: subject("x"),
    };
    given([MessagesEvent::Set(other_kind)])
        .when(setting(of_domain(), "fr", subject("x")))
        .then_refused(&missing(of_domain()));
    for default in [global_default(), was_set(of_domain(), "default", subject("x"))] {
        given([default]).when(setting(of_domain(), "fr", subject("x"))).then([was_set(
            of_domain(),
            "fr",
            subject("x"),
        )]);
    }
    assert_eq!(missing(of_domain()).code(), codes::NO_DEFAULT_MESSAGE);
}

#[test]
fn fields_that_could_break_a_message_are_refused() {
    let with = |field: &str, value: &str| {
        let value = Some(value.to_owned());
        match field {
            "from" => Fields { from: value, ..Fields::default() },
            "reply_to" => Fields { reply_to: value, ..Fields::default() },
            "subject" => Fields { subject: value, ..Fields::default() },
            "body_plain" => Fields { body_plain: value, ..Fields::default() },
            _ => Fields { body_html: value, ..Fields::default() },
        }
    };
    let long = "x".repeat(65_537);
    let bad = [
        ("from", "a@example.com\r\nBcc: bob@example.com"),
        ("from", "nobody"),
        ("from", "a@example.com, b@example.com"),
        ("from", "\"x\" <a@example.com>"),
        ("from", "x <a@example.com"),
        ("reply_to", "Help\n <help@example.com>"),
        ("reply_to", "<x> <help@example.com>"),
        ("subject", "One\nTwo"),
        ("subject", "One\u{2028}Two"),
        ("subject", "One\u{202e}Two"),
        ("subject", &long),
        ("body_plain", "a\0b"),
        ("body_plain", &long),
        ("body_html", &long),
    ];
    for (name, value) in bad {
        let refused =
            set(&Messages::default(), &MessageScope::Global, Blocked, &locale("default"), with(name, value));
        let Err(Refusal::BadField { field, .. }) = &refused else { panic!("{name} {value:?}: {refused:?}") };
        assert_eq!(*field, name);
        assert_eq!(refused.unwrap_err().code(), codes::INVALID_VALUE);
    }
    for (name, value) in [
        ("from", "help@example.com"),
        ("from", "Hilfe & Äuskunft <help@example.com>"),
        ("subject", "Réservé {account}"),
        ("body_plain", "one\r\n\ttwo"),
    ] {
        assert!(
            set(&Messages::default(), &MessageScope::Global, Blocked, &locale("default"), with(name, value))
                .is_ok()
        );
    }
}

#[test]
fn default_stays_while_others_rest_on_it() {
    let both = || [was_set(of_domain(), "default", subject("x")), was_set(of_domain(), "fr", subject("y"))];
    let needed = Refusal::DefaultNeeded { scope: of_domain(), kind: Blocked, others: "fr".to_owned() };
    given(both())
        .when(|messages| delete(messages, &of_domain(), Blocked, &locale("default")))
        .then_refused(&needed);
    let alone = given(both())
        .when(|messages| delete(messages, &of_domain(), Blocked, &locale("fr")))
        .then([deleted(of_domain(), "fr")]);
    let gone = delete(&alone, &of_domain(), Blocked, &locale("default"));
    assert_eq!(gone, Ok(vec![deleted(of_domain(), "default")]));
    let none = Refusal::NoSuchMessage { scope: of_domain(), kind: Blocked, locale: locale("de") };
    given(both()).when(|messages| delete(messages, &of_domain(), Blocked, &locale("de"))).then_refused(&none);
    assert_eq!(none.to_string(), "there is no domain example.com message of type blocked in locale de");
    assert_eq!(none.code(), codes::NO_SUCH_MESSAGE);
}

#[test]
fn a_duplicate_is_the_same_whatever_was_there() {
    let html = Fields { body_html: Some("<p>".to_owned()), ..Fields::default() };
    let history =
        || [was_set(of_domain(), "default", subject("x")), was_set(of_domain(), "fr", html.clone())];
    let copy = |from: &'static str, to: &'static str| {
        move |messages: &Messages| duplicate(messages, &of_domain(), Blocked, &locale(from), &locale(to))
    };
    let empty = Some(String::new());
    let whole = Fields {
        from: empty.clone(),
        reply_to: empty.clone(),
        body_plain: empty.clone(),
        body_html: empty,
        ..subject("x")
    };
    let after = given(history()).when(copy("default", "fr")).then([was_set(of_domain(), "fr", whole)]);
    assert_eq!(after.get(&of_domain(), Blocked, &locale("fr")), Some(&subject("x")));
    assert_eq!(copy("default", "fr")(&after), Ok(Vec::new()));
    assert_eq!(copy("fr", "fr")(&after), Ok(Vec::new()));
    let none = Refusal::NoSuchMessage { scope: of_domain(), kind: Blocked, locale: locale("de") };
    given(history()).when(copy("de", "fr")).then_refused(&none);
}

#[test]
fn built_in_messages_are_written_out_beside_what_there_is() {
    let count = LANGUAGES.len() + 1;
    let events = initialise(&Messages::default(), false);
    assert_eq!(events.len(), 2 * count + 1);
    let all = MessagesInitialised { written: 14, kept: 0, forced: false };
    assert_eq!(events.last(), Some(&MessagesEvent::Initialised(all)));
    let mut messages: Messages = fold(&events);
    for kind in MessageKind::ALL {
        assert_eq!(messages.of(&MessageScope::Global, kind).count(), count);
        let english = messages.get(&MessageScope::Global, kind, &locale("en"));
        assert_eq!(messages.get(&MessageScope::Global, kind, &MessageLocale::Default), english);
    }
    assert!(initialise(&messages, false).is_empty());
    assert!(initialise(&messages, true).is_empty());

    let own = Fields { from: Some("help@example.com".to_owned()), ..subject("Ours") };
    messages.evolve(&was_set(MessageScope::Global, "fr", own));
    assert!(initialise(&messages, false).is_empty(), "what was written stays");
    for event in initialise(&messages, true) {
        messages.evolve(&event);
    }
    let french = messages.get(&MessageScope::Global, Blocked, &locale("fr")).unwrap();
    assert_eq!(french.subject.as_deref(), Some("Cet appareil n’est pas autorisé à se synchroniser"));
    assert_eq!(french.from.as_deref(), Some("help@example.com"), "a sender is not built in");
}

fn shown(messages: &Messages, locale: Option<&str>) -> Resolved {
    let locale = locale.map(|text| Locale::new(text).unwrap());
    resolve(messages, &domain(), Blocked, locale.as_ref(), ADMIN)
}

/// From the least to the most wanted: each one set is the one shown.
#[test]
fn scope_comes_before_language_and_the_exact_language_before_the_wider() {
    let global = MessageScope::Global;
    let order = [
        (global.clone(), "default"),
        (global.clone(), "fr"),
        (global, "fr_CA"),
        (of_domain(), "default"),
        (of_domain(), "fr"),
        (of_domain(), "fr_CA"),
    ];
    let mut messages = Messages::default();
    let built_in = shown(&messages, Some("fr_CA"));
    assert_eq!(built_in.resolved_from.to_string(), "built-in fr");
    assert!(built_in.body_html.contains("<html lang=\"fr\">"));
    assert_eq!((built_in.from.as_str(), &built_in.reply_to), (ADMIN, &None));
    for (scope, at) in order {
        let name = format!("{scope} {at}");
        messages.evolve(&was_set(scope, at, subject(&name)));
        let resolved = shown(&messages, Some("fr_CA"));
        assert_eq!(
            (resolved.subject.as_str(), resolved.resolved_from.to_string()),
            (name.as_str(), name.clone())
        );
    }
    assert_eq!(shown(&messages, Some("fr")).subject, "domain example.com fr");
    assert_eq!(shown(&messages, Some("de")).subject, "domain example.com default");
    assert_eq!(shown(&messages, None).subject, "domain example.com default");
    let elsewhere = resolve(&messages, &DomainName::new("example.net").unwrap(), Blocked, None, ADMIN);
    assert_eq!(elsewhere.subject, "global default");
    assert_eq!(shown(&Messages::default(), Some("ja")).resolved_from, Source::BuiltIn("en"));
}

#[test]
fn a_missing_field_is_that_of_the_scopes_default_else_the_built_in_one() {
    let reply = |text: &str| Fields { reply_to: Some(text.to_owned()), ..Fields::default() };
    let plain = |text: &str| Fields { body_plain: Some(text.to_owned()), ..Fields::default() };
    let messages: Messages = fold(&[
        was_set(MessageScope::Global, "default", plain("global")),
        was_set(of_domain(), "default", reply("help@example.com")),
        was_set(of_domain(), "fr", subject("Non")),
    ]);
    let resolved = shown(&messages, Some("fr"));
    let sources: Vec<_> = resolved.sources.iter().map(ToString::to_string).collect();
    let expected = [
        "administrator",
        "domain example.com default",
        "domain example.com fr",
        "built-in fr",
        "built-in fr",
    ];
    assert_eq!(sources, expected);
    assert!(resolved.body_plain.starts_with("Bonjour,"));
}

fn facts() -> Facts<'static> {
    Facts {
        device_id: "ApplF17",
        device_type: "iPhone",
        user_agent: "Apple-iPhone16C2/2201.100",
        account: "alice@example.com",
        since: Timestamp(1_714_554_753_000_001),
    }
}

#[test]
fn placeholders_are_filled_in_everywhere_but_in_senders() {
    let text = "{device_id}|{device_type}|{user_agent}|{account}|{status}|{date}|{support}|{other}|{|}";
    let fields = Fields {
        from: Some("Help <help@example.com>".to_owned()),
        subject: Some(text.to_owned()),
        body_plain: Some(text.to_owned()),
        body_html: Some(text.to_owned()),
        ..Fields::default()
    };
    let messages: Messages = fold(&[was_set(MessageScope::Global, "default", fields)]);
    let rendered = shown(&messages, None).render(&facts());
    let expected = "ApplF17|iPhone|Apple-iPhone16C2/2201.100|alice@example.com|Blocked|2024-05-01 09:12 UTC|\
                    Help <help@example.com>|{other}|{|}";
    assert_eq!(rendered.subject, expected);
    assert_eq!(rendered.body_plain, expected);
    assert_eq!(rendered.body_html, expected.replace('<', "&lt;").replace("m>", "m&gt;"));
    assert_eq!(rendered.from, "Help <help@example.com>");
}

#[test]
fn a_device_cannot_break_out_of_a_header_or_into_the_html() {
    let hostile = Facts {
        device_type: "<script>alert('x')</script>&\"",
        user_agent: "a\r\nBcc: bob@example.com\r\n\r\n{account}{device_id}",
        ..facts()
    };
    let fields = Fields {
        subject: Some("{user_agent}".to_owned()),
        body_html: Some("<b title=\"{device_type}\">{user_agent}</b>".to_owned()),
        ..Fields::default()
    };
    let messages: Messages = fold(&[was_set(MessageScope::Global, "default", fields)]);
    let rendered = shown(&messages, None).render(&hostile);
    assert_eq!(rendered.subject, "a  Bcc: bob@example.com    {account}{device_id}");
    assert_eq!(
        rendered.body_html,
        "<b title=\"&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;\">\
         a  Bcc: bob@example.com    {account}{device_id}</b>"
    );
    // What is stored was checked once; what an old log holds is made harmless all the same.
    let mut resolved = shown(&messages, None);
    resolved.from = "a@example.com\nBcc: b@example.com".to_owned();
    resolved.reply_to = Some("a@example.com\r\nx".to_owned());
    let rendered = resolved.render(&hostile);
    assert_eq!(rendered.from, "a@example.com Bcc: b@example.com");
    assert_eq!(rendered.reply_to.as_deref(), Some("a@example.com  x"));
}

#[test]
fn every_language_has_both_messages_whole() {
    for kind in MessageKind::ALL {
        let mut subjects = Vec::new();
        for language in LANGUAGES {
            let locale = Locale::new(language).unwrap();
            let resolved = resolve(&Messages::default(), &domain(), kind, Some(&locale), ADMIN);
            assert_eq!(resolved.resolved_from, Source::BuiltIn(language));
            for body in [&resolved.body_plain, &resolved.body_html] {
                for placeholder in ["{account}", "{device_id}", "{device_type}", "{date}", "{support}"] {
                    assert!(body.contains(placeholder), "{language} {kind} {placeholder}");
                }
            }
            let rendered = resolved.render(&facts());
            let left = |text: &str| text.contains(['{', '}']);
            assert!(!left(&rendered.body_plain) && !left(&rendered.body_html), "{language} {kind}");
            assert!(rendered.body_html.contains("<li>") && rendered.body_html.ends_with("</html>\n"));
            let fields = builtin::fields(kind, language);
            assert!(
                set(&Messages::default(), &MessageScope::Global, kind, &MessageLocale::Default, fields)
                    .is_ok()
            );
            subjects.push(resolved.subject);
        }
        subjects.sort();
        subjects.dedup();
        assert_eq!(subjects.len(), LANGUAGES.len());
    }
}

proptest! {
    #[test]
    fn no_value_ends_a_header_line_or_opens_a_tag(value in "[<>&'\"{}a\\r\\n\\u{0}\\u{85}\\u{2028}]{0,300}") {
        let template = "{device_id}{user_agent}";
        let fields = Fields {
            subject: Some(template.to_owned()),
            body_html: Some(template.to_owned()),
            ..Fields::default()
        };
        let messages: Messages = fold(&[was_set(MessageScope::Global, "default", fields)]);
        let facts = Facts { device_id: &value, user_agent: &value, ..facts() };
        let rendered = shown(&messages, None).render(&facts);
        prop_assert!(!rendered.subject.chars().any(render::breaks_line));
        prop_assert!(!rendered.body_html.contains(['<', '>', '"', '\'']));
    }
}
