//! The registry's rows, values, inheritance and decisions.

use super::{attribute::FromValue, *};
use crate::{ids::ProtocolVersion, testing::given};

const HASHED: &str = "Game: one:da39a3ee5e6b4b0d3255bfef95601890afd80709";

/// What must be true of every row; called for each by the registry's own macro.
pub(crate) fn check_row<T: FromValue>(setting: &'static Setting<T>) {
    let name = setting.name;
    let default = setting.parse(setting.default).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(default.to_string(), setting.default, "{name}: the default is not in canonical form");
    assert!(T::from_value(default).is_some(), "{name}: kind and type differ");
    assert!(!setting.scopes.is_empty() && setting.meaning.ends_with('.'), "{name}");
    for known in std::iter::once(&name).chain(setting.aliases) {
        let found = registry::find(known).unwrap();
        assert_eq!(found.name, name, "'{known}' is the name of two attributes");
    }
}

fn row(kind: Kind) -> Attribute {
    Attribute { name: "x", aliases: &[], kind, scopes: &[Scope::Global], default: "", meaning: "" }
}

fn attributes(values: &[(&str, &str)]) -> Attributes {
    Attributes(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

fn set(name: &str, value: &str) -> ConfigEvent {
    ConfigEvent::Set(AttributeSet { name: name.to_owned(), value: value.to_owned() })
}

#[test]
fn values_are_brought_into_canonical_form() {
    let hour = Kind::Duration { min: 60, max: 604_800 };
    let number = Kind::Integer { min: -1, max: 512, unit: "items" };
    let modes = Kind::Enum(&["Permissive", "Strict"]);
    let cases = [
        (Kind::Bool, " TRUE ", "true"),
        (number, "-1", "-1"),
        (number, "0512", "512"),
        (hour, "3600", "3600"),
        (hour, "1h", "3600"),
        (hour, "15M", "900"),
        (hour, "7d", "604800"),
        (Kind::Text { max: 5 }, "grüße", "grüße"),
        (modes, "strict", "Strict"),
        (Kind::Versions, "16.1, 12.1,16.1", "12.1,16.1"),
        (Kind::Switch { max: 1 }, "TRUE", "1"),
        (Kind::Switch { max: 1 }, "false", "0"),
        (Kind::Switch { max: 2 }, "2", "2"),
        (Kind::Switch { max: 1 }, "-1", "-1"),
        (Kind::IntegerOrZero { min: 4, max: 16, unit: "attempts" }, "0", "0"),
        (Kind::IntegerOrZero { min: 4, max: 16, unit: "attempts" }, "4", "4"),
        (
            Kind::List { of: ListOf::Addresses, max: 2 },
            " Alice@example.com,bob@example.com, alice@EXAMPLE.com",
            "alice@example.com,bob@example.com",
        ),
        (Kind::List { of: ListOf::Names, max: 2 }, "", ""),
        (Kind::List { of: ListOf::NamedHashes, max: 2 }, HASHED, HASHED),
        (Kind::Retention, "180:30:1", "180:30:1"),
        (Kind::Retention, "", ""),
    ];
    for (kind, text, canonical) in cases {
        assert_eq!(row(kind).parse(text).map(|value| value.to_string()), Ok(canonical.to_owned()), "{text}");
    }
}

#[test]
fn bad_values_are_refused_naming_attribute_value_and_what_is_allowed() {
    let cases = [
        (Kind::Bool, "maybe", "true or false"),
        (Kind::Integer { min: 1, max: 9, unit: "items" }, "10", "a whole number of items from 1 to 9"),
        (
            Kind::Duration { min: 60, max: 90 },
            "2m",
            "60 to 90 seconds, as a number or like 90s, 15m, 1h or 1d",
        ),
        (
            Kind::Duration { min: 60, max: 90 },
            "4294967295d",
            "60 to 90 seconds, as a number or like 90s, 15m, 1h or 1d",
        ),
        (Kind::Duration { min: 60, max: 90 }, "", "60 to 90 seconds, as a number or like 90s, 15m, 1h or 1d"),
        (
            Kind::Duration { min: 60, max: 90 },
            "1ü",
            "60 to 90 seconds, as a number or like 90s, 15m, 1h or 1d",
        ),
        (Kind::Text { max: 2 }, "abc", "at most 2 characters, no control characters"),
        (Kind::Enum(&["A", "B"]), "C", "one of A, B"),
        (Kind::Versions, "2.5", "one or more of 12.1,14.0,14.1,16.0,16.1, separated by commas"),
        (Kind::Versions, "", "one or more of 12.1,14.0,14.1,16.0,16.1, separated by commas"),
        (Kind::Switch { max: 1 }, "2", "-1 (left to the device), 0 (no) or 1 (yes)"),
        (Kind::Switch { max: 2 }, "true", "-1 (left to the device) or 0 to 2"),
        (
            Kind::IntegerOrZero { min: 4, max: 16, unit: "attempts" },
            "3",
            "0, or a whole number of attempts from 4 to 16",
        ),
        (
            Kind::List { of: ListOf::Addresses, max: 1 },
            "a@example.com,b@example.com",
            "at most 1 mail addresses, separated by commas",
        ),
        (
            Kind::List { of: ListOf::Names, max: 9 },
            "a,,b",
            "at most 9 names of at most 512 characters, separated by commas",
        ),
        (
            Kind::List { of: ListOf::Hashes, max: 9 },
            "abc",
            "at most 9 SHA-1 hashes of 40 hex digits, separated by commas",
        ),
        (
            Kind::Retention,
            "90:1:24",
            "days:every:hour such as 90:1:3 (1 to 36500, 1 to 365, 0 to 23), or nothing",
        ),
    ];
    for (kind, text, allowed) in cases {
        let refused =
            AttributeError::BadValue { name: "x", value: text.to_owned(), allowed: allowed.to_owned() };
        assert_eq!(row(kind).parse(text), Err(refused.clone()));
        assert_eq!(refused.to_string(), format!("attribute 'x' cannot be '{text}': allowed is {allowed}"));
    }
}

#[test]
fn names_are_found_whatever_their_case_and_under_the_names_of_other_products() {
    assert_eq!(registry::find("EASENABLED").unwrap().name, "easEnabled");
    assert_eq!(registry::find("zxmobile_maxpingheartbeat").unwrap().name, "pingMaxHeartbeat");
}

#[test]
fn an_unknown_name_is_answered_with_a_similar_one() {
    let error = registry::find("pingMaxHeartbaet").unwrap_err();
    assert_eq!(
        error.to_string(),
        "attribute 'pingMaxHeartbaet' is not known; did you mean 'pingMaxHeartbeat'?"
    );
    let error = registry::find("colour").unwrap_err();
    assert_eq!(error, AttributeError::Unknown { name: "colour".to_owned(), suggestion: None });
    assert_eq!(error.to_string(), "attribute 'colour' is not known");
}

#[test]
fn the_narrowest_scope_that_has_a_value_wins() {
    let [global, domain, cos, account] =
        ["61", "62", "63", "64"].map(|value| attributes(&[("pingMinHeartbeat", value)]));
    let mut scopes = Scopes::default();
    let resolved = |scopes: &Scopes<'_>| {
        let (value, origin) = scopes.resolve_name("pingminheartbeat").unwrap();
        format!("{value} from {origin}")
    };
    assert_eq!(resolved(&scopes), "60 from default");
    scopes.global = Some(&global);
    assert_eq!(resolved(&scopes), "61 from global");
    scopes.domain = Some(&domain);
    assert_eq!(resolved(&scopes), "62 from domain");
    scopes.cos = Some(&cos);
    assert_eq!(resolved(&scopes), "63 from cos");
    scopes.account = Some(&account);
    assert_eq!(resolved(&scopes), "64 from account");
    assert_eq!(scopes.number(&registry::PING_MIN_HEARTBEAT), 64);
}

#[test]
fn stored_values_that_do_not_count_fall_through_to_the_next_scope() {
    let account =
        attributes(&[("deviceSeenInterval", "120"), ("pingMaxFolders", "a few"), ("easEnabled", "false")]);
    let global = attributes(&[("deviceSeenInterval", "7200"), ("easVersions", "14.1")]);
    let scopes = Scopes { account: Some(&account), global: Some(&global), ..Scopes::default() };
    assert_eq!(scopes.number(&registry::DEVICE_SEEN_INTERVAL), 7200, "not an account's attribute");
    assert_eq!(scopes.number(&registry::PING_MAX_FOLDERS), 1000, "not a number");
    assert!(!scopes.flag(&registry::EAS_ENABLED));
    assert_eq!(scopes.versions(&registry::EAS_VERSIONS), [ProtocolVersion::V14_1]);
}

#[test]
fn a_value_is_set_once_in_canonical_form() {
    given::<Config>([])
        .when(|config| set_attribute(config, "PINGMAXHEARTBEAT", "15m"))
        .then([set("pingMaxHeartbeat", "900")]);
    given::<Config>([set("pingMaxHeartbeat", "900")])
        .when(|config| set_attribute(config, "pingMaxHeartbeat", "900s"))
        .then_nothing();
}

#[test]
fn a_value_is_refused_at_a_scope_that_is_not_its_own() {
    let refused = AttributeError::NotAtScope {
        name: "deviceSeenInterval",
        scope: Scope::Account,
        allowed: "global".to_owned(),
    };
    assert_eq!(set_value(&Attributes::default(), Scope::Account, "deviceSeenInterval", "1h"), Err(refused));
}

#[test]
fn unknown_attributes_and_bad_values_are_refused() {
    given::<Config>([])
        .when(|config| set_attribute(config, "colour", "red"))
        .then_refused(&AttributeError::Unknown { name: "colour".to_owned(), suggestion: None });
    given::<Config>([]).when(|config| set_attribute(config, "easEnabled", "perhaps")).then_refused(
        &AttributeError::BadValue {
            name: "easEnabled",
            value: "perhaps".to_owned(),
            allowed: "true or false".to_owned(),
        },
    );
}

#[test]
fn a_value_is_cleared_once_and_a_dropped_attribute_by_its_exact_name() {
    let cleared = |name: &str| ConfigEvent::Cleared(AttributeCleared { name: name.to_owned() });
    given::<Config>([set("easEnabled", "false")])
        .when(|config| clear_attribute(config, "easenabled"))
        .then([cleared("easEnabled")]);
    given::<Config>([]).when(|config| clear_attribute(config, "easEnabled")).then_nothing();
    given::<Config>([set("dropped", "1")])
        .when(|config| clear_attribute(config, "dropped"))
        .then([cleared("dropped")]);
    given::<Config>([])
        .when(|config| clear_attribute(config, "dropped"))
        .then_refused(&AttributeError::Unknown { name: "dropped".to_owned(), suggestion: None });
}

#[test]
fn scopes_read_back_as_written() {
    for scope in [Scope::Global, Scope::Domain, Scope::Cos, Scope::Account] {
        assert_eq!(scope.to_string().to_uppercase().parse::<Scope>(), Ok(scope));
    }
    assert!("server".parse::<Scope>().is_err());
}
