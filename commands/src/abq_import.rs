//! Gives all devices of a file a status.

use std::collections::HashMap;

use syncledger_domain::{
    abq::{self, BadLine, DeviceControl, DeviceStatus, ImportLine, Key, LineError, Refusal},
    event::{StreamId, Timestamp},
    ids::AccountId,
    ports::event_log::Appended,
};

use crate::{CommandError, Issuer, Repository, abq_batches};

/// What became of each line.
#[derive(Clone, Debug)]
pub struct ImportedFile {
    /// Keys that had no entry.
    pub added: usize,
    /// Keys that had another status, or another end.
    pub updated: usize,
    /// Keys that were so already.
    pub unchanged: usize,
    /// Keys that came before in the same file.
    pub duplicates: usize,
    /// Lines left out, in order.
    pub bad: Vec<BadLine>,
    /// The state after it.
    pub state: DeviceControl,
    /// Where the last event landed.
    pub appended: Option<Appended>,
}

/// Imports a file's text. Bad lines are reported, the others take effect. `account` finds an account by what stands in
/// the file, its address or id; it is asked once for each.
///
/// # Errors
/// [`Refusal::TooManyLines`], [`Refusal::Expired`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    text: &str,
    (status, until): (DeviceStatus, Option<Timestamp>),
    account: &(dyn Fn(&str) -> Option<AccountId> + Sync),
) -> Result<ImportedFile, CommandError<Refusal>> {
    let (keys, bad) = read(text, account).map_err(CommandError::Refused)?;
    let mut first = None;
    let decide = |control: &DeviceControl| {
        let mut imported = abq::import(control, &keys, status, until, repository.clock().now())?;
        let events = std::mem::take(&mut imported.events);
        first.get_or_insert(imported);
        Ok(events)
    };
    let done = abq_batches::execute(repository, issuer, &StreamId::abq(), decide).await?;
    let counted = first.unwrap_or_default();
    Ok(ImportedFile {
        added: counted.added,
        updated: counted.updated,
        unchanged: counted.unchanged,
        duplicates: counted.duplicates,
        bad,
        state: done.state,
        appended: done.appended,
    })
}

/// The keys of a file's text, and the lines left out, in order.
///
/// # Errors
/// [`Refusal::TooManyLines`].
pub fn read(
    text: &str,
    account: &(dyn Fn(&str) -> Option<AccountId> + Sync),
) -> Result<(Vec<Key>, Vec<BadLine>), Refusal> {
    let (lines, mut bad) = abq::parse_import(text)?;
    let (keys, unknown) = find_accounts(lines, account);
    bad.extend(unknown);
    bad.sort_by_key(|line| line.line);
    Ok((keys, bad))
}

fn find_accounts(
    lines: Vec<ImportLine<'_>>,
    find: &(dyn Fn(&str) -> Option<AccountId> + Sync),
) -> (Vec<Key>, Vec<BadLine>) {
    let mut known: HashMap<&str, Option<AccountId>> = HashMap::new();
    let (mut keys, mut bad) = (Vec::with_capacity(lines.len()), Vec::new());
    for ImportLine { line, device, account } in lines {
        match account.map(|text| (text, *known.entry(text).or_insert_with(|| find(text)))) {
            None => keys.push(Key { device, account: None }),
            Some((_, Some(account))) => keys.push(Key { device, account: Some(account) }),
            Some((text, None)) => {
                let text = text.chars().take(80).collect();
                bad.push(BadLine { line, error: LineError::NoSuchAccount(text) });
            }
        }
    }
    (keys, bad)
}
