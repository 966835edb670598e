//! The index of a folder.

use std::{
    collections::HashMap,
    fs,
    io::{self, ErrorKind},
    os::unix::fs::MetadataExt,
    sync::Arc,
};

use syncledger_domain::{
    ids::ItemId,
    ports::mailbox::{FolderIndex, IndexEntry, MailboxError},
};

use crate::{
    account::{Account, FolderDir},
    error::reading,
    folders, message,
    names::{Named, Names, Stamp},
};

/// Attempts at a folder whose files are renamed under our eyes; each failure means that something changed meanwhile.
const ATTEMPTS: usize = 20;

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
    let mut known = Known { earlier: earlier.map(|earlier| &**earlier), seen: HashMap::new() };
    for attempt in 1..=ATTEMPTS {
        let (names, stamp) = Names::settled(folder).map_err(failed())?;
        folders::check_present(account, &folder.key, &folder.path)?;
        if let Some(entries) = entries(folder, &names, &mut known).map_err(failed())? {
            tracing::trace!(index.items = entries.len(), index.attempt = attempt, "folder read");
            let token = stamp.map(Stamp::token).unwrap_or_default();
            return Ok(Arc::new(FolderIndex { entries, token: token.into() }));
        }
    }
    // An index with holes would tell every device that messages are gone.
    Err(MailboxError::Unavailable("folder changes all the time".to_owned()))
}

/// What needs no second look: a message's content never changes, so neither do its time of delivery and its size.
struct Known<'a> {
    earlier: Option<&'a FolderIndex>,
    /// Seen by an attempt that failed for others.
    seen: HashMap<ItemId, (i64, u32)>,
}

impl Known<'_> {
    fn get(&self, id: &ItemId) -> Option<(i64, u32)> {
        let earlier = || Some(self.earlier?.get(id)?).map(|known| (known.date, known.size));
        self.seen.get(id).copied().or_else(earlier)
    }
}

/// Lines of the index; `None` when a file was gone when looked at, because it was renamed or removed meanwhile.
fn entries(folder: &FolderDir, names: &Names, known: &mut Known<'_>) -> io::Result<Option<Vec<IndexEntry>>> {
    let mut entries = Vec::with_capacity(names.files.len());
    let mut fresh = Vec::new();
    let mut vanished = false;
    for file in names.files.iter().filter(|file| !message::is_trashed(&file.name)) {
        let (date, size) = match known.get(&file.id) {
            Some(known) => known,
            None => match date_and_size(folder, file) {
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    vanished = true;
                    continue;
                }
                looked => {
                    let looked = looked?;
                    fresh.push((file.id.clone(), looked));
                    looked
                }
            },
        };
        let fingerprint = message::flags(&file.name).fingerprint();
        entries.push(IndexEntry { id: file.id.clone(), fingerprint, date, size });
    }
    if vanished {
        known.seen.extend(fresh);
        return Ok(None);
    }
    Ok(Some(entries))
}

/// Delivery time (the file's modification time, by convention) and size.
pub(crate) fn date_and_size(folder: &FolderDir, file: &Named) -> io::Result<(i64, u32)> {
    let meta = fs::symlink_metadata(file.path(folder))?;
    Ok((meta.mtime(), u32::try_from(meta.len()).unwrap_or(u32::MAX)))
}
