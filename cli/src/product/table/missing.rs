//! Commands of parts that this version does not have. They are known so that who calls one is told so.

use super::super::row::{Effect, Row};

const ADDRESS_BOOK: &str = "the LDAP address book";
const SESSIONS: &str = "a list of sessions: `mobile getAllDevices` shows the devices and when they were seen";
const SHARED: &str = "shared folders";
const POLICIES: &str = "second factors and their policies";

const fn missing(words: &'static [&'static str], meaning: &'static str, part: &'static str) -> Row {
    Row { words, params: &[], meaning, examples: &[], effect: Effect::Missing(part) }
}

pub(super) const ROWS: &[Row] = &[
    missing(&["mobile", "addressBook"], "Folders of the address book.", ADDRESS_BOOK),
    missing(&["addressBook"], "Folders of the address book.", ADDRESS_BOOK),
    missing(
        &["mobile", "dbMigrate"],
        "Moves data of an earlier store.",
        "migration from an earlier store: there is none",
    ),
    missing(&["mobile", "getAllSessions"], "Stored sessions.", SESSIONS),
    missing(&["mobile", "getActiveSessions"], "Sessions under way.", SESSIONS),
    missing(&["mobile", "setSharedFolderSync"], "Shows a shared folder to devices.", SHARED),
    missing(&["auth", "policy"], "Policies of logins.", POLICIES),
    missing(&["auth", "token"], "Tokens of logins.", "tokens: devices send their password with each request"),
    missing(&["auth", "trustedDevice"], "Trusted devices.", POLICIES),
    missing(&["auth", "totp"], "Second factors.", POLICIES),
];
