//! Lists of devices from files: one key per line, `<device>` or `<device>/<account>`.

use std::collections::HashSet;

use super::{
    AbqEvent, DeviceControl, DeviceStatus, EntryOrigin, Key, Refusal,
    decide::{must_be_ahead, status_event},
};
use crate::{
    event::Timestamp,
    ids::{InvalidId, ShownDeviceId},
};

/// Most lines of a file.
pub const MAX_IMPORT_LINES: usize = 1_000_000;

/// A good line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportLine<'a> {
    /// From 1.
    pub line: usize,
    /// The device.
    pub device: ShownDeviceId,
    /// The account, by address or id.
    pub account: Option<&'a str>,
}

/// A line that was left out.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {error}")]
pub struct BadLine {
    /// From 1.
    pub line: usize,
    /// Why.
    pub error: LineError,
}

/// What is wrong with a line.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LineError {
    /// The device's id.
    #[error(transparent)]
    Device(#[from] InvalidId),
    /// There is nothing after the `/`.
    #[error("there is no account after the '/'")]
    EmptyAccount,
    /// There is no such account.
    #[error("account '{0}' does not exist")]
    NoSuchAccount(String),
}

/// Reads a file. Tolerant of a byte order mark, carriage returns, blanks, one comma or semicolon at a line's end, empty
/// lines, and lines that begin with `#`; the account begins after the first `/`.
///
/// # Errors
/// [`Refusal::TooManyLines`].
pub fn parse_import(text: &str) -> Result<(Vec<ImportLine<'_>>, Vec<BadLine>), Refusal> {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, content) in text.lines().enumerate() {
        let line = index + 1;
        if line > MAX_IMPORT_LINES {
            return Err(Refusal::TooManyLines);
        }
        let content = content.trim();
        let content = content.strip_suffix([',', ';']).unwrap_or(content).trim_end();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        match parse_key(content) {
            Ok((device, account)) => good.push(ImportLine { line, device, account }),
            Err(error) => bad.push(BadLine { line, error }),
        }
    }
    Ok((good, bad))
}

fn parse_key(content: &str) -> Result<(ShownDeviceId, Option<&str>), LineError> {
    let (device, account) = match content.split_once('/') {
        Some((device, account)) => (device.trim_end(), Some(account.trim_start())),
        None => (content, None),
    };
    if account == Some("") {
        return Err(LineError::EmptyAccount);
    }
    Ok((ShownDeviceId::new(device)?, account))
}

/// An import, decided.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Imported {
    /// The events; they may be appended in parts.
    pub events: Vec<AbqEvent>,
    /// Keys that had no entry.
    pub added: usize,
    /// Keys that had another status, or another end.
    pub updated: usize,
    /// Keys that were so already.
    pub unchanged: usize,
    /// Keys that came before in the same file.
    pub duplicates: usize,
}

/// Gives all these keys a status.
///
/// # Errors
/// [`Refusal::Expired`].
pub fn import(
    control: &DeviceControl,
    keys: &[Key],
    status: DeviceStatus,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Result<Imported, Refusal> {
    must_be_ahead(until, now)?;
    let mut imported = Imported::default();
    let mut seen = HashSet::with_capacity(keys.len());
    for key in keys {
        let id = key.device.canonical();
        let counts = control.list.entry(&id, key.account).is_some_and(|entry| entry.counts_at(now));
        if !seen.insert((id, key.account)) {
            imported.duplicates += 1;
            continue;
        }
        match status_event(control, key, status, until, now, EntryOrigin::Import) {
            None => imported.unchanged += 1,
            Some(event) => {
                imported.events.push(event);
                *if counts { &mut imported.updated } else { &mut imported.added } += 1;
            }
        }
    }
    Ok(imported)
}
