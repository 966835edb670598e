//! Composing messages. RFC 5322; RFC 2045 and 2046 (parts, encodings); RFC 2047 (headers); RFC 2231 (file names).
//!
//! By hand, because sample mail shall have what mail in the wild has (other charsets, other encodings, raw parts), and
//! because the same message must come out as the same bytes every time.

use std::fmt::Write as _;

use base64::{Engine as _, prelude::BASE64_STANDARD};

/// Longest line of an encoded body. RFC 2045, "Quoted-Printable Content-Transfer-Encoding".
const LINE: usize = 76;
/// Bytes of text in one encoded word, so that it stays within 75 characters. RFC 2047, "Syntax of encoded-words".
const WORD_BYTES: usize = 42;

/// A part of a message, or a whole one.
pub(super) enum Part {
    /// Content.
    Leaf {
        /// Value of Content-Type.
        content_type: String,
        /// How the body is written.
        encoding: Encoding,
        /// Further headers of the part, whole lines.
        headers: Vec<String>,
        /// The body before encoding; text with LF or CRLF.
        body: Vec<u8>,
    },
    /// Parts within a part.
    Multi {
        /// `mixed`, `alternative`, `related` or `report; …`.
        subtype: &'static str,
        /// In order.
        parts: Vec<Part>,
    },
}

/// Content-Transfer-Encoding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    SevenBit,
    EightBit,
    QuotedPrintable,
    Base64,
}

impl Part {
    /// UTF-8 text.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::leaf("text/plain; charset=utf-8", Encoding::QuotedPrintable, text.into())
    }

    /// UTF-8 HTML.
    pub(super) fn html(html: impl Into<String>) -> Self {
        Self::leaf("text/html; charset=utf-8", Encoding::QuotedPrintable, html.into())
    }

    /// Anything.
    pub(super) fn leaf(
        content_type: impl Into<String>,
        encoding: Encoding,
        body: impl Into<Vec<u8>>,
    ) -> Self {
        Self::Leaf { content_type: content_type.into(), encoding, headers: Vec::new(), body: body.into() }
    }

    /// An attachment under this name.
    pub(super) fn attachment(content_type: &str, name: &str, body: impl Into<Vec<u8>>) -> Self {
        let disposition = format!("Content-Disposition: attachment; {}", parameter("filename", name));
        Self::leaf(content_type, Encoding::Base64, body).header(disposition)
    }

    /// The same with one more header line.
    pub(super) fn header(mut self, line: impl Into<String>) -> Self {
        if let Self::Leaf { headers, .. } = &mut self {
            headers.push(line.into());
        }
        self
    }

    /// Headers, blank line and body. `mark` makes boundaries that occur nowhere else in the message.
    pub(super) fn write(&self, mark: &str, out: &mut Vec<u8>) {
        match self {
            Self::Leaf { content_type, encoding, headers, body } => {
                out.extend(format!("Content-Type: {content_type}\r\n").bytes());
                out.extend(format!("Content-Transfer-Encoding: {}\r\n", encoding.name(content_type)).bytes());
                for header in headers {
                    out.extend(format!("{header}\r\n").bytes());
                }
                out.extend(b"\r\n");
                encoding.write(body, out);
            }
            Self::Multi { subtype, parts } => {
                let boundary = format!("=_{mark}");
                out.extend(
                    format!("Content-Type: multipart/{subtype}; boundary=\"{boundary}\"\r\n\r\n").bytes(),
                );
                for (number, part) in parts.iter().enumerate() {
                    out.extend(format!("--{boundary}\r\n").bytes());
                    part.write(&format!("{mark}.{number}"), out);
                    out.extend(b"\r\n");
                }
                out.extend(format!("--{boundary}--\r\n").bytes());
            }
        }
    }
}

impl Encoding {
    /// Its name; a message within a message may not be encoded again (RFC 2046, "RFC822 Subtype").
    fn name(self, content_type: &str) -> &'static str {
        match self {
            _ if content_type.starts_with("message/") => "7bit",
            Self::SevenBit => "7bit",
            Self::EightBit => "8bit",
            Self::QuotedPrintable => "quoted-printable",
            Self::Base64 => "base64",
        }
    }

    fn write(self, body: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::SevenBit | Self::EightBit => out.extend(with_crlf(body)),
            Self::QuotedPrintable => quoted_printable(body, out),
            Self::Base64 => {
                for line in BASE64_STANDARD.encode(body).as_bytes().chunks(LINE) {
                    out.extend(line);
                    out.extend(b"\r\n");
                }
            }
        }
    }
}

fn with_crlf(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + body.len() / 40);
    let mut last = 0;
    for &byte in body {
        if byte == b'\n' && last != b'\r' {
            out.push(b'\r');
        }
        out.push(byte);
        last = byte;
    }
    out
}

/// RFC 2045, "Quoted-Printable Content-Transfer-Encoding".
fn quoted_printable(body: &[u8], out: &mut Vec<u8>) {
    for line in body.split_inclusive(|&byte| byte == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let mut width = 0;
        for (at, &byte) in text.iter().enumerate() {
            let last = at + 1 == text.len();
            let plain = matches!(byte, b'!'..=b'<' | b'>'..=b'~') || (byte == b' ' && !last);
            let needs = if plain { 1 } else { 3 };
            if width + needs >= LINE {
                out.extend(b"=\r\n");
                width = 0;
            }
            if plain {
                out.push(byte);
            } else {
                out.extend(format!("={byte:02X}").bytes());
            }
            width += needs;
        }
        if line.len() > text.len() {
            out.extend(b"\r\n");
        }
    }
}

/// A header's value: as it is, or as encoded words, folded between them.
pub(super) fn words(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut words = vec![String::new()];
    for c in text.chars() {
        if words.last().is_some_and(|word| word.len() + c.len_utf8() > WORD_BYTES) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    let encoded = words.iter().map(|word| format!("=?UTF-8?B?{}?=", BASE64_STANDARD.encode(word)));
    encoded.collect::<Vec<_>>().join("\r\n ")
}

/// A header's value as one Q-encoded word in ISO 8859-1, as older programs write it; `text` has no other characters.
pub(super) fn latin1_word(text: &str) -> String {
    let mut word = "=?iso-8859-1?Q?".to_owned();
    for byte in latin1(text) {
        match byte {
            b' ' => word.push('_'),
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => word.push(char::from(byte)),
            _ => {
                // Writing into a String cannot fail.
                let _ = write!(word, "={byte:02X}");
            }
        }
    }
    word + "?="
}

/// Text in ISO 8859-1; what it lacks becomes `?`.
pub(super) fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}

/// A parameter of a header. RFC 2231, "Parameter Value Character Set and Language Information".
fn parameter(name: &str, value: &str) -> String {
    if value.is_ascii() {
        return format!("{name}=\"{value}\"");
    }
    let mut encoded = format!("{name}*=UTF-8''");
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_longer_than_the_standards_allow() {
        let long = "Grüße aus dem Süden, ".repeat(40);
        for encoding in [Encoding::QuotedPrintable, Encoding::Base64] {
            let mut out = Vec::new();
            Part::leaf("text/plain; charset=utf-8", encoding, long.clone()).write("x", &mut out);
            let text = String::from_utf8(out).unwrap();
            assert!(text.split("\r\n").all(|line| line.len() <= LINE), "{text}");
        }
        assert!(words(&long).split("\r\n ").all(|word| word.len() <= 75));
    }

    #[test]
    fn encoded_headers_and_names_read_back() {
        assert_eq!(words("plain"), "plain");
        assert_eq!(latin1_word("Frühling da"), "=?iso-8859-1?Q?Fr=FChling_da?=");
        assert_eq!(parameter("filename", "Prüf.txt"), "filename*=UTF-8''Pr%C3%BCf.txt");
    }
}
