//! What an HTML text says about its own character set, and making that true.

use super::tags::{Tag, Token, Tokens, attributes};

/// How far into a document its declaration is looked for.
const HEAD: usize = 16 << 10;

/// The character set the document declares for itself. HTML Living Standard, "Specifying the document's character
/// encoding".
pub(in crate::classes) fn declared_charset(html: &[u8]) -> Option<String> {
    // Only ASCII matters here, whatever the character set is.
    let head = String::from_utf8_lossy(&html[..html.len().min(HEAD)]);
    let mut metas = Tokens::new(&head).filter_map(meta);
    metas.find_map(|tag| charset_of(&tag).map(|(at, len)| tag.inside[at..at + len].to_owned()))
}

/// Corrects every declaration that says something else than UTF-8.
pub(in crate::classes) fn as_utf8(html: &mut String) {
    let wrong: Vec<(usize, usize)> = Tokens::new(html)
        .filter_map(meta)
        .filter_map(|tag| charset_of(&tag).map(|(at, len)| (tag.offset + at, len)))
        .filter(|(at, len)| !html[*at..at + len].eq_ignore_ascii_case("utf-8"))
        .collect();
    if wrong.is_empty() {
        return;
    }
    let mut out = String::with_capacity(html.len() + wrong.len() * 5);
    let mut copied = 0;
    for (at, len) in wrong {
        out.push_str(&html[copied..at]);
        out.push_str("utf-8");
        copied = at + len;
    }
    out.push_str(&html[copied..]);
    *html = out;
}

fn meta(token: Token<'_>) -> Option<Tag<'_>> {
    match token {
        Token::Tag(tag) if tag.is("meta") && !tag.closing => Some(tag),
        Token::Tag(_) | Token::Text(_) => None,
    }
}

/// Where the name of the character set stands inside the tag: `charset=x`, or `content="text/html; charset=x"`.
fn charset_of(tag: &Tag<'_>) -> Option<(usize, usize)> {
    let position = |value: &str| value.as_ptr().addr() - tag.inside.as_ptr().addr();
    attributes(tag.inside).find_map(|(name, value)| {
        let charset = if name.eq_ignore_ascii_case("charset") {
            value
        } else if name.eq_ignore_ascii_case("content") {
            let at = value.to_ascii_lowercase().find("charset=")? + "charset=".len();
            let rest = value[at..].trim_start_matches(['\'', '"', ' ']);
            let end =
                rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.' | '+')));
            &rest[..end.unwrap_or(rest.len())]
        } else {
            return None;
        };
        (!charset.is_empty()).then(|| (position(charset), charset.len()))
    })
}
