//! Which other parts of the message an HTML text shows.

use std::collections::HashSet;

use super::tags::{Token, Tokens, attributes};

/// References of one message that are remembered.
const MAX_REFERENCES: usize = 5_000;
/// Longest URL that is compared.
const MAX_URL: usize = 1_024;

/// What an HTML text refers to.
#[derive(Default)]
pub(in crate::classes) struct References {
    /// Content-IDs of `cid:` URLs (RFC 2392), decoded, without angle brackets.
    content_ids: HashSet<String>,
    /// Other URLs of pictures and the like.
    locations: HashSet<String>,
}

impl References {
    /// Adds what a document refers to.
    pub(in crate::classes) fn add(&mut self, html: &str) {
        // Styles refer to pictures, too, so `cid:` is looked for everywhere.
        let after_cid = |at: &usize| *at >= 3 && html.as_bytes()[at - 3..*at].eq_ignore_ascii_case(b"cid");
        let urls = html.match_indices(':').map(|(at, _)| at).filter(after_cid);
        for at in urls.take(MAX_REFERENCES) {
            let rest = &html[at + 1..];
            let near = &rest[..rest.floor_char_boundary(MAX_URL)];
            let end = near.find(['"', '\'', '<', '>', ')', ' ', '\r', '\n']).unwrap_or(near.len());
            self.content_ids.insert(percent_decoded(&near[..end]));
        }
        for token in Tokens::new(html) {
            let Token::Tag(tag) = token else { continue };
            let shows = |name: &str| {
                ["src", "background", "poster", "data"].iter().any(|a| name.eq_ignore_ascii_case(a))
            };
            let urls = attributes(tag.inside).filter(|(name, value)| shows(name) && value.len() <= MAX_URL);
            let room = MAX_REFERENCES.saturating_sub(self.locations.len());
            self.locations.extend(urls.take(room).map(|(_, value)| value.trim().to_owned()));
        }
    }

    /// Whether a part with this Content-ID is shown.
    pub(in crate::classes) fn shows_id(&self, id: &str) -> bool {
        self.content_ids.contains(id)
    }

    /// Whether a part with this Content-Location is shown.
    pub(in crate::classes) fn shows_location(&self, location: &str) -> bool {
        self.locations.contains(location)
    }
}

fn percent_decoded(url: &str) -> String {
    let hex = |b: u8| char::from(b).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = url.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3).and_then(|pair| Some((hex(pair[0])?, hex(pair[1])?)));
        if let Some((high, low)) = digits.filter(|_| byte == b'%') {
            out.push(high << 4 | low);
            at += 3;
        } else {
            out.push(byte);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
