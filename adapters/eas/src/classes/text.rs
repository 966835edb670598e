//! Text as clients can take it: valid UTF-8, no characters that XML forbids, CRLF line ends, cut between characters.

/// Whether the character may stand in an answer. XML 1.0, "Characters"; one that may not makes clients drop the whole
/// answer.
pub(super) fn allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{1_0000}'..)
}

/// Text of a body: forbidden characters out, every line end (LF, CR, CRLF) a CRLF.
pub(super) fn body(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 32);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                out.push_str("\r\n");
            }
            '\n' => out.push_str("\r\n"),
            c if allowed(c) => out.push(c),
            _ => {}
        }
    }
    out
}

/// Text of one line, at most `max` characters: forbidden characters out, every run of white space one space, none at
/// the ends.
pub(super) fn line(text: &str, max: usize) -> String {
    let mut out = String::new();
    let mut length = 0;
    let blank = |c: char| c.is_whitespace() || c.is_control() || !allowed(c);
    for word in text.split(blank).filter(|word| !word.is_empty()) {
        let room = max.saturating_sub(length + usize::from(length > 0));
        if room == 0 {
            break;
        }
        if length > 0 {
            out.push(' ');
            length += 1;
        }
        for c in word.chars().take(room) {
            out.push(c);
            length += 1;
        }
    }
    out
}

/// The longest prefix of at most `max` bytes that ends between characters, and not between CR and LF.
pub(super) fn prefix(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    let cut = &text[..text.floor_char_boundary(max)];
    if text[cut.len()..].starts_with('\n') { cut.strip_suffix('\r').unwrap_or(cut) } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_becomes_crlf_and_forbidden_characters_go() {
        assert_eq!(body("a\nb\rc\r\nd\n\re\0\u{b}\u{1b}\u{fffe}\u{ffff}f\t"), "a\r\nb\r\nc\r\nd\r\n\r\nef\t");
    }

    #[test]
    fn a_line_has_single_spaces_and_a_limit() {
        assert_eq!(line("  a\r\n \tb\0c \u{1b}", 100), "a b c");
        assert_eq!(line("äöü äöü", 5), "äöü ä");
        assert_eq!(line("äöü äöü", 4), "äöü");
        assert_eq!(line("", 4), "");
    }

    #[test]
    fn a_prefix_never_splits_a_character_or_a_line_end() {
        let text = "a😀\r\nb";
        let cuts: Vec<_> = (0..=8).map(|max| prefix(text, max)).collect();
        assert_eq!(cuts, ["", "a", "a", "a", "a", "a😀", "a😀", "a😀\r\n", text]);
    }
}
