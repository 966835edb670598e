//! From transferred bytes to content. Both decoders take whatever comes: mail in transit gets damaged, and what can
//! still be read is worth more than an error.

use std::borrow::Cow;

use super::{Encoding, Part, Tree, foreign};

/// Bytes of text that are shown at most. A longer text is cut and marked so; the whole of it is in the MIME form.
pub(in crate::classes) const MAX_TEXT: usize = 8 << 20;

/// The content of a part.
pub(in crate::classes) fn decoded_bytes<'a>(tree: &Tree<'a>, part: &Part) -> Cow<'a, [u8]> {
    decode(tree.body(part), part.encoding)
}

pub(super) fn decode(body: &[u8], encoding: Encoding) -> Cow<'_, [u8]> {
    match encoding {
        Encoding::Identity | Encoding::Binary => Cow::Borrowed(body),
        Encoding::QuotedPrintable => Cow::Owned(quoted_printable(body)),
        Encoding::Base64 => Cow::Owned(base64(body)),
    }
}

/// Size of the content of a part in bytes, without decoding base64.
pub(in crate::classes) fn decoded_size(tree: &Tree<'_>, part: &Part) -> usize {
    match part.encoding {
        Encoding::Base64 => tree.body(part).iter().filter(|b| base64_value(**b).is_some()).count() * 3 / 4,
        Encoding::Identity | Encoding::Binary | Encoding::QuotedPrintable => decoded_bytes(tree, part).len(),
    }
}

/// The text of a part, as UTF-8 and as the sender wrote it otherwise, and how many bytes of it were left away.
///
/// The character set is the declared one. Where none is, or nobody knows it, or it is US-ASCII and the bytes are not:
/// what an HTML text says about itself, else UTF-8 if the bytes are that, else windows-1252.
pub(in crate::classes) fn decoded_text(tree: &Tree<'_>, part: &Part) -> (String, usize) {
    let bytes = decoded_bytes(tree, part);
    let shown = &bytes[..bytes.len().min(MAX_TEXT)];
    let html = part.media.subtype == "html";
    let said_inside = || html.then(|| crate::classes::html::declared_charset(shown)).flatten();
    let declared = part.media.parameter("charset").map(str::to_owned).or_else(said_inside);
    (to_utf8(shown, declared.as_deref()), bytes.len() - shown.len())
}

fn to_utf8(bytes: &[u8], charset: Option<&str>) -> String {
    let name = charset.unwrap_or_default().trim().to_ascii_lowercase();
    let says_nothing =
        matches!(name.as_str(), "" | "us-ascii" | "ascii" | "ansi_x3.4-1968" | "unknown-8bit" | "x-unknown");
    if matches!(name.as_str(), "utf-8" | "utf8") {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let known = if says_nothing { None } else { foreign::decode_charset(&name, bytes) };
    known.unwrap_or_else(|| as_utf8(bytes).map_or_else(|| windows_1252(bytes), str::to_owned))
}

/// The bytes as UTF-8, if they are that; a character cut off at the end is left away.
pub(super) fn as_utf8(bytes: &[u8]) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        // A single strange byte at the end of ASCII is not the begin of anything.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok().filter(|text| !text.is_ascii())
        }
        Err(_) => None,
    }
}

/// Western European text, as nearly all undeclared 8-bit text is.
pub(in crate::classes) fn windows_1252(bytes: &[u8]) -> String {
    foreign::decode_charset("windows-1252", bytes)
        .unwrap_or_else(|| bytes.iter().map(|b| char::from(*b)).collect())
}

/// RFC 2045, "Quoted-Printable Content-Transfer-Encoding"; an `=` that means nothing stays.
fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    for line in body.split_inclusive(|b| *b == b'\n') {
        let end = [b"\r\n".as_slice(), b"\n"].into_iter().find(|end| line.ends_with(end)).unwrap_or_default();
        let text = line[..line.len() - end.len()].trim_ascii_end();
        // White space at the end of a line was added on the way; at the end of the body it may be a cut.
        let soft = text.ends_with(b"=") && !end.is_empty() || text == b"=";
        unescape(if soft { &text[..text.len() - 1] } else { text }, &mut out);
        if !soft {
            out.extend_from_slice(end);
        }
    }
    out
}

fn unescape(text: &[u8], out: &mut Vec<u8>) {
    let hex = |b: u8| char::from(b).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let digits = text.get(at + 1..at + 3).and_then(|pair| Some((hex(pair[0])?, hex(pair[1])?)));
        if let Some((high, low)) = digits.filter(|_| byte == b'=') {
            out.push(high << 4 | low);
            at += 3;
        } else {
            out.push(byte);
            at += 1;
        }
    }
}

/// RFC 2045, "Base64 Content-Transfer-Encoding"; what is not of the alphabet is skipped, padding starts anew.
fn base64(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for &byte in body {
        if byte == b'=' {
            (bits, count) = (0, 0);
        }
        let Some(value) = base64_value(byte) else { continue };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count).to_le_bytes()[0]);
        }
    }
    out
}

fn base64_value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}
