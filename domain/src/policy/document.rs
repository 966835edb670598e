//! The policy as devices read it.

use super::attributes::{
    ALLOW_BLUETOOTH, ALLOW_BROWSER, ALLOW_CAMERA, ALLOW_CONSUMER_EMAIL, ALLOW_DESKTOP_SYNC, ALLOW_HTML_EMAIL,
    ALLOW_INTERNET_SHARING, ALLOW_IRDA, ALLOW_POP_IMAP_EMAIL, ALLOW_REMOTE_DESKTOP,
    ALLOW_SIMPLE_DEVICE_PASSWORD, ALLOW_SMIME_ENCRYPTION_ALGORITHM_NEGOTIATION, ALLOW_SMIME_SOFT_CERTS,
    ALLOW_STORAGE_CARD, ALLOW_TEXT_MESSAGING, ALLOW_UNSIGNED_APPLICATIONS,
    ALLOW_UNSIGNED_INSTALLATION_PACKAGES, ALLOW_WIFI, ALPHANUMERIC_DEVICE_PASSWORD_REQUIRED,
    APPROVED_APPLICATION, DEVICE_PASSWORD_ENABLED, DEVICE_PASSWORD_EXPIRATION, DEVICE_PASSWORD_HISTORY,
    MAX_CALENDAR_AGE_FILTER, MAX_DEVICE_PASSWORD_FAILED_ATTEMPTS, MAX_EMAIL_AGE_FILTER,
    MAX_EMAIL_BODY_TRUNCATION_SIZE, MAX_EMAIL_HTML_BODY_TRUNCATION_SIZE, MAX_INACTIVITY_TIME_DEVICE_LOCK,
    MIN_DEVICE_PASSWORD_COMPLEX_CHARACTERS, MIN_DEVICE_PASSWORD_LENGTH, PASSWORD_RECOVERY_ENABLED,
    REQUIRE_DEVICE_ENCRYPTION, REQUIRE_ENCRYPTED_SMIME_MESSAGES, REQUIRE_ENCRYPTION_SMIME_ALGORITHM,
    REQUIRE_MANUAL_SYNC_WHEN_ROAMING, REQUIRE_SIGNED_SMIME_ALGORITHM, REQUIRE_SIGNED_SMIME_MESSAGES,
    REQUIRE_STORAGE_CARD_ENCRYPTION, SUPPRESS_DEVICE_ENCRYPTION, UNAPPROVED_IN_ROM_APPLICATION,
};
use crate::{
    config::{Scopes, Setting},
    event::EventHash,
};

/// An element of `EASProvisionDoc`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Element {
    /// Its name on the wire.
    pub name: &'static str,
    /// What is in it.
    pub content: Content,
}

/// What is in an element.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// Text; numbers in decimal, yes and no as 1 and 0.
    Text(String),
    /// Elements of one name, each with a text.
    List {
        /// Their name on the wire.
        child: &'static str,
        /// Their texts.
        items: Vec<String>,
    },
}

/// The elements, in the order of the schema (MS-ASPROV, "EASProvisionDoc"): what is not named is left to the device.
pub fn document(scopes: &Scopes<'_>) -> Vec<Element> {
    let mut document = Document { scopes, elements: Vec::new() };
    document.password_begins();
    document.flag(&REQUIRE_STORAGE_CARD_ENCRYPTION);
    document.password_goes_on();
    document.device();
    document.items();
    document.applications();
    document.elements
}

/// BLAKE3 of the document: the same for all who are told the same.
pub fn digest(document: &[Element]) -> EventHash {
    let mut hasher = blake3::Hasher::new();
    let mut field = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    field(b"syncledger policy 1");
    for element in document {
        field(element.name.as_bytes());
        match &element.content {
            Content::Text(text) => field(text.as_bytes()),
            Content::List { child, items } => {
                field(&(items.len() as u64).to_le_bytes());
                for item in items {
                    field(child.as_bytes());
                    field(item.as_bytes());
                }
            }
        }
    }
    EventHash(*hasher.finalize().as_bytes())
}

struct Document<'a> {
    scopes: &'a Scopes<'a>,
    elements: Vec<Element>,
}

impl Document<'_> {
    fn text(&mut self, name: &'static str, text: String) {
        self.elements.push(Element { name, content: Content::Text(text) });
    }

    /// Yes or no.
    fn flag(&mut self, setting: &Setting<bool>) {
        self.text(setting.name, u8::from(self.scopes.flag(setting)).to_string());
    }

    /// A number from 0; −1 is not sent.
    fn number(&mut self, setting: &Setting<i64>) {
        let number = self.scopes.read(setting);
        if number >= 0 {
            self.text(setting.name, number.to_string());
        }
    }

    /// A number from 1; 0 is not sent.
    fn positive(&mut self, setting: &Setting<i64>, unit: i64) {
        let number = self.scopes.read(setting);
        if number > 0 {
            self.text(setting.name, number.saturating_mul(unit).to_string());
        }
    }

    fn list(&mut self, name: &'static str, child: &'static str, setting: &Setting<String>) {
        let items: Vec<_> =
            self.scopes.read(setting).split(',').filter(|item| !item.is_empty()).map(str::to_owned).collect();
        if !items.is_empty() {
            self.elements.push(Element { name, content: Content::List { child, items } });
        }
    }

    fn with_password(&self) -> bool {
        self.scopes.flag(&DEVICE_PASSWORD_ENABLED)
    }

    fn password_begins(&mut self) {
        self.flag(&DEVICE_PASSWORD_ENABLED);
        if self.with_password() {
            self.flag(&ALPHANUMERIC_DEVICE_PASSWORD_REQUIRED);
            self.flag(&PASSWORD_RECOVERY_ENABLED);
        }
    }

    fn password_goes_on(&mut self) {
        if !self.with_password() {
            return;
        }
        self.positive(&MIN_DEVICE_PASSWORD_LENGTH, 1);
        // Minutes here, seconds on the wire.
        self.positive(&MAX_INACTIVITY_TIME_DEVICE_LOCK, 60);
        self.positive(&MAX_DEVICE_PASSWORD_FAILED_ATTEMPTS, 1);
        self.flag(&ALLOW_SIMPLE_DEVICE_PASSWORD);
        self.number(&DEVICE_PASSWORD_EXPIRATION);
        if self.scopes.read(&DEVICE_PASSWORD_EXPIRATION) > 0 {
            self.number(&DEVICE_PASSWORD_HISTORY);
        }
    }

    fn device(&mut self) {
        self.number(&ALLOW_STORAGE_CARD);
        self.number(&ALLOW_CAMERA);
        if !self.scopes.flag(&SUPPRESS_DEVICE_ENCRYPTION) {
            self.number(&REQUIRE_DEVICE_ENCRYPTION);
        }
        self.number(&ALLOW_UNSIGNED_APPLICATIONS);
        self.number(&ALLOW_UNSIGNED_INSTALLATION_PACKAGES);
        if self.with_password() {
            self.positive(&MIN_DEVICE_PASSWORD_COMPLEX_CHARACTERS, 1);
        }
        for setting in [
            &ALLOW_WIFI,
            &ALLOW_TEXT_MESSAGING,
            &ALLOW_POP_IMAP_EMAIL,
            &ALLOW_BLUETOOTH,
            &ALLOW_IRDA,
            &REQUIRE_MANUAL_SYNC_WHEN_ROAMING,
            &ALLOW_DESKTOP_SYNC,
        ] {
            self.number(setting);
        }
    }

    fn items(&mut self) {
        if !(1..=3).contains(&self.scopes.read(&MAX_CALENDAR_AGE_FILTER)) {
            self.number(&MAX_CALENDAR_AGE_FILTER);
        }
        for setting in [
            &ALLOW_HTML_EMAIL,
            &MAX_EMAIL_AGE_FILTER,
            &MAX_EMAIL_BODY_TRUNCATION_SIZE,
            &MAX_EMAIL_HTML_BODY_TRUNCATION_SIZE,
            &REQUIRE_SIGNED_SMIME_MESSAGES,
            &REQUIRE_ENCRYPTED_SMIME_MESSAGES,
            &REQUIRE_SIGNED_SMIME_ALGORITHM,
            &REQUIRE_ENCRYPTION_SMIME_ALGORITHM,
            &ALLOW_SMIME_ENCRYPTION_ALGORITHM_NEGOTIATION,
            &ALLOW_SMIME_SOFT_CERTS,
        ] {
            self.number(setting);
        }
    }

    fn applications(&mut self) {
        for setting in [&ALLOW_BROWSER, &ALLOW_CONSUMER_EMAIL, &ALLOW_REMOTE_DESKTOP, &ALLOW_INTERNET_SHARING]
        {
            self.number(setting);
        }
        self.list("UnapprovedInROMApplicationList", "ApplicationName", &UNAPPROVED_IN_ROM_APPLICATION);
        self.list("ApprovedApplicationList", "Hash", &APPROVED_APPLICATION);
    }
}
