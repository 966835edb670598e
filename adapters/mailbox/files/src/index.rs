//! The index of a folder.

use std::{fs, io, io::ErrorKind, os::unix::fs::MetadataExt, sync::Arc};

use syncledger_domain::ports::mailbox::{FolderIndex, IndexEntry, MailboxError};

use crate::{
    account::{Account, FolderDir},
    error::reading,
    folders, message,
    names::{Named, Names, Stamp},
};

/// Attempts at a folder whose files are renamed under our eyes; each failure means that something changed meanwhile.
const ATTEMPTS: usize = 5;

/// The index now. While the directories have the times they had at `earlier`, that is the index; else the file names
/// are read again, and only files that are new are looked at themselves.
pub(crate) fn read(
    account: &Account,
    folder: &FolderDir,
    earlier: Option<&Arc<FolderIndex>>,
) -> Result<Arc<FolderIndex>, MailboxError> {
    let failed = || reading("folder");
    if let Some(earlier) = earlier {
        let stamp = Stamp::of(folder).map_err(failed())?;
        if stamp.token() == earlier.token {
            // A folder that is gone has no times either, and must not be taken for an empty one.
            folders::check_present(account, &folder.key, &folder.path)?;
            return Ok(Arc::clone(earlier));
        }
    }
    for attempt in 1..=ATTEMPTS {
        let (names, stamp) = Names::settled(folder).map_err(failed())?;
        let (entries, vanished) =
            entries(folder, &names, earlier.map(|earlier| &**earlier)).map_err(failed())?;
        if vanished && attempt < ATTEMPTS {
            continue;
        }
        folders::check_present(account, &folder.key, &folder.path)?;
        let token = stamp.filter(|_| !vanished).map(Stamp::token).unwrap_or_default();
        tracing::trace!(index.items = entries.len(), index.attempt = attempt, "folder read");
        return Ok(Arc::new(FolderIndex { entries, token: token.into() }));
    }
    unreachable!("the last attempt returns")
}

/// Lines of the index, and whether a file was gone when looked at.
fn entries(
    folder: &FolderDir,
    names: &Names,
    earlier: Option<&FolderIndex>,
) -> io::Result<(Vec<IndexEntry>, bool)> {
    let mut entries = Vec::with_capacity(names.files.len());
    let mut vanished = false;
    for file in names.files.iter().filter(|file| !message::is_trashed(&file.name)) {
        // A message's content never changes, so neither do its size and time of delivery.
        let known = earlier.and_then(|earlier| earlier.get(&file.id)).map(|known| (known.date, known.size));
        match known.map_or_else(|| date_and_size(folder, file), Ok) {
            Ok((date, size)) => entries.push(IndexEntry {
                id: file.id.clone(),
                fingerprint: message::flags(&file.name).fingerprint(),
                date,
                size,
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => vanished = true,
            Err(error) => return Err(error),
        }
    }
    Ok((entries, vanished))
}

/// Delivery time (the file's modification time, by convention) and size.
pub(crate) fn date_and_size(folder: &FolderDir, file: &Named) -> io::Result<(i64, u32)> {
    let meta = fs::symlink_metadata(file.path(folder))?;
    Ok((meta.mtime(), u32::try_from(meta.len()).unwrap_or(u32::MAX)))
}
