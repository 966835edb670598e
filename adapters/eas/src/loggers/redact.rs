//! What of a request may stand in a log: its content, but no secret, and nothing without bound.

use std::{borrow::Cow, fmt::Write as _};

use http::HeaderMap;
use syncledger_wbxml::{Element, Node, Tag, pages::settings, to_xml};

/// Most bytes of one text or byte array.
const VALUE_BYTES: usize = 8 << 10;
/// Most bytes of one document, about.
const DOCUMENT_BYTES: usize = 256 << 10;
/// What an element without content counts.
const ELEMENT_BYTES: usize = 64;
/// Most bytes shown as they came.
const RAW_BYTES: usize = 16 << 10;
/// Stands where a secret stood.
const WITHHELD: &str = "(withheld)";

/// A document as XML, without secrets, cut where it is long.
pub(super) fn document(root: &Element) -> String {
    let mut left = DOCUMENT_BYTES;
    to_xml(&shown(root, false, &mut left))
}

fn shown(element: &Element, in_secret: bool, left: &mut usize) -> Element {
    let secret = (in_secret && element.tag != settings::STATUS) || holds_secret(element.tag);
    let mut copy = Element::new(element.tag);
    for node in &element.children {
        if *left == 0 {
            copy.children.push(Node::Text("(the rest is left out)".to_owned()));
            break;
        }
        let node = match node {
            Node::Element(child) => {
                *left = left.saturating_sub(ELEMENT_BYTES);
                Node::Element(shown(child, secret, left))
            }
            Node::Text(_) | Node::Opaque(_) if secret => Node::Text(WITHHELD.to_owned()),
            Node::Text(text) => Node::Text(within(left, text)),
            Node::Opaque(bytes) => {
                if let Ok(text) = std::str::from_utf8(bytes) {
                    Node::Text(within(left, text))
                } else {
                    let most = bytes.len().min(VALUE_BYTES).min(*left);
                    *left = left.saturating_sub(most * 4 / 3);
                    Node::Opaque(bytes[..most].to_vec())
                }
            }
        };
        copy.children.push(node);
    }
    copy
}

fn within(left: &mut usize, text: &str) -> String {
    let shown = escaped(&cut(text, VALUE_BYTES.min(*left))).into_owned();
    *left = left.saturating_sub(shown.len());
    shown
}

/// Passwords by whatever page; the recovery password with all around it; and what no table knows, which may be
/// anything.
fn holds_secret(tag: Tag) -> bool {
    tag == settings::DEVICE_PASSWORD || tag.name().is_none_or(|name| name == "Password")
}

/// Whether a document has a place for a secret, filled or not.
fn has_secret(root: &Element) -> bool {
    let mut waiting = vec![root];
    while let Some(element) = waiting.pop() {
        if holds_secret(element.tag) {
            return true;
        }
        waiting.extend(element.elements());
    }
    false
}

/// Commands whose documents have places for secrets.
const WITH_SECRETS: [&str; 5] = ["Settings", "Provision", "ItemOperations", "Search", "Find"];

/// Bytes as they went over the wire, in hexadecimal; or that they are withheld, because a secret is or may be among
/// them. `document` is what they decode to, if they do.
pub(super) fn raw(command: Option<&str>, document: Option<&Element>, bytes: &[u8], total: usize) -> String {
    let may_hold = match (command, document) {
        (None | Some("Settings" | "Provision"), _) => true,
        (Some(_), Some(document)) => has_secret(document),
        (Some(command), None) => WITH_SECRETS.contains(&command),
    };
    if may_hold {
        return format!("{WITHHELD} {total} bytes");
    }
    let shown = &bytes[..bytes.len().min(RAW_BYTES)];
    let mut hex = String::with_capacity(shown.len() * 2 + shown.len() / 16);
    for (index, row) in shown.chunks(32).enumerate() {
        let _ = write!(hex, "{}{:06x}:", if index == 0 { "" } else { "\n" }, index * 32);
        for pair in row.chunks(2) {
            hex.push(' ');
            for byte in pair {
                let _ = write!(hex, "{byte:02x}");
            }
        }
    }
    if shown.len() < total {
        let _ = write!(hex, "\n(the rest of {total} bytes is left out)");
    }
    hex
}

/// Most bytes of a body a tap has to keep for [`raw`].
pub(crate) const TAPPED: usize = RAW_BYTES;

/// Headers, one a line; the values of those that let in are withheld.
pub(super) fn headers(headers: &HeaderMap) -> String {
    let mut lines = String::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        let value = if lets_in(name.as_str()) { Cow::Borrowed(WITHHELD) } else { cut(&value, VALUE_BYTES) };
        let separator = if lines.is_empty() { "" } else { "\n" };
        let _ = write!(lines, "{separator}{name}: {}", escaped(&value));
    }
    cut(&lines, DOCUMENT_BYTES).into_owned()
}

/// Path and query; the values of parameters that let in are withheld.
pub(super) fn target(uri: &http::Uri) -> String {
    let Some(query) = uri.query() else { return cut(uri.path(), VALUE_BYTES).into_owned() };
    let parameters: Vec<Cow<'_, str>> = query
        .split('&')
        .map(|parameter| match parameter.split_once('=') {
            Some((name, _)) if lets_in(name) => format!("{name}={WITHHELD}").into(),
            _ => parameter.into(),
        })
        .collect();
    escaped(&cut(&format!("{}?{}", uri.path(), parameters.join("&")), VALUE_BYTES)).into_owned()
}

/// By what names of headers and parameters have in common that carry secrets.
fn lets_in(name: &str) -> bool {
    const PARTS: [&str; 8] = ["auth", "cookie", "token", "secret", "pass", "credential", "api-key", "cert"];
    let name = name.to_ascii_lowercase();
    PARTS.iter().any(|part| name.contains(part))
}

/// A message as it is sent, cut.
pub(super) fn message(bytes: &[u8]) -> String {
    let whole = &bytes[..bytes.len().min(VALUE_BYTES * 2)];
    let text = String::from_utf8_lossy(whole);
    let mut lines: Vec<_> =
        text.lines().map(|line| escaped(line.trim_end_matches('\r')).into_owned()).collect();
    if whole.len() < bytes.len() {
        lines.push(format!("(the rest of {} bytes is left out)", bytes.len()));
    }
    lines.join("\n")
}

/// At most so many bytes, with a word where some are missing.
fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let shown = &text[..text.floor_char_boundary(most)];
    format!("{shown}(… {} bytes)", text.len()).into()
}

/// Without characters that end a line, move the cursor or turn the direction of writing: nothing in a log may look like
/// another line of it.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let bad = |c: char| c.is_control() || turns(c);
    if !text.contains(bad) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if bad(c) {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    safe.into()
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, header};
    use syncledger_wbxml::{encode, from_xml, pages::air_sync_base};

    use super::*;

    const SECRET: &str = "hunter2-4711";

    #[test]
    fn passwords_stand_in_no_document_and_in_no_raw_form() {
        for (command, xml) in [
            (
                "Settings",
                "<Settings xmlns=\"Settings\"><DevicePassword><Set><Password>hunter2-4711</Password></Set></DevicePassword>\
                 <DeviceInformation><Set><Model>Handy</Model></Set></DeviceInformation></Settings>",
            ),
            (
                "Ping",
                "<Settings xmlns=\"Settings\"><DevicePassword><Set><Model>hunter2-4711</Model></Set></DevicePassword>\
                 </Settings>",
            ),
            (
                "ItemOperations",
                "<ItemOperations xmlns=\"ItemOperations\"><Fetch><Options><UserName>bob</UserName>\
                 <Password>hunter2-4711</Password></Options></Fetch></ItemOperations>",
            ),
            (
                "Search",
                "<Search xmlns=\"Search\"><Store><Options><Password>hunter2-4711</Password></Options></Store></Search>",
            ),
            ("Sync", "<Sync xmlns=\"AirSync\"><token-3F>hunter2-4711</token-3F></Sync>"),
        ] {
            let tree = from_xml(xml).unwrap();
            let shown = document(&tree);
            assert!(!shown.contains(SECRET) && shown.contains(WITHHELD), "{command}: {shown}");
            let bytes = encode(&tree);
            let hex = raw(Some(command), Some(&tree), &bytes, bytes.len());
            assert!(hex.starts_with(WITHHELD), "{command}: {hex}");
        }
        let kept = from_xml(
            "<Settings xmlns=\"Settings\"><DevicePassword><Status>1</Status></DevicePassword></Settings>",
        );
        assert!(document(&kept.unwrap()).contains("<Status>1</Status>"));
    }

    #[test]
    fn raw_bytes_are_shown_where_no_secret_can_be() {
        let tree =
            from_xml("<FolderSync xmlns=\"FolderHierarchy\"><SyncKey>0</SyncKey></FolderSync>").unwrap();
        let bytes = encode(&tree);
        let hex = raw(Some("FolderSync"), Some(&tree), &bytes, bytes.len());
        assert!(hex.starts_with("000000: 0301 6a00"), "{hex}");
        for (command, shown) in [
            (Some("Sync"), true),
            (Some("Settings"), false),
            (Some("Provision"), false),
            (Some("ItemOperations"), false),
            (Some("Search"), false),
            (None, false),
        ] {
            let text = raw(command, None, b"\x03\x01", 2);
            assert_eq!(text.starts_with("000000: 0301"), shown, "{command:?}: undecodable, {text}");
        }
        let long = raw(Some("Sync"), Some(&tree), &vec![0; RAW_BYTES], 1 << 20);
        assert!(long.ends_with("(the rest of 1048576 bytes is left out)") && long.len() < RAW_BYTES * 3);
    }

    #[test]
    fn headers_and_parameters_that_let_in_are_withheld() {
        let mut map = HeaderMap::new();
        for name in
            ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-auth-token", "x-api-key"]
        {
            map.insert(name, HeaderValue::from_static(SECRET));
        }
        map.insert(header::USER_AGENT, HeaderValue::from_bytes(b"phone\tone").unwrap());
        map.insert("x-ms-policykey", HeaderValue::from_static("17"));
        let shown = headers(&map);
        assert!(!shown.contains(SECRET), "{shown}");
        assert!(shown.contains("user-agent: phone\\tone") && shown.contains("x-ms-policykey: 17"), "{shown}");
        let uri = format!("/Microsoft-Server-ActiveSync?Cmd=Ping&Password={SECRET}&User=alice");
        let shown = target(&uri.parse().unwrap());
        assert_eq!(shown, "/Microsoft-Server-ActiveSync?Cmd=Ping&Password=(withheld)&User=alice");
    }

    #[test]
    fn nothing_looks_like_another_line() {
        let tree = Element::new(syncledger_wbxml::pages::air_sync::SYNC)
            .with(Element::text(air_sync_base::DATA, "one\r\n2026-01-01 CRIT two\u{2028}\u{202e}\u{1b}[2J"));
        let shown = document(&tree);
        assert!(shown.contains(r"one\r\n2026-01-01 CRIT two\u{2028}\u{202e}\u{1b}[2J"), "{shown}");
        assert!(message(b"A: b\r\n\r\n\x1b[2J").ends_with("\n\\u{1b}[2J"));
    }

    #[test]
    fn what_is_long_is_cut() {
        let page = |bytes: Vec<u8>| Element::opaque(air_sync_base::DATA, bytes);
        let mut tree = Element::new(syncledger_wbxml::pages::air_sync::SYNC);
        for _ in 0..200 {
            tree.push(page(vec![0xff; 1 << 20]));
            tree.push(page("ä".repeat(1 << 20).into_bytes()));
        }
        let shown = document(&tree);
        assert!(shown.len() < 2 * DOCUMENT_BYTES, "{} bytes", shown.len());
        assert!(shown.contains("(the rest is left out)") && shown.contains("(… 2097152 bytes)"));
    }
}
