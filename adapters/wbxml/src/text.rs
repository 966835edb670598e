//! Which characters text may hold on the wire.

use std::borrow::Cow;

/// Whether XML 1.0 allows the character. XML 1.0, "Characters", production 2.
///
/// WBXML itself forbids only NUL, but several clients turn what they get into XML and drop the whole answer when
/// that fails.
pub(crate) fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{1_0000}'..)
}

/// `text` without the characters XML forbids, NUL among them.
pub(crate) fn xml_only(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_xml) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().filter(|&c| is_xml(c)).collect())
    }
}
