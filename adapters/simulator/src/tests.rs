//! The golden messages, for unit tests.

use std::{fs, path::Path, time::Duration};

use bytes::Bytes;
use syncledger_wbxml::{Element, Limits, decode};

use crate::wire::{Command, Exchange};

/// Bytes of the `nth` message with this file and label in `tests/golden/examples.jsonl`.
pub(crate) fn golden(file: &str, label: &str, nth: usize) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/examples.jsonl");
    let lines = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let messages = lines.lines().map(|line| serde_json::from_str(line).unwrap());
    let mut found =
        messages.filter(|message: &serde_json::Value| message["file"] == file && message["label"] == label);
    let message = found.nth(nth).unwrap_or_else(|| panic!("no message {file} / {label} #{nth}"));
    let hex = message["wbxml_hex"].as_str().unwrap();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// The same as a tree.
pub(crate) fn golden_tree(file: &str, label: &str, nth: usize) -> Element {
    decode(&golden(file, label, nth), &Limits::default()).unwrap()
}

/// An answer with this document and parts.
pub(crate) fn exchange(body: Element, parts: &[Bytes]) -> Exchange {
    Exchange {
        command: Command::ItemOperations,
        status: 200,
        headers: http::HeaderMap::new(),
        body: Some(body),
        raw: Bytes::new(),
        parts: parts.to_vec(),
        undecodable: None,
        bytes_out: 0,
        bytes_in: 0,
        duration: Duration::ZERO,
    }
}
