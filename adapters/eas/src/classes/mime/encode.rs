//! From content to 7-bit text.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Base64 in lines of 76 characters with CRLF. RFC 2045, "Base64 Content-Transfer-Encoding".
pub(in crate::classes) fn base64_lines(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() / 57 * 78 + 80);
    for chunk in bytes.chunks(57) {
        STANDARD.encode_string(chunk, &mut out);
        out.push_str("\r\n");
    }
    out
}

/// Text of CRLF lines as quoted-printable, with lines of at most 76 characters. RFC 2045, "Quoted-Printable
/// Content-Transfer-Encoding".
pub(crate) fn quoted_printable(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for (number, line) in text.split(|b| *b == b'\n').enumerate() {
        if number > 0 {
            out.push_str("\r\n");
        }
        quote_line(line.strip_suffix(b"\r").unwrap_or(line), &mut out);
    }
    out
}

const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];

fn quote_line(line: &[u8], out: &mut String) {
    let mut width = 0;
    for (at, &byte) in line.iter().enumerate() {
        let last = at + 1 == line.len();
        let plain = matches!(byte, b' ' | b'\t') && !last || byte.is_ascii_graphic() && byte != b'=';
        let needed = if plain { 1 } else { 3 };
        if width + needed > 75 {
            out.push_str("=\r\n");
            width = 0;
        }
        if plain {
            out.push(char::from(byte));
        } else {
            out.push('=');
            out.push(HEX[usize::from(byte >> 4)]);
            out.push(HEX[usize::from(byte & 15)]);
        }
        width += needed;
    }
}

/// Text as encoded words in UTF-8, folded; plain where it needs none. RFC 2047, "Syntax of encoded-words".
pub(crate) fn encoded_words(text: &str) -> String {
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) && !text.contains("=?") {
        return text.to_owned();
    }
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        // 45 bytes are 60 characters of base64: with its frame the word stays within 75.
        let (word, after) = rest.split_at(rest.floor_char_boundary(45));
        words.push(format!("=?utf-8?B?{}?=", STANDARD.encode(word)));
        rest = after;
    }
    words.join("\r\n ")
}
