//! The MIME form: the message itself as a string.
//!
//! A string on the wire is UTF-8 without the characters XML forbids. Parts that are not (8-bit text in an older
//! character set, ISO-2022 with its escapes, binary) are transferred in another encoding, which changes nothing for
//! the reader. Where a signature or a seal covers anything, no byte changes but lone LF line ends, which the message
//! did not have when it was signed; if such a message cannot be a string, it goes as OPAQUE bytes, which is what the
//! element's other users do with bytes and what decoders accept.
//!
//! Source: MS-ASAIRS, "Data (Body)"; RFC 2045, "Content-Transfer-Encoding Header Field".

use std::borrow::Cow;

use super::form::Data;
use crate::classes::{
    mime::{Encoding, Part, Tree, base64_lines, decoded_bytes, quoted_printable, scan},
    text,
};

/// Enclosed messages inside enclosed messages that are recoded part by part; deeper ones lose what cannot be sent.
const MAX_ENCLOSED: usize = 4;

/// The message as it is sent.
pub(super) fn mime_text(tree: &Tree<'_>) -> Data {
    if let Some(text) = as_text(tree.raw) {
        return Data::Text(text);
    }
    if tree.is_protected() {
        return Data::Bytes(crlf(tree.raw).into_owned());
    }
    let recoded = recode(tree, 0);
    Data::Text(as_text(&recoded).unwrap_or_else(|| text::body(&String::from_utf8_lossy(&recoded))))
}

/// With CRLF line ends, if every character may be sent.
fn as_text(bytes: &[u8]) -> Option<String> {
    if is_text(bytes) { String::from_utf8(crlf(bytes).into_owned()).ok() } else { None }
}

fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| text.chars().all(text::allowed))
}

/// Lone LF becomes CRLF; a lone CR stays.
fn crlf(bytes: &[u8]) -> Cow<'_, [u8]> {
    let lone = |at: usize| bytes[at] == b'\n' && (at == 0 || bytes[at - 1] != b'\r');
    let count = (0..bytes.len()).filter(|at| lone(*at)).count();
    if count == 0 {
        return Cow::Borrowed(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len() + count);
    for (at, &byte) in bytes.iter().enumerate() {
        if lone(at) {
            out.push(b'\r');
        }
        out.push(byte);
    }
    Cow::Owned(out)
}

/// The message with every part that cannot be sent in another transfer encoding.
fn recode(tree: &Tree<'_>, depth: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(tree.raw.len() + tree.raw.len() / 2);
    let mut copied = 0;
    // Leaves come in the order of the message and do not overlap.
    for part in tree.parts.iter().filter(|part| !part.multipart) {
        if !is_text(tree.body(part)) {
            out.extend(clean(&tree.raw[copied..part.header.start]));
            recode_part(tree, part, depth, &mut out);
            copied = part.body.end;
        }
    }
    out.extend(clean(&tree.raw[copied..]));
    out
}

fn recode_part(tree: &Tree<'_>, part: &Part, depth: usize, out: &mut Vec<u8>) {
    let header = &tree.raw[part.header.clone()];
    if part.media.is_message() && matches!(part.encoding, Encoding::Identity | Encoding::Binary) {
        // RFC 2046 forbids another encoding around an enclosed message; its own parts can have one.
        out.extend(clean(header));
        out.extend(b"\r\n");
        let enclosed = tree.body(part);
        out.extend(if depth < MAX_ENCLOSED { recode(&scan(enclosed), depth + 1) } else { clean(enclosed) });
        return;
    }
    let content = decoded_bytes(tree, part);
    let text = part.media.kind == "text" && part.encoding != Encoding::Binary;
    for field in tree.fields(part).iter().filter(|field| !field.is("Content-Transfer-Encoding")) {
        let mut kept = clean(&header[field.range.clone()]);
        if !kept.ends_with(b"\n") {
            kept.extend(b"\r\n");
        }
        out.extend(kept);
    }
    let (name, body) = transferred(&content, text);
    out.extend(format!("Content-Transfer-Encoding: {name}\r\n\r\n{body}").bytes());
}

/// Content in the transfer encoding that suits it: mostly ASCII stays legible. Text with NUL (UTF-16) has no line ends
/// that could be told.
fn transferred(content: &[u8], text: bool) -> (&'static str, String) {
    let base64 = |bytes: &[u8]| ("base64", base64_lines(bytes).trim_end().to_owned());
    if !text || content.contains(&0) {
        return base64(content);
    }
    let lines = crlf(content);
    let strange = lines.iter().filter(|b| !b.is_ascii()).count();
    if strange > lines.len() / 6 { base64(&lines) } else { ("quoted-printable", quoted_printable(&lines)) }
}

/// Headers and what stands between parts: raw 8-bit becomes UTF-8, what may not be sent goes.
fn clean(bytes: &[u8]) -> Vec<u8> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(crate::classes::mime::windows_1252(bytes)),
    };
    crlf(text.chars().filter(|c| text::allowed(*c)).collect::<String>().as_bytes()).into_owned()
}
