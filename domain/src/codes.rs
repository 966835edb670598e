//! Stable codes of refusals: what scripts match on, whatever the sentences around them say.
//!
//! Every refusal an administrator can meet has a `code()` that is one of these. A code is never renamed and never used
//! for something else.

/// Declares each code as a constant and lists them all.
macro_rules! codes {
    ($( $code:ident = $meaning:literal; )+) => {
        $(
            #[doc = $meaning]
            pub const $code: &str = stringify!($code);
        )+

        /// Every code, with its meaning in one sentence.
        pub const ALL: &[(&str, &str)] = &[$(($code, $meaning)),+];
    };
}

codes! {
    USAGE = "The command was called in a way it does not understand.";
    NO_SUCH_ACCOUNT = "There is no such account.";
    NO_SUCH_DOMAIN = "There is no such domain.";
    NO_SUCH_COS = "There is no such class of service.";
    NO_SUCH_SERVER = "There is no such server.";
    NO_SUCH_DEVICE = "There is no such device.";
    NO_SUCH_FOLDER = "There is no such folder.";
    NO_SUCH_ENTRY = "There is no such entry in the list.";
    NO_SUCH_MESSAGE = "There is no such message.";
    NO_SUCH_SERVICE = "There is no such service.";
    NO_SUCH_ATTRIBUTE = "There is no such attribute.";
    INVALID_VALUE = "The value is not allowed.";
    INVALID_SCOPE = "The attribute cannot be set there.";
    INVALID_LOCALE = "The language tag is not valid.";
    BAD_REGEX = "The regular expression is not valid, or not supported.";
    BAD_RULE = "The rule is not valid.";
    BAD_DEVICE_ID = "The device id is not valid.";
    UNKNOWN_EAS_VERSION = "No such version of the protocol was ever published.";
    UNKNOWN_KEY = "There is no such policy.";
    NO_DEFAULT_MESSAGE = "There is no message in the default language.";
    CONFLICTING_PARAMETERS = "The parameters, or the request and what was decided before, exclude each other.";
    ALREADY_EXPOSED = "The folder is exposed already.";
    NOT_A_CONTACT_FOLDER = "The folder does not hold contacts.";
    SYSTEM_FOLDER = "The folder is one every device needs.";
    NOT_A_MOUNTPOINT = "The folder is not a shared one.";
    FULL_ACCOUNT_SHARE = "The share is of a whole account.";
    NESTED_SHARE = "The folder lies inside a shared one.";
    READ_ONLY_SHARE = "The share cannot be written to.";
    NOT_QUARANTINED = "The device is not in quarantine.";
    CONFIRMATION_REQUIRED = "The command does nothing until it is confirmed.";
    UNSUPPORTED_BY_DEVICE = "The device cannot do what is asked of it.";
    FILE_UNREADABLE = "The file cannot be read.";
    FILE_UNWRITABLE = "The file cannot be written.";
    CANNOT_START = "The service cannot be started.";
    CANNOT_STOP = "The service cannot be stopped.";
    ALREADY_RUNNING = "It runs already.";
    PERMISSION_DENIED = "The caller may not do this.";
    NODE_UNREACHABLE = "Another node did not answer.";
    INTERNAL = "It failed for a reason that is not the caller's.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_what_scripts_match_on() {
        assert_eq!(NO_SUCH_ENTRY, "NO_SUCH_ENTRY");
        assert_eq!(ALL.len(), 39);
        let mut names: Vec<_> = ALL.iter().map(|(code, _)| *code).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
        let shape = |code: &str| code.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
        assert!(names.iter().all(|code| shape(code)));
    }
}
