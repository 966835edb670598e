//! Which form of the body is sent, and how much of it.

use syncledger_domain::sync_state::BodyPreference;

use super::{BodyWish, form::Forms};
use crate::classes::email::Protection;

/// What is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Choice {
    /// 1 plain text, 2 HTML, 4 MIME.
    pub(super) body_type: u8,
    /// Bytes; `None`: all.
    pub(super) limit: Option<usize>,
    /// The client wants all of it or nothing, and all is too much.
    pub(super) withheld: bool,
    /// Characters of preview asked for.
    pub(super) preview: Option<u8>,
}

/// Chooses among what the client offers: MIME if it wants that for this message, else the message's own form, else
/// the other one. A form that would be cut, though the client wants all or nothing, is passed over; if that leaves
/// none, the first is named without its data. RTF is never made: a client that offers nothing else gets plain text.
pub(super) fn choose(forms: &Forms<'_, '_>, wish: &BodyWish) -> Choice {
    let candidates = candidates(forms, wish);
    let fitting = candidates.iter().find(|(choice, all_or_none)| !all_or_none || fits(forms, choice));
    match (fitting, candidates.first()) {
        (Some((choice, _)), _) => *choice,
        (None, Some((choice, _))) => Choice { withheld: true, ..*choice },
        // Unreachable: there is always a candidate.
        (None, None) => Choice { body_type: 1, limit: None, withheld: false, preview: None },
    }
}

/// This preference and no other.
pub(super) fn only(forms: &Forms<'_, '_>, preference: BodyPreference) -> Choice {
    let choice = choice(preference.body_type, &preference, None);
    Choice { withheld: preference.all_or_none && !fits(forms, &choice), ..choice }
}

/// In the order in which they are tried; never empty.
fn candidates(forms: &Forms<'_, '_>, wish: &BodyWish) -> Vec<(Choice, bool)> {
    let offered =
        |body_type: u8| wish.preferences.iter().find(move |preference| preference.body_type == body_type);
    let protected = forms.protection() != Protection::None;
    let wants_mime = wish.mime_support == 2 || wish.mime_support == 1 && protected;
    let native = if forms.is_html() { 2 } else { 1 };
    let mut list = Vec::new();
    if let Some(preference) = offered(4).filter(|_| wants_mime) {
        let limit = wish.mime_truncation.and_then(mime_limit);
        list.push((choice(4, preference, limit), preference.all_or_none));
    }
    for body_type in [native, 3 - native] {
        list.extend(
            offered(body_type)
                .map(|preference| (choice(body_type, preference, None), preference.all_or_none)),
        );
    }
    if list.is_empty() {
        let strange = wish.preferences.first();
        let plain = BodyPreference { body_type: 1, truncation: None, all_or_none: false, preview: None };
        let preference = strange.copied().unwrap_or(plain);
        list.push((choice(1, &preference, None), preference.all_or_none));
    }
    list
}

fn choice(body_type: u8, preference: &BodyPreference, other_limit: Option<usize>) -> Choice {
    let limit = preference.truncation.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    let limit = [limit, other_limit].into_iter().flatten().min();
    Choice { body_type, limit, withheld: false, preview: preference.preview }
}

fn fits(forms: &Forms<'_, '_>, choice: &Choice) -> bool {
    choice.limit.is_none_or(|limit| forms.form(choice.body_type).size <= limit)
}

/// MS-ASCMD, "`MIMETruncation`"; `None`: no limit.
fn mime_limit(value: u8) -> Option<usize> {
    match value {
        0 => Some(0),
        1 => Some(4_096),
        2 => Some(5_120),
        3 => Some(7_168),
        4 => Some(10_240),
        5 => Some(20_480),
        6 => Some(51_200),
        7 => Some(102_400),
        _ => None,
    }
}
