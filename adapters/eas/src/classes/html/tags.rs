//! A stream of tags and text. HTML Living Standard, "Tokenization", without its rarer states.

/// A piece of a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Token<'a> {
    /// Text between tags, references not resolved.
    Text(&'a str),
    /// A tag.
    Tag(Tag<'a>),
}

/// A start or end tag.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Tag<'a> {
    /// Name as written.
    pub(super) name: &'a str,
    /// `</…>`
    pub(super) closing: bool,
    /// What stands between name and `>`.
    pub(super) inside: &'a str,
    /// Where `inside` begins in the document.
    pub(super) offset: usize,
}

impl Tag<'_> {
    /// Whether it has this name, which is in lower case.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// Tags and text of a document. Comments, declarations and what stands in scripts, styles and the like are left out.
pub(super) struct Tokens<'a> {
    html: &'a str,
    at: usize,
}

enum Markup<'a> {
    /// Nothing: a `<` that is only a character.
    Character,
    /// A comment or declaration, now behind us.
    Hidden,
    /// A tag, now behind us.
    Tag(Tag<'a>),
}

/// Elements whose content is no text of the document.
const HIDDEN: [&str; 10] =
    ["script", "style", "title", "template", "noembed", "noframes", "iframe", "object", "svg", "xml"];

impl<'a> Tokens<'a> {
    pub(super) fn new(html: &'a str) -> Self {
        Self { html, at: 0 }
    }

    /// Continues behind the end tag of a hidden element, or at the end of the document where it has none.
    fn skip_hidden(&mut self, name: &str) {
        let bytes = self.html.as_bytes();
        while let Some(found) = self.html[self.at..].find("</") {
            self.at += found + 2;
            let end = self.at + name.len();
            if bytes.get(self.at..end).is_some_and(|tag| tag.eq_ignore_ascii_case(name.as_bytes())) {
                self.at = self.html[end..].find('>').map_or(self.html.len(), |close| end + close + 1);
                return;
            }
        }
        self.at = self.html.len();
    }

    /// What begins with the `<` at `self.at`.
    fn markup(&mut self) -> Markup<'a> {
        let rest = &self.html[self.at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            // Browsers end an empty comment at its first `>`.
            let end = if comment.starts_with('>') { Some(1) } else { comment.find("-->").map(|end| end + 3) };
            self.at = end.map_or(self.html.len(), |end| self.at + 4 + end);
            return Markup::Hidden;
        }
        if rest.starts_with("<!") || rest.starts_with("<?") {
            self.at = rest.find('>').map_or(self.html.len(), |end| self.at + end + 1);
            return Markup::Hidden;
        }
        let closing = rest.starts_with("</");
        let name_at = 1 + usize::from(closing);
        if !rest.as_bytes().get(name_at).is_some_and(u8::is_ascii_alphabetic) {
            return Markup::Character;
        }
        let ends_name = |c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>');
        let name_end = rest[name_at..].find(ends_name).map_or(rest.len(), |end| name_at + end);
        let end = tag_end(rest.as_bytes(), name_end);
        let tag = Tag {
            name: &rest[name_at..name_end],
            closing,
            inside: &rest[name_end..end],
            offset: self.at + name_end,
        };
        self.at = (self.at + end + 1).min(self.html.len());
        Markup::Tag(tag)
    }
}

/// Where the `>` of a tag is, not counting those in quoted values; the end of the text where there is none.
fn tag_end(bytes: &[u8], from: usize) -> usize {
    let mut quote = None;
    let mut value_begins = false;
    for (at, &byte) in bytes.iter().enumerate().skip(from) {
        match (quote, byte) {
            (Some(open), byte) if open == byte => quote = None,
            (None, b'>') => return at,
            (None, b'"' | b'\'') if value_begins => quote = Some(byte),
            _ => {}
        }
        if quote.is_none() && !byte.is_ascii_whitespace() {
            value_begins = byte == b'=';
        }
    }
    // A quote that never ends: the tag ends at its first `>`, or half the message would be taken for a value.
    match quote {
        Some(_) => bytes[from..].iter().position(|b| *b == b'>').map_or(bytes.len(), |at| from + at),
        None => bytes.len(),
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let rest = self.html.get(self.at..).filter(|rest| !rest.is_empty())?;
            if !rest.starts_with('<') {
                let end = rest.find('<').unwrap_or(rest.len());
                self.at += end;
                return Some(Token::Text(&rest[..end]));
            }
            match self.markup() {
                Markup::Character => {
                    self.at += 1;
                    return Some(Token::Text("<"));
                }
                Markup::Hidden => {}
                Markup::Tag(tag) => {
                    let hidden = HIDDEN.iter().find(|name| tag.is(name));
                    // Only foreign elements can be empty; `<script/>` is an open one.
                    let empty = (tag.is("svg") || tag.is("xml")) && tag.inside.ends_with('/');
                    if let Some(name) = hidden.filter(|_| !tag.closing && !empty) {
                        self.skip_hidden(name);
                    } else {
                        return Some(Token::Tag(tag));
                    }
                }
            }
        }
    }
}

/// Names and values of the attributes of a tag.
pub(super) fn attributes(inside: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = inside;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        // A stray `=` counts as part of the name, as browsers have it.
        let ends_name = |(at, c): (usize, char)| c.is_ascii_whitespace() || c == '/' || (c == '=' && at > 0);
        let end = rest.char_indices().find(|found| ends_name(*found)).map_or(rest.len(), |(at, _)| at);
        let name = &rest[..end];
        rest = rest[end..].trim_start();
        let Some(after) = rest.strip_prefix('=').map(str::trim_start) else { return Some((name, "")) };
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, left) = match quote {
            Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
            None => after.split_at(after.find(|c: char| c.is_ascii_whitespace()).unwrap_or(after.len())),
        };
        rest = left;
        Some((name, value))
    })
}
