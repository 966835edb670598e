//! Code page 14, `Provision`: device policy and wipe.
//!
//! Source: MS-ASWBXML, "Code Page 14: `Provision`".
//! Rows marked legacy are absent from the current document and known from older material.

use super::code_page;

code_page! {
    14, "Provision" {
        0x05 => PROVISION = "Provision", ALL, Container;
        0x06 => POLICIES = "Policies", ALL, Container;
        0x07 => POLICY = "Policy", ALL, Container;
        0x08 => POLICY_TYPE = "PolicyType", ALL, Text;
        0x09 => POLICY_KEY = "PolicyKey", ALL, Text;
        0x0A => DATA = "Data", ALL, Container | Text; // container EASProvisionDoc from 12.0; in 2.5 a string holding WAP provisioning XML
        0x0B => STATUS = "Status", ALL, Integer;
        0x0C => REMOTE_WIPE = "RemoteWipe", ALL, Empty | Container; // empty element, or container of Status in client acknowledgement; 2.5 and later
        0x0D => EAS_PROVISION_DOC = "EASProvisionDoc", SINCE_12_0, Container;
        0x0E => DEVICE_PASSWORD_ENABLED = "DevicePasswordEnabled", SINCE_12_0, Bool;
        0x0F => ALPHANUMERIC_DEVICE_PASSWORD_REQUIRED = "AlphanumericDevicePasswordRequired", SINCE_12_0, Bool;
        0x10 => REQUIRE_STORAGE_CARD_ENCRYPTION = "RequireStorageCardEncryption", SINCE_12_1, Bool;
        0x11 => PASSWORD_RECOVERY_ENABLED = "PasswordRecoveryEnabled", SINCE_12_0, Bool;
        0x12 => DOCUMENT_BROWSE_ENABLED = "DocumentBrowseEnabled", SINCE_12_0, Bool; // legacy
        0x13 => ATTACHMENTS_ENABLED = "AttachmentsEnabled", SINCE_12_0, Bool;
        0x14 => MIN_DEVICE_PASSWORD_LENGTH = "MinDevicePasswordLength", SINCE_12_0, Text;
        0x15 => MAX_INACTIVITY_TIME_DEVICE_LOCK = "MaxInactivityTimeDeviceLock", SINCE_12_0, Text;
        0x16 => MAX_DEVICE_PASSWORD_FAILED_ATTEMPTS = "MaxDevicePasswordFailedAttempts", SINCE_12_0, Text; // 4-16, or empty
        0x17 => MAX_ATTACHMENT_SIZE = "MaxAttachmentSize", SINCE_12_0, Text;
        0x18 => ALLOW_SIMPLE_DEVICE_PASSWORD = "AllowSimpleDevicePassword", SINCE_12_0, Bool;
        0x19 => DEVICE_PASSWORD_EXPIRATION = "DevicePasswordExpiration", SINCE_12_0, Text;
        0x1A => DEVICE_PASSWORD_HISTORY = "DevicePasswordHistory", SINCE_12_0, Integer;
        0x1B => ALLOW_STORAGE_CARD = "AllowStorageCard", SINCE_12_1, Bool;
        0x1C => ALLOW_CAMERA = "AllowCamera", SINCE_12_1, Bool;
        0x1D => REQUIRE_DEVICE_ENCRYPTION = "RequireDeviceEncryption", SINCE_12_1, Bool;
        0x1E => ALLOW_UNSIGNED_APPLICATIONS = "AllowUnsignedApplications", SINCE_12_1, Bool;
        0x1F => ALLOW_UNSIGNED_INSTALLATION_PACKAGES = "AllowUnsignedInstallationPackages", SINCE_12_1, Bool;
        0x20 => MIN_DEVICE_PASSWORD_COMPLEX_CHARACTERS = "MinDevicePasswordComplexCharacters", SINCE_12_1, Integer;
        0x21 => ALLOW_WI_FI = "AllowWiFi", SINCE_12_1, Bool;
        0x22 => ALLOW_TEXT_MESSAGING = "AllowTextMessaging", SINCE_12_1, Bool;
        0x23 => ALLOW_POP_IMAP_EMAIL = "AllowPOPIMAPEmail", SINCE_12_1, Bool;
        0x24 => ALLOW_BLUETOOTH = "AllowBluetooth", SINCE_12_1, Integer;
        0x25 => ALLOW_IRDA = "AllowIrDA", SINCE_12_1, Bool;
        0x26 => REQUIRE_MANUAL_SYNC_WHEN_ROAMING = "RequireManualSyncWhenRoaming", SINCE_12_1, Bool;
        0x27 => ALLOW_DESKTOP_SYNC = "AllowDesktopSync", SINCE_12_1, Bool;
        0x28 => MAX_CALENDAR_AGE_FILTER = "MaxCalendarAgeFilter", SINCE_12_1, Integer;
        0x29 => ALLOW_HTML_EMAIL = "AllowHTMLEmail", SINCE_12_1, Bool;
        0x2A => MAX_EMAIL_AGE_FILTER = "MaxEmailAgeFilter", SINCE_12_1, Integer;
        0x2B => MAX_EMAIL_BODY_TRUNCATION_SIZE = "MaxEmailBodyTruncationSize", SINCE_12_1, Integer;
        0x2C => MAX_EMAIL_HTML_BODY_TRUNCATION_SIZE = "MaxEmailHTMLBodyTruncationSize", SINCE_12_1, Integer;
        0x2D => REQUIRE_SIGNED_SMIME_MESSAGES = "RequireSignedSMIMEMessages", SINCE_12_1, Bool;
        0x2E => REQUIRE_ENCRYPTED_SMIME_MESSAGES = "RequireEncryptedSMIMEMessages", SINCE_12_1, Bool;
        0x2F => REQUIRE_SIGNED_SMIME_ALGORITHM = "RequireSignedSMIMEAlgorithm", SINCE_12_1, Integer;
        0x30 => REQUIRE_ENCRYPTION_SMIME_ALGORITHM = "RequireEncryptionSMIMEAlgorithm", SINCE_12_1, Integer;
        0x31 => ALLOW_SMIME_ENCRYPTION_ALGORITHM_NEGOTIATION = "AllowSMIMEEncryptionAlgorithmNegotiation", SINCE_12_1, Integer;
        0x32 => ALLOW_SMIME_SOFT_CERTS = "AllowSMIMESoftCerts", SINCE_12_1, Bool;
        0x33 => ALLOW_BROWSER = "AllowBrowser", SINCE_12_1, Bool;
        0x34 => ALLOW_CONSUMER_EMAIL = "AllowConsumerEmail", SINCE_12_1, Bool;
        0x35 => ALLOW_REMOTE_DESKTOP = "AllowRemoteDesktop", SINCE_12_1, Bool;
        0x36 => ALLOW_INTERNET_SHARING = "AllowInternetSharing", SINCE_12_1, Bool;
        0x37 => UNAPPROVED_IN_ROM_APPLICATION_LIST = "UnapprovedInROMApplicationList", SINCE_12_1, Container;
        0x38 => APPLICATION_NAME = "ApplicationName", SINCE_12_1, Text;
        0x39 => APPROVED_APPLICATION_LIST = "ApprovedApplicationList", SINCE_12_1, Container;
        0x3A => HASH = "Hash", SINCE_12_1, Text;
        0x3B => ACCOUNT_ONLY_REMOTE_WIPE = "AccountOnlyRemoteWipe", SINCE_16_1, Empty | Container; // like RemoteWipe, for the account only
    }
}
