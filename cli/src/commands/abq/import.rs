//! `abq import`.

use std::path::Path;

use serde_json::{Value, json};
use syncledger_commands::{ImportedFile, abq_import};
use syncledger_domain::{
    abq::{BadLine, LineError},
    codes,
};

use super::{
    targets::Accounts,
    words::{Expiry, printable, word},
};
use crate::{
    input_file,
    node::Node,
    output::{self, say},
};

/// Most bytes of a file: a million lines of a device and an account each.
pub(super) const MAX_BYTES: u64 = 256 << 20;

pub(super) async fn run(
    node: &Node,
    file: &Path,
    status: &str,
    expiry: &Expiry,
    json: bool,
) -> anyhow::Result<()> {
    let imported = import(node, file, status, expiry).await?;
    if json {
        return output::value(&json!({
            "ok": true,
            "added": imported.added,
            "updated": imported.updated,
            "unchanged": imported.unchanged,
            "duplicates": imported.duplicates,
            "failed": imported.bad.len(),
            "bad_lines": imported.bad.iter().map(bad_line).collect::<Vec<_>>(),
        }));
    }
    say!(
        "{} devices added, {} updated, {} unchanged, {} repeated in the file, {} failed",
        imported.added,
        imported.updated,
        imported.unchanged,
        imported.duplicates,
        imported.bad.len()
    );
    tell_bad_lines(&imported.bad);
    Ok(())
}

pub(super) async fn import(
    node: &Node,
    file: &Path,
    status: &str,
    expiry: &Expiry,
) -> anyhow::Result<ImportedFile> {
    let status = word(status)?;
    let until = expiry.at(node.repository.clock().now())?;
    let text = input_file::read_text(file, MAX_BYTES)?;
    let accounts = Accounts::load(node).await?;
    let find = |text: &str| accounts.find(text);
    Ok(abq_import::run(&node.repository, &node.admin(), &text, (status, until), &find).await?)
}

pub(super) fn tell_bad_lines(bad: &[BadLine]) {
    for line in bad {
        say!("{}", printable(&line.to_string()));
    }
}

/// A line that was left out, for programs.
pub(super) fn bad_line(bad: &BadLine) -> Value {
    let code = match &bad.error {
        LineError::Device(_) => codes::BAD_DEVICE_ID,
        LineError::EmptyAccount => codes::INVALID_VALUE,
        LineError::NoSuchAccount(_) => codes::NO_SUCH_ACCOUNT,
    };
    json!({ "line": bad.line, "code": code, "reason": bad.error.to_string() })
}
