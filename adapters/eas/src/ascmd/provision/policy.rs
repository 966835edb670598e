//! The default policy: nothing is required and everything is allowed.
//!
//! Why it is spelled out and not empty: devices keep what an earlier policy said until a newer one says otherwise, and
//! Android's Exchange app calls a policy unsupported that leaves one of these away from its permissive value. What only
//! matters with a password, with required S/MIME or with lists of applications stays out; a policy that named nothing
//! but `DevicePasswordEnabled` 1 made the Gmail app (2019) refuse the account.

use std::sync::LazyLock;

use syncledger_domain::event::EventHash;
use syncledger_wbxml::{Element, Tag, pages::provision as page};

/// The type of policies since 12.0 (MS-ASPROV, "`PolicyType`").
pub(super) const POLICY_TYPE_WBXML: &str = "MS-EAS-Provisioning-WBXML";

/// In schema order (MS-ASPROV, "`EASProvisionDoc`").
const PERMISSIVE: &[(Tag, &str)] = &[
    (page::DEVICE_PASSWORD_ENABLED, "0"),
    (page::ALPHANUMERIC_DEVICE_PASSWORD_REQUIRED, "0"),
    (page::PASSWORD_RECOVERY_ENABLED, "0"),
    (page::REQUIRE_STORAGE_CARD_ENCRYPTION, "0"),
    (page::ATTACHMENTS_ENABLED, "1"),
    (page::ALLOW_SIMPLE_DEVICE_PASSWORD, "1"),
    (page::ALLOW_STORAGE_CARD, "1"),
    (page::ALLOW_CAMERA, "1"),
    (page::REQUIRE_DEVICE_ENCRYPTION, "0"),
    (page::ALLOW_UNSIGNED_APPLICATIONS, "1"),
    (page::ALLOW_UNSIGNED_INSTALLATION_PACKAGES, "1"),
    (page::ALLOW_WI_FI, "1"),
    (page::ALLOW_TEXT_MESSAGING, "1"),
    (page::ALLOW_POP_IMAP_EMAIL, "1"),
    (page::ALLOW_BLUETOOTH, "2"),
    (page::ALLOW_IRDA, "1"),
    (page::REQUIRE_MANUAL_SYNC_WHEN_ROAMING, "0"),
    (page::ALLOW_DESKTOP_SYNC, "1"),
    (page::MAX_CALENDAR_AGE_FILTER, "0"),
    (page::ALLOW_HTML_EMAIL, "1"),
    (page::MAX_EMAIL_AGE_FILTER, "0"),
    (page::MAX_EMAIL_BODY_TRUNCATION_SIZE, "-1"),
    (page::MAX_EMAIL_HTML_BODY_TRUNCATION_SIZE, "-1"),
    (page::REQUIRE_SIGNED_SMIME_MESSAGES, "0"),
    (page::REQUIRE_ENCRYPTED_SMIME_MESSAGES, "0"),
    (page::ALLOW_SMIME_SOFT_CERTS, "1"),
    (page::ALLOW_BROWSER, "1"),
    (page::ALLOW_CONSUMER_EMAIL, "1"),
    (page::ALLOW_REMOTE_DESKTOP, "1"),
    (page::ALLOW_INTERNET_SHARING, "1"),
];

/// The policy as devices get it.
pub(super) fn document() -> Element {
    let rules = PERMISSIVE.iter().map(|(tag, value)| Element::text(*tag, *value));
    Element::new(page::EAS_PROVISION_DOC).with_all(rules)
}

/// BLAKE3 of its encoding: another digest is another policy, which every device must acknowledge anew.
pub(super) fn digest() -> EventHash {
    static DIGEST: LazyLock<EventHash> =
        LazyLock::new(|| EventHash(*blake3::hash(&syncledger_wbxml::encode(&document())).as_bytes()));
    *DIGEST
}
