//! HTML → text: what a reader would see, with blocks on their own lines. Link texts stay, addresses of links and
//! pictures do not (they would fill the preview of a message list).

use super::tags::{Token, Tokens};
use crate::classes::mime::html_entity;

/// Elements that begin and end a line.
const BLOCKS: [&str; 33] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "center",
    "dd",
    "details",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "head",
    "html",
    "li",
    "main",
    "nav",
    "ol",
    "section",
    "table",
    "tr",
    "ul",
];
/// Longest character reference, `&CounterClockwiseContourIntegral;`.
const MAX_REFERENCE: usize = 33;

/// The text of a document. Lines end in LF.
pub(in crate::classes) fn to_text(html: &str) -> String {
    let mut writer = Writer::default();
    let mut preformatted = 0_usize;
    for token in Tokens::new(html) {
        match token {
            Token::Text(text) => writer.text(&resolve(text), preformatted > 0),
            Token::Tag(tag) if tag.is("br") => writer.line_break(),
            Token::Tag(tag) if tag.is("hr") => {
                writer.end_line();
                writer.text("--------", false);
                writer.end_line();
            }
            Token::Tag(tag) if tag.is("p") => writer.paragraph(),
            Token::Tag(tag) if tag.is("pre") || tag.is("textarea") => {
                preformatted = if tag.closing { preformatted.saturating_sub(1) } else { preformatted + 1 };
                writer.end_line();
            }
            Token::Tag(tag) if tag.is("td") || tag.is("th") => writer.pending_space |= tag.closing,
            Token::Tag(tag) if BLOCKS.iter().any(|name| tag.is(name)) => {
                writer.end_line();
                if tag.is("li") && !tag.closing {
                    writer.text("* ", true);
                }
            }
            Token::Tag(_) => {}
        }
    }
    writer.finish()
}

#[derive(Default)]
struct Writer {
    out: String,
    /// A space is due if more text comes on this line.
    pending_space: bool,
    /// Empty lines written in a row, at most two line ends together.
    at_line_start: bool,
}

impl Writer {
    fn text(&mut self, text: &str, keep_blanks: bool) {
        if keep_blanks {
            if !text.is_empty() {
                self.out.push_str(text);
                self.at_line_start = text.ends_with('\n');
                self.pending_space = false;
            }
            return;
        }
        for c in text.chars() {
            // Invisible fillers of newsletters: soft hyphen, zero-width space and joiners, combining grapheme joiner.
            if matches!(c, '\u{ad}' | '\u{200b}' | '\u{200c}' | '\u{feff}' | '\u{34f}' | '\u{2060}') {
                continue;
            }
            if c.is_ascii_whitespace() {
                self.pending_space = true;
                continue;
            }
            if self.pending_space && !self.at_line_start && !self.out.is_empty() {
                self.out.push(' ');
            }
            self.pending_space = false;
            self.at_line_start = false;
            self.out.push(if c == '\u{a0}' { ' ' } else { c });
        }
    }

    /// Ends the line unless it is empty.
    fn end_line(&mut self) {
        if !self.at_line_start && !self.out.is_empty() {
            self.line_break();
        }
        self.pending_space = false;
    }

    fn line_break(&mut self) {
        self.out.truncate(self.out.trim_end_matches([' ', '\t']).len());
        if !self.out.ends_with("\n\n\n") {
            self.out.push('\n');
        }
        self.at_line_start = true;
        self.pending_space = false;
    }

    /// An empty line between what was and what comes.
    fn paragraph(&mut self) {
        self.end_line();
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn finish(mut self) -> String {
        self.out.truncate(self.out.trim_end().len());
        let begin = self.out.len() - self.out.trim_start_matches(['\n', ' ']).len();
        self.out.drain(..begin);
        self.out
    }
}

/// Text with its character references resolved.
fn resolve(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let near = &rest[..rest.floor_char_boundary(MAX_REFERENCE)];
        if let Some(end) =
            near.find(';').filter(|end| near[1..*end].chars().all(|c| c.is_ascii_alphanumeric() || c == '#'))
        {
            out.push_str(&html_entity(&rest[..=end]));
            rest = &rest[end + 1..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}
