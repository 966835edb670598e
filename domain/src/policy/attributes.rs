//! The attributes policies are made of: rows of the attribute registry, under the short name the protocol's element
//! mostly has, with `zimbraMobilePolicy…` in front understood as well.
//!
//! Three defaults leave more to the device than other servers do, so that a fresh installation neither asks anybody for
//! a PIN, nor lets a phone erase itself after wrong ones, nor hides old items: `DevicePasswordEnabled`, `MaxEmailAgeFilter`
//! and `MaxCalendarAgeFilter`.
//!
//! Three more are rows of [`registry`]: `policyRequired`, `policyAllowPartial` (`AllowPartialProvisioning`) and
//! `policyAllowNonProvisionable` (`AllowNonProvisionableDevices`).

use crate::config::{
    Kind, ListOf,
    Scope::{self, Account, Cos, Domain, Global},
    registry::{self, attributes},
};

const EVERYWHERE: &[Scope] = &[Global, Domain, Cos, Account];
const SWITCH: Kind = Kind::Switch { max: 1 };
const THREE_WAY: Kind = Kind::Switch { max: 2 };

attributes! {
    REFRESH_INTERVAL: i64 = "RefreshInterval" ["zimbraMobilePolicyRefreshInterval"],
        Kind::Integer { min: 0, max: 5_256_000, unit: "minutes" }, EVERYWHERE, "1440",
        "After how many minutes a device must provision again although nothing changed; 0 is never.";
    DEVICE_PASSWORD_ENABLED: bool = "DevicePasswordEnabled" ["zimbraMobilePolicyDevicePasswordEnabled"],
        Kind::Bool, EVERYWHERE, "false",
        "Whether the device must have a password; if not, nothing else about passwords is sent.";
    MIN_DEVICE_PASSWORD_LENGTH: i64 = "MinDevicePasswordLength" ["zimbraMobilePolicyMinDevicePasswordLength"],
        Kind::Integer { min: 0, max: 16, unit: "characters" }, EVERYWHERE, "4",
        "Shortest password; 0 is any.";
    ALLOW_SIMPLE_DEVICE_PASSWORD: bool = "AllowSimpleDevicePassword"
        ["zimbraMobilePolicyAllowSimpleDevicePassword"], Kind::Bool, EVERYWHERE, "false",
        "Whether the password may be as simple as 1111 or 1234.";
    ALPHANUMERIC_DEVICE_PASSWORD_REQUIRED: bool = "AlphanumericDevicePasswordRequired"
        ["zimbraMobilePolicyAlphanumericDevicePasswordRequired"], Kind::Bool, EVERYWHERE, "false",
        "Whether the password must have letters and digits.";
    MIN_DEVICE_PASSWORD_COMPLEX_CHARACTERS: i64 = "MinDevicePasswordComplexCharacters"
        ["zimbraMobilePolicyMinDevicePasswordComplexCharacters"],
        Kind::Integer { min: 0, max: 4, unit: "groups of characters" }, EVERYWHERE, "0",
        "How many of small letters, capital letters, digits and signs the password must have; 0 is any.";
    DEVICE_PASSWORD_EXPIRATION: i64 = "DevicePasswordExpiration" ["zimbraMobilePolicyDevicePasswordExpiration"],
        Kind::Integer { min: 0, max: 730, unit: "days" }, EVERYWHERE, "0",
        "Age at which the password must be changed; 0 is never.";
    DEVICE_PASSWORD_HISTORY: i64 = "DevicePasswordHistory" ["zimbraMobilePolicyDevicePasswordHistory"],
        Kind::Integer { min: 0, max: 50, unit: "passwords" }, EVERYWHERE, "8",
        "How many former passwords may not be used again; ignored where passwords never expire.";
    MAX_INACTIVITY_TIME_DEVICE_LOCK: i64 = "MaxInactivityTimeDeviceLock"
        ["zimbraMobilePolicyMaxInactivityTimeDeviceLock"],
        Kind::Integer { min: 0, max: 166, unit: "minutes" }, EVERYWHERE, "15",
        "Minutes without use after which the device locks; 0 is never. Devices take 9999 seconds and more as never.";
    MAX_DEVICE_PASSWORD_FAILED_ATTEMPTS: i64 = "MaxDevicePasswordFailedAttempts"
        ["zimbraMobilePolicyMaxDevicePasswordFailedAttempts"],
        Kind::IntegerOrZero { min: 4, max: 16, unit: "attempts" }, EVERYWHERE, "4",
        "Wrong passwords after which the device erases itself; 0 is never.";
    PASSWORD_RECOVERY_ENABLED: bool = "PasswordRecoveryEnabled" ["zimbraMobilePolicyPasswordRecoveryEnabled"],
        Kind::Bool, EVERYWHERE, "true",
        "Whether the device may leave a recovery password with the server.";
    DEVICE_ENCRYPTION_ENABLED: bool = "DeviceEncryptionEnabled" ["zimbraMobilePolicyDeviceEncryptionEnabled"],
        Kind::Bool, EVERYWHERE, "true",
        "Kept for imports and never sent: storage cards and devices have attributes of their own.";
    REQUIRE_STORAGE_CARD_ENCRYPTION: bool = "RequireStorageCardEncryption"
        ["zimbraMobilePolicyRequireStorageCardEncryption"], Kind::Bool, EVERYWHERE, "false",
        "Whether storage cards must be encrypted.";
    SUPPRESS_DEVICE_ENCRYPTION: bool = "SuppressDeviceEncryption" ["zimbraMobilePolicySuppressDeviceEncryption"],
        Kind::Bool, EVERYWHERE, "false",
        "Whether nothing is said of encrypting the device: some fail when anything is.";
    REQUIRE_DEVICE_ENCRYPTION: i64 = "RequireDeviceEncryption" ["zimbraMobilePolicyRequireDeviceEncryption"],
        SWITCH, EVERYWHERE, "0", "Whether the device must be encrypted.";
    ALLOW_STORAGE_CARD: i64 = "AllowStorageCard" ["zimbraMobilePolicyAllowStorageCard"], SWITCH, EVERYWHERE, "1",
        "Whether storage cards may be used.";
    ALLOW_CAMERA: i64 = "AllowCamera" ["zimbraMobilePolicyAllowCamera"], SWITCH, EVERYWHERE, "1",
        "Whether the camera may be used.";
    ALLOW_UNSIGNED_APPLICATIONS: i64 = "AllowUnsignedApplications"
        ["zimbraMobilePolicyAllowUnsignedApplications"], SWITCH, EVERYWHERE, "1",
        "Whether unsigned applications may run.";
    ALLOW_UNSIGNED_INSTALLATION_PACKAGES: i64 = "AllowUnsignedInstallationPackages"
        ["zimbraMobilePolicyAllowUnsignedInstallationPackages"], SWITCH, EVERYWHERE, "1",
        "Whether unsigned packages may be installed.";
    ALLOW_WIFI: i64 = "AllowWiFi" ["zimbraMobilePolicyAllowWiFi"], SWITCH, EVERYWHERE, "1",
        "Whether Wi-Fi may be used.";
    ALLOW_TEXT_MESSAGING: i64 = "AllowTextMessaging" ["zimbraMobilePolicyAllowTextMessaging"], SWITCH, EVERYWHERE,
        "1", "Whether short messages may be sent.";
    ALLOW_POP_IMAP_EMAIL: i64 = "AllowPOPIMAPEmail" ["zimbraMobilePolicyAllowPOPIMAPEmail"], SWITCH, EVERYWHERE, "1",
        "Whether other mail accounts by POP or IMAP may be set up.";
    ALLOW_BLUETOOTH: i64 = "AllowBluetooth" ["zimbraMobilePolicyAllowBluetooth"], THREE_WAY, EVERYWHERE, "2",
        "Whether Bluetooth may be used: 0 no, 1 for hands-free sets, 2 yes.";
    ALLOW_IRDA: i64 = "AllowIrDA" ["zimbraMobilePolicyAllowIrDA"], SWITCH, EVERYWHERE, "1",
        "Whether infrared connections may be used.";
    REQUIRE_MANUAL_SYNC_WHEN_ROAMING: i64 = "RequireManualSyncWhenRoaming"
        ["zimbraMobilePolicyRequireManualSyncWhenRoaming"], SWITCH, EVERYWHERE, "0",
        "Whether a roaming device synchronises by hand only.";
    ALLOW_DESKTOP_SYNC: i64 = "AllowDesktopSync" ["zimbraMobilePolicyAllowDesktopSync"], SWITCH, EVERYWHERE, "1",
        "Whether the device may synchronise with a computer.";
    MAX_CALENDAR_AGE_FILTER: i64 = "MaxCalendarAgeFilter" ["zimbraMobilePolicyMaxCalendarAgeFilter"],
        Kind::Integer { min: -1, max: 7, unit: "the protocol's steps" }, EVERYWHERE, "-1",
        "Oldest calendar items on devices: 0 all, 4 two weeks, 5 a month, 6 three months, 7 six months.";
    ALLOW_HTML_EMAIL: i64 = "AllowHTMLEmail" ["zimbraMobilePolicyAllowHTMLEmail"], SWITCH, EVERYWHERE, "1",
        "Whether mail may be shown as HTML.";
    MAX_EMAIL_AGE_FILTER: i64 = "MaxEmailAgeFilter" ["zimbraMobilePolicyMaxEmailAgeFilter"],
        Kind::Integer { min: -1, max: 5, unit: "the protocol's steps" }, EVERYWHERE, "-1",
        "Oldest mail on devices: 0 all, 1 a day, 2 three days, 3 a week, 4 two weeks, 5 a month.";
    MAX_EMAIL_BODY_TRUNCATION_SIZE: i64 = "MaxEmailBodyTruncationSize"
        ["zimbraMobilePolicyMaxEmailBodyTruncationSize"],
        Kind::Integer { min: -1, max: 1_048_576, unit: "KB" }, EVERYWHERE, "-1",
        "Where devices cut plain text of mail; -1 is nowhere.";
    MAX_EMAIL_HTML_BODY_TRUNCATION_SIZE: i64 = "MaxEmailHTMLBodyTruncationSize"
        ["zimbraMobilePolicyMaxEmailHTMLBodyTruncationSize"],
        Kind::Integer { min: -1, max: 1_048_576, unit: "KB" }, EVERYWHERE, "-1",
        "Where devices cut HTML of mail; -1 is nowhere.";
    REQUIRE_SIGNED_SMIME_MESSAGES: i64 = "RequireSignedSMIMEMessages"
        ["zimbraMobilePolicyRequireSignedSMIMEMessages"], SWITCH, EVERYWHERE, "0",
        "Whether mail must be sent signed.";
    REQUIRE_ENCRYPTED_SMIME_MESSAGES: i64 = "RequireEncryptedSMIMEMessages"
        ["zimbraMobilePolicyRequireEncryptedSMIMEMessages"], SWITCH, EVERYWHERE, "0",
        "Whether mail must be sent encrypted.";
    REQUIRE_SIGNED_SMIME_ALGORITHM: i64 = "RequireSignedSMIMEAlgorithm"
        ["zimbraMobilePolicyRequireSignedSMIMEAlgorithm"], SWITCH, EVERYWHERE, "0",
        "How mail is signed: 0 SHA-1, 1 MD5.";
    REQUIRE_ENCRYPTION_SMIME_ALGORITHM: i64 = "RequireEncryptionSMIMEAlgorithm"
        ["zimbraMobilePolicyRequireEncryptionSMIMEAlgorithm"], SWITCH, EVERYWHERE, "0",
        "How mail is encrypted: 0 triple DES, 1 DES.";
    ALLOW_SMIME_ENCRYPTION_ALGORITHM_NEGOTIATION: i64 = "AllowSMIMEEncryptionAlgorithmNegotiation"
        ["zimbraMobilePolicyAllowSMIMEEncryptionAlgorithmNegotiation"], THREE_WAY, EVERYWHERE, "2",
        "Whether the device may encrypt as the recipient can: 0 no, 1 where that is strong, 2 yes.";
    ALLOW_SMIME_SOFT_CERTS: i64 = "AllowSMIMESoftCerts" ["zimbraMobilePolicyAllowSMIMESoftCerts"], SWITCH,
        EVERYWHERE, "1", "Whether certificates may lie in a file.";
    ALLOW_BROWSER: i64 = "AllowBrowser" ["zimbraMobilePolicyAllowBrowser"], SWITCH, EVERYWHERE, "1",
        "Whether the browser may be used.";
    ALLOW_CONSUMER_EMAIL: i64 = "AllowConsumerEmail" ["zimbraMobilePolicyAllowConsumerEmail"], SWITCH, EVERYWHERE, "1",
        "Whether private mail accounts may be set up.";
    ALLOW_REMOTE_DESKTOP: i64 = "AllowRemoteDesktop" ["zimbraMobilePolicyAllowRemoteDesktop"], SWITCH, EVERYWHERE, "1",
        "Whether the device may control other computers.";
    ALLOW_INTERNET_SHARING: i64 = "AllowInternetSharing" ["zimbraMobilePolicyAllowInternetSharing"], SWITCH,
        EVERYWHERE, "1", "Whether the device may share its connection.";
    UNAPPROVED_IN_ROM_APPLICATION: String = "UnapprovedInROMApplication"
        ["zimbraMobilePolicyUnapprovedInROMApplication"], Kind::List { of: ListOf::Names, max: 256 }, EVERYWHERE, "",
        "Built-in applications that may not run, by name.";
    APPROVED_APPLICATION: String = "ApprovedApplication" ["zimbraMobilePolicyApprovedApplication"],
        Kind::List { of: ListOf::Hashes, max: 256 }, EVERYWHERE, "",
        "Applications that may run, by the SHA-1 of their binary; none named, all may.";
    APPROVED_APPLICATION_LIST: String = "ApprovedApplicationList" ["zimbraMobilePolicyApprovedApplicationList"],
        Kind::List { of: ListOf::NamedHashes, max: 256 }, EVERYWHERE, "",
        "The approved applications with their names, for administrators to read; not sent.";
}

/// Every attribute `provisioning get` shows, the three rows of [`registry`] first.
pub fn all() -> impl Iterator<Item = &'static crate::config::Attribute> {
    let first = [
        registry::POLICY_REQUIRED.attribute(),
        registry::POLICY_ALLOW_PARTIAL.attribute(),
        registry::POLICY_ALLOW_NON_PROVISIONABLE.attribute(),
    ];
    first.into_iter().chain(ATTRIBUTES.iter().copied())
}
