//! What the policy of an account takes from devices whatever they ask for: old items, and the ends of long bodies.
//!
//! Devices are told so as well (`MaxEmailAgeFilter` and its like in the policy); one that does not obey gets no more all
//! the same. Without a policy nothing is taken.

use syncledger_domain::{
    config::{Scopes, registry::POLICY_REQUIRED},
    policy::{
        attributes::{MAX_EMAIL_BODY_TRUNCATION_SIZE, MAX_EMAIL_HTML_BODY_TRUNCATION_SIZE},
        clamp_calendar_filter, clamp_mail_filter,
    },
    ports::mailbox::FolderClass,
    sync_state::BodyPreference,
};

/// The FilterType that counts where a device asks for one. Where nothing is taken it is what the device asks for, also
/// where that is none of the class: 6 and 7 reach further back than any policy for mail.
pub fn filter_type(scopes: &Scopes<'_>, class: FolderClass, asked: u8) -> u8 {
    let clamp = match class {
        FolderClass::Mail => clamp_mail_filter,
        FolderClass::Calendar => clamp_calendar_filter,
        FolderClass::Contacts | FolderClass::Tasks | FolderClass::Notes => return asked,
    };
    let takes_nothing = clamp(scopes, 0) == 0;
    if takes_nothing || !scopes.flag(&POLICY_REQUIRED) { asked } else { clamp(scopes, asked) }
}

/// Where bodies end at the latest, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BodyLimits {
    /// Plain text.
    pub text: Option<u32>,
    /// HTML.
    pub html: Option<u32>,
}

impl BodyLimits {
    /// Those that hold for an account.
    pub fn of(scopes: &Scopes<'_>) -> Self {
        if !scopes.flag(&POLICY_REQUIRED) {
            return Self::default();
        }
        let bytes = |kilobytes: i64| u32::try_from(kilobytes).ok().map(|size| size.saturating_mul(1024));
        Self {
            text: bytes(scopes.read(&MAX_EMAIL_BODY_TRUNCATION_SIZE)),
            html: bytes(scopes.read(&MAX_EMAIL_HTML_BODY_TRUNCATION_SIZE)),
        }
    }

    /// What a device gets of the forms it prefers. MIME is left whole: cut, it is no message any more.
    pub fn apply(&self, preferences: &mut Vec<BodyPreference>) {
        // Who names neither text nor HTML gets plain text in the way the first form is asked for; here it is said.
        let names_some = preferences.iter().any(|one| [PLAIN, HTML].contains(&one.body_type));
        if !names_some && self.text.is_some() {
            let nothing =
                BodyPreference { body_type: PLAIN, truncation: None, all_or_none: false, preview: None };
            let first = preferences.first().copied().unwrap_or(nothing);
            preferences.push(BodyPreference { body_type: PLAIN, ..first });
        }
        for preference in preferences {
            self.apply_to(preference);
        }
    }

    /// The same for one preference.
    pub fn apply_to(&self, preference: &mut BodyPreference) {
        let limit = match preference.body_type {
            PLAIN => self.text,
            HTML => self.html,
            _ => None,
        };
        preference.truncation = [preference.truncation, limit].into_iter().flatten().min();
    }
}

/// Values of Type (MS-ASAIRS, "Type (BodyPreference)").
const PLAIN: u8 = 1;
const HTML: u8 = 2;

#[cfg(test)]
mod tests {
    use syncledger_domain::config::Attributes;

    use super::*;

    fn with<T>(values: &[(&str, &str)], ask: impl FnOnce(&Scopes<'_>) -> T) -> T {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let global = Attributes(values.collect());
        ask(&Scopes { global: Some(&global), ..Scopes::default() })
    }

    #[test]
    fn a_policy_shortens_what_devices_ask_for_and_lengthens_nothing() {
        let ask = |values: &[(&str, &str)], class, asked| with(values, |s| filter_type(s, class, asked));
        let (mail, calendar, notes) = (FolderClass::Mail, FolderClass::Calendar, FolderClass::Notes);
        let month = [("MaxEmailAgeFilter", "5"), ("MaxCalendarAgeFilter", "4")];
        for (class, asked, counts) in [
            (mail, 0, 5),
            (mail, 3, 3),
            (mail, 7, 5),
            (calendar, 0, 4),
            (calendar, 7, 4),
            (calendar, 4, 4),
            (notes, 0, 0),
        ] {
            assert_eq!(ask(&month, class, asked), counts, "{class:?} {asked}");
            assert_eq!(ask(&[], class, asked), asked, "no policy about it");
            let off = [month[0], month[1], ("policyRequired", "false")];
            assert_eq!(ask(&off, class, asked), asked, "no policy at all");
        }
    }

    fn preference(body_type: u8, truncation: Option<u32>) -> BodyPreference {
        BodyPreference { body_type, truncation, all_or_none: false, preview: None }
    }

    #[test]
    fn bodies_end_where_the_policy_says_at_the_latest() {
        let values = [("MaxEmailBodyTruncationSize", "2"), ("MaxEmailHTMLBodyTruncationSize", "0")];
        let limits = with(&values, BodyLimits::of);
        assert_eq!(limits, BodyLimits { text: Some(2048), html: Some(0) });
        for (body_type, asked, counts) in [
            (1, None, Some(2048)),
            (1, Some(500), Some(500)),
            (1, Some(5000), Some(2048)),
            (2, None, Some(0)),
        ] {
            let mut preferences = vec![preference(body_type, asked)];
            limits.apply(&mut preferences);
            assert_eq!(preferences, [preference(body_type, counts)], "type {body_type}");
        }
        let mut nothing_asked = Vec::new();
        limits.apply(&mut nothing_asked);
        assert_eq!(nothing_asked, [preference(1, Some(2048))]);
        // RTF is never made, and MIME only where it is wanted: else plain text stands for them.
        for (body_type, asked, text) in [(3, None, 2048), (4, Some(5000), 2048), (4, Some(10), 10)] {
            let mut preferences = vec![preference(body_type, asked)];
            limits.apply(&mut preferences);
            assert_eq!(preferences, [preference(body_type, asked), preference(1, Some(text))]);
        }
        let mut untouched = Vec::new();
        with(&[("MaxEmailBodyTruncationSize", "-1")], BodyLimits::of).apply(&mut untouched);
        assert!(untouched.is_empty());
        let off = [values[0], ("policyRequired", "false")];
        assert_eq!(with(&off, BodyLimits::of), BodyLimits::default());
    }

    #[test]
    fn the_largest_limit_there_can_be_is_no_overflow() {
        let values = [("MaxEmailBodyTruncationSize", "1048576")];
        assert_eq!(with(&values, BodyLimits::of).text, Some(1 << 30));
    }
}
