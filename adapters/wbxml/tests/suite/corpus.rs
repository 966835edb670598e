//! The golden messages of `tests/golden/examples.jsonl`: one JSON object a line, with the message as XML and as
//! WBXML in hex.

use std::{fs, path::Path};

/// One message.
pub(crate) struct Message {
    /// File and label, for messages of failing tests.
    pub(crate) name: String,
    pub(crate) xml: String,
    pub(crate) wbxml: Vec<u8>,
}

/// All of them; the count is checked so that an empty file cannot pass.
pub(crate) fn messages() -> Vec<Message> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/examples.jsonl");
    let lines = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let messages: Vec<_> = lines.lines().map(message).collect();
    assert_eq!(messages.len(), 105, "messages in {}", path.display());
    messages
}

fn message(line: &str) -> Message {
    let json: serde_json::Value = serde_json::from_str(line).expect("a line of the corpus is JSON");
    let field = |name: &str| json[name].as_str().unwrap_or_else(|| panic!("no {name} in {line}")).to_owned();
    Message {
        name: format!("{} / {}", field("file"), field("label")),
        xml: field("xml"),
        wbxml: unhex(&field("wbxml_hex")),
    }
}

fn unhex(hex: &str) -> Vec<u8> {
    assert!(hex.len().is_multiple_of(2), "an odd number of hex digits");
    let digits = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex digits");
    (0..hex.len()).step_by(2).map(digits).collect()
}
