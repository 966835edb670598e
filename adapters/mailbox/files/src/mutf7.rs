//! Folder names in modified UTF-7 (RFC 3501, "Mailbox International Naming Convention"), as Maildir++ writes them on
//! disk. A dot separates the levels there, so a dot inside a name is written encoded.

use base64::{Engine, alphabet, engine::GeneralPurpose, engine::general_purpose::NO_PAD};

const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::IMAP_MUTF7, NO_PAD);

/// The name behind one level of a directory name. What is not modified UTF-7 (some servers write plain UTF-8) is
/// the name itself.
pub(crate) fn decode(text: &str) -> String {
    let name = try_decode(text).unwrap_or_else(|| text.to_owned());
    name.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn try_decode(text: &str) -> Option<String> {
    let mut name = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, encoded)) = rest.split_once('&') {
        let (encoded, after) = encoded.split_once('-')?;
        name.push_str(plain);
        if encoded.is_empty() {
            name.push('&');
        } else {
            let bytes = BASE64.decode(encoded).ok().filter(|bytes| bytes.len() % 2 == 0)?;
            let units: Vec<u16> =
                bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            name.push_str(&String::from_utf16(&units).ok()?);
        }
        rest = after;
    }
    name.push_str(rest);
    Some(name)
}

/// One level of a directory name for a folder name; `/` and `.` cannot stand in one and are encoded too.
pub(crate) fn encode(name: &str) -> String {
    let plain = |c: char| matches!(c, ' '..='~') && !matches!(c, '&' | '.' | '/');
    let mut text = String::with_capacity(name.len());
    let mut units: Vec<u16> = Vec::new();
    for c in name.chars() {
        if plain(c) {
            flush(&mut units, &mut text);
            text.push(c);
        } else if c == '&' {
            flush(&mut units, &mut text);
            text.push_str("&-");
        } else {
            units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
        }
    }
    flush(&mut units, &mut text);
    text
}

fn flush(units: &mut Vec<u16>, text: &mut String) {
    if units.is_empty() {
        return;
    }
    let bytes: Vec<u8> = units.drain(..).flat_map(u16::to_be_bytes).collect();
    text.push('&');
    text.push_str(&BASE64.encode(bytes));
    text.push('-');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_rfc_read_as_it_says() {
        assert_eq!(decode("~peter"), "~peter");
        assert_eq!(decode("&U,BTFw-"), "台北");
        assert_eq!(decode("&ZeVnLIqe-"), "日本語");
        assert_eq!(decode("Tom &- Jerry"), "Tom & Jerry");
    }

    #[test]
    fn names_come_back_as_they_were() {
        for name in
            ["Entwürfe", "Éléments envoyés", "Отправленные", "a&b", "2024.05", "x/y", "😀 z", "a&-b", "~"]
        {
            let text = encode(name);
            assert!(text.is_ascii() && !text.contains(['.', '/']), "{text}");
            assert_eq!(decode(&text), name);
        }
        assert_eq!(encode("Entwürfe"), "Entw&APw-rfe");
    }

    #[test]
    fn what_is_not_modified_utf7_is_taken_as_it_stands() {
        for text in ["Entwürfe", "a & b", "&!!!-", "&AA-", "&2D0-", "R&D"] {
            assert_eq!(decode(text), text);
        }
        assert_eq!(decode("a\u{1}b"), "a\u{fffd}b");
    }
}
