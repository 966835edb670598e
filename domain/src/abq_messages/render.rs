//! Fills in the placeholders. Values come from devices and are trusted with nothing: they cannot end a header line, and
//! in HTML they are text. They are put in once; a value that looks like a placeholder stays what it is.

use super::{MessageKind, Resolved};
use crate::event::Timestamp;

/// Longest value put in, in characters.
const MAX_VALUE_CHARS: usize = 256;

/// What placeholders stand for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts<'a> {
    /// `{device_id}`
    pub device_id: &'a str,
    /// `{device_type}`
    pub device_type: &'a str,
    /// `{user_agent}`
    pub user_agent: &'a str,
    /// `{account}`: the address.
    pub account: &'a str,
    /// `{date}`: when it came to be so.
    pub since: Timestamp,
}

/// A message as it is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rendered {
    /// Header `From`.
    pub from: String,
    /// Header `Reply-To`.
    pub reply_to: Option<String>,
    /// Header `Subject`, not encoded.
    pub subject: String,
    /// Plain text.
    pub body_plain: String,
    /// HTML.
    pub body_html: String,
}

/// How a value is made harmless where it is put in.
#[derive(Clone, Copy)]
enum Into {
    Plain,
    Html,
}

impl Resolved {
    /// The message as it is shown. Placeholders are `{device_id}`, `{device_type}`, `{user_agent}`, `{account}`,
    /// `{status}`, `{date}` and `{support}`, in subject and bodies; other braces stay.
    pub fn render(&self, facts: &Facts<'_>) -> Rendered {
        let support = one_line(self.reply_to.as_deref().unwrap_or(&self.from));
        let status = match self.kind {
            MessageKind::Blocked => "Blocked",
            MessageKind::Quarantined => "Quarantined",
        };
        let date = date(facts.since);
        let values = [
            ("device_id", facts.device_id),
            ("device_type", facts.device_type),
            ("user_agent", facts.user_agent),
            ("account", facts.account),
            ("status", status),
            ("date", &date),
            ("support", &support),
        ];
        Rendered {
            from: one_line(&self.from),
            reply_to: self.reply_to.as_deref().map(one_line),
            subject: one_line(&fill(&self.subject, &values, Into::Plain)),
            body_plain: fill(&self.body_plain, &values, Into::Plain),
            body_html: fill(&self.body_html, &values, Into::Html),
        }
    }
}

/// What ends a line, or turns the direction of what follows.
pub(super) fn breaks_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if breaks_line(c) { ' ' } else { c }).collect()
}

fn fill(template: &str, values: &[(&str, &str)], into: Into) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let known = values
            .iter()
            .find_map(|(name, value)| Some((after.strip_prefix(name)?.strip_prefix('}')?, *value)));
        if let Some((after, value)) = known {
            put(value, into, &mut filled);
            rest = after;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}

fn put(value: &str, into: Into, out: &mut String) {
    for c in value.chars().take(MAX_VALUE_CHARS) {
        match (into, c) {
            (_, c) if breaks_line(c) => out.push(' '),
            (Into::Html, '&') => out.push_str("&amp;"),
            (Into::Html, '<') => out.push_str("&lt;"),
            (Into::Html, '>') => out.push_str("&gt;"),
            (Into::Html, '"') => out.push_str("&quot;"),
            (Into::Html, '\'') => out.push_str("&#39;"),
            (_, c) => out.push(c),
        }
    }
}

/// `2024-05-01 09:12 UTC`: read alike in every language.
fn date(moment: Timestamp) -> String {
    let text = moment.to_string();
    match (text.get(..10), text.get(11..16)) {
        (Some(day), Some(time)) if text.ends_with('Z') => format!("{day} {time} UTC"),
        _ => text,
    }
}
