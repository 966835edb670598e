//! What devices are told, and when they are told anew.

use super::*;
use crate::config::{Attributes, Kind, Scope, registry, set_value};

/// Values as administrators write them, set at the account.
fn account(values: &[(&str, &str)]) -> Attributes {
    let mut attributes = Attributes::default();
    for (name, value) in values {
        if let Some(set) = set_value(&attributes, Scope::Account, name, value).unwrap() {
            attributes.set(&set);
        }
    }
    attributes
}

fn with<T>(values: &[(&str, &str)], ask: impl FnOnce(&Scopes<'_>) -> T) -> T {
    let account = account(values);
    ask(&Scopes { account: Some(&account), ..Scopes::default() })
}

fn told(values: &[(&str, &str)]) -> Vec<(&'static str, String)> {
    let text = |element: Element| match element.content {
        Content::Text(text) => (element.name, text),
        Content::List { child, items } => (element.name, format!("{child}: {}", items.join(" "))),
    };
    with(values, document).into_iter().map(text).collect()
}

fn element(values: &[(&str, &str)], name: &str) -> Option<String> {
    told(values).into_iter().find(|(known, _)| *known == name).map(|(_, text)| text)
}

#[test]
fn the_default_policy_neither_asks_for_a_pin_nor_hides_old_items() {
    let names: Vec<_> = told(&[]).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names[..2], ["DevicePasswordEnabled", "RequireStorageCardEncryption"]);
    assert_eq!(element(&[], "DevicePasswordEnabled").as_deref(), Some("0"));
    for absent in ["MaxDevicePasswordFailedAttempts", "MaxEmailAgeFilter", "MaxCalendarAgeFilter"] {
        assert!(!names.contains(&absent), "{absent}");
    }
}

/// What other servers demand by default.
const STRICT: [(&str, &str); 3] =
    [("DevicePasswordEnabled", "true"), ("MaxEmailAgeFilter", "5"), ("MaxCalendarAgeFilter", "5")];

#[test]
fn a_usual_policy_in_the_order_of_the_schema() {
    let expected = [
        ("DevicePasswordEnabled", "1"),
        ("AlphanumericDevicePasswordRequired", "0"),
        ("PasswordRecoveryEnabled", "1"),
        ("RequireStorageCardEncryption", "0"),
        ("MinDevicePasswordLength", "4"),
        ("MaxInactivityTimeDeviceLock", "900"),
        ("MaxDevicePasswordFailedAttempts", "4"),
        ("AllowSimpleDevicePassword", "0"),
        ("DevicePasswordExpiration", "0"),
        ("AllowStorageCard", "1"),
        ("AllowCamera", "1"),
        ("RequireDeviceEncryption", "0"),
        ("AllowUnsignedApplications", "1"),
        ("AllowUnsignedInstallationPackages", "1"),
        ("AllowWiFi", "1"),
        ("AllowTextMessaging", "1"),
        ("AllowPOPIMAPEmail", "1"),
        ("AllowBluetooth", "2"),
        ("AllowIrDA", "1"),
        ("RequireManualSyncWhenRoaming", "0"),
        ("AllowDesktopSync", "1"),
        ("MaxCalendarAgeFilter", "5"),
        ("AllowHTMLEmail", "1"),
        ("MaxEmailAgeFilter", "5"),
        ("RequireSignedSMIMEMessages", "0"),
        ("RequireEncryptedSMIMEMessages", "0"),
        ("RequireSignedSMIMEAlgorithm", "0"),
        ("RequireEncryptionSMIMEAlgorithm", "0"),
        ("AllowSMIMEEncryptionAlgorithmNegotiation", "2"),
        ("AllowSMIMESoftCerts", "1"),
        ("AllowBrowser", "1"),
        ("AllowConsumerEmail", "1"),
        ("AllowRemoteDesktop", "1"),
        ("AllowInternetSharing", "1"),
    ];
    assert_eq!(told(&STRICT), expected.map(|(name, text)| (name, text.to_owned())));
}

/// Every element there is, in the order of MS-ASPROV, "`EASProvisionDoc`", but `AttachmentsEnabled` and
/// `MaxAttachmentSize`, which no attribute feeds.
const SCHEMA: [&str; 40] = [
    "DevicePasswordEnabled",
    "AlphanumericDevicePasswordRequired",
    "PasswordRecoveryEnabled",
    "RequireStorageCardEncryption",
    "MinDevicePasswordLength",
    "MaxInactivityTimeDeviceLock",
    "MaxDevicePasswordFailedAttempts",
    "AllowSimpleDevicePassword",
    "DevicePasswordExpiration",
    "DevicePasswordHistory",
    "AllowStorageCard",
    "AllowCamera",
    "RequireDeviceEncryption",
    "AllowUnsignedApplications",
    "AllowUnsignedInstallationPackages",
    "MinDevicePasswordComplexCharacters",
    "AllowWiFi",
    "AllowTextMessaging",
    "AllowPOPIMAPEmail",
    "AllowBluetooth",
    "AllowIrDA",
    "RequireManualSyncWhenRoaming",
    "AllowDesktopSync",
    "MaxCalendarAgeFilter",
    "AllowHTMLEmail",
    "MaxEmailAgeFilter",
    "MaxEmailBodyTruncationSize",
    "MaxEmailHTMLBodyTruncationSize",
    "RequireSignedSMIMEMessages",
    "RequireEncryptedSMIMEMessages",
    "RequireSignedSMIMEAlgorithm",
    "RequireEncryptionSMIMEAlgorithm",
    "AllowSMIMEEncryptionAlgorithmNegotiation",
    "AllowSMIMESoftCerts",
    "AllowBrowser",
    "AllowConsumerEmail",
    "AllowRemoteDesktop",
    "AllowInternetSharing",
    "UnapprovedInROMApplicationList",
    "ApprovedApplicationList",
];

#[test]
fn with_everything_set_every_element_is_sent_in_the_order_of_the_schema() {
    let hash = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
    let everything = [
        STRICT[0],
        STRICT[1],
        STRICT[2],
        ("MinDevicePasswordComplexCharacters", "3"),
        ("DevicePasswordExpiration", "90"),
        ("MaxEmailBodyTruncationSize", "0"),
        ("MaxEmailHTMLBodyTruncationSize", "500"),
        ("UnapprovedInROMApplication", "Solitaire, Chat Bubble"),
        ("ApprovedApplication", hash),
        ("ApprovedApplicationList", &format!("Mail:{hash}")),
    ];
    let told = told(&everything);
    assert_eq!(told.iter().map(|(name, _)| *name).collect::<Vec<_>>(), SCHEMA);
    let value = |name| told.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_str());
    assert_eq!(value("DevicePasswordHistory"), Some("8"));
    assert_eq!(value("UnapprovedInROMApplicationList"), Some("ApplicationName: Solitaire Chat Bubble"));
    assert_eq!(value("ApprovedApplicationList"), Some(format!("Hash: {hash}").as_str()));
}

#[test]
fn minus_one_is_not_sent_and_neither_is_a_limit_of_zero() {
    for attribute in ATTRIBUTES {
        if matches!(attribute.kind, Kind::Switch { .. } | Kind::Integer { min: -1, .. }) {
            assert_eq!(element(&[(attribute.name, "-1")], attribute.name), None, "{}", attribute.name);
            assert_eq!(element(&[(attribute.name, "0")], attribute.name).as_deref(), Some("0"));
        }
    }
    for name in [
        "MinDevicePasswordLength",
        "MinDevicePasswordComplexCharacters",
        "MaxInactivityTimeDeviceLock",
        "MaxDevicePasswordFailedAttempts",
    ] {
        assert_eq!(element(&[(name, "0")], name), None, "{name}");
    }
    assert_eq!(element(&[("MaxCalendarAgeFilter", "2")], "MaxCalendarAgeFilter"), None);
}

#[test]
fn without_a_password_nothing_else_is_said_of_passwords() {
    let told = told(&[("DevicePasswordEnabled", "FALSE"), ("MinDevicePasswordComplexCharacters", "2")]);
    let names: Vec<_> = told.iter().map(|(name, _)| *name).filter(|name| name.contains("Password")).collect();
    assert_eq!(names, ["DevicePasswordEnabled"]);
    assert_eq!(told[0].1, "0");
    assert!(!told.iter().any(|(name, _)| *name == "MaxInactivityTimeDeviceLock"));
}

#[test]
fn suppressed_encryption_is_not_sent_whatever_its_value() {
    let values = [("SuppressDeviceEncryption", "true"), ("RequireDeviceEncryption", "true")];
    assert_eq!(element(&values, "RequireDeviceEncryption"), None);
    assert_eq!(element(&values[1..], "RequireDeviceEncryption").as_deref(), Some("1"));
}

#[test]
fn attributes_are_known_by_both_spellings_and_take_words_for_numbers() {
    for attribute in ATTRIBUTES {
        let long = format!("zimbraMobilePolicy{}", attribute.name);
        assert_eq!(registry::find(&long).unwrap().name, attribute.name);
        assert_eq!(registry::find(&attribute.name.to_uppercase()).unwrap().name, attribute.name);
        if attribute.kind == (Kind::Switch { max: 1 }) {
            assert_eq!(attribute.parse("TRUE").unwrap().to_string(), "1");
            assert_eq!(attribute.parse("false").unwrap().to_string(), "0");
        }
    }
    assert_eq!(registry::find("AllowPartialProvisioning").unwrap().name, "policyAllowPartial");
    let found = registry::find("zimbraMobilePolicyAllowNonProvisionableDevices").unwrap();
    assert_eq!(found.name, "policyAllowNonProvisionable");
    assert_eq!(attributes::all().count(), ATTRIBUTES.len() + 3);
}

#[test]
fn values_out_of_range_are_refused() {
    let cases = [
        ("MinDevicePasswordLength", "17"),
        ("MaxDevicePasswordFailedAttempts", "3"),
        ("MaxDevicePasswordFailedAttempts", "17"),
        ("MaxInactivityTimeDeviceLock", "167"),
        ("AllowCamera", "2"),
        ("AllowBluetooth", "3"),
        ("AllowBluetooth", "yes"),
        ("MaxEmailAgeFilter", "6"),
        ("MaxCalendarAgeFilter", "8"),
        ("DevicePasswordEnabled", "-1"),
        ("ApprovedApplication", "abc"),
    ];
    for (name, value) in cases {
        let refused = set_value(&Attributes::default(), Scope::Cos, name, value).unwrap_err();
        assert_eq!(refused.code(), crate::codes::INVALID_VALUE, "{name} {value}");
    }
}

#[test]
fn the_digest_changes_with_what_devices_are_told_and_with_nothing_else() {
    let of = |values: &[(&str, &str)]| {
        let strict: Vec<_> = STRICT.iter().chain(values).copied().collect();
        with(&strict, |scopes| digest(&document(scopes)))
    };
    let default = of(&[]);
    assert_eq!(
        of(&[("AllowCamera", "1"), ("RefreshInterval", "5"), ("policyAllowPartial", "false")]),
        default
    );
    let changes = [
        ("AllowCamera", "0"),
        ("AllowCamera", "-1"),
        ("MaxInactivityTimeDeviceLock", "10"),
        ("UnapprovedInROMApplication", "a"),
        ("UnapprovedInROMApplication", "a,b"),
        ("DevicePasswordEnabled", "false"),
    ];
    let mut digests: Vec<_> = changes.iter().map(|change| of(std::slice::from_ref(change)).0).collect();
    digests.push(default.0);
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), changes.len() + 1);
}

#[test]
fn a_device_refreshes_when_its_interval_is_over_unless_there_is_none() {
    let since = Timestamp::from_seconds(1000);
    let due = |values: &[(&str, &str)], after: i64| {
        with(values, |scopes| refresh_is_due(scopes, since, since.plus_seconds(after)))
    };
    assert!(!due(&[], 86_399));
    assert!(due(&[], 86_400));
    assert!(due(&[("RefreshInterval", "1")], 60));
    assert!(!due(&[("RefreshInterval", "0")], i64::MAX));
}

#[test]
fn no_device_gets_older_items_than_the_policy_allows() {
    let mail =
        |max: &str, asked| with(&[("MaxEmailAgeFilter", max)], |scopes| clamp_mail_filter(scopes, asked));
    assert_eq!([0, 1, 3, 5, 200].map(|asked| mail("3", asked)), [3, 1, 3, 3, 3]);
    assert_eq!([0, 1, 5, 7].map(|asked| mail("0", asked)), [0, 1, 5, 5]);
    assert_eq!([0, 1, 5].map(|asked| mail("-1", asked)), [0, 1, 5]);
    let calendar = |max: &str, asked| {
        with(&[("MaxCalendarAgeFilter", max)], |scopes| clamp_calendar_filter(scopes, asked))
    };
    assert_eq!([0, 4, 7].map(|asked| calendar("5", asked)), [5, 4, 5]);
    assert_eq!([0, 4, 7].map(|asked| calendar("2", asked)), [0, 4, 7]);
}
